package sink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// settleTime bounds the search for the outcome of a commit that got no answer;
// after Ctrl-C it is abandonTime.
const settleTime = 10 * time.Second

// settle finds out what became of a commit that failed. Where the server gave no
// answer, it may have been carried out all the same: the ledger knows.
func (p *Postgres) settle(ctx context.Context, failure error) error {
	if !p.conn.IsClosed() {
		return failure
	}
	limit := settleTime
	if ctx.Err() != nil {
		limit = abandonTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	for {
		switch published, known := p.outcome(ctx); {
		case known && published:
			p.cfg.Logger.Warn("the connection broke just after the run was published", "run", p.run.start.RunID)
			return nil
		case known:
			return failure
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (it is not known whether the run was published; if it was not, the next run does its work)", failure)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// outcome asks the ledger whether the run was published. As long as the row says
// that it is running, the old session may still be at it: its end is known by
// the mirror's lock, which ends with it.
func (p *Postgres) outcome(ctx context.Context) (published, known bool) {
	conn, err := database.Connect(ctx, p.cfg.URL)
	if err != nil {
		return false, false
	}
	var ended bool
	var status usersync.Status
	err = errors.Join(
		conn.QueryRow(ctx, "select pg_catalog.pg_try_advisory_xact_lock($1)", lockKey(p.cfg.Schema)).Scan(&ended),
		conn.QueryRow(ctx, "select status from "+p.table("runs")+" where run_id = $1", p.run.start.RunID).Scan((*string)(&status)),
		database.Close(conn),
	)
	return status == usersync.StatusOK, err == nil && (ended || status != usersync.StatusRunning)
}
