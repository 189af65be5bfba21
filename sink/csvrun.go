package sink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	usersync "usersync/sync"
)

// Begin prepares a place to stage changes in, and notes the run beside the
// mirror. What a killed run left it removes, after giving that run its line in
// the ledger.
func (c *CSV) Begin(ctx context.Context, start usersync.Start) error {
	if err := c.look(); err != nil {
		return err
	}
	return c.begin(ctx, start, csvLayout{fields: start.Fields, keepDeleted: c.keepsDeleted()})
}

// keepsDeleted says whether the file will hold users who are gone.
func (c *CSV) keepsDeleted() bool {
	return c.keepDeleted || c.old.keepsDeleted() && !c.dropDeleted
}

func (c *CSV) begin(ctx context.Context, start usersync.Start, layout csvLayout) error {
	if err := errors.Join(ctx.Err(), c.end()); err != nil {
		return err
	}
	if start.RunID == "" {
		return errors.New("a run without an id cannot be told from others in the ledger")
	}
	if err := c.settle(ctx); err != nil {
		return fmt.Errorf("settle the run before this one: %w", explainFile(err))
	}
	removed, err := c.place.removeLeftovers()
	for _, name := range removed {
		c.logger.Info("removed what a killed run left", "file", name)
	}
	if err != nil {
		return fmt.Errorf("clean up beside %s: %w", c.place.path, explainFile(err))
	}
	spool, err := newCSVSpool(c.place, layout, start.StartedAt)
	if err != nil {
		return fmt.Errorf("prepare to stage beside %s: %w", c.place.path, explainFile(err))
	}
	c.spool = spool
	host, err := os.Hostname()
	var unread imports
	if err == nil {
		unread, err = c.ledger.imports(ctx)
	}
	if err == nil {
		c.journal, err = startCSVJournal(c.place, ledgerLine{
			Report: usersync.Report{
				RunID: start.RunID, Mode: start.Mode, Status: usersync.StatusRunning,
				Project: start.Project, Budgets: []usersync.Budget{}, StartedAt: start.StartedAt,
			},
			Version: start.Version, Host: host, Fields: start.Fields.Names(), Imports: unread,
		})
	}
	if err != nil {
		return errors.Join(fmt.Errorf("note the run beside %s: %w", c.place.path, explainFile(err)), c.end())
	}
	return nil
}

// settle gives the run before this one its line in the ledger, should it have
// died before it could do so itself.
func (c *CSV) settle(ctx context.Context) error {
	left, err := c.leftBehind(ctx)
	if err != nil {
		return err
	}
	if left != nil {
		if left.Died {
			c.logger.Warn("a run before this one died; nothing of it was published", "run", left.RunID)
		}
		if err := c.ledger.append(left); err != nil {
			return err
		}
	}
	return removeCSVJournal(c.place)
}

// csvBeatPause is how often it is noted at most that a run is alive.
const csvBeatPause = 10 * time.Second

// Beat notes at most every ten seconds, in the time of the run's journal, that
// the run is alive. Whether it is tells the lock, which goes with the process;
// this is for knowing how long a run lived that was killed.
func (c *CSV) Beat(context.Context) error {
	if c.journal == nil {
		return errNotBegun
	}
	if err := c.journal.beat(); err != nil {
		return fmt.Errorf("note beside %s that the run is alive: %w", c.place.path, explainFile(err))
	}
	return nil
}

// Stage writes the changes' rows to a spool beside the mirror that has no name,
// or, where the system insists on one, one that is removed by the next run.
func (c *CSV) Stage(ctx context.Context, changes []usersync.Change) error {
	if c.spool == nil {
		return errNotBegun
	}
	for i := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.spool.add(&changes[i]); err != nil {
			return fmt.Errorf("stage beside %s: %w", c.place.path, explainFile(err))
		}
	}
	return nil
}

var errNotBegun = errors.New("no run has begun on this mirror")

// Abandon drops what was staged. A run that is in the ledger already, because it
// was published after all, stays there as it is.
func (c *CSV) Abandon(_ context.Context, report *usersync.Report) error {
	var err error
	if c.journal != nil {
		err = c.enter(report)
	}
	return errors.Join(err, c.end())
}

// enter writes the run's line into the ledger, after which it needs no journal.
func (c *CSV) enter(report *usersync.Report) error {
	line := c.journal.line(report)
	if err := c.ledger.append(&line); err != nil {
		return fmt.Errorf("write to ledger %s: %w", c.ledger.path(), explainFile(err))
	}
	err := errors.Join(c.journal.close(), removeCSVJournal(c.place))
	c.journal = nil
	if err != nil {
		// The next run finds it in the ledger, and puts the journal away.
		c.logger.Warn("what noted the run beside the mirror could not be put away; the next run will", "error", err)
	}
	return nil
}
