package sink

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

const (
	// lockGrace is for how long the lock is always tried: the server notices a
	// moment late that the run before was killed.
	lockGrace = time.Second
	// lockPause is between two tries, at first and at most.
	lockPause, longestLockPause = 50 * time.Millisecond, time.Second
)

// lock takes the mirror by trying again and again: a session that waits in the
// server holds a snapshot all the while.
func (p *Postgres) lock(ctx context.Context) error {
	patience := max(lockGrace, p.cfg.WaitLock)
	began, waits := time.Now(), false
	for pause := lockPause; ; pause = min(pause*3/2, longestLockPause) {
		var locked bool
		if err := p.conn.QueryRow(ctx, "select pg_catalog.pg_try_advisory_lock($1)", lockKey(p.cfg.Schema)).Scan(&locked); err != nil {
			return database.Explain(ctx, "lock the mirror", err)
		}
		if locked {
			return nil
		}
		waited := time.Since(began)
		if waited >= patience {
			return fmt.Errorf("lock schema %q: %w. Wait until it is done; it is the session with the application_name usersync in pg_stat_activity",
				p.cfg.Schema, usersync.ErrLocked)
		}
		if waited > lockGrace && !waits {
			waits = true
			p.cfg.Logger.Info("another run holds the mirror; waiting for it", "schema", p.cfg.Schema, "at_most", patience)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("lock schema %q: %w", p.cfg.Schema, ctx.Err())
		case <-time.After(min(pause, patience-waited)):
		}
	}
}

// unlock gives the mirror back by name: the server ends the session some time
// after it was told to, and until then the next run would find it locked.
func (p *Postgres) unlock(ctx context.Context) error {
	if _, err := p.conn.Exec(ctx, "select pg_catalog.pg_advisory_unlock($1)", lockKey(p.cfg.Schema)); err != nil {
		return database.Explain(ctx, "unlock the mirror", err)
	}
	return nil
}

// holdsLock asks the server whether this very session has the lock. It does not
// when something between here and there shares sessions out by transaction.
func (p *Postgres) holdsLock(ctx context.Context, on queryer) error {
	key := uint64(lockKey(p.cfg.Schema)) //nolint:gosec // the same bits, as pg_locks shows them in halves
	var held bool
	err := on.QueryRow(ctx, `select exists (select from pg_catalog.pg_locks where locktype = 'advisory' and granted
		and pid = pg_catalog.pg_backend_pid() and classid = $1 and objid = $2 and objsubid = 1)`, uint32(key>>32), uint32(key)).Scan(&held) //nolint:gosec // halves
	if err != nil {
		return database.Explain(ctx, "look for the mirror's lock", err)
	}
	if !held {
		return &database.Error{
			Doing: "publish", Reason: "this session no longer holds the mirror's lock",
			Remedy: "If there is a connection pooler in between, use the server's own address, or a pool in session mode",
			Class:  database.Misconfigured,
		}
	}
	return nil
}

// lockKey is the number that stands for the mirror among a database's advisory
// locks. Such locks are kept by the session and end with it, however it ends.
func lockKey(schema string) int64 {
	sum := sha256.Sum256([]byte("usersync mirror\x00" + schema))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // a number like any other
}
