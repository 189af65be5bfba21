package database_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"usersync/migrations/database"
	"usersync/migrations/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestConnectSetsTheSessionUp(t *testing.T) {
	t.Parallel()
	// What an administrator may have set for a user must not matter.
	role, url := pgtest.Role(t)
	admin := pgtest.Conn(t)
	for _, setting := range []string{"search_path = public", "TimeZone = 'Africa/Monrovia'", "statement_timeout = '1s'", "idle_session_timeout = '1s'", "lock_timeout = '1s'"} {
		if _, err := admin.Exec(t.Context(), "alter role \""+role+"\" set "+setting); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := database.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := database.Close(conn); err != nil {
			t.Error(err)
		}
	}()
	for setting, want := range map[string]string{
		"search_path": "pg_catalog, pg_temp", "TimeZone": "UTC", "statement_timeout": "0", "idle_session_timeout": "0",
		"lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
		"row_security": "off", "application_name": "usersync", "client_encoding": "UTF8", "client_connection_check_interval": "500ms",
	} {
		var got string
		if err := conn.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q, %v", setting, got, want, err)
		}
	}
}

// A statement whose context ends is cancelled on the server, and the session
// with its locks and temporary tables lives on.
func TestConnectionsSurviveACancelledStatement(t *testing.T) {
	t.Parallel()
	conn, err := database.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := database.Close(conn); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = conn.Exec(ctx, "select pg_sleep(60)")
	if err := database.Explain(ctx, "sleep", err); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	var one int
	if err := conn.QueryRow(t.Context(), "select 1").Scan(&one); err != nil {
		t.Errorf("the session is gone: %v", err)
	}
}
