package sink_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usersync/migrations/database"
	"usersync/migrations/pgtest"
	"usersync/sink"
	usersync "usersync/sync"
)

const password = "s3cret/p@ss"

func TestPostgresOpenErrorsAreSentencesWithoutThePassword(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	admin := pgtest.Connect(t, server.URL())
	if _, err := admin.Exec(t.Context(), "create role ann login password '"+password+"'"); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"create database latin encoding 'LATIN1' locale 'C' template template0",
		"create database closed", "revoke connect on database closed from public",
		"create database crowded connection limit 0",
	} {
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	rules := "local all ann scram-sha-256\nlocal all all trust\n"
	if err := os.WriteFile(filepath.Join(server.DataDir(), "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(t.Context(), "select pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	server.Stop(t)
	server.Start(t)

	dir := filepath.Dir(server.DataDir())
	as := func(user, pass, database string) string {
		return "postgres://" + user + ":" + pass + "@/" + database + "?host=" + dir
	}
	const right = "s3cret%2Fp%40ss"
	deaf := silentServer(t)
	for name, test := range map[string]struct {
		url   string
		class database.Class
		says  []string
	}{
		"wrong password":     {as("ann", "s3cret", "postgres"), database.Misconfigured, []string{`user "ann"`, "password", "PGPASSFILE"}},
		"unknown database":   {as("ann", right, "nowhere"), database.Misconfigured, []string{"nowhere", "Create the database"}},
		"may not connect":    {as("ann", right, "closed"), database.Misconfigured, []string{"permission", "closed"}},
		"may not make":       {as("ann", right, "postgres"), database.Misconfigured, []string{"permission denied", "granted"}},
		"connections used":   {as("ann", right, "crowded"), database.Temporary, []string{"too many connections", "later"}},
		"another encoding":   {as("postgres", right, "latin"), database.Misconfigured, []string{"LATIN1", "UTF8"}},
		"nothing listens":    {"postgres://ann:" + right + "@127.0.0.1:" + unusedPort(t) + "/x", database.Temporary, []string{"127.0.0.1", "refused"}},
		"no answer":          {"postgres://ann:" + right + "@" + deaf + "/x?sslmode=disable&connect_timeout=1", database.Temporary, []string{"no answer"}},
		"no socket":          {"postgres://ann:" + right + "@/x?host=/nowhere", database.Temporary, []string{"/nowhere", "no socket"}},
		"unknown host":       {"postgres://ann:" + right + "@nowhere.invalid/x?connect_timeout=3", database.Temporary, []string{"nowhere.invalid"}},
		"slash in password":  {"postgres://ann:s3cret/p%40ss@host/x", database.Misconfigured, []string{"%2F"}},
		"digits and a slash": {"postgres://ann:12/s3cret@host/x", database.Misconfigured, []string{"%2F"}},
		"hash in password":   {"postgres://ann:12#s3cret@host/x", database.Misconfigured, []string{"%23"}},
		"question mark":      {"postgres://ann:12?s3cret@host/x", database.Misconfigured, []string{"%3F"}},
		"percent":            {"postgres://ann:%s3cret@host/x", database.Misconfigured, []string{"%25"}},
		"another scheme":     {"mysql://ann:s3cret@host/x", database.Misconfigured, []string{"postgres://"}},
		"a setting":          {as("ann", right, "postgres") + "&connect_timeout=soon", database.Misconfigured, []string{"connect_timeout"}},
		"an unknown setting": {as("postgres", right, "postgres") + "&no_such_setting=1", database.Failed, []string{"no_such_setting"}},
		"standby": {
			as("postgres", right, "postgres") + "&options=-cdefault_transaction_read_only%3Don",
			database.Misconfigured,
			[]string{"read-only", "primary"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := newConfig(test.url, "usersync")
			mirror, err := sink.OpenPostgres(t.Context(), cfg)
			if err == nil {
				closeMirror(t, mirror)
				t.Fatal("it opened")
			}
			var explained *database.Error
			if !errors.As(err, &explained) || explained.Class != test.class {
				t.Errorf("error %v, want class %d", err, test.class)
			}
			for _, part := range test.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("it does not say %q: %v", part, err)
				}
			}
			if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "p@ss") || strings.Contains(err.Error(), "p%40ss") {
				t.Errorf("it shows the password: %v", err)
			}
		})
	}
}

// silentServer accepts connections and says nothing.
func silentServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// unusedPort is a port that nothing listens on any more.
func unusedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err := errors.Join(err, listener.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}

func TestPostgresRefusesSchemaNamesBeforeConnecting(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "pg_mine", "a\x00b", strings.Repeat("x", 64)} {
		if _, err := sink.OpenPostgres(t.Context(), newConfig("postgres://nowhere.invalid/x", name)); err == nil || !strings.Contains(err.Error(), "schema") {
			t.Errorf("schema %q: %v", name, err)
		}
	}
}

func TestPostgresOpenEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sink.OpenPostgres(ctx, newPlace(t).config()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A schema in which somebody else has a table called users is left alone.
func TestPostgresLeavesOtherPeoplesTablesAlone(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	execute(t, p, "create schema "+p.name()+" create table users (name text)")
	execute(t, p, "insert into "+p.table("users")+" values ('theirs')")
	_, err := sink.OpenPostgres(t.Context(), p.config())
	if err == nil || !strings.Contains(err.Error(), "001_mirror.sql") || !strings.Contains(err.Error(), "--schema") {
		t.Errorf("error %v", err)
	}
	if got := value[string](t, p, "select name from "+p.table("users")); got != "theirs" {
		t.Errorf("their table holds %q", got)
	}
}

// A dry run opens without migrating: it must find a missing mirror empty, and
// leave nothing behind, not even the schema.
func TestPostgresDryRunOnNothingChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cfg := p.config()
	cfg.Migrate = false
	mirror := openPostgres(t, cfg)
	held, err := mirror.Holds(t.Context())
	if err != nil || held.Published {
		t.Errorf("holds %+v, %v", held, err)
	}
	for known, err := range mirror.Known(t.Context(), usersync.AllFields(), false) {
		t.Errorf("user %s is known, %v", known.ID, err)
	}
	// A real run says what is missing.
	err = mirror.Begin(t.Context(), newStart(firstStart, usersync.AllFields()))
	if err == nil || !strings.Contains(err.Error(), "usersync migrate up") {
		t.Errorf("begin: %v", err)
	}
	closeMirror(t, mirror)
	if value[bool](t, p, "select exists(select from pg_namespace where nspname = $1)", p.schema) {
		t.Error("the schema is there")
	}
}

func TestPostgresWithoutMigratingRefusesOlderAndNewerTables(t *testing.T) {
	t.Parallel()
	for change, says := range map[string]string{"version - 1": "usersync migrate up", "version + 1": "newer"} {
		p := newPlace(t)
		closeMirror(t, openPostgres(t, p.config()))
		execute(t, p, "update "+p.table("mirror_version")+" set version = "+change)
		cfg := p.config()
		cfg.Migrate = false
		if _, err := sink.OpenPostgres(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", change, err, says)
		}
	}
}

// Nothing is found by name alone: tables and functions of the same names that
// come first in the search path are not touched.
func TestPostgresDoesNotRelyOnTheSearchPath(t *testing.T) {
	t.Parallel()
	p, trap := newPlace(t), newPlace(t)
	for _, statement := range []string{
		"create schema " + trap.name(),
		"create table " + trap.table("users") + " (sub uuid)", "create table " + trap.table("runs") + " (run_id text)",
		"create table " + trap.table("mirror") + " (fields text[])", "create table " + trap.table("mirror_version") + " (version int)",
		"create function " + trap.table("num_nonnulls") + "(variadic text[]) returns int language sql as 'select 1/0'",
		"create function " + trap.table("lower") + "(text) returns text language sql as 'select (1/0)::pg_catalog.text'",
	} {
		execute(t, p, statement)
	}
	cfg := p.config()
	cfg.URL = withSetting(t, cfg.URL, "options", "-csearch_path="+trap.schema+",pg_catalog")
	all := usersync.AllFields()
	mirror := openPostgres(t, cfg)
	start := newStart(firstStart, all)
	if err := begin(t.Context(), mirror, start, creates(somebody(all, 1, 2)...)); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	closeMirror(t, mirror)
	if n := value[int](t, p, "select count(*)::int from "+p.table("users")); n != 2 {
		t.Errorf("%d users in the right table", n)
	}
	if n := value[int](t, p, "select count(*)::int from "+trap.table("users")); n != 0 {
		t.Errorf("%d users in the wrong table", n)
	}
}

// A policy that hides rows must not make a mirror look empty.
func TestPostgresRowSecurityIsAnError(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	publishAt(t, p, firstStart, all, creates(somebody(all, 1, 2)...)...)
	reader := newRole(t)
	for _, statement := range []string{
		"alter table " + p.table("users") + " enable row level security",
		"grant usage on schema " + p.name() + " to " + reader.name,
		"grant all on all tables in schema " + p.name() + " to " + reader.name,
	} {
		execute(t, p, statement)
	}
	mirror := openPostgres(t, newConfig(reader.url, p.schema))
	defer closeMirror(t, mirror)
	if _, err := mirror.Holds(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, err := range mirror.Known(t.Context(), all, false) {
		if err == nil || !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("known: %v", err)
		}
		return
	}
	t.Error("the mirror looks empty")
}
