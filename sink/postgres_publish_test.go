package sink_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// What changed in the tables while the run was on makes publishing stop, with
// nothing published: the run's findings are about a mirror that is no more.
func TestPostgresPublishStopsWhenTheMirrorMoved(t *testing.T) {
	t.Parallel()
	all := usersync.AllFields()
	users := somebody(all, 6, 3)
	changed := with(users[0], "name", "new name")
	changes := append(creates(users[2]), updateOf(users[0], changed, all), usersync.Change{Op: usersync.Delete, ID: users[1].ID, Before: users[1]})
	for name, sql := range map[string]string{
		"another run published":    "update MIRROR set generation = generation + 1",
		"a row is gone":            "delete from USERS where sub = $1",
		"a row is marked as gone":  "update USERS set _deleted_at = now() where sub = $1",
		"a row is there already":   "insert into USERS (sub, _row_hash, _first_seen_at, _changed_at) values ($3, '', now(), now())",
		"a row to mark is gone":    "delete from USERS where sub = $2",
		"a row to mark was marked": "update USERS set _deleted_at = now() where sub = $2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			publishAt(t, p, firstStart, all, creates(users[:2]...)...)
			mirror := openPostgres(t, p.config())
			defer closeMirror(t, mirror)
			start := newStart(firstStart, all)
			if err := begin(t.Context(), mirror, start, changes); err != nil {
				t.Fatal(err)
			}
			sql := strings.NewReplacer("MIRROR", p.table("mirror"), "USERS", p.table("users")).Replace(sql)
			for i, user := range users {
				sql = strings.ReplaceAll(sql, "$"+string(rune('1'+i)), "'"+user.ID.String()+"'")
			}
			execute(t, p, sql)
			contents := "select md5(string_agg(u::text, ',' order by sub)) || (select count(*) from " + p.table("user_changes") + ") from " + p.table("users") + " u"
			before := value[string](t, p, contents)

			err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK))
			if _, explained := errors.AsType[*database.Error](err); !explained {
				t.Errorf("publish: %v", err)
			}
			if after := value[string](t, p, contents); after != before {
				t.Error("something was published")
			}
			if err := mirror.Abandon(t.Context(), newReport(start, usersync.StatusFailed)); err != nil {
				t.Errorf("abandon: %v", err)
			}
		})
	}
}

// Whoever reads while runs are published sees each of them whole: users, change
// log and ledger agree in every snapshot.
func TestPostgresReadersSeeWholeRuns(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	closeMirror(t, openPostgres(t, p.config()))
	const runs, each = 5, 20
	users := somebody(all, 7, runs*each)

	stop := make(chan struct{})
	var reading sync.WaitGroup
	seen := make(map[int]bool)
	reading.Go(func() {
		p.query(t, func(conn *pgx.Conn) error {
			for {
				select {
				case <-stop:
					return nil
				default:
				}
				var present, logged, done int
				err := conn.QueryRow(t.Context(), "select (select count(*) from "+p.table("active_users")+"), (select count(*) from "+
					p.table("user_changes")+"), (select count(*) from "+p.table("runs")+" where status = 'ok')").Scan(&present, &logged, &done)
				if err != nil {
					return err
				}
				if present != done*each || logged != present {
					t.Errorf("%d users, %d changes logged, %d runs done", present, logged, done)
				}
				seen[done] = true
			}
		})
	})
	for i := range runs {
		publishAt(t, p, firstStart, all, creates(users[i*each:(i+1)*each]...)...)
	}
	close(stop)
	reading.Wait()
	if len(seen) < 2 {
		t.Errorf("the reader saw only %d states", len(seen))
	}
}

// A run as a user who may do no more than it has to: use the tables and make
// temporary ones. What it may not do, it says.
func TestPostgresNeedsFewPermissions(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	closeMirror(t, openPostgres(t, p.config()))
	role := newRole(t)
	for _, statement := range []string{
		"grant usage on schema " + p.name() + " to " + role.name,
		"grant select, insert, update on all tables in schema " + p.name() + " to " + role.name,
	} {
		execute(t, p, statement)
	}
	mirror := openPostgres(t, newConfig(role.url, p.schema))
	start := newStart(firstStart, all)
	if err := begin(t.Context(), mirror, start, creates(somebody(all, 8, 2)...)); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	closeMirror(t, mirror)

	execute(t, p, "revoke insert on "+p.table("runs")+" from "+role.name)
	mirror = openPostgres(t, newConfig(role.url, p.schema))
	defer closeMirror(t, mirror)
	err := mirror.Begin(t.Context(), newStart(firstStart, all))
	var explained *database.Error
	if !errors.As(err, &explained) || explained.Class != database.Misconfigured || !strings.Contains(err.Error(), "permission denied for table runs") {
		t.Errorf("begin: %v", err)
	}
}
