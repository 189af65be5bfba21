package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// Since reads from the audit log who may have changed at the given moment or
// later. It cannot see what the log does not hold: what the User Import API did,
// what the clock alone did, changes of settings that no event tells of, and rows
// that the server lost. Hints are unfit wherever the log says that more may have
// changed than it names, unless that was a while before the last sweep; where it
// does not reach back to the moment; and where its rows do not add up. An error
// is the client's.
func (a *AdminAPI) Since(ctx context.Context, since, swept time.Time) (usersync.Hints, error) {
	return follow(ctx, a.client, since, swept)
}

// Newcomers yields the users on the first pages of the list, the newest first,
// down to the page on which somebody is older than the given moment: those who
// were created since, and some others; at least the first page. The census
// counts pages, and proves nothing.
func (a *AdminAPI) Newcomers(ctx context.Context, since time.Time, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return a.stream(ctx, fields, census, func(s *sweep, ctx context.Context) error { return s.newcomers(ctx, since) })
}

// An auditLog is read page by page. [adminapi.Client] is one.
type auditLog interface {
	AuditLogs(ctx context.Context, query adminapi.AuditLogsQuery) (*adminapi.AuditLogPage, error)
	// TotalCount is how many users there are.
	TotalCount(ctx context.Context) (int, error)
}

// An unfitError is why the audit log does not do, in words that complete
// "because".
type unfitError string

// Error is the words.
func (e unfitError) Error() string { return string(e) }

// clockSkew is by how much the clock that dates the rows of the audit log may be
// ahead of the one that dates answers: there may be a proxy between, or several
// servers.
const clockSkew = 10 * time.Minute

// sweptMargin is how long before a sweep something must be dated for the sweep to
// have read what came of it. The server dates a row when the transaction is about
// to commit, in whole seconds, so of itself it needs a second or two; the rest is
// for clocks: the sweep is dated by whoever answers, such as a proxy, and rows by
// a server or its database, and any of them may have been put right by a step. How
// late the row was written does not matter: its date stays the same. What it costs
// is that after a change that names nobody a full run which began within those
// minutes is followed by one more. The margin must be well below the overlap with
// which the log is read again, or a row would never be settled by a sweep.
const sweptMargin = 5 * time.Minute

func follow(ctx context.Context, log auditLog, since, swept time.Time) (usersync.Hints, error) {
	from := since.Truncate(time.Second)
	// The first answer says what time it is and whether the log reaches back.
	older, err := log.AuditLogs(ctx, adminapi.AuditLogsQuery{First: 1, To: from.Add(time.Second)})
	if err != nil {
		return usersync.Hints{}, err
	}
	hints := usersync.Hints{Watermark: older.Date}
	reading := newAuditReading(log, swept.Add(-sweptMargin))
	switch until := older.Date.Add(clockSkew); {
	case older.Date.IsZero():
		err = unfitError("the server's answers have no date")
	case older.TotalCount == 0:
		err = unfitError(fmt.Sprintf("the audit log holds nothing from %s or before: it is empty, switched off or too young", from.UTC().Format(time.RFC3339)))
	case !until.After(from):
		err = unfitError("the server's clock was set back")
	default:
		err = reading.read(ctx, from, until)
	}
	var unfit unfitError
	switch {
	case errors.As(err, &unfit):
		hints.Unfit = string(unfit)
		return hints, nil
	case err != nil:
		return usersync.Hints{}, err
	}
	hints.IDs = reading.ids()
	return hints, nil
}
