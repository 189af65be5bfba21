package sink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// abandonTime bounds how long a run's end is waited for when it did not go well:
// whoever pressed Ctrl-C waits for it.
const abandonTime = time.Second

// A postgresRun is what a mirror knows of the run that it is open for.
type postgresRun struct {
	start  usersync.Start
	staged map[usersync.Op]int64      // how many users were staged for what
	erased map[usersync.Erasure]int64 // and of whom something is to be taken out
	beaten time.Time                  // when the ledger was last told that the run is alive
}

// Begin makes the staging table and the run's row in the ledger. Rows that are
// still running there belong to runs that died, as the lock is ours; they are
// closed as interrupted.
func (p *Postgres) Begin(ctx context.Context, start usersync.Start) error {
	if !p.exists {
		return errNoTables(p.cfg.Schema)
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("note the run in the ledger: find out the name of this machine: %w", err)
	}
	if err := p.makeStaging(ctx, start.Fields); err != nil {
		return err
	}
	if err := p.buryDead(ctx, start.StartedAt); err != nil {
		return err
	}
	_, err = p.conn.Exec(ctx, "insert into "+p.table("runs")+
		" (run_id, mode, status, started_at, heartbeat_at, version, host, endpoint, app_id) values ($1, $2, 'running', $3, pg_catalog.clock_timestamp(), $4, $5, $6, $7)",
		start.RunID, start.Mode, start.StartedAt, start.Version, host, start.Project.Endpoint, start.Project.AppID)
	if err != nil {
		return database.Explain(ctx, "note the run in the ledger", err)
	}
	p.run = &postgresRun{
		start: start, staged: make(map[usersync.Op]int64), erased: make(map[usersync.Erasure]int64), beaten: time.Now(),
	}
	return nil
}

func errNoTables(schema string) error {
	return &database.Error{
		Doing: "begin", Reason: fmt.Sprintf("there are no tables of usersync's in schema %q", schema),
		Remedy: "Run `usersync migrate up`, or leave --no-migrate out", Class: database.Misconfigured,
	}
}

// buryDead closes the rows of runs that died. One whose heart beat a moment ago
// may have lost no more than its connection, and with it the lock and all that
// it had staged: it cannot publish, whatever it does.
func (p *Postgres) buryDead(ctx context.Context, at time.Time) error {
	rows, err := p.conn.Query(ctx, "update "+p.table("runs")+` set status = 'interrupted', finished_at = $1,
		error = 'The run ended without a word. Nothing of it was published; the next run does its work.'
		where status = 'running' returning run_id, coalesce(heartbeat_at > pg_catalog.clock_timestamp() - $2::pg_catalog.interval, false)`, at, freshBeat)
	if err != nil {
		return database.Explain(ctx, "close runs that died", err)
	}
	var id string
	var fresh bool
	_, err = pgx.ForEachRow(rows, []any{&id, &fresh}, func() error {
		if fresh {
			p.cfg.Logger.Warn("a run lost its connection to the mirror a moment ago and may still be at work; nothing of it will be published", "run", id)
		} else {
			p.cfg.Logger.Warn("a run before this one died; nothing of it was published", "run", id)
		}
		return nil
	})
	if err != nil {
		return database.Explain(ctx, "close runs that died", err)
	}
	return nil
}

// Abandon takes at most a second, also when the context has ended or the
// connection broke; in the latter case it makes another one for the ledger.
func (p *Postgres) Abandon(ctx context.Context, report *usersync.Report) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	_, err := p.conn.Exec(ctx, "drop table if exists "+staging)
	if err == nil {
		_, err = p.closeLedger(ctx, p.conn, report)
		return err
	}
	if !p.conn.IsClosed() {
		return database.Explain(ctx, "drop what was staged", err)
	}
	// With its connection, what was staged is gone, too.
	fresh, err := database.Connect(ctx, p.cfg.URL)
	if err != nil {
		return fmt.Errorf("close the run in the ledger: %w", err)
	}
	_, err = p.closeLedger(ctx, fresh, report)
	return errors.Join(err, database.Close(fresh))
}
