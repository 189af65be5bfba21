package sink

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	usersync "usersync/sync"
)

// Holds reads the header of the file, and from the ledger whose users they are
// and whether imports were noted; a mirror without one does not say. A file that is empty, or does not begin
// with a header, is an error and not a mirror without users: deletions since
// would go unnoticed.
func (c *CSV) Holds(ctx context.Context) (usersync.Held, error) {
	if err := errors.Join(ctx.Err(), c.look()); err != nil {
		return usersync.Held{}, err
	}
	held := c.old.held()
	if !held.Published {
		return held, nil
	}
	held.Discards = c.old.keepsDeleted() && !c.keepsDeleted()
	latest := true
	for line, err := range c.lines(ctx) {
		if err != nil {
			return usersync.Held{}, err
		}
		if latest {
			held.Due, latest = line.Imports.due(), false
		}
		if line.Status == usersync.StatusOK && line.Mode != usersync.ModeImport {
			held.Project = line.Project
			break
		}
	}
	return held, nil
}

// Known yields the users of the file in the order of its rows, and remembers
// where these are. Fingerprints are made from the rows in any case.
func (c *CSV) Known(ctx context.Context, fields usersync.FieldSet, _ bool) iter.Seq2[usersync.Known, error] {
	return func(yield func(usersync.Known, error) bool) {
		err := c.look()
		if err == nil {
			err = c.old.index(ctx, func(r usersync.Record) bool {
				return yield(usersync.Known{ID: r.User.ID, Fingerprint: usersync.FingerprintOf(r.User, fields), Deleted: r.Gone()}, nil)
			})
		}
		if err != nil {
			yield(usersync.Known{}, err)
		}
	}
}

// Load reads single rows of the file that Known has read to its end.
func (c *CSV) Load(ctx context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	if err := c.look(); err != nil {
		return nil, err
	}
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		record, err := c.old.load(id)
		if err != nil {
			return nil, err
		}
		users[i] = record.User
	}
	return users, nil
}

// Count reads the whole file.
func (c *CSV) Count(ctx context.Context, f *usersync.Field, key string) (int, error) {
	count := 0
	err := c.look()
	if err == nil {
		err = c.old.scan(ctx, func(r usersync.Record, _ usersync.Row) bool {
			has := r.User.Has(f)
			if object, isObject := r.User.Get(f).(map[string]any); isObject && key != "" {
				has = object[key] != nil
			}
			if has && !r.Gone() {
				count++
			}
			return true
		})
	}
	return count, err
}

// Due reads the whole file.
func (c *CSV) Due(ctx context.Context, from, until time.Time) iter.Seq2[usersync.ID, error] {
	return func(yield func(usersync.ID, error) bool) {
		// Those that the file has no column for have no value.
		var times []*usersync.Field
		for f := range usersync.AllFields().All() {
			if slices.Contains(dueColumns, f.Name) {
				times = append(times, f)
			}
		}
		err := c.look()
		if err == nil {
			err = c.old.scan(ctx, func(r usersync.Record, _ usersync.Row) bool {
				due := slices.ContainsFunc(times, func(f *usersync.Field) bool {
					at, isTime := r.User.Get(f).(time.Time)
					return isTime && at.After(from) && !at.After(until)
				})
				return r.Gone() || !due || yield(r.User.ID, nil)
			})
		}
		if err != nil {
			yield(usersync.ID{}, err)
		}
	}
}

// Runs reads the ledger from its end.
func (c *CSV) Runs(ctx context.Context) iter.Seq2[*usersync.Report, error] {
	return func(yield func(*usersync.Report, error) bool) {
		for line, err := range c.lines(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !line.Died && !yield(&line.Report, nil) {
				return
			}
		}
	}
}

// Refused looks through the ledger for the refusal.
func (c *CSV) Refused(ctx context.Context, runID string) (users []usersync.ID, found bool, err error) {
	for line, err := range c.lines(ctx) {
		if err != nil {
			return nil, false, err
		}
		if line.RunID != runID || line.Status != usersync.StatusRefused {
			continue
		}
		users = make([]usersync.ID, len(line.Refused))
		for i, text := range line.Refused {
			if users[i], err = usersync.ParseID(text); err != nil {
				return nil, false, fmt.Errorf("read ledger %s: a user for whose sake run %s was refused: %w", c.ledger.path(), runID, err)
			}
		}
		return users, true, nil
	}
	return nil, false, nil
}

// lines yields what the ledger says, the latest run first, and of a run that
// died what it is going to say.
func (c *CSV) lines(ctx context.Context) iter.Seq2[*ledgerLine, error] {
	return func(yield func(*ledgerLine, error) bool) {
		if c.journal == nil { // else it is this run's own
			left, err := c.leftBehind(ctx)
			if err != nil {
				yield(nil, fmt.Errorf("see what the run before this one came to: %w", explainFile(err)))
				return
			}
			if left != nil && !yield(left, nil) {
				return
			}
		}
		for line, err := range c.ledger.lines(ctx) {
			if !yield(line, err) {
				return
			}
		}
	}
}
