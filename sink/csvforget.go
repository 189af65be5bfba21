package sink

import (
	"context"
	"errors"
	"fmt"
	"time"

	usersync "usersync/sync"
)

// Forget takes people out of the mirror at once and keeps them out. With
// [usersync.EraseValues] their rows stay in a file that keeps users who are
// gone, emptied but for sub and created_at and marked as gone; from any other
// file, and with [usersync.EraseUser], they go, with the latter also from the
// lists of whom runs were refused for. People whom the mirror never had may be
// among them. The list of them is written first: where the rest fails,
// they do not come back, and the same can be asked again. The ledger has a line
// of it, in the mode forget. found is of how many the file had a row.
func (c *CSV) Forget(ctx context.Context, ids []usersync.ID, mode usersync.Erasure) (found int, err error) {
	f := csvForgetting{CSV: c, ids: ids, mode: "scrub", at: time.Now().UTC()}
	switch mode {
	case usersync.EraseValues:
	case usersync.EraseUser:
		f.mode = "purge"
	default:
		return 0, fmt.Errorf("forget %d users: an erasure of degree %d is not known there", len(ids), mode)
	}
	if err := f.run(ctx); err != nil {
		return 0, fmt.Errorf("forget %d users: %w", len(ids), err)
	}
	return f.found, nil
}

// csvForgetting is one call of Forget.
type csvForgetting struct {
	*CSV
	ids  []usersync.ID
	mode string
	at   time.Time
	// found is of how many of them the file had a row.
	found int
}

// run is a run like others, of a file that keeps its columns.
func (f *csvForgetting) run(ctx context.Context) error {
	held, err := f.Holds(ctx)
	if err != nil {
		return err
	}
	start := usersync.Start{RunID: usersync.NewRunID(f.at), Mode: usersync.ModeForget, StartedAt: f.at, Project: held.Project, Fields: held.Fields}
	if err := f.begin(ctx, start, csvLayout{fields: held.Fields, keepDeleted: f.old.keepsDeleted()}); err != nil {
		return err
	}
	report := &usersync.Report{
		RunID: start.RunID, Mode: start.Mode, Status: usersync.StatusOK,
		Project: start.Project, Budgets: []usersync.Budget{}, StartedAt: f.at, FinishedAt: f.at,
	}
	// Once they are on the list, the next run finishes what is left to do, should
	// this be killed. The ledger it would leave alone, so that comes first.
	if f.mode == "purge" {
		err = f.ledger.withdraw(ctx, f.ids)
	}
	if err == nil {
		err = f.enlist(f.ids, f.mode, f.at)
	}
	if err == nil {
		report.Changes.Deleted, err = f.takeOut(ctx)
	}
	if err == nil {
		f.found = f.old.count(f.ids)
		err = f.publish(ctx, report, f.at)
	}
	if err != nil {
		sentence := err.Error()
		report.Status, report.Error, report.Changes = usersync.StatusFailed, &sentence, usersync.Counts{}
		return errors.Join(err, f.Abandon(ctx, report))
	}
	return nil
}
