package source

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// A hostileLog is an audit log as Authgear's is, rows of one second in another
// order at every query, and may change between any two.
type hostileLog struct {
	random   *rand.Rand
	rows     []adminapi.AuditLogEntry
	users    int
	clock    time.Time
	requests int
	before   func(request int) // may change the log
	spoil    func(request int, page *adminapi.AuditLogPage)
}

// logNow is when logs are read.
func logNow() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// newHostileLog has one old row and some users.
func newHostileLog(seed uint64) *hostileLog {
	l := &hostileLog{random: rand.New(rand.NewPCG(seed, 2)), clock: logNow(), users: 20_000}
	l.add("EMAIL_SENT", logNow().AddDate(0, -1, 0), usersync.ID{})
	return l
}

func (l *hostileLog) add(activity string, at time.Time, user usersync.ID) {
	row := adminapi.AuditLogEntry{ID: "row " + strconv.Itoa(len(l.rows)), CreatedAt: at.Truncate(time.Second), ActivityType: activity}
	if user != (usersync.ID{}) {
		row.Data = map[string]any{"payload": map[string]any{"user": map[string]any{"id": user.String()}}}
	}
	l.rows = append(l.rows, row)
}

// AuditLogs implements auditLog.
func (l *hostileLog) AuditLogs(_ context.Context, q adminapi.AuditLogsQuery) (*adminapi.AuditLogPage, error) {
	l.requests++
	if l.before != nil {
		l.before(l.requests)
	}
	var found []adminapi.AuditLogEntry
	for _, row := range l.rows {
		if !row.CreatedAt.Before(q.From) && (q.To.IsZero() || row.CreatedAt.Before(q.To)) &&
			(len(q.ActivityTypes) == 0 || slices.Contains(q.ActivityTypes, row.ActivityType)) {
			found = append(found, row)
		}
	}
	l.random.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	slices.SortStableFunc(found, func(a, b adminapi.AuditLogEntry) int { return b.CreatedAt.Compare(a.CreatedAt) })
	start, first := 0, q.First
	if first == 0 {
		first = adminapi.MaxPageSize
	}
	if q.After != "" {
		after, err := adminapi.ParseOffsetCursor(q.After)
		if err != nil {
			return nil, err
		}
		start = min(after+1, len(found))
	}
	page := &adminapi.AuditLogPage{
		Entries: slices.Clone(found[start:min(start+first, len(found))]), TotalCount: len(found), Date: l.clock,
	}
	if l.spoil != nil {
		l.spoil(l.requests, page)
	}
	return page, nil
}

// TotalCount implements auditLog.
func (l *hostileLog) TotalCount(context.Context) (int, error) {
	l.requests++
	return l.users, nil
}

func logUser(n int) usersync.ID { return usersync.ID{0: byte(n >> 8), 1: byte(n), 15: 7} }
