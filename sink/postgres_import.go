package sink

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// NoteImport notes an import: from then on Holds says that a full run is due, until
// one is published that began at the note's time or later and whose sweep is
// complete. The ledger has a row of every note, in the mode import. No run may
// have begun on this mirror that is still to be published. Without tables there is
// nothing to note, as whoever makes them reads everybody: noted is false. The error
// is a [*usersync.RefusedError] where the mirror holds another project's users.
func (p *Postgres) NoteImport(ctx context.Context, note usersync.ImportNote) (noted bool, err error) {
	if !p.exists {
		return false, nil
	}
	held, err := p.Holds(ctx)
	if err != nil {
		return false, err
	}
	if err := refuseOther(note.Project, held.Project); err != nil {
		return false, err
	}
	const doing = "note an import"
	tx, err := p.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return false, database.Explain(ctx, doing, err)
	}
	err = p.noteImport(ctx, tx, &note)
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		// The connection may be gone, and the transaction with it; what is
		// worth saying is why.
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return false, database.Explain(ctx, doing, err)
	}
	return true, nil
}

func (p *Postgres) noteImport(ctx context.Context, tx pgx.Tx, note *usersync.ImportNote) error {
	var text []byte
	if err := tx.QueryRow(ctx, "select imports from "+p.table("mirror")+" for update").Scan(&text); err != nil {
		return err
	}
	before, err := readImports(text)
	if err != nil {
		return err
	}
	after, err := json.Marshal(append(imports{}, before.with(note)...)) // none are [], not null
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "update "+p.table("mirror")+" set imports = $1", after); err != nil {
		return err
	}
	if err := p.holdsLock(ctx, tx); err != nil {
		return err
	}
	report := importReport(note)
	if text, err = json.Marshal(report); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "insert into "+p.table("runs")+
		" (run_id, mode, status, started_at, finished_at, endpoint, app_id, report) values ($1, $2, $3, $4, $4, $5, $6, $7)",
		report.RunID, report.Mode, string(report.Status), report.StartedAt, note.Project.Endpoint, note.Project.AppID, text)
	return err
}

// readImports reads the column imports.
func readImports(text []byte) (imports, error) {
	var list imports
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, &database.Error{
			Doing: "read what was imported", Reason: "the column imports of the table mirror is not as usersync writes it",
			Remedy: "Something else wrote that row: put [] there, and run usersync sync --mode full",
		}
	}
	return list, nil
}

// readingSince is up to when imports need not be spoken of any longer once a run
// is published: nil where it did not see everybody.
func (r *postgresRun) readingSince(report *usersync.Report) *time.Time {
	if !sawEverybody(report) {
		return nil
	}
	return &r.start.StartedAt
}
