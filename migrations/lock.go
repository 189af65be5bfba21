package migrations

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
)

// migrationLock is the lock that tern takes itself, by waiting in the server. A
// session that waits so holds a snapshot, which indexes that are made without
// locking wait for in turn; who holds it already does not wait.
const migrationLock = int64(9628173550095224)

// lock waits, for as long as the context allows, until nobody else migrates in
// this database.
func lock(ctx context.Context, conn *pgx.Conn) (unlock func() error, err error) {
	const doing = "wait for other migrations"
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		var locked bool
		if err := conn.QueryRow(ctx, "select pg_catalog.pg_try_advisory_lock($1)", migrationLock).Scan(&locked); err != nil {
			return nil, database.Explain(ctx, doing, err)
		}
		if locked {
			return func() error { return release(ctx, conn) }, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", doing, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func release(ctx context.Context, conn *pgx.Conn) error {
	if ctx.Err() != nil || conn.IsClosed() {
		return database.Close(conn)
	}
	if _, err := conn.Exec(ctx, "select pg_catalog.pg_advisory_unlock($1)", migrationLock); err != nil {
		return database.Explain(ctx, "let other migrations go on", err)
	}
	return nil
}
