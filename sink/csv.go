package sink

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"

	"github.com/gofrs/flock"

	usersync "usersync/sync"
)

// CSV mirrors users into one file, which readers may open at any time: it is
// only ever replaced as a whole, by a rename. Users that are gone are left out
// of it, so nothing is ever marked as deleted.
//
// The file has the columns of [usersync.Columns] and mode 0600, whatever it had
// before. Users keep their places in it, new ones are appended in the order of
// created_at and sub, so that the file does not depend on the order in which
// they were read.
//
// In memory there are 36 bytes for each user of the old file and 40 for each
// change, which say where their rows are. A CSV is for one goroutine.
type CSV struct {
	place  csvPlace
	logger *slog.Logger
	lock   *flock.Flock

	old   *oldCSV   // the file as this run found it; nil until it looked
	spool *csvSpool // nil unless a run has begun
}

var _ usersync.Mirror = (*CSV)(nil)

// CSVConfig says which file is the mirror.
type CSVConfig struct {
	// Path is the file, which need not exist, in a folder that does. Where it is
	// a symbolic link, what the link points to is the mirror, and the link stays.
	Path   string
	Logger *slog.Logger
}

// OpenCSV takes the mirror for one run at a time and changes nothing. The error
// wraps [usersync.ErrLocked] while another run holds it; the lock is a file
// beside the mirror, .NAME.lock, that stays when it is given back. A run that
// was killed holds nothing.
func OpenCSV(ctx context.Context, cfg CSVConfig) (*CSV, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	place, err := placeCSV(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("open mirror %s: %w", cfg.Path, explainFile(err))
	}
	lock := flock.New(place.beside("lock"), flock.SetPermissions(csvMode))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock mirror %s: %w", place.path, explainFile(err))
	}
	if !held {
		return nil, fmt.Errorf("lock mirror %s: %w", place.path, usersync.ErrLocked)
	}
	return &CSV{place: place, logger: cfg.Logger, lock: lock}, nil
}

// Close gives the mirror back and drops what was staged and not published.
func (c *CSV) Close() error {
	return errors.Join(c.forget(), c.lock.Close())
}

// Begin prepares a place to stage changes in, and removes what a killed run
// left.
func (c *CSV) Begin(ctx context.Context, start usersync.Start) error {
	if err := errors.Join(ctx.Err(), c.forget()); err != nil {
		return err
	}
	removed, err := c.place.removeLeftovers()
	for _, name := range removed {
		c.logger.Info("removed what a killed run left", "file", name)
	}
	if err != nil {
		return fmt.Errorf("clean up beside %s: %w", c.place.path, explainFile(err))
	}
	spool, err := newCSVSpool(c.place, start.Fields)
	if err != nil {
		return fmt.Errorf("prepare to stage beside %s: %w", c.place.path, explainFile(err))
	}
	c.spool = spool
	return nil
}

// Holds reads the header of the file. A file that is empty, or does not begin
// with a header, is an error and not a mirror without users: deletions since
// would go unnoticed.
func (c *CSV) Holds(ctx context.Context) (usersync.Held, error) {
	if err := errors.Join(ctx.Err(), c.look()); err != nil {
		return usersync.Held{}, err
	}
	return c.old.held(), nil
}

// Known yields the users of the file in the order of its rows, and remembers
// where these are.
func (c *CSV) Known(ctx context.Context, fields usersync.FieldSet) iter.Seq2[usersync.Known, error] {
	return func(yield func(usersync.Known, error) bool) {
		err := c.look()
		if err == nil {
			err = c.old.index(ctx, func(u *usersync.User) bool {
				return yield(usersync.Known{ID: u.ID, Fingerprint: usersync.FingerprintOf(u, fields)}, nil)
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
		var err error
		if users[i], err = c.old.load(id); err != nil {
			return nil, err
		}
	}
	return users, nil
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

// Abandon drops what was staged.
func (c *CSV) Abandon(context.Context, *usersync.Report) error { return c.forget() }

// look opens the file once in a run: all of the run is about that one.
func (c *CSV) look() error {
	if c.old != nil {
		return nil
	}
	old, err := openOldCSV(c.place.path)
	if err != nil {
		return fmt.Errorf("read mirror %s: %w", c.place.path, explainFile(err))
	}
	c.old = old
	return nil
}

// forget ends a run, for which it leaves nothing open and nothing on the disk.
func (c *CSV) forget() error {
	var err error
	if c.spool != nil {
		err = c.spool.drop()
	}
	if c.old != nil {
		err = errors.Join(err, c.old.close())
	}
	c.spool, c.old = nil, nil
	return err
}
