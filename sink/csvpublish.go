package sink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	usersync "usersync/sync"
)

// Publish writes the new file beside the old one, with the unchanged rows copied
// byte for byte, makes sure that it is on the disk, and puts it in the old one's
// place. Whatever happens, readers find the one or the other. If nothing
// changed, nothing is touched; the first run writes a file even without users,
// and a run with other fields its header.
func (c *CSV) Publish(ctx context.Context, _ *usersync.Report) error {
	if c.spool == nil {
		return errNotBegun
	}
	if err := c.look(); err != nil {
		return err
	}
	if c.changes() {
		if err := c.replace(ctx); err != nil {
			return fmt.Errorf("publish to %s: %w", c.place.path, explainFile(err))
		}
	}
	if err := c.forget(); err != nil {
		// What was to be published is, so this is no failure of the run.
		c.logger.Warn("the run's own files could not be put away; the next run will", "error", err)
	}
	return nil
}

// changes says whether the file would be another one. A mirror that no run has
// published to holds no fields.
func (c *CSV) changes() bool {
	return len(c.spool.staged) > 0 || !c.old.held().Fields.Equal(c.spool.set)
}

func (c *CSV) replace(ctx context.Context) error {
	if !c.old.indexed() {
		return errors.New("the old file was not read to its end")
	}
	file, err := c.place.create(csvTemp)
	if err != nil {
		return err
	}
	err = errors.Join(c.write(ctx, file), file.Close())
	if err == nil {
		err = c.old.unchanged()
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = os.Rename(file.Name(), c.place.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := c.place.sync(); err != nil {
		return fmt.Errorf("the new file is in place, but might not outlast a power failure: %w", err)
	}
	return nil
}

// write fills the new file and brings it to the disk.
func (c *CSV) write(ctx context.Context, file *os.File) error {
	if err := errors.Join(c.spool.sort(), c.spool.out.Flush()); err != nil {
		return err
	}
	merge := csvMerge{
		out: bufio.NewWriterSize(file, 1<<20), old: c.old, spool: c.spool, buffer: make([]byte, 256<<10),
		sameFields: c.old.held().Fields.Equal(c.spool.set), sameColumns: c.old.columnsInOrder(),
	}
	if err := merge.run(ctx); err != nil {
		return err
	}
	if err := merge.out.Flush(); err != nil {
		return err
	}
	return file.Sync()
}
