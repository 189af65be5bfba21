package sink_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	"usersync/migrations/pgtest"
	"usersync/sink"
	usersync "usersync/sync"
)

// A troubled run is begun and staged, gets into trouble while it is published,
// and is abandoned. It must say so, leave everything as it was, and be made up
// for by the next run.
func troubled(t *testing.T, p place, crowd *population, trouble func(mirror *sink.Postgres, publish func() error) error) {
	t.Helper()
	changes, after := crowd.next()
	start := newStart(firstStart, crowd.fields)
	mirror := openPostgres(t, newConfig(withSetting(t, p.url, "application_name", p.schema), p.schema))
	if err := begin(t.Context(), mirror, start, changes); err != nil {
		t.Fatal(err)
	}
	err := trouble(mirror, func() error { return mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)) })
	if err == nil {
		t.Fatal("it was published")
	}
	crowd.settle(t, p, after, start, err)
	if err := mirror.Abandon(t.Context(), newReport(start, usersync.StatusFailed)); err != nil {
		t.Errorf("abandon: %v", err)
	}
	if status := value[string](t, p, "select status from "+p.table("runs")+" where run_id = $1", start.RunID); status != "failed" {
		t.Errorf("the ledger says %s", status)
	}
	closeMirror(t, mirror)
}

// recovered is a run after all the trouble.
func recovered(t *testing.T, p place, crowd *population) {
	t.Helper()
	changes, after := crowd.next()
	start := publishAt(t, p, firstStart, crowd.fields, changes...)
	crowd.settle(t, p, after, start, nil)
	if problem := replay(t, p); problem != "" {
		t.Error(problem)
	}
}

func expectClass(t *testing.T, name string, err error, class database.Class, says string) {
	t.Helper()
	var explained *database.Error
	if !errors.As(err, &explained) || explained.Class != class || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v, want class %d and %q", name, err, class, says)
	}
}

// Whatever the server answers to any of the publishing statements.
func TestPostgresServerRefusesToPublish(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	crowd := newPopulation(t, p)
	for code, test := range map[string]struct {
		class database.Class
		says  string
	}{
		"40001": {database.Temporary, "Run it again"}, // serialization failure
		"40P01": {database.Temporary, "Run it again"}, // deadlock
		"53100": {database.Failed, "Make room"},       // disk full
		"53200": {database.Temporary, "later"},        // out of memory
		"57014": {database.Temporary, "time limit"},   // statement timeout
		"55P03": {database.Temporary, "other work"},   // lock timeout
		"58030": {database.Failed, "server's log"},    // input or output
	} {
		function := p.name() + ".trouble()"
		execute(t, p, "create function "+function+" returns trigger language plpgsql as $$ begin raise exception using errcode = '"+code+"', message = 'trouble'; end $$")
		for _, trigger := range []string{"insert on TABLE", "update on TABLE", "update on MIRROR", "insert on LOG"} {
			trigger = strings.NewReplacer("TABLE", p.table("users"), "MIRROR", p.table("mirror"), "LOG", p.table("user_changes")).Replace(trigger)
			execute(t, p, "create trigger trouble before "+trigger+" for each statement execute function "+function)
			troubled(t, p, crowd, func(_ *sink.Postgres, publish func() error) error {
				err := publish()
				expectClass(t, code+" "+trigger, err, test.class, test.says)
				return err
			})
			_, table, _ := strings.Cut(trigger, " on ")
			execute(t, p, "drop trigger trouble on "+table)
		}
		execute(t, p, "drop function "+function)
	}
	recovered(t, p, crowd)
}

// waitFor waits until the publishing session is seen to wait for a lock.
func waitFor(t *testing.T, p place, conn *pgx.Conn) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		var waiting bool
		err := conn.QueryRow(t.Context(), "select exists (select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock')", p.schema).Scan(&waiting)
		if err != nil {
			t.Error(err)
			return
		}
		if waiting {
			return
		}
		if time.Now().After(deadline) {
			t.Error("the run never waited")
			return
		}
	}
}

func TestPostgresPublishingMeetsOthersAtWork(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	crowd := newPopulation(t, p)
	blocked := func(meanwhile func(blocker *pgx.Conn, watcher *pgx.Conn)) func(*sink.Postgres, func() error) error {
		return func(_ *sink.Postgres, publish func() error) error {
			blocker, watcher := pgtest.Connect(t, p.url), pgtest.Connect(t, p.url)
			for _, sql := range []string{"set deadlock_timeout = '60s'", "begin", "lock table " + p.table("users") + " in share mode"} {
				if _, err := blocker.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			result := make(chan error, 1)
			go func() { result <- publish() }()
			waitFor(t, p, watcher)
			meanwhile(blocker, watcher)
			err := <-result
			if _, ended := blocker.Exec(t.Context(), "rollback"); ended != nil {
				t.Error(ended)
			}
			return err
		}
	}
	troubled(t, p, crowd, func(m *sink.Postgres, publish func() error) error {
		err := blocked(func(blocker, _ *pgx.Conn) {
			// It waits for the run, which waits for it.
			if _, err := blocker.Exec(t.Context(), "select from "+p.table("mirror")+" for update"); err != nil {
				t.Error(err)
			}
		})(m, publish)
		expectClass(t, "deadlock", err, database.Temporary, "40P01")
		return err
	})
	troubled(t, p, crowd, func(m *sink.Postgres, publish func() error) error {
		err := blocked(func(_, watcher *pgx.Conn) {
			if _, err := watcher.Exec(t.Context(), "select pg_cancel_backend(pid) from pg_stat_activity where application_name = $1", p.schema); err != nil {
				t.Error(err)
			}
		})(m, publish)
		expectClass(t, "cancelled", err, database.Temporary, "57014")
		return err
	})
	recovered(t, p, crowd)
}

// The server is restarted in order between staging and publishing: what was
// staged is gone with the session, and so is the lock.
func TestPostgresServerRestarts(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	p := place{url: server.URL(), schema: "usersync"}
	crowd := newPopulation(t, p)
	troubled(t, p, crowd, func(_ *sink.Postgres, publish func() error) error {
		server.Stop(t)
		server.Start(t)
		err := publish()
		expectClass(t, "restarted", err, database.Temporary, "again")
		return err
	})
	troubled(t, p, crowd, func(mirror *sink.Postgres, _ func() error) error {
		server.Stop(t)
		defer server.Start(t)
		err := mirror.Stage(t.Context(), creates(somebody(crowd.fields, 99, 1)...))
		expectClass(t, "while it is down", err, database.Temporary, "again")
		return err
	})
	recovered(t, p, crowd)
}
