package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// abandonTime bounds how long a run's end is waited for when it did not go well:
// whoever pressed Ctrl-C waits for it.
const abandonTime = time.Second

// A postgresRun is what a mirror knows of the run that it is open for.
type postgresRun struct {
	start  usersync.Start
	staged map[usersync.Op]int64 // how many users were staged for what
}

// Begin makes the staging table and the run's row in the ledger. Rows that are
// still running there belong to runs that died, as the lock is ours; they are
// closed as interrupted.
func (p *Postgres) Begin(ctx context.Context, start usersync.Start) error {
	const doing = "note the run in the ledger"
	if !p.exists {
		return &database.Error{
			Doing: "begin", Reason: fmt.Sprintf("there are no tables of usersync's in schema %q", p.cfg.Schema),
			Remedy: "Run `usersync migrate up`, or leave --no-migrate out", Class: database.Misconfigured,
		}
	}
	if err := p.makeStaging(ctx, start.Fields); err != nil {
		return err
	}
	dead, err := p.conn.Exec(ctx, "update "+p.table("runs")+` set status = 'interrupted', finished_at = $1,
		error = 'The run ended without a word. Nothing of it was published; the next run does its work.' where status = 'running'`, start.StartedAt)
	if err != nil {
		return database.Explain(ctx, doing, err)
	}
	if dead.RowsAffected() > 0 {
		p.cfg.Logger.Warn("a run before this one died; nothing of it was published", "runs", dead.RowsAffected())
	}
	_, err = p.conn.Exec(ctx, "insert into "+p.table("runs")+" (run_id, mode, status, started_at, version) values ($1, $2, 'running', $3, $4)",
		start.RunID, start.Mode, start.StartedAt, start.Version)
	if err != nil {
		return database.Explain(ctx, doing, err)
	}
	p.run = &postgresRun{start: start, staged: make(map[usersync.Op]int64)}
	return nil
}

// Abandon takes at most a second, also when the context has ended or the
// connection broke; in the latter case it makes another one for the ledger.
func (p *Postgres) Abandon(ctx context.Context, report *usersync.Report) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	_, err := p.conn.Exec(ctx, "drop table if exists "+staging)
	if err == nil {
		return p.closeLedger(ctx, p.conn, report)
	}
	if !p.conn.IsClosed() {
		return database.Explain(ctx, "drop what was staged", err)
	}
	// With its connection, what was staged is gone, too.
	fresh, err := database.Connect(ctx, p.cfg.URL)
	if err != nil {
		return fmt.Errorf("close the run in the ledger: %w", err)
	}
	return errors.Join(p.closeLedger(ctx, fresh, report), database.Close(fresh))
}

// An executor is a connection or a transaction.
type executor interface {
	Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error)
}

// closeLedger closes the run's row. One that is closed already, because the run
// was published after all or taken for dead by another, is left as it is.
func (p *Postgres) closeLedger(ctx context.Context, on executor, report *usersync.Report) error {
	const doing = "close the run in the ledger"
	text, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	_, err = on.Exec(ctx, "update "+p.table("runs")+
		" set status = $2, finished_at = $3, report = $4, error = $5 where run_id = $1 and status = 'running'",
		report.RunID, string(report.Status), report.FinishedAt, text, report.Error)
	if err != nil {
		return database.Explain(ctx, doing, err)
	}
	return nil
}
