package sink

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	usersync "usersync/sync"
)

// Publish writes the new file beside the old one, with the unchanged rows copied
// byte for byte, makes sure that it is on the disk, and puts it in the old one's
// place. Whatever happens, readers find the one or the other, and the ledger has
// the run exactly if it is the new one. If nothing changed, the file is not
// touched; the first run writes one even without users, and a run with other
// columns its header. People who must be forgotten and are there all the same go
// with every run, and the report says how many. Its end is moved on to when it is all written, save for the rename.
func (c *CSV) Publish(ctx context.Context, report *usersync.Report) error {
	if c.spool == nil || c.journal == nil {
		return errNotBegun
	}
	began := time.Now()
	present, err := c.takeOut(ctx)
	if err != nil {
		return err
	}
	report.Changes.TakenOut = present
	if present > 0 {
		c.logger.Warn("people who must be forgotten are still in the file; they go with this run", "users", present)
	}
	return c.publish(ctx, report, began)
}

func (c *CSV) publish(ctx context.Context, report *usersync.Report, began time.Time) error {
	if err := c.look(); err != nil {
		return err
	}
	if c.changes() {
		if err := c.replace(ctx, report, began); err != nil {
			return fmt.Errorf("publish to %s: %w", c.place.path, explainFile(err))
		}
	} else if err := c.keep(ctx, report, began); err != nil {
		return err
	}
	if err := c.end(); err != nil {
		// What was to be published is, so this is no failure of the run.
		c.logger.Warn("the run's own files could not be put away; the next run will", "error", err)
	}
	return nil
}

// changes says whether the file would be another one. A mirror that no run has
// published to holds no fields.
func (c *CSV) changes() bool { return len(c.spool.staged) > 0 || !c.keepsLayout() }

// keepsLayout says whether the new file has the columns that the old one has.
func (c *CSV) keepsLayout() bool {
	return c.old.held().Fields.Equal(c.spool.layout.fields) && c.old.keepsDeleted() == c.spool.layout.keepDeleted
}

// keep publishes a run that leaves the file as it is.
func (c *CSV) keep(ctx context.Context, report *usersync.Report, began time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	prolong(report, began)
	return c.enter(report)
}

func (c *CSV) replace(ctx context.Context, report *usersync.Report, began time.Time) error {
	if !c.old.indexed() {
		return errors.New("the old file was not read to its end")
	}
	file, err := c.place.create(csvTemp)
	if err != nil {
		return err
	}
	digest, err := c.write(ctx, file)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = c.old.unchanged()
	}
	if err == nil {
		prolong(report, began)
		err = c.journal.intend(report, digest, filepath.Base(file.Name()), c.old.stamp())
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = os.Rename(file.Name(), c.place.path)
	}
	if err != nil {
		return errors.Join(err, c.journal.retract(), os.Remove(file.Name()))
	}
	return c.published(report)
}

// published brings into the ledger that the new file is in place. From here on
// the journal says so, and the run is not to be taken for one that failed.
func (c *CSV) published(report *usersync.Report) error {
	lasts := c.place.sync()
	if err := c.enter(report); err != nil {
		c.logger.Warn("the run is published, but not yet in the ledger; the next run will see to that", "error", err)
		err = c.journal.close()
		c.journal = nil
		if err != nil {
			c.logger.Warn("what notes the run could not be closed", "error", err)
		}
	}
	if lasts != nil {
		return fmt.Errorf("the new file is in place, but might not outlast a power failure: %w", lasts)
	}
	return nil
}

// write fills the new file and brings it to the disk.
func (c *CSV) write(ctx context.Context, file *os.File) (csvDigest, error) {
	if err := errors.Join(c.spool.sort(), c.spool.out.Flush()); err != nil {
		return csvDigest{}, err
	}
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(file, sum), 1<<20)
	merge := csvMerge{
		out: out, old: c.old, spool: c.spool, buffer: make([]byte, 256<<10),
		sameFields: c.old.held().Fields.Equal(c.spool.layout.fields),
		copies:     c.keepsLayout() && c.old.columnsInOrder(),
	}
	if err := errors.Join(merge.run(ctx), out.Flush()); err != nil {
		return csvDigest{}, err
	}
	info, err := file.Stat()
	if err != nil {
		return csvDigest{}, err
	}
	return digestOf(info.Size(), sum), file.Sync()
}
