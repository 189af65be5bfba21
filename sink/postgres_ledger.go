package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// A queryer and an executor are a connection or a transaction.
type (
	queryer interface {
		QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
	}
	executor interface {
		Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error)
	}
)

// Reports are read a few at a time, as the one that is looked for is mostly
// among the latest.
const (
	fewReports  = 8
	manyReports = 256
)

// Runs reads the reports by the beginning of their runs. Between two readings
// the connection is free for other work.
func (p *Postgres) Runs(ctx context.Context) iter.Seq2[*usersync.Report, error] {
	return func(yield func(*usersync.Report, error) bool) {
		if !p.exists {
			return
		}
		// Nothing comes before the end of time.
		next := position{at: pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}}
		for size := fewReports; ; size = min(2*size, manyReports) {
			reports, last, err := p.reportsBefore(ctx, next, size)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, report := range reports {
				if !yield(report, nil) {
					return
				}
			}
			if len(reports) < size {
				return
			}
			next = last
		}
	}
}

// A position is a run's place in the order of the ledger.
type position struct {
	at pgtype.Timestamptz
	id string
}

func (p *Postgres) reportsBefore(ctx context.Context, before position, size int) (reports []*usersync.Report, last position, err error) {
	const doing = "read the ledger"
	rows, err := p.conn.Query(ctx, "select started_at, run_id, report::text from "+p.table("runs")+
		" where report is not null and (started_at, run_id) < ($1, $2) order by started_at desc, run_id desc limit $3", before.at, before.id, size)
	if err != nil {
		return nil, last, database.Explain(ctx, doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text pgtype.DriverBytes
		if err := rows.Scan(&last.at, &last.id, &text); err != nil {
			return nil, last, database.Explain(ctx, doing, err)
		}
		report := new(usersync.Report)
		if err := json.Unmarshal(text, report); err != nil {
			return nil, last, fmt.Errorf("%s: the report of run %s is not one of usersync's: %w", doing, last.id, err)
		}
		reports = append(reports, report)
	}
	if err := rows.Err(); err != nil {
		return nil, last, database.Explain(ctx, doing, err)
	}
	return reports, last, nil
}

// Refused reads the list that the refusal left.
func (p *Postgres) Refused(ctx context.Context, runID string) (users []usersync.ID, found bool, err error) {
	if !p.exists {
		return nil, false, nil
	}
	var list [][16]byte
	err = p.conn.QueryRow(ctx, "select refused from "+p.table("runs")+" where run_id = $1 and status = 'refused'", runID).Scan(&list)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, database.Explain(ctx, "read a refusal in the ledger", err)
	}
	users = make([]usersync.ID, len(list))
	for i, id := range list {
		users[i] = id
	}
	return users, true, nil
}

// beatPause is how often the ledger is told at most that the run is alive, and
// freshBeat how long a run is taken to be alive that has told.
const (
	beatPause = 10 * time.Second
	freshBeat = time.Minute
)

// Beat writes at most every ten seconds, by the database's clock. A run that
// another one has taken for dead is told so by an error.
func (p *Postgres) Beat(ctx context.Context) error {
	if time.Since(p.run.beaten) < beatPause {
		return nil
	}
	tag, err := p.conn.Exec(ctx, "update "+p.table("runs")+" set heartbeat_at = pg_catalog.clock_timestamp() where run_id = $1 and status = 'running'", p.run.start.RunID)
	if err != nil {
		return database.Explain(ctx, "note in the ledger that the run is alive", err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved("another run took this one for dead")
	}
	p.run.beaten = time.Now()
	return nil
}

// closeLedger closes the run's row, if that is still open: it is not when the
// run was published after all, or was taken for dead by another.
func (p *Postgres) closeLedger(ctx context.Context, on executor, report *usersync.Report) (closed bool, err error) {
	const doing = "close the run in the ledger"
	text, err := json.Marshal(report)
	if err != nil {
		return false, fmt.Errorf("%s: %w", doing, err)
	}
	// What was refused is there to be approved, and only what was published
	// counts as done up to its watermark.
	var refused [][16]byte
	if report.Status == usersync.StatusRefused {
		refused = make([][16]byte, len(report.Refused))
		for i, id := range report.Refused {
			refused[i] = id
		}
	}
	var watermark *time.Time
	if report.Status == usersync.StatusOK {
		watermark = report.Watermark
	}
	tag, err := on.Exec(ctx, "update "+p.table("runs")+
		" set mode = $2, status = $3, finished_at = $4, report = $5, error = $6, refused = $7, watermark = $8 where run_id = $1 and status = 'running'",
		report.RunID, report.Mode, string(report.Status), report.FinishedAt, text, report.Error, refused, watermark)
	if err != nil {
		return false, database.Explain(ctx, doing, err)
	}
	return tag.RowsAffected() == 1, nil
}
