package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/gofrs/flock"

	usersync "usersync/sync"
)

// CSV mirrors users into one file, which readers may open at any time: it is
// only ever replaced as a whole, by a rename. Users that are gone are left out
// of it, or stay with a time in [usersync.DeletedColumn].
//
// The file has the columns of [usersync.Columns] and mode 0600, whatever it had
// before. Users keep their places in it, new ones are appended in the order of
// created_at and sub, so that the file does not depend on the order in which
// they were read.
//
// Beside the file NAME are, with the same mode, NAME.runs.ndjson, the ledger,
// with a line of JSON for each run, and NAME.forgotten, who must not be mirrored
// again, which cannot be read from it. A change log there is not.
//
// In memory there are 44 bytes for each user of the old file and 40 for each
// change, which say where their rows are. A CSV is for one goroutine.
type CSV struct {
	place       csvPlace
	ledger      csvLedger
	keepDeleted bool
	dropDeleted bool
	logger      *slog.Logger
	lock        *flock.Flock

	old     *oldCSV     // the file as this run found it; nil until it looked
	spool   *csvSpool   // nil unless a run has begun
	journal *csvJournal // of the run that has begun, until it is in the ledger
}

var _ usersync.Mirror = (*CSV)(nil)

// CSVConfig says which file is the mirror.
type CSVConfig struct {
	// Path is the file, which need not exist, in a folder that does. Where it is
	// a symbolic link, what the link points to is the mirror, and the link stays.
	Path string
	// KeepDeleted keeps the rows of users who are gone: the next run gives the file
	// the column for it. A file that has the column goes on keeping them without
	// being told, as rows that are gone cannot be had back.
	KeepDeleted bool
	// DropDeleted takes that column and those rows away with the next run.
	DropDeleted bool
	// ReadOnly makes nothing beside the mirror, not even the file that the lock
	// is on: where that is missing no run has ever begun, and none is kept out.
	// Begin must then not be called.
	ReadOnly bool
	// LedgerOnly takes no lock, so that a run may be at work meanwhile. Nothing but
	// Holds, Known, Runs and Refused must then be called.
	LedgerOnly bool
	// MustExist is for what is of no use without a mirror: where there is nothing of
	// one, opening makes nothing and its error wraps [ErrNoMirror]. The ledger, and
	// who was forgotten, are something of it, unless ReadOnly is there for the users.
	MustExist bool
	// WaitLock is how long to wait for another run to give the mirror back; 0 is
	// not at all.
	WaitLock time.Duration
	Logger   *slog.Logger
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
	if cfg.MustExist {
		if err := place.mustExist(cfg.ReadOnly && !cfg.LedgerOnly); err != nil {
			return nil, fmt.Errorf("open mirror %s: %w", cfg.Path, explainFile(err))
		}
	}
	lock := flock.New(place.beside("lock"), flock.SetPermissions(csvMode))
	_, missing := os.Stat(lock.Path())
	if cfg.LedgerOnly || cfg.ReadOnly && errors.Is(missing, fs.ErrNotExist) {
		return newCSV(cfg, place, lock), nil
	}
	if err := take(ctx, lock, cfg.WaitLock); err != nil {
		return nil, fmt.Errorf("lock mirror %s: %w", place.path, explainFile(err))
	}
	return newCSV(cfg, place, lock), nil
}

func newCSV(cfg CSVConfig, place csvPlace, lock *flock.Flock) *CSV {
	return &CSV{place: place, ledger: csvLedger{place}, keepDeleted: cfg.KeepDeleted, dropDeleted: cfg.DropDeleted, logger: cfg.Logger, lock: lock}
}

// csvLockPause is how often a lock is tried that another run holds.
const csvLockPause = 50 * time.Millisecond

// take locks, or waits for that as long as it may.
func take(ctx context.Context, lock *flock.Flock, patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; {
		switch held, err := lock.TryLock(); {
		case err != nil:
			return err
		case held:
			return nil
		case !time.Now().Before(deadline):
			return usersync.ErrLocked
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(csvLockPause, time.Until(deadline))):
		}
	}
}

// Close gives the mirror back and drops what was staged and not published.
func (c *CSV) Close() error {
	return errors.Join(c.end(), c.lock.Close())
}

// end ends a run, for which it leaves nothing open, and nothing on the disk but
// its journal if it did not come into the ledger.
func (c *CSV) end() error {
	var err error
	if c.journal != nil {
		err = c.journal.close()
	}
	if c.spool != nil {
		err = errors.Join(err, c.spool.drop())
	}
	if c.old != nil {
		err = errors.Join(err, c.old.close())
	}
	c.journal, c.spool, c.old = nil, nil, nil
	return err
}

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
