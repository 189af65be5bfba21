package pgtest_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(pgtest.Main(tests{}))
	}
	os.Exit(pgtest.Main(m))
}

func TestServerIsNewEnoughAndSpeaksUTF8(t *testing.T) {
	t.Parallel()
	var version int
	var encoding string
	err := pgtest.Conn(t).QueryRow(t.Context(),
		"select current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding)
	if err != nil {
		t.Fatal(err)
	}
	if version < 140000 || encoding != "UTF8" {
		t.Errorf("version %d, encoding %s", version, encoding)
	}
}

func TestSchemasAreDroppedAfterTheTest(t *testing.T) {
	t.Parallel()
	var schema string
	t.Run("makes one", func(t *testing.T) {
		schema = pgtest.Schema(t)
		conn := pgtest.Conn(t)
		if _, err := conn.Exec(t.Context(), "create schema "+pgx.Identifier{schema}.Sanitize()); err != nil {
			t.Fatal(err)
		}
		if !exists(t, conn, schema) {
			t.Error("the schema was not made")
		}
	})
	if exists(t, pgtest.Conn(t), schema) {
		t.Error("the schema outlived its test")
	}
}

func exists(t *testing.T, conn *pgx.Conn, schema string) (found bool) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "select exists(select from pg_namespace where nspname = $1)", schema).Scan(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRolesMayLogInAndDoNothingElse(t *testing.T) {
	t.Parallel()
	name, url := pgtest.Role(t)
	conn := pgtest.Connect(t, url)
	var user string
	if err := conn.QueryRow(t.Context(), "select current_user").Scan(&user); err != nil || user != name {
		t.Errorf("user %q, %v", user, err)
	}
	if _, err := conn.Exec(t.Context(), "create schema "+pgx.Identifier{pgtest.Schema(t)}.Sanitize()); err == nil {
		t.Error("the role could make a schema")
	}
}

func TestOwnServerComesBackWithItsDataAfterStopAndCrash(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "work_mem=5MB")
	if _, err := pgtest.Connect(t, server.URL()).Exec(t.Context(), "create table kept as select current_setting('work_mem') as work_mem"); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(testing.TB){server.Stop, server.Crash} {
		end(t)
		if _, err := pgx.Connect(t.Context(), server.URL()); err == nil {
			t.Fatal("a stopped server answers")
		}
		server.Start(t)
		var setting string
		if err := pgtest.Connect(t, server.URL()).QueryRow(t.Context(), "select work_mem from kept").Scan(&setting); err != nil || setting != "5MB" {
			t.Errorf("read back %q, %v", setting, err)
		}
	}
}
