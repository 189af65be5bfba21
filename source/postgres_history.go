package source

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	usersync "usersync/sync"
)

// A History is what a mirror remembers of one user.
type History struct {
	Known     bool      // whether there is a row of the user; without it, nothing below is set but Changes
	FirstSeen time.Time // when the run began that first found the user
	Deleted   time.Time // when the run began that found the user gone, or they were forgotten; zero for one who is there
	// Confirmed says of a deletion that Authgear, asked for the user, said that there
	// is none. Who was forgotten on request is gone without that.
	Confirmed bool
	// Changes are the user's rows of the change log, the oldest first. Those that
	// were trimmed, or taken out on request, are not among them.
	Changes []usersync.LoggedChange
}

// History reads what the mirror remembers of a user, as of one instant.
func (p *Postgres) History(ctx context.Context, id usersync.ID) (*History, error) {
	history := &History{}
	err := p.read(ctx, usersync.FieldSet{}, func(tx pgx.Tx) error {
		var deleted *time.Time
		err := tx.QueryRow(ctx, "select _first_seen_at, _deleted_at, _delete_confirmed_at is not null from "+migrations.Table(p.schema, "users")+
			" where sub = $1", [16]byte(id)).Scan(&history.FirstSeen, &deleted, &history.Confirmed)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
		case err != nil:
			return err
		default:
			history.Known = true
		}
		if deleted != nil {
			history.Deleted = deleted.UTC()
		}
		rows, err := tx.Query(ctx, "select op, sub, fields, before::text, after::text, at, run_id from "+
			migrations.Table(p.schema, "user_changes")+" where sub = $1 order by id", [16]byte(id))
		if err != nil {
			return err
		}
		return eachChange(rows, func(change *usersync.LoggedChange, err error) bool {
			change.At = change.At.UTC()
			history.Changes = append(history.Changes, *change)
			return err == nil
		})
	})
	if err != nil {
		return nil, err
	}
	history.FirstSeen = history.FirstSeen.UTC()
	return history, nil
}
