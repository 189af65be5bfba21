package database_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"usersync/migrations/database"
	"usersync/migrations/pgtest"
)

func TestConnectRefusesAPoolerInTransactionMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"transaction", "statement"} {
		for _, sessions := range []int{1, 5} {
			address := pgtest.Pooler(t, mode, sessions)
			// Others are at work there, too, before and meanwhile.
			var others errgroup.Group
			done := make(chan struct{})
			for range 3 {
				conn := pgtest.Connect(t, address)
				others.Go(func() error {
					for {
						select {
						case <-done:
							return nil
						default:
						}
						if _, err := conn.Exec(t.Context(), "select pg_sleep(0.001)", pgx.QueryExecModeSimpleProtocol); err != nil {
							return err
						}
					}
				})
			}
			for range 10 {
				conn, err := database.Connect(t.Context(), address)
				if err == nil {
					err = database.Close(conn)
					t.Errorf("%s mode with %d sessions: it connected (closed: %v)", mode, sessions, err)
					continue
				}
				var explained *database.Error
				if !errors.As(err, &explained) || explained.Class != database.Misconfigured || !strings.Contains(err.Error(), "pool_mode = session") {
					t.Errorf("%s mode with %d sessions: %v", mode, sessions, err)
				}
			}
			close(done)
			if err := others.Wait(); err != nil {
				t.Error(err)
			}
			// Nothing was set that others would get.
			conn := pgtest.Connect(t, address)
			var path string
			if err := conn.QueryRow(t.Context(), "show search_path", pgx.QueryExecModeSimpleProtocol).Scan(&path); err != nil || strings.Contains(path, "pg_catalog") {
				t.Errorf("the search path of others is %q, %v", path, err)
			}
		}
	}
}

func TestConnectAcceptsAPoolerInSessionMode(t *testing.T) {
	t.Parallel()
	for _, sessions := range []int{1, 5} {
		conn, err := database.Connect(t.Context(), pgtest.Pooler(t, "session", sessions))
		if err != nil {
			t.Errorf("%d sessions: %v", sessions, err)
			continue
		}
		var path string
		if err := conn.QueryRow(t.Context(), "show search_path").Scan(&path); err != nil || path != "pg_catalog, pg_temp" {
			t.Errorf("%d sessions: the search path is %q, %v", sessions, path, err)
		}
		if err := database.Close(conn); err != nil {
			t.Error(err)
		}
	}
}
