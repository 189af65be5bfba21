package sink

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"usersync/migrations"
	"usersync/migrations/database"
	usersync "usersync/sync"
)

// Known streams the stored fingerprints, or such as it makes anew from the
// columns: where that is asked for, and where the stored ones are over other
// fields or were made in another way.
func (p *Postgres) Known(ctx context.Context, fields usersync.FieldSet, anew bool) iter.Seq2[usersync.Known, error] {
	return func(yield func(usersync.Known, error) bool) {
		if !p.held.Published {
			return
		}
		query, read := "select sub, _deleted_at is not null, _row_hash from "+p.table("users"), readStored
		if anew || p.held.Stale || !fields.Equal(p.held.Fields) {
			query = migrations.UsersAsJSON(p.cfg.Schema, fields.Names(), "")
			read = func(rows pgx.Rows) (usersync.Known, error) { return readAnew(rows, fields) }
		}
		rows, err := p.conn.Query(ctx, query)
		if err == nil {
			defer rows.Close()
			for rows.Next() {
				known, err := read(rows)
				if err != nil {
					yield(usersync.Known{}, database.Explain(ctx, "read the mirror's fingerprints", err))
					return
				}
				if !yield(known, nil) {
					return
				}
			}
			err = rows.Err()
		}
		if err != nil {
			yield(usersync.Known{}, database.Explain(ctx, "read the mirror's fingerprints", err))
		}
	}
}

func readStored(rows pgx.Rows) (known usersync.Known, err error) {
	var hash pgtype.DriverBytes
	err = rows.Scan((*[16]byte)(&known.ID), &known.Deleted, &hash)
	// A hash of another length was written by somebody else. What is left of it
	// makes the user look changed, and the columns decide.
	copy(known.Fingerprint[:], hash)
	return known, err
}

func readAnew(rows pgx.Rows, fields usersync.FieldSet) (usersync.Known, error) {
	user, deleted, err := readUser(rows, fields)
	if err != nil {
		return usersync.Known{}, err
	}
	return usersync.Known{ID: user.ID, Fingerprint: usersync.FingerprintOf(user, fields), Deleted: deleted}, nil
}

func readUser(rows pgx.Rows, fields usersync.FieldSet) (user *usersync.User, deleted bool, err error) {
	var object pgtype.DriverBytes
	if err := rows.Scan(&object, &deleted); err != nil {
		return nil, false, err
	}
	user, err = usersync.UserFromJSON(object, fields)
	if err != nil {
		return nil, false, &database.Error{
			Doing: "read the mirror", Reason: err.Error(),
			Remedy: "Something else wrote that row: correct it, or empty that column",
		}
	}
	return user, deleted, nil
}

// Load reads the users with every field that the mirror holds.
func (p *Postgres) Load(ctx context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	const doing = "read users of the mirror"
	wanted := make([][16]byte, len(ids))
	for i, id := range ids {
		wanted[i] = id
	}
	rows, err := p.conn.Query(ctx, migrations.UsersAsJSON(p.cfg.Schema, p.held.Fields.Names(), "where users.sub = any($1)"), wanted)
	if err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	defer rows.Close()
	found := make(map[usersync.ID]*usersync.User, len(ids))
	for rows.Next() {
		user, _, err := readUser(rows, p.held.Fields)
		if err != nil {
			return nil, database.Explain(ctx, doing, err)
		}
		found[user.ID] = user
	}
	if err := rows.Err(); err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		if users[i] = found[id]; users[i] == nil {
			return nil, fmt.Errorf("%s: user %s is no longer there: something else deleted the row. Run it again", doing, id)
		}
	}
	return users, nil
}
