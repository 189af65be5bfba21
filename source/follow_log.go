package source

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// An auditReading reads a part of the audit log, every row of it.
//
// Rows of one second come in no order, so pages by position lose some. It reads
// by time: a page of the newest rows of a window is one SELECT and has every row
// that is newer than the second in which it ends, and what is left is a smaller
// window. So windows are cut where the rows are and not in their middle, for
// rows come in bursts: between a day and the second in which a program changed
// everybody lie seventeen halvings. Each window must have as many rows as the
// one that it was cut from has left; else rows came or were lost in between,
// and that one is read again.
type auditReading struct {
	log      auditLog
	concerns map[string]concern
	users    map[usersync.ID]struct{} // who is named
	settled  time.Time                // what is older was done when everybody was read
	retries  int                      // readings again that remain
}

const (
	// auditRetries is how often anything is read again, in all.
	auditRetries = 8
	// auditMany is how many rows it takes to ask whether reading everybody takes
	// fewer requests.
	auditMany = 1000
)

func newAuditReading(log auditLog, settled time.Time) *auditReading {
	return &auditReading{
		log: log, concerns: concerns(), users: make(map[usersync.ID]struct{}), settled: settled, retries: auditRetries,
	}
}

// ids are the users named.
func (r *auditReading) ids() []usersync.ID { return slices.Collect(maps.Keys(r.users)) }

// unknown is a number of rows that nothing was found out about.
const unknown = -1

// read reads the rows from one second up to another, without that.
func (r *auditReading) read(ctx context.Context, from, to time.Time) error {
	around, left := to, unknown
	for to.After(from) {
		page, err := r.page(ctx, adminapi.AuditLogsQuery{From: from, To: to})
		if err != nil {
			return err
		}
		rows := page.Entries
		if left != unknown && page.TotalCount != left || len(rows) == 0 && page.TotalCount > 0 {
			if err := r.again(); err != nil {
				return err
			}
			to, left = around, unknown
			continue
		}
		if left == unknown && page.TotalCount > auditMany {
			if err := r.worthIt(ctx, page.TotalCount); err != nil {
				return err
			}
		}
		if page.TotalCount == len(rows) {
			return r.note(rows)
		}
		// The page ends within a second, of which it may not have every row.
		last := rows[len(rows)-1].CreatedAt
		newer := slices.IndexFunc(rows, func(row adminapi.AuditLogEntry) bool { return row.CreatedAt.Equal(last) })
		around = to
		if newer > 0 {
			to, left = last.Add(time.Second), page.TotalCount-newer
			err = r.note(rows[:newer])
		} else {
			var crowd int
			crowd, err = r.second(ctx, last)
			to, left = last, page.TotalCount-crowd
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// page reads a page of the newest rows of a window, each of them once and in
// order: on that rests what is cut from where.
func (r *auditReading) page(ctx context.Context, query adminapi.AuditLogsQuery) (*adminapi.AuditLogPage, error) {
	query.SortDirection = adminapi.SortDescending
	page, err := r.log.AuditLogs(ctx, query)
	if err != nil {
		return nil, err
	}
	known := make(map[string]struct{}, len(page.Entries))
	for i, row := range page.Entries {
		at := row.CreatedAt
		if at.Nanosecond() != 0 || at.Before(query.From) || !at.Before(query.To) || i > 0 && at.After(page.Entries[i-1].CreatedAt) {
			return nil, unfitError("the audit log's rows are not from the times, or in the order, that were asked for")
		}
		known[row.ID] = struct{}{}
	}
	if len(known) < len(page.Entries) || page.TotalCount < len(page.Entries) {
		return nil, unfitError("the audit log shows the same row twice")
	}
	return page, nil
}

// again spends one of the readings again.
func (r *auditReading) again() error {
	if r.retries == 0 {
		return unfitError("the audit log does not show as many rows as it counts")
	}
	r.retries--
	return nil
}

// worthIt finds out whether so many rows take fewer requests than everybody.
func (r *auditReading) worthIt(ctx context.Context, rows int) error {
	users, err := r.log.TotalCount(ctx)
	if err != nil {
		return err
	}
	if rows > users {
		return unfitError(fmt.Sprintf("the audit log has %d rows to be read, and there are %d users", rows, users))
	}
	return nil
}
