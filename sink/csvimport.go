package sink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	usersync "usersync/sync"
)

// NoteImport notes that an import into the project has ended, at a time of this
// machine's clock, and how many rows it had. From then on Holds says that a full
// run is due, until one is published that began at that time or later and whose
// sweep is complete. The ledger has a line of it, in the mode import. No run may
// have begun on this mirror that is still to be published. The error is a
// [*usersync.RefusedError] where the mirror holds another project's users.
func (c *CSV) NoteImport(ctx context.Context, project usersync.Project, at time.Time, rows int) error {
	if err := c.noteImport(ctx, project, at, rows); err != nil {
		return fmt.Errorf("note an import of %d rows: %w", rows, err)
	}
	return nil
}

func (c *CSV) noteImport(ctx context.Context, project usersync.Project, at time.Time, rows int) error {
	if err := c.end(); err != nil {
		return err
	}
	held, err := c.Holds(ctx)
	if err != nil {
		return err
	}
	if err := refuseOther(project, held.Project); err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	if err := c.settle(ctx); err != nil {
		return fmt.Errorf("settle the run before: %w", explainFile(err))
	}
	before, err := c.ledger.imported(ctx)
	if err != nil {
		return err
	}
	line := ledgerLine{
		Report: *importReport(project, rows), Host: host, Fields: held.Fields.Names(),
		Imported: before.with(at, rows),
	}
	if err := errors.Join(ctx.Err(), c.ledger.append(&line)); err != nil {
		return fmt.Errorf("write to ledger %s: %w", c.ledger.path(), explainFile(err))
	}
	return nil
}
