package sink_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	"usersync/migrations/database"
	"usersync/migrations/pgtest"
	"usersync/sink"
	usersync "usersync/sync"
)

// checkUp looks over a connection of a user.
func checkUp(t testing.TB, url, schema string) *sink.PostgresCheckup {
	t.Helper()
	conn, err := database.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(conn); err != nil {
			t.Error(err)
		}
	})
	return sink.CheckUpPostgres(conn, schema)
}

func TestPostgresCheckupFindsTheHolder(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	look := checkUp(t, p.url, p.schema)
	want := func(parts ...string) {
		t.Helper()
		holder, err := look.Holder(t.Context())
		if err != nil || (holder == nil) != (len(parts) == 0) {
			t.Fatalf("%v, %v", holder, err)
		}
		for _, part := range parts {
			if !strings.Contains(holder.String(), part) {
				t.Errorf("no %q in %q", part, holder)
			}
		}
	}
	want()
	var made bool
	if err := pgtest.Conn(t).QueryRow(t.Context(), "select exists (select from pg_namespace where nspname = $1)", p.schema).Scan(&made); err != nil || made {
		t.Fatalf("looking made the schema: %t, %v", made, err)
	}
	config := p.config()
	config.Migrate = false
	mirror := openPostgres(t, config)
	want("the session with the process ID ", ", application_name usersync")
	closeMirror(t, mirror)
	mirror = openPostgres(t, p.config())
	start := newStart(firstStart, usersync.AllFields())
	if err := mirror.Begin(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	want("run "+start.RunID+" on ", ", which began at 2026-01-02 03:04:05 UTC; the session with the process ID ")
	// Another mirror in the same database is another lock.
	if holder, err := checkUp(t, p.url, pgtest.Schema(t)).Holder(t.Context()); err != nil || holder != nil {
		t.Errorf("%v, %v", holder, err)
	}
	closeMirror(t, mirror)
	want()
}

func TestPostgresCheckupFindsWhatIsLacking(t *testing.T) {
	t.Parallel()
	p, someone := newPlace(t), newRole(t)
	full := sink.PostgresUse{Migrate: true, OnDelete: usersync.EraseUser, TrimHistory: true}
	want := func(url string, use sink.PostgresUse, lacking ...string) {
		t.Helper()
		got, err := checkUp(t, url, p.schema).Lacking(t.Context(), use)
		if err != nil || !slices.Equal(got, lacking) {
			t.Errorf("%+v: got %q, %v; want %q", use, got, err, lacking)
		}
	}
	schema, quoted := pgx.Identifier{p.schema}.Sanitize(), someone.name
	want(p.url, full)
	want(withSetting(t, p.url, "default_transaction_read_only", "on"), full, "write at all: this is a standby, or writing is switched off")
	want(someone.url, full, `make the schema "`+p.schema+`" in the database (CREATE)`)
	execute(t, p, "create schema "+schema)
	if _, err := checkUp(t, someone.url, p.schema).Lacking(t.Context(), full); err == nil || !strings.Contains(err.Error(), "permission denied for schema") {
		t.Errorf("a schema that may not be used: %v", err)
	}
	execute(t, p, "grant usage on schema "+schema+" to "+quoted)
	want(someone.url, full, `make tables in the schema "`+p.schema+`" (CREATE)`)
	want(someone.url, sink.PostgresUse{})
	conn, err := database.Connect(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := migrations.Up(t.Context(), conn, p.schema); err != nil {
		t.Fatal(err)
	}
	if err := database.Close(conn); err != nil {
		t.Fatal(err)
	}
	execute(t, p, "grant select, insert, update on all tables in schema "+schema+" to "+quoted)
	want(someone.url, sink.PostgresUse{Migrate: true, OnDelete: usersync.EraseValues})
	want(someone.url, full, "DELETE on users", "DELETE on user_changes")
	want(someone.url, sink.PostgresUse{TrimHistory: true}, "DELETE on user_changes")
	execute(t, p, "revoke update on "+schema+".mirror from "+quoted)
	want(someone.url, sink.PostgresUse{}, "UPDATE on mirror")
	execute(t, p, "update "+schema+".mirror_version set version = version - 1")
	lacking, err := checkUp(t, someone.url, p.schema).Lacking(t.Context(), sink.PostgresUse{Migrate: true})
	if err != nil || !slices.Contains(lacking, "alter users, which another user owns") {
		t.Errorf("%q, %v", lacking, err)
	}
	execute(t, p, "alter table "+schema+".users enable row level security")
	want(someone.url, sink.PostgresUse{}, "UPDATE on mirror", "see all rows of users, which has row security")
}
