package userimport

import (
	"context"
	"errors"
	"fmt"
	"time"

	usersync "usersync/sync"
)

// send hands over what is to be sent, row by row, and waits for what comes of it.
func (r *run) send(ctx context.Context) error {
	err := r.handOver(ctx)
	if err == nil {
		return r.sender.Finish(ctx)
	}
	// Rows are left, so the sender must not take the import for finished: it waits
	// for what is in flight as it does when the context has ended.
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if finishErr := r.sender.Finish(ended); finishErr != nil && !errors.Is(err, finishErr) && !errors.Is(finishErr, context.Canceled) {
		return errors.Join(err, finishErr)
	}
	return err
}

func (r *run) handOver(ctx context.Context) error {
	if r.plan.Sending() == 0 {
		return nil
	}
	r.beginSending()
	digest := newTableDigest(r.Table)
	var late lateUpdates
	for row, err := range r.Table.Rows(ctx) { // how far it is, the results tell
		if err != nil {
			return err
		}
		if row.Number > len(r.states) {
			return errTableChanged
		}
		digest.add(row)
		if err := r.handOverRow(ctx, row, &late); err != nil {
			return err
		}
	}
	if digest.sum() != r.digest {
		return errTableChanged
	}
	return r.sendUpdates(ctx, &late)
}

var errTableChanged = errors.New("the table changed while it was imported; what was sent stands in the journal and the results")

func (r *run) handOverRow(ctx context.Context, row Row, late *lateUpdates) error {
	known := r.stateOf(row.Number)
	if known != open && known != toCreate && known != toUpdate {
		return nil
	}
	item, err := r.item(row)
	if err != nil {
		return err
	}
	switch known {
	case open:
		return r.handed(item.Row, r.sender.Resume(ctx, item))
	case toCreate:
		return r.handed(item.Row, r.sender.Send(ctx, item))
	default:
		late.items = append(late.items, item)
		if len(late.items) < usersync.LookupBatch {
			return nil
		}
		return r.sendUpdates(ctx, late)
	}
}

func (r *run) item(row Row) (Item, error) {
	record, problems := r.Mapping.Record(row)
	body, err := record.JSON()
	if err != nil {
		return Item{}, fmt.Errorf("read %s: %w", Where(row.Number, row.Line), err)
	}
	item := Item{Row: row.Number, Line: row.Line, Record: record, Digest: DigestOf(body), Notes: r.Mapping.withheld(row)}
	for _, problem := range problems { // warnings, as the row is not rejected
		item.Warnings = append(item.Warnings, problem.Text())
	}
	return item, nil
}

func (r *run) stateOf(row int) state {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.states[row-1]
}

// lateUpdates are rows whose users are read once more before they are sent.
type lateUpdates struct{ items []Item }

// sendUpdates sends the updates whose users are still as they were when they
// were planned. All are read once more, however short that was ago: the record has
// to be made anew, in the spelling that the user's login IDs have, as a plan that
// kept records would not fit into memory. It costs little beside updating them. The
// sender reads those again whom it keeps waiting for too long.
func (r *run) sendUpdates(ctx context.Context, late *lateUpdates) error {
	items := late.items
	late.items = late.items[:0]
	if len(items) == 0 {
		return nil
	}
	ids := make([]usersync.ID, len(items))
	for i, item := range items {
		ids[i] = r.updates.of(item.Row).user
	}
	read := r.Now()
	users, err := r.Directory.Users(ctx, ids)
	if err != nil {
		return fmt.Errorf("read the users of the rows from %s: %w", Where(items[0].Row, items[0].Line), err)
	}
	for i, item := range items {
		if err := r.sendUpdate(ctx, item, users[i], read); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) sendUpdate(ctx context.Context, item Item, user *usersync.User, read time.Time) error {
	planned := r.updates.of(item.Row)
	if !planned.same(user) {
		return r.keep(Result{
			Row: item.Row, Outcome: Conflict, User: planned.user, Details: item.Warnings, Notes: item.Notes,
			Reason: ChangedMeanwhile,
		})
	}
	verdict := Judge(item.Record, user, r.Identifier, r.Now())
	item.Sent, item.Update = verdict.Record, true
	item.User, item.Seen, item.Read = planned.user, planned.seen, read
	item.Warnings, item.Notes = append(item.Warnings, verdict.Warnings...), append(item.Notes, verdict.Notes...)
	return r.handed(item.Row, r.sender.Send(ctx, item))
}

// settleAccounts gives every row that has no result yet the one that it has by
// the import having ended.
func (r *run) settleAccounts() error {
	for i := range r.states {
		result := Result{Row: i + 1}
		switch r.stateOf(i + 1) {
		case open:
			result.Outcome, result.Reason = Unknown, "an earlier run sent it; run it again to find out what came of it"
		case handedOver:
			result.Outcome, result.Reason = Unknown, "it may have been sent, and what came of it could not be told; run it again to find out"
		case toCreate, toUpdate:
			result.Outcome, result.Reason = NotSent, "the import ended before; run it again"
		default:
			continue
		}
		if err := r.keep(result); err != nil {
			return err
		}
	}
	return nil
}
