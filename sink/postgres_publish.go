package sink

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// errMoved means that the tables are not as the run read them at its beginning.
func errMoved(what string) error {
	return &database.Error{
		Doing: "publish", Reason: "the mirror was changed during the run: " + what,
		Remedy: "Run it again, and see that nothing else writes to these tables", Class: database.Temporary,
	}
}

// Publish does everything in one transaction: the users, the change log, what
// the mirror says about itself and the end of the run. Every count must be what
// was staged, or nothing is published. The report's end is moved on to when it is all
// written, save for the commit.
func (p *Postgres) Publish(ctx context.Context, report *usersync.Report) error {
	began := time.Now()
	// Without statistics the planner takes the staged rows for a handful.
	if _, err := p.conn.Exec(ctx, "analyze "+staging); err != nil {
		return database.Explain(ctx, "count what was staged", err)
	}
	tx, err := p.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return database.Explain(ctx, "begin to publish", err)
	}
	if err := p.publish(ctx, tx, report, began); err != nil {
		// The connection may be gone, and the transaction with it; what is
		// worth saying is why.
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return p.settle(ctx, database.Explain(ctx, "publish", err))
	}
	return nil
}

func (p *Postgres) publish(ctx context.Context, tx pgx.Tx, report *usersync.Report, began time.Time) error {
	var generation int64
	if err := tx.QueryRow(ctx, "select generation from "+p.table("mirror")+" for update").Scan(&generation); err != nil {
		return database.Explain(ctx, "lock the mirror", err)
	}
	if generation != p.generation {
		return errMoved("another run published to it")
	}
	if err := p.holdsLock(ctx, tx); err != nil {
		return err
	}
	for _, step := range p.steps(report) {
		if step.rows == 0 {
			continue
		}
		tag, err := tx.Exec(ctx, step.sql, step.arguments...)
		if err != nil {
			return database.Explain(ctx, step.doing, err)
		}
		if step.rows != anyNumber && tag.RowsAffected() != step.rows {
			return errMoved(fmt.Sprintf("to %s concerned %d of %d rows", step.doing, tag.RowsAffected(), step.rows))
		}
	}
	prolong(report, began)
	closed, err := p.closeLedger(ctx, tx, report)
	if err == nil && !closed {
		err = errMoved("another run took this one for dead")
	}
	return err
}

// A publishStep is a statement of the publishing transaction.
type publishStep struct {
	doing     string
	rows      int64 // how many it must concern; with 0 it is left out
	sql       string
	arguments []any
}

const anyNumber = -1

// steps are what publishing writes, in order. Everything that a run finds is
// dated with its beginning: it had happened by then or soon after, and whoever
// loads what changed since the last load misses nothing.
func (p *Postgres) steps(report *usersync.Report) []publishStep {
	at, run, staged := p.run.start.StartedAt, p.run.start.RunID, p.run.staged
	purged := p.run.erased[usersync.EraseUser]
	fields := p.run.start.Fields.Names()
	users := p.table("users")
	list := columnList(fields, "")
	steps := []publishStep{{
		doing: "add users", rows: staged[usersync.Create], arguments: []any{at},
		sql: "insert into " + users + " (sub, " + list + ", _row_hash, _first_seen_at, _changed_at) select sub, " + list +
			", _row_hash, $1, $1 from " + staging + " where _op = 'create'",
	}, {
		doing: "change users", rows: staged[usersync.Update] + staged[usersync.Restore] + staged[usersync.Refill], arguments: []any{at},
		sql: "update " + users + " as users set " + p.assignments() + ", _row_hash = staged._row_hash, " +
			"_deleted_at = null, _delete_confirmed_at = null, _deleted_by_run = null, " +
			"_changed_at = case when staged._op = 'refill' then users._changed_at else $1 end from " + staging + " as staged " +
			"where staged.sub = users.sub and staged._op in ('update', 'restore', 'refill') " +
			"and (users._deleted_at is not null) = (staged._op = 'restore')",
	}, {
		doing: "mark users as gone", rows: staged[usersync.Delete], arguments: []any{at, run},
		sql: "update " + users + " as users set _deleted_at = $1, _changed_at = $1, _delete_confirmed_at = staged._confirmed_at, _deleted_by_run = $2 from " +
			staging + " as staged where staged.sub = users.sub and staged._op = 'delete' and users._deleted_at is null",
	}, {
		doing: "write the change log", arguments: []any{run, at},
		rows: staged[usersync.Create] + staged[usersync.Update] + staged[usersync.Restore] + staged[usersync.Delete] - purged,
		sql: "insert into " + p.table("user_changes") + " (run_id, sub, op, at, fields, before, after, scrubbed) " +
			"select $1, sub, _op, $2, _fields, _before, _after, _erase <> 'nothing' from " + staging + " where _op <> 'refill' and _erase <> 'user' order by sub",
	}}
	steps = append(steps, p.erasing()...)
	if dropped := p.dropped(); len(dropped) > 0 {
		// Those who were written anew are done with; this is for those who are gone.
		steps = append(steps, publishStep{
			doing: "empty columns that are no longer mirrored", rows: anyNumber,
			sql: "update " + users + " set " + columnList(dropped, " = null") + " where num_nonnulls(" + columnList(dropped, "") + ") > 0",
		})
	}
	return append(steps, p.state(report))
}

// state is the step that writes what the mirror says about itself. Imports that
// ended before everybody was read need not be spoken of any longer.
func (p *Postgres) state(report *usersync.Report) publishStep {
	start := p.run.start
	return publishStep{
		doing: "write the state of the mirror", rows: 1,
		arguments: []any{start.Fields.Names(), usersync.FingerprintVersion, start.Project.Endpoint, start.Project.AppID, p.newHistory(), p.run.readingSince(report)},
		sql: "update " + p.table("mirror") + " set fields = $1, fingerprint_version = $2, generation = generation + 1, " +
			"endpoint = $3, app_id = $4, history_since = $5, imports = case when $6::timestamptz is null then imports else " +
			"(select coalesce(pg_catalog.jsonb_agg(note), '[]') from pg_catalog.jsonb_array_elements(imports) as note where (note ->> 'at')::timestamptz > $6) end",
	}
}

// newHistory is since when the change log tells everything of each column. What
// is newly mirrored was filled without a word to it, and old rows were trimmed.
func (p *Postgres) newHistory() map[string]time.Time {
	start := p.run.start
	history := make(map[string]time.Time, start.Fields.Len())
	for _, name := range start.Fields.Names() {
		since, told := p.historySince[name]
		if !told {
			since = start.StartedAt
		}
		if kept := start.StartedAt.Add(-start.KeepHistory); start.KeepHistory > 0 && since.Before(kept) {
			since = kept
		}
		history[name] = since
	}
	return history
}

// assignments set every column that is mirrored, and empty those that no longer
// are.
func (p *Postgres) assignments() string {
	var list []string
	for _, name := range p.run.start.Fields.Names() {
		column := pgx.Identifier{name}.Sanitize()
		list = append(list, column+" = staged."+column)
	}
	for _, name := range p.dropped() {
		list = append(list, pgx.Identifier{name}.Sanitize()+" = null")
	}
	return strings.Join(list, ", ")
}

// dropped are the columns that the mirror holds and the run leaves out.
func (p *Postgres) dropped() []string {
	var names []string
	for field := range p.held.Fields.All() {
		if _, kept := p.run.start.Fields.Lookup(field.Name); !kept {
			names = append(names, field.Name)
		}
	}
	return names
}

// columnList is the quoted names, each with what follows it, and commas between.
func columnList(names []string, each string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = pgx.Identifier{name}.Sanitize() + each
	}
	return strings.Join(list, ", ")
}
