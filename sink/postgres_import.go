package sink

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// NoteImport notes that an import into the project has ended, at a time of this
// machine's clock, and how many rows it had. From then on Holds says that a full
// run is due, until one is published that began at that time or later and whose
// sweep is complete. The ledger has a row of it, in the mode import. No run may
// have begun on this mirror that is still to be published. The error is a
// [*usersync.RefusedError] where the mirror holds another project's users.
func (p *Postgres) NoteImport(ctx context.Context, project usersync.Project, at time.Time, rows int) error {
	if !p.exists {
		return errNoTables(p.cfg.Schema)
	}
	held, err := p.Holds(ctx)
	if err != nil {
		return err
	}
	if err := refuseOther(project, held.Project); err != nil {
		return err
	}
	const doing = "note an import"
	tx, err := p.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return database.Explain(ctx, doing, err)
	}
	err = p.noteImport(ctx, tx, project, at, rows)
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		// The connection may be gone, and the transaction with it; what is
		// worth saying is why.
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return database.Explain(ctx, doing, err)
	}
	return nil
}

func (p *Postgres) noteImport(ctx context.Context, tx pgx.Tx, project usersync.Project, at time.Time, rows int) error {
	_, err := tx.Exec(ctx, "update "+p.table("mirror")+" set import_at = greatest(import_at, $1), import_rows = coalesce(import_rows, 0) + $2", at, rows)
	if err != nil {
		return err
	}
	if err := p.holdsLock(ctx, tx); err != nil {
		return err
	}
	report := importReport(project, rows)
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "insert into "+p.table("runs")+
		" (run_id, mode, status, started_at, finished_at, endpoint, app_id, report) values ($1, $2, $3, $4, $4, $5, $6, $7)",
		report.RunID, report.Mode, string(report.Status), report.StartedAt, project.Endpoint, project.AppID, text)
	return err
}
