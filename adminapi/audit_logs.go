package adminapi

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// AuditLogsQuery says which rows of the audit log to read. The log is ordered by
// time alone, in whole seconds: rows of one second come in no order, and another
// one in every query, so that pages which cut a second in two repeat rows and
// leave others out. Ask for times of which no more than a page has rows.
type AuditLogsQuery struct {
	First         int           // rows wanted: 1 to MaxPageSize, 0 for MaxPageSize
	After         string        // cursor of the row before the page, see OffsetCursor; "" for the first page
	From          time.Time     // rows of this second and later; zero: from the oldest
	To            time.Time     // rows before this second, without it; zero: to the newest
	ActivityTypes []string      // only these, as the server's schema spells them; none: all it knows
	SortDirection SortDirection // by time; "": the server's default, descending
}

// AuditLogPage is one page of the audit log. The server reads the rows and
// counts them in two statements, between which more can be written.
type AuditLogPage struct {
	// Entries are the rows of the page, in the order asked for as far as there
	// is one. A row that the server listed and did not load is left out.
	Entries    []AuditLogEntry
	TotalCount int // rows that match, on all pages
	// Date is the server's clock when it answered, in whole seconds, from the
	// Date header; zero if there was none.
	Date time.Time
}

// AuditLogEntry is a row of the audit log: something that happened. What it
// names are hints: rows whose writing failed are missing, and so is all that the
// User Import API did.
type AuditLogEntry struct {
	ID           string    // of the row; tells rows apart, and nothing else
	CreatedAt    time.Time // when it happened, in whole seconds
	ActivityType string    // such as USER_CREATED
	// UserID is the uuid of the user concerned if there is one who still exists,
	// otherwise "". Data may name others, and those who are gone.
	UserID string
	// Data is the event as the server's hooks get it: type, context and payload,
	// with people's values in it. Numbers are json.Number. It can be nil.
	Data map[string]any
}

// AuditLogs reads one page of the audit log. In a project without one, or
// behind which there is no audit database, it is empty. Both ends of the time
// asked for, the one inclusive and the other exclusive, were read in Authgear's
// source, as was that a plan may show only the last days of the log whatever is
// asked for.
func (c *Client) AuditLogs(ctx context.Context, q AuditLogsQuery) (*AuditLogPage, error) {
	if q.First < 0 || q.First > MaxPageSize {
		return nil, fmt.Errorf("read audit log: a page of %d rows is not possible; ask for 1 to %d", q.First, MaxPageSize)
	}
	page, err := c.auditLogs(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	return page, nil
}

func (c *Client) auditLogs(ctx context.Context, q AuditLogsQuery) (*AuditLogPage, error) {
	op := auditLogsOperation()
	var data struct {
		AuditLogs *connection[auditLogNode] `json:"auditLogs"`
	}
	header, err := c.query(ctx, op, q.variables(), &data)
	if err != nil {
		return nil, err
	}
	list := data.AuditLogs
	if list == nil || list.Edges == nil || list.TotalCount == nil {
		return nil, misunderstood(op, errors.New("it holds no list of rows with their count"))
	}
	page := &AuditLogPage{TotalCount: *list.TotalCount, Date: dateOf(header)}
	for _, edge := range list.Edges {
		if edge == nil || edge.Node == nil {
			continue
		}
		entry, err := edge.Node.entry()
		if err != nil {
			return nil, misunderstood(op, err)
		}
		page.Entries = append(page.Entries, entry)
	}
	return page, nil
}

// variables leaves out what was not said, so that the server's defaults hold.
func (q AuditLogsQuery) variables() map[string]any {
	vars := map[string]any{"first": MaxPageSize}
	if q.First > 0 {
		vars["first"] = q.First
	}
	if q.After != "" {
		vars["after"] = q.After
	}
	if !q.From.IsZero() {
		vars["rangeFrom"] = q.From.UTC().Format(time.RFC3339Nano)
	}
	if !q.To.IsZero() {
		vars["rangeTo"] = q.To.UTC().Format(time.RFC3339Nano)
	}
	if len(q.ActivityTypes) > 0 {
		vars["activityTypes"] = q.ActivityTypes
	}
	if q.SortDirection != "" {
		vars["sortDirection"] = q.SortDirection
	}
	return vars
}

type auditLogNode struct {
	ID           string         `json:"id"`
	CreatedAt    time.Time      `json:"createdAt"`
	ActivityType string         `json:"activityType"`
	Data         map[string]any `json:"data"`
	User         *struct {
		ID string `json:"id"`
	} `json:"user"`
}

func (n *auditLogNode) entry() (AuditLogEntry, error) {
	if n.ID == "" || n.ActivityType == "" || n.CreatedAt.IsZero() {
		return AuditLogEntry{}, errors.New("a row of the audit log has no ID, type or time")
	}
	entry := AuditLogEntry{ID: n.ID, CreatedAt: n.CreatedAt, ActivityType: n.ActivityType, Data: n.Data}
	if n.User != nil {
		id, err := nodeUUID(n.User.ID, kindUser)
		if err != nil {
			return AuditLogEntry{}, err
		}
		entry.UserID = id
	}
	return entry, nil
}
