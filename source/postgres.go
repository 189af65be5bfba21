package source

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"usersync/migrations"
	"usersync/migrations/database"
	usersync "usersync/sync"
)

// Postgres reads back the users of a mirror in a PostgreSQL database, without
// those who are gone. It changes nothing and takes no lock: a run that publishes
// meanwhile is seen as a whole or not at all.
type Postgres struct {
	url, schema string
	requests    atomic.Int64
}

var _ usersync.Source = (*Postgres)(nil)

// NewPostgres reads the mirror in a schema of the database at a URL of the form
// postgres://USER:PASSWORD@HOST:PORT/DATABASE. Every call that reads makes a
// connection of its own. Errors are a [*database.Error] or the context's.
func NewPostgres(url, schema string) *Postgres {
	return &Postgres{url: url, schema: schema}
}

// Project is nobody's: a mirror that is read back stands for itself, whosever
// users it holds.
func (p *Postgres) Project() usersync.Project { return usersync.Project{} }

// Scope is the fields that the mirror holds.
func (p *Postgres) Scope(ctx context.Context) (usersync.Scope, error) {
	var held []string
	err := p.read(ctx, usersync.FieldSet{}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "select fields from "+migrations.Table(p.schema, "mirror")).Scan(&held)
	})
	return usersync.Whole(usersync.FieldsNamed(held)), err
}

// Users yields everyone who was there at one instant, in the order of created_at
// and sub. Fields that the mirror does not hold are an error that names them, and
// so is a schema that no run has published to.
func (p *Postgres) Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return alive(p.records(ctx, fields, census, "active_users", "where users._deleted_at is null "))
}

// Records is Users for whoever wants to know of users who are gone, too.
func (p *Postgres) Records(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[usersync.Record, error] {
	return p.records(ctx, fields, census, "users", "")
}

// records yields those who are in a table or view, which has those of the table of
// users that the condition is true of.
func (p *Postgres) records(ctx context.Context, fields usersync.FieldSet, census *usersync.Census, counted, condition string) iter.Seq2[usersync.Record, error] {
	return func(yield func(usersync.Record, error) bool) {
		census.TotalStart, census.TotalEnd = -1, -1
		whole := true
		err := p.read(ctx, fields, func(tx pgx.Tx) error {
			var total int
			if err := tx.QueryRow(ctx, "select count(*) from "+migrations.Table(p.schema, counted)).Scan(&total); err != nil {
				return err
			}
			census.TotalStart, census.TotalEnd = total, total
			rows, err := tx.Query(ctx, migrations.UsersAsJSON(p.schema, append(fields.Names(), usersync.DeletedColumn),
				condition+"order by users.created_at, users.sub"))
			if err != nil {
				return err
			}
			return eachUser(rows, fields, func(r usersync.Record) bool {
				whole = yield(r, nil)
				return whole
			})
		})
		if err != nil {
			yield(usersync.Record{}, err)
			return
		}
		census.Complete = whole
	}
}

// Lookup reads users by id; nil stands for one who is gone or was never there.
func (p *Postgres) Lookup(ctx context.Context, ids []usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error) {
	wanted := make([][16]byte, len(ids))
	for i, id := range ids {
		wanted[i] = id
	}
	found := make(map[usersync.ID]*usersync.User, len(ids))
	err := p.read(ctx, fields, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, migrations.UsersAsJSON(p.schema, fields.Names(),
			"where users._deleted_at is null and users.sub = any($1)"), wanted)
		if err != nil {
			return err
		}
		return eachUser(rows, fields, func(r usersync.Record) bool { found[r.User.ID] = r.User; return true })
	})
	if err != nil {
		return nil, err
	}
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		users[i] = found[id]
	}
	return users, nil
}

// Traffic counts the readings begun; none is tried again.
func (p *Postgres) Traffic() (requests, retries int64) { return p.requests.Load(), 0 }

// read has a function read in a transaction that sees one instant, once it is
// clear that the mirror holds the fields.
func (p *Postgres) read(ctx context.Context, fields usersync.FieldSet, use func(pgx.Tx) error) error {
	p.requests.Add(1)
	if err := migrations.CheckSchema(p.schema); err != nil {
		return err
	}
	conn, err := database.Connect(ctx, p.url)
	if err != nil {
		return err
	}
	err = p.readFrom(ctx, conn, fields, use)
	if closing := database.Close(conn); err == nil {
		err = closing
	}
	return err
}

func (p *Postgres) readFrom(ctx context.Context, conn *pgx.Conn, fields usersync.FieldSet, use func(pgx.Tx) error) error {
	exists, err := migrations.Check(ctx, conn, p.schema)
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return database.Explain(ctx, p.doing(), err)
	}
	var held []string
	if exists {
		if err := tx.QueryRow(ctx, "select fields from "+migrations.Table(p.schema, "mirror")).Scan(&held); err != nil {
			return database.Explain(ctx, p.doing(), err)
		}
	}
	if held == nil {
		return p.unusable("no run of usersync has published to it", "Run `usersync sync` first, or name another schema")
	}
	missing := slices.DeleteFunc(fields.Names(), func(name string) bool { return slices.Contains(held, name) })
	if len(missing) > 0 {
		return p.unusable("it does not hold "+strings.Join(missing, ", "), "Ask for other fields, or mirror these")
	}
	if err := use(tx); err != nil {
		return database.Explain(ctx, p.doing(), err)
	}
	// Nothing was written; closing the connection ends the transaction.
	return nil
}

func (p *Postgres) doing() string { return fmt.Sprintf("read the mirror in schema %q", p.schema) }

func (p *Postgres) unusable(reason, remedy string) error {
	return &database.Error{Doing: p.doing(), Reason: reason, Remedy: remedy, Class: database.Misconfigured}
}

// eachUser hands on the users of a query of [migrations.UsersAsJSON] until the
// function has seen enough.
func eachUser(rows pgx.Rows, fields usersync.FieldSet, see func(usersync.Record) bool) error {
	defer rows.Close()
	var object pgtype.DriverBytes
	var gone bool
	for rows.Next() {
		if err := rows.Scan(&object, &gone); err != nil {
			return err
		}
		record, err := usersync.RecordFromJSON(object, fields)
		if err != nil {
			return &database.Error{
				Doing: "read the mirror", Reason: err.Error(),
				Remedy: "Something else wrote that row: correct it, or empty that column",
			}
		}
		if !see(record) {
			return nil
		}
	}
	return rows.Err()
}
