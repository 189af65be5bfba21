package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"usersync/migrations"
	"usersync/migrations/database"
	"usersync/migrations/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := database.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(conn); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func scan[T any](t *testing.T, conn *pgx.Conn, query string, arguments ...any) T {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func TestUpMakesTheTablesOnceAndStatusTells(t *testing.T) {
	t.Parallel()
	ctx, conn, schema := t.Context(), connect(t), pgtest.Schema(t)

	current, latest, err := migrations.Status(ctx, conn, schema)
	if err != nil || current != 0 || latest < 1 {
		t.Fatalf("status before: %d of %d, %v", current, latest, err)
	}
	if scan[bool](t, conn, "select exists (select from pg_namespace where nspname = $1)", schema) {
		t.Fatal("asking for the status made the schema")
	}
	for i, from := range []int32{0, latest} {
		gotFrom, gotTo, err := migrations.Up(ctx, conn, schema)
		if err != nil || gotFrom != from || gotTo != latest {
			t.Fatalf("up %d: from %d to %d, %v; want from %d to %d", i, gotFrom, gotTo, err, from, latest)
		}
	}
	current, _, err = migrations.Status(ctx, conn, schema)
	if err != nil || current != latest {
		t.Fatalf("status after: %d of %d, %v", current, latest, err)
	}
	if path := scan[string](t, conn, "select current_setting('search_path')"); path != "pg_catalog, pg_temp" {
		t.Errorf("the session's search_path is %q afterwards", path)
	}
	if n := scan[int](t, conn, "select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"); n != 0 {
		t.Errorf("%d locks are still held", n)
	}
}

func TestEverythingIsExplainedToPsql(t *testing.T) {
	t.Parallel()
	conn, schema := connect(t), pgtest.Schema(t)
	if _, _, err := migrations.Up(t.Context(), conn, schema); err != nil {
		t.Fatal(err)
	}
	names := func(query string) []string {
		rows, err := conn.Query(t.Context(), query, schema)
		if err != nil {
			t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	const inSchema = "relnamespace = (select oid from pg_namespace where nspname = $1) and relkind not in ('i', 'S')"
	if tables := names("select relname from pg_class where " + inSchema); len(tables) < 2 {
		t.Fatalf("only %v are there to be explained", tables)
	}
	missing := names(`
		select c.relname || '.' || a.attname
		from pg_class c join pg_attribute a on a.attrelid = c.oid
		where ` + inSchema + ` and a.attnum > 0 and not a.attisdropped
		and coalesce(col_description(c.oid, a.attnum), '') = ''
		union all
		select relname from pg_class
		where ` + inSchema + ` and coalesce(obj_description(oid, 'pg_class'), '') = ''`)
	if len(missing) > 0 {
		t.Errorf("without a comment: %v", missing)
	}
	// The view says of its columns what the table says of them.
	unlike := names(`
		select a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
		join pg_class v on v.relnamespace = c.relnamespace and v.relname = 'active_users'
		join pg_attribute b on b.attrelid = v.oid and b.attname = a.attname
		where c.relnamespace = (select oid from pg_namespace where nspname = $1) and c.relname = 'users' and a.attnum > 0
		and col_description(c.oid, a.attnum) is distinct from col_description(v.oid, b.attnum)`)
	if len(unlike) > 0 {
		t.Errorf("explained otherwise in the view than in the table: %v", unlike)
	}
}

func TestManyUpsAtOnceRunEachMigrationOnce(t *testing.T) {
	t.Parallel()
	schemas := []string{pgtest.Schema(t), pgtest.Schema(t)}
	var group errgroup.Group
	made := make([]int32, 16)
	for i := range made {
		conn := connect(t)
		group.Go(func() error {
			from, to, err := migrations.Up(t.Context(), conn, schemas[i%2])
			made[i] = to - from
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var total int32
	for _, n := range made {
		total += n
	}
	if _, latest, err := migrations.Status(t.Context(), connect(t), schemas[0]); err != nil || total != 2*latest {
		t.Errorf("%d migrations were run in two schemas of %d each, %v", total, latest, err)
	}
}

func TestOddSchemaNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`my-Schéma "x"`, `a.b`, `{{.schema}}`, `'; drop table users; --`, "new\nline", `select`, `🙂`, strings.Repeat("x", 63)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t)
			pgtest.DropAfter(t, name)
			for range 2 {
				if _, _, err := migrations.Up(t.Context(), conn, name); err != nil {
					t.Fatal(err)
				}
			}
			if !scan[bool](t, conn, "select to_regclass($1) is not null", pgx.Identifier{name, "active_users"}.Sanitize()) {
				t.Error("the view is not in the schema of that name")
			}
		})
	}
}

func TestRefusedSchemaNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "pg_x", "PG_catalog", "pG_", strings.Repeat("x", 64), strings.Repeat("é", 32), "a\x00b", "a\xff"} {
		if err := migrations.CheckSchema(name); err == nil {
			t.Errorf("%q was accepted", name)
		}
		if _, _, err := migrations.Up(t.Context(), connect(t), name); err == nil {
			t.Errorf("%q was migrated", name)
		}
	}
	for _, name := range []string{"usersync", "pg", "pgx", "my pg_schema"} {
		if err := migrations.CheckSchema(name); err != nil {
			t.Error(err)
		}
	}
}

func TestBrokenMigrationsNameFileAndLineAndLeaveNothing(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		message []string
		version int32
	}{
		"syntax":   {[]string{"002_typo.sql, line 4", "tabel"}, 1},
		"midway":   {[]string{"002_half.sql", "thing_pkey"}, 1},
		"relation": {[]string{"002_unknown.sql, line 4", "nowhere", "does not exist"}, 1},
		"template": {[]string{"001_braces.sql"}, 0},
		"gap":      {[]string{"Missing migration 2"}, 0},
		"empty":    {[]string{"no sql"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, schema := connect(t), pgtest.Schema(t)
			_, _, err := migrations.UpFrom(t.Context(), conn, schema, os.DirFS("testdata/broken/"+name))
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range want.message {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
			if current, _, err := migrations.Status(t.Context(), conn, schema); err != nil || current != want.version {
				t.Errorf("version %d afterwards, %v; want %d", current, err, want.version)
			}
			if scan[bool](t, conn, "select to_regclass($1) is not null or to_regclass($2) is not null",
				migrations.Table(schema, "other"), migrations.Table(schema, "half")) {
				t.Error("half of a migration remains")
			}
			if n := scan[int](t, conn, "select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"); n != 0 {
				t.Errorf("%d locks are still held", n)
			}
		})
	}
}

func TestTablesOfANewerProgramAreRefused(t *testing.T) {
	t.Parallel()
	conn, schema := connect(t), pgtest.Schema(t)
	if _, _, err := migrations.Up(t.Context(), conn, schema); err != nil {
		t.Fatal(err)
	}
	_, _, err := migrations.UpFrom(t.Context(), conn, schema, os.DirFS("testdata/good"))
	var explained *database.Error
	if !errors.As(err, &explained) || explained.Class != database.Misconfigured || !strings.Contains(err.Error(), "knows 1") {
		t.Errorf("error %v", err)
	}
}

func TestUpToDateTablesNeedNoPermissionToMakeAny(t *testing.T) {
	t.Parallel()
	admin, schema := connect(t), pgtest.Schema(t)
	role, url := pgtest.Role(t)
	conn, err := database.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := database.Close(conn); err != nil {
			t.Error(err)
		}
	}()
	_, _, err = migrations.Up(t.Context(), conn, schema)
	var explained *database.Error
	if !errors.As(err, &explained) || explained.Class != database.Misconfigured || !strings.Contains(err.Error(), "permission denied") {
		t.Fatalf("without permission: %v", err)
	}
	if _, _, err := migrations.Up(t.Context(), admin, schema); err != nil {
		t.Fatal(err)
	}
	_, err = admin.Exec(t.Context(), fmt.Sprintf("grant usage on schema %[1]s to %[2]s; grant select on all tables in schema %[1]s to %[2]s",
		pgx.Identifier{schema}.Sanitize(), pgx.Identifier{role}.Sanitize()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := migrations.Up(t.Context(), conn, schema); err != nil {
		t.Errorf("up to date: %v", err)
	}
}

func TestWaitingForOtherMigrationsEndsWithTheContext(t *testing.T) {
	t.Parallel()
	// A database of its own, as the lock is one for all schemas of a database.
	server := pgtest.Start(t)
	holder := pgtest.Connect(t, server.URL())
	if _, err := holder.Exec(t.Context(), "select pg_advisory_lock(9628173550095224)"); err != nil {
		t.Fatal(err)
	}
	conn, err := database.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, _, err := migrations.Up(ctx, conn, "usersync"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if err := database.Close(conn); err != nil {
		t.Error(err)
	}
}
