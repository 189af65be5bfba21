//go:build unix

// Package pgtest gives tests a real PostgreSQL, 14 or newer, wherever they run:
// the server at TEST_DATABASE_URL if that is set, otherwise a throwaway cluster
// of their own, started from the binaries on the machine or, where apt-get may
// be used, from those it installs.
//
// One cluster serves a whole test binary, and every test has a schema of its own
// in it, so tests run in parallel:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		t.Parallel()
//		url, schema := pgtest.URL(t), pgtest.Schema(t)
//
// A test that stops or reconfigures a server brings its own with [Start].
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// urlVariable holds the server's URL: set by people who have one, and by Main
// for the tests and for the programs they start.
const urlVariable = "TEST_DATABASE_URL"

// cleanupTime bounds what is done in the database after a test.
const cleanupTime = 20 * time.Second

// Main runs a test binary's tests with a server and returns the exit code. The
// server is gone when Main returns, and also when the process is killed. Without
// any PostgreSQL the tests fail, with a sentence that says what to install.
func Main(m interface{ Run() int }) int {
	if os.Getenv(urlVariable) != "" {
		return m.Run()
	}
	code, err := runWithServer(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "pgtest: %v\n", err)
		return 1
	}
	return code
}

func runWithServer(m interface{ Run() int }) (code int, err error) {
	server, err := newServer()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.remove()) }()
	if err := server.start(); err != nil {
		return 0, err
	}
	if err := os.Setenv(urlVariable, server.URL()); err != nil {
		return 0, fmt.Errorf("pass on the server's address: %w", err)
	}
	return m.Run(), nil
}

// URL is the address of the database for the tests of this binary. Its user may
// make schemas, roles and databases: who sets TEST_DATABASE_URL sees to that.
func URL(t testing.TB) string {
	t.Helper()
	url := os.Getenv(urlVariable)
	if url == "" {
		t.Fatal("pgtest: there is no server: TestMain must call pgtest.Main")
	}
	return url
}

// Schema is the name of a schema that does not exist yet. It is dropped after
// the test, with all that is in it.
func Schema(t testing.TB) string {
	t.Helper()
	schema := "test_" + rand.Text()
	DropAfter(t, schema)
	return schema
}

// DropAfter drops the schema of a name that the test chose, after the test.
func DropAfter(t testing.TB, schema string) {
	t.Helper()
	url := URL(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
		defer cancel()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Errorf("pgtest: drop schema %s: %v", schema, err)
			return
		}
		_, err = conn.Exec(ctx, "drop schema if exists "+pgx.Identifier{schema}.Sanitize()+" cascade")
		if err := errors.Join(err, conn.Close(ctx)); err != nil {
			t.Errorf("pgtest: drop schema %s: %v", schema, err)
		}
	})
}

// Conn is a connection to the database of [URL], closed after the test.
func Conn(t testing.TB) *pgx.Conn {
	t.Helper()
	return Connect(t, URL(t))
}

// Connect is a connection to any address, closed after the test.
func Connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("pgtest: connect: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
		defer cancel()
		// A test may have ended the connection on purpose; only the socket matters.
		if err := conn.Close(ctx); err != nil {
			t.Logf("pgtest: close connection: %v", err)
		}
	})
	return conn
}

// Role makes a role that may log in, and drops it after the test with all that
// was granted to it in the database of [URL]. It may do nothing yet; the address
// returned logs in as it.
func Role(t testing.TB) (name, url string) {
	t.Helper()
	admin := Conn(t)
	name = "role_" + rand.Text()
	quoted := pgx.Identifier{name}.Sanitize()
	password := rand.Text()
	if _, err := admin.Exec(t.Context(), fmt.Sprintf("create role %s login password '%s'", quoted, password)); err != nil {
		t.Fatalf("pgtest: create role: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
		defer cancel()
		if _, err := admin.Exec(ctx, fmt.Sprintf("drop owned by %[1]s; drop role %[1]s", quoted)); err != nil {
			t.Errorf("pgtest: drop role: %v", err)
		}
	})
	return name, withUser(t, URL(t), name, password)
}
