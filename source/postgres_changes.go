package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	usersync "usersync/sync"
)

// Since is where in the change log to begin: after all that a run and those before
// it found or, where no run is named, with the first run that began at a time or
// later.
type Since struct {
	RunID string
	Time  time.Time
}

// A Reach is what a change log was found to cover.
type Reach struct {
	From time.Time // where reading began: the run's beginning, or the time
	// CompleteSince is since when the log tells all that became of every field
	// that the mirror holds; what is before it may have been trimmed.
	CompleteSince time.Time
}

// Changes yields the mirror's change log from somewhere on, as it was at one
// instant, in the order in which changes were found out. The reach is set before
// the first is yielded. A run that the mirror does not know is a
// [*database.Error] that says so.
func (p *Postgres) Changes(ctx context.Context, since Since, reach *Reach) iter.Seq2[*usersync.LoggedChange, error] {
	return func(yield func(*usersync.LoggedChange, error) bool) {
		err := p.read(ctx, usersync.FieldSet{}, func(tx pgx.Tx) error {
			after, err := p.findReach(ctx, tx, since, reach)
			if err != nil {
				return err
			}
			// Numbers are in order whatever clocks did; a run that found nothing has none.
			condition, from := "at >= $1", any(reach.From)
			if after > 0 {
				condition, from = "id > $1", after
			}
			rows, err := tx.Query(ctx, "select op, sub, fields, before::text, after::text, at, run_id from "+migrations.Table(p.schema, "user_changes")+
				" where "+condition+" order by id", from)
			if err != nil {
				return err
			}
			return eachChange(rows, yield)
		})
		if err != nil {
			yield(nil, err)
		}
	}
}

// findReach finds the number of the last change before those that are wanted; 0
// where only their time tells.
func (p *Postgres) findReach(ctx context.Context, tx pgx.Tx, since Since, reach *Reach) (after int64, err error) {
	reach.From = since.Time
	if since.RunID != "" {
		err = tx.QueryRow(ctx, "select started_at, coalesce((select max(id) from "+migrations.Table(p.schema, "user_changes")+
			" where run_id = $1), 0) from "+migrations.Table(p.schema, "runs")+" where run_id = $1", since.RunID).Scan(&reach.From, &after)
		if errors.Is(err, pgx.ErrNoRows) {
			return 0, p.unusable(fmt.Sprintf("it knows no run %q", since.RunID), "See: usersync runs list")
		}
		if err != nil {
			return 0, err
		}
	}
	var history []byte
	if err := tx.QueryRow(ctx, "select history_since::text from "+migrations.Table(p.schema, "mirror")).Scan(&history); err != nil {
		return 0, err
	}
	var complete map[string]time.Time
	if err := json.Unmarshal(history, &complete); err != nil {
		return 0, p.unusable("history_since is not as usersync writes it", "Restore that column from a backup")
	}
	for _, since := range complete {
		// The runs' beginnings are kept in microseconds, these to the nanosecond.
		if since = since.Truncate(time.Microsecond); since.After(reach.CompleteSince) {
			reach.CompleteSince = since
		}
	}
	return after, nil
}

func eachChange(rows pgx.Rows, yield func(*usersync.LoggedChange, error) bool) error {
	defer rows.Close()
	for rows.Next() {
		change := new(usersync.LoggedChange)
		var before, after []byte
		if err := rows.Scan(&change.Op, (*[16]byte)(&change.ID), &change.Fields, &before, &after, &change.At, &change.RunID); err != nil {
			return err
		}
		change.Before, change.After = before, after
		if !yield(change, nil) {
			return nil
		}
	}
	return rows.Err()
}
