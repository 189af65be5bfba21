package sink

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// forgetKeySize is the size of the key under which the ids of people who were
// forgotten are kept, and of what is kept of each.
const forgetKeySize = sha256.Size

// Forgotten loads the list, thirty-two bytes for each who is on it.
func (p *Postgres) Forgotten(ctx context.Context) (func(usersync.ID) bool, error) {
	if !p.exists {
		return nil, nil //nolint:nilnil // nobody is forgotten
	}
	const doing = "read who must be forgotten"
	rows, err := p.conn.Query(ctx, "select key from "+p.table("forgotten"))
	if err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	defer rows.Close()
	list := make(map[[forgetKeySize]byte]struct{})
	for rows.Next() {
		var key pgtype.DriverBytes
		if err := rows.Scan(&key); err != nil {
			return nil, database.Explain(ctx, doing, err)
		}
		list[[forgetKeySize]byte(key)] = struct{}{}
	}
	if err := rows.Err(); err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // nobody is forgotten
	}
	var secret []byte
	if err := p.conn.QueryRow(ctx, "select forget_key from "+p.table("mirror")).Scan(&secret); err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	return func(id usersync.ID) bool {
		_, found := list[keyed(secret, id)]
		return found
	}, nil
}

func keyed(secret []byte, id usersync.ID) [forgetKeySize]byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(id[:]) // never fails, as hash.Hash says
	return [forgetKeySize]byte(mac.Sum(nil))
}

// Forget takes people out of the mirror at once and keeps them out: with
// [usersync.EraseValues] their rows stay, emptied but for ids and times and
// marked as gone, with [usersync.EraseUser] nothing stays, and either way so in
// the change log. People of whom the mirror never had a row may be among them.
// It is all done in one transaction, which leaves a row in the ledger. found is
// of how many the mirror had a row.
func (p *Postgres) Forget(ctx context.Context, ids []usersync.ID, mode usersync.Erasure) (found int, err error) {
	if !p.exists {
		return 0, fmt.Errorf("forget %d users: %w", len(ids), ErrNoMirror)
	}
	f := forgetting{Postgres: p, mode: "scrub", users: make([][16]byte, len(ids)), at: time.Now().UTC()}
	switch mode {
	case usersync.EraseValues:
	case usersync.EraseUser:
		f.mode = "purge"
	default:
		return 0, fmt.Errorf("forget %d users: an erasure of degree %d is not known there", len(ids), mode)
	}
	for i, id := range ids {
		f.users[i] = id
	}
	tx, err := p.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return 0, database.Explain(ctx, f.doing(), err)
	}
	err = f.run(ctx, tx)
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		// The connection may be gone, and the transaction with it; what is
		// worth saying is why.
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return 0, database.Explain(ctx, f.doing(), err)
	}
	return f.found, nil
}

// A forgetting is one call of Forget.
type forgetting struct {
	*Postgres
	mode  string
	users [][16]byte
	at    time.Time
	found int // of how many there is a row
}

func (f *forgetting) doing() string { return fmt.Sprintf("forget %d users", len(f.users)) }

func (f *forgetting) run(ctx context.Context, tx pgx.Tx) error {
	if err := f.enlist(ctx, tx); err != nil {
		return err
	}
	runID := usersync.NewRunID(f.at)
	var present int
	if err := tx.QueryRow(ctx, "select count(*), count(*) filter (where _deleted_at is null) from "+f.table("users")+" where sub = any($1)", f.users).Scan(&f.found, &present); err != nil {
		return err
	}
	steps := f.purging()
	if f.mode == "scrub" {
		steps = f.scrubbing(runID)
	}
	for _, step := range steps {
		if _, err := tx.Exec(ctx, step.sql, step.arguments...); err != nil {
			return database.Explain(ctx, f.doing()+": "+step.doing, err)
		}
	}
	report, err := json.Marshal(usersync.Report{
		RunID: runID, Mode: usersync.ModeForget, Status: usersync.StatusOK, Budgets: []usersync.Budget{},
		Changes: usersync.Counts{Deleted: present}, StartedAt: f.at, FinishedAt: f.at,
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "insert into "+f.table("runs")+" (run_id, mode, status, started_at, finished_at, report) values ($1, $2, 'ok', $3, $3, $4)",
		runID, usersync.ModeForget, f.at, report)
	return err
}

// enlist puts the users on the list, and moves the mirror's generation, so that
// no run publishes what it read of them before.
func (f *forgetting) enlist(ctx context.Context, tx pgx.Tx) error {
	var secret []byte
	if err := tx.QueryRow(ctx, "select forget_key from "+f.table("mirror")+" for update").Scan(&secret); err != nil {
		return err
	}
	if err := f.holdsLock(ctx, tx); err != nil {
		return err
	}
	if secret == nil {
		secret = make([]byte, forgetKeySize)
		rand.Read(secret) // never fails, as its documentation says
	}
	_, err := tx.Exec(ctx, "update "+f.table("mirror")+" set forget_key = $1, generation = generation + case when fields is null then 0 else 1 end", secret)
	if err != nil {
		return err
	}
	keys := make([][]byte, len(f.users))
	for i, id := range f.users {
		key := keyed(secret, id)
		keys[i] = key[:]
	}
	_, err = tx.Exec(ctx, "insert into "+f.table("forgotten")+" (key, at, mode) select distinct key, $2::timestamptz, $3 from unnest($1::bytea[]) as key "+
		"on conflict (key) do update set at = excluded.at, mode = excluded.mode", keys, f.at, f.mode)
	return err
}

func (f *forgetting) scrubbing(runID string) []publishStep {
	return []publishStep{{
		doing: "write the change log", arguments: []any{f.users, runID, f.at},
		sql: "insert into " + f.table("user_changes") + " (run_id, sub, op, at, fields, before, scrubbed) " +
			"select $2, sub, 'delete', $3, '{}', '{}', true from " + f.table("users") + " where sub = any($1) and _deleted_at is null order by sub",
	}, {
		doing: "empty rows of the change log", arguments: []any{f.users},
		sql: "update " + f.table("user_changes") + " set " + scrubbed + " where sub = any($1) and not scrubbed",
	}, {
		// Nobody at Authgear confirmed that these are gone.
		doing: "empty users", arguments: []any{f.users, runID, f.at},
		sql: "update " + f.table("users") + " set " + emptied() + ", _changed_at = $3, _deleted_at = coalesce(_deleted_at, $3), " +
			"_deleted_by_run = case when _deleted_at is null then $2 else _deleted_by_run end where sub = any($1)",
	}}
}

func (f *forgetting) purging() []publishStep {
	return []publishStep{{
		doing: "remove rows of the change log", arguments: []any{f.users},
		sql: "delete from " + f.table("user_changes") + " where sub = any($1)",
	}, {
		doing: "remove users", arguments: []any{f.users},
		sql: "delete from " + f.table("users") + " where sub = any($1)",
	}, {
		doing: "remove ids from refusals", arguments: []any{f.users},
		sql: "update " + f.table("runs") + " set refused = array(select id from unnest(refused) as id where id <> all($1)) where refused && $1",
	}}
}
