package database

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// A connection pooler may stand before the server and look like it. In session
// mode it does no harm. In transaction mode, though, every transaction may get
// another session of the server: locks and temporary tables are lost or, worse,
// shared with somebody else's, and what is set for the session is set for those
// who come after. Then this program must not be used, and must find out before
// it has set anything.

const (
	// poolerRounds is how often two connections are compared. A pooler hands out
	// the session that became free last, so once is mostly enough.
	poolerRounds = 5
	// poolerTime bounds the comparison: in session mode a pool may have no
	// session to spare.
	poolerTime = 3 * time.Second
)

// refusePooler refuses a pooler in transaction mode. The session is the number
// of the server's process that last answered.
func refusePooler(ctx context.Context, conn *pgx.Conn, session uint32, doing string) error {
	if session == conn.PgConn().PID() {
		return nil // that is what the server itself said when it was connected to
	}
	shared, err := sharesSessions(ctx, conn, session)
	if err != nil {
		return Explain(ctx, doing, err)
	}
	if !shared {
		return nil
	}
	return &Error{
		Doing: doing, Reason: "there is a connection pooler in between that gives every transaction another session, so that the mirror cannot be locked",
		Remedy: "Use the address of the server itself, or a pool in session mode (in PgBouncer: pool_mode = session)", Class: Misconfigured,
	}
}

// sharesSessions says whether the connection, which is idle, is seen to change
// its session, or another connection is seen to get the same one. Neither can
// happen in session mode.
func sharesSessions(ctx context.Context, conn *pgx.Conn, session uint32) (shared bool, err error) {
	short, cancel := context.WithTimeout(ctx, poolerTime)
	defer cancel()
	other, err := pgx.ConnectConfig(short, conn.Config())
	if err == nil {
		shared, err = compareSessions(short, conn, other, session)
		err = errors.Join(err, Close(other))
	}
	if err != nil && ctx.Err() == nil && !shared {
		// Whoever gets no second session has the first one alone.
		return false, nil
	}
	return shared, err
}

func compareSessions(ctx context.Context, conn, other *pgx.Conn, session uint32) (shared bool, err error) {
	for range poolerRounds {
		theirs, err := sessionOf(ctx, other)
		if err != nil {
			return false, err
		}
		ours, err := sessionOf(ctx, conn)
		if err != nil {
			return false, err
		}
		if theirs == session || ours != session {
			return true, nil
		}
	}
	return false, nil
}

// sessionOf asks without preparing a statement, which is kept by the session.
func sessionOf(ctx context.Context, conn *pgx.Conn) (session uint32, err error) {
	err = conn.QueryRow(ctx, "select pg_catalog.pg_backend_pid()::pg_catalog.int8", pgx.QueryExecModeSimpleProtocol).Scan(&session)
	return session, err
}
