package sink_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	"usersync/migrations/database"
	"usersync/migrations/pgtest"
	"usersync/sink"
	"usersync/sink/sinktest"
	"usersync/source"
	usersync "usersync/sync"
)

func TestPostgresIsAMirror(t *testing.T) {
	t.Parallel()
	sinktest.Run(t, sinktest.Traits{Tombstones: true}, func(t *testing.T) sinktest.Target {
		t.Helper()
		p := newPlace(t)
		return sinktest.Target{
			Open: func(ctx context.Context) (sinktest.Mirror, error) {
				mirror, err := sink.OpenPostgres(ctx, p.config())
				if err != nil {
					return nil, err
				}
				return mirror, nil
			},
			Read:  p.read,
			Clear: p.clear,
		}
	})
}

// A place is where a test has its mirror: a schema of its own.
type place struct {
	url, schema string
}

func newPlace(t testing.TB) place {
	t.Helper()
	return place{url: pgtest.URL(t), schema: pgtest.Schema(t)}
}

func (p place) config() sink.PostgresConfig { return newConfig(p.url, p.schema) }

func newConfig(url, schema string) sink.PostgresConfig {
	return sink.PostgresConfig{URL: url, Schema: schema, Migrate: true, Logger: slog.New(slog.DiscardHandler)}
}

// name is the schema's name, quoted.
func (p place) name() string { return pgx.Identifier{p.schema}.Sanitize() }

// read reads the mirror as others do, and nobody from one that is not yet made.
func (p place) read(t testing.TB, fields usersync.FieldSet) []*usersync.User {
	t.Helper()
	if !p.published(t) {
		return nil
	}
	var users []*usersync.User
	for user, err := range source.NewPostgres(p.url, p.schema).Users(t.Context(), fields, &usersync.Census{}) {
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		users = append(users, user)
	}
	return users
}

func (p place) clear(t testing.TB) {
	t.Helper()
	if !p.published(t) {
		return
	}
	p.query(t, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), "truncate "+p.table("users")+", "+p.table("user_changes")+", "+p.table("runs")+", "+p.table("forgotten")+
			"; delete from "+p.table("mirror")+"; insert into "+p.table("mirror")+" default values")
		return err
	})
}

func (p place) published(t testing.TB) (published bool) {
	t.Helper()
	p.query(t, func(conn *pgx.Conn) error {
		if found, err := migrations.Check(t.Context(), conn, p.schema); err != nil || !found {
			return err
		}
		return conn.QueryRow(t.Context(), "select fields is not null from "+p.table("mirror")).Scan(&published)
	})
	return published
}

func (p place) table(name string) string { return migrations.Table(p.schema, name) }

// query lends a connection of its own to a function.
func (p place) query(t testing.TB, use func(*pgx.Conn) error) {
	t.Helper()
	conn, err := database.Connect(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	if err := use(conn); err != nil {
		t.Fatal(err)
	}
	if err := database.Close(conn); err != nil {
		t.Fatal(err)
	}
}
