package sink

import (
	"context"
	"errors"
	"fmt"
	"os"

	usersync "usersync/sync"
)

// NoteImport notes an import: from then on Holds says that a full run is due, until
// one is published that began at the note's time or later and whose sweep is
// complete. The ledger has a line of every note, in the mode import, also where
// there is no file yet, so that noted is true unless there is an error. No run may
// have begun on this mirror that is still to be published. The error is a
// [*usersync.RefusedError] where the mirror holds another project's users.
func (c *CSV) NoteImport(ctx context.Context, note usersync.ImportNote) (noted bool, err error) {
	if err := c.noteImport(ctx, &note); err != nil {
		return false, fmt.Errorf("note an import: %w", err)
	}
	return true, nil
}

func (c *CSV) noteImport(ctx context.Context, note *usersync.ImportNote) error {
	if err := c.end(); err != nil {
		return err
	}
	held, err := c.Holds(ctx)
	if err != nil {
		return err
	}
	if err := refuseOther(note.Project, held.Project); err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	if err := c.settle(ctx); err != nil {
		return fmt.Errorf("settle the run before: %w", explainFile(err))
	}
	before, err := c.ledger.imports(ctx)
	if err != nil {
		return err
	}
	line := ledgerLine{
		Report: *importReport(note), Host: host, Fields: held.Fields.Names(),
		Imports: before.with(note),
	}
	if err := errors.Join(ctx.Err(), c.ledger.append(&line)); err != nil {
		return fmt.Errorf("write to ledger %s: %w", c.ledger.path(), explainFile(err))
	}
	return nil
}
