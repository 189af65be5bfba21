package sink_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
	"usersync/sink"
	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// A population is a mirror's users, and how the next run of a test changes them:
// one is new, one differs, one goes or comes back.
type population struct {
	fields usersync.FieldSet
	live   map[usersync.ID]*usersync.User
	keeper usersync.ID // differs in every run
	guest  *usersync.User
	runs   int
}

func newPopulation(t testing.TB, p place) *population {
	t.Helper()
	fields := usersync.AllFields()
	users := somebody(fields, 1, 3)
	publishAt(t, p, firstStart, fields, creates(users...)...)
	crowd := &population{fields: fields, live: make(map[usersync.ID]*usersync.User), keeper: users[0].ID, guest: users[1]}
	for _, user := range users {
		crowd.live[user.ID] = user
	}
	return crowd
}

// next is a run's changes, and who is there after it.
func (c *population) next() (changes []usersync.Change, after map[usersync.ID]*usersync.User) {
	c.runs++
	after = maps.Clone(c.live)
	keeper := with(c.live[c.keeper], "name", fmt.Sprintf("changed %d times", c.runs))
	newcomer := usertest.User(c.fields).Example(1000 + c.runs)
	after[keeper.ID], after[newcomer.ID] = keeper, newcomer
	changes = append(creates(newcomer), updateOf(c.live[c.keeper], keeper, c.fields))
	if _, present := c.live[c.guest.ID]; present {
		delete(after, c.guest.ID)
		changes = append(changes, usersync.Change{Op: usersync.Delete, ID: c.guest.ID, Before: c.guest})
	} else {
		after[c.guest.ID] = c.guest
		changes = append(changes, usersync.Change{Op: usersync.Restore, ID: c.guest.ID, Before: c.guest, After: c.guest})
	}
	return changes, after
}

// settle checks that the mirror is as before or as after, and as after if and
// only if the run said so; and goes on from there.
func (c *population) settle(t testing.TB, p place, after map[usersync.ID]*usersync.User, run usersync.Start, err error) {
	t.Helper()
	got := p.read(t, c.fields)
	if err == nil {
		c.live = after
	}
	if len(got) != len(c.live) {
		t.Fatalf("%d users, want %d; the run said: %v", len(got), len(c.live), err)
	}
	for _, user := range got {
		want, found := c.live[user.ID]
		if !found || usersync.FingerprintOf(want, c.fields) != usersync.FingerprintOf(user, c.fields) {
			t.Fatalf("user %s is not as it should be; the run said: %v", user.ID, err)
		}
	}
	logged := value[int](t, p, "select count(*)::int from "+p.table("user_changes")+" where run_id = $1", run.RunID)
	closed := value[int](t, p, "select count(*)::int from "+p.table("runs")+" where run_id = $1 and status = 'ok'", run.RunID)
	want := [2]int{3, 1}
	if err != nil {
		want = [2]int{}
	}
	if (logged > 0) != (want[0] > 0) || closed != want[1] {
		t.Fatalf("%d changes logged, %d runs closed as ok; the run said: %v", logged, closed, err)
	}
}

// attempt is a run as the engine does it, from Begin on, on an open mirror.
func attempt(ctx context.Context, mirror *sink.Postgres, start usersync.Start, changes []usersync.Change) (began bool, err error) {
	if err := mirror.Begin(ctx, start); err != nil {
		return false, err
	}
	if _, err := mirror.Holds(ctx); err != nil {
		return true, err
	}
	for _, err := range mirror.Known(ctx, start.Fields, false) {
		if err != nil {
			return true, err
		}
	}
	for i := range changes {
		if err := mirror.Stage(ctx, changes[i:i+1]); err != nil {
			return true, err
		}
	}
	return true, mirror.Publish(ctx, newReport(start, usersync.StatusOK))
}

// The connection breaks at every message in turn, before it arrives or before it
// is answered. The run says truly whether it was published, its line in the
// ledger is closed, and the next run works.
func TestPostgresConnectionBreaksAtAnyStatement(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]fault{"before the statement": cutBefore, "before the answer": cutAfter} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			crowd := newPopulation(t, p)
			between, url := newProxy(t, p.url)
			published, failed := 0, 0
			for n := 1; ; n++ {
				mirror := openPostgres(t, newConfig(url, p.schema))
				changes, after := crowd.next()
				start := newStart(firstStart, crowd.fields)
				between.arm(n, cut)
				began, err := attempt(t.Context(), mirror, start, changes)
				happened := between.disarm()
				if began && err != nil {
					if err := mirror.Abandon(t.Context(), newReport(start, usersync.StatusFailed)); err != nil {
						t.Fatalf("message %d: abandon: %v", n, err)
					}
					if status := value[string](t, p, "select status from "+p.table("runs")+" where run_id = $1", start.RunID); status != "failed" {
						t.Errorf("message %d: the ledger says %s", n, status)
					}
				}
				crowd.settle(t, p, after, start, err)
				closeMirror(t, mirror)
				if err == nil {
					published++
				} else {
					failed++
				}
				if !happened {
					break
				}
			}
			t.Logf("%d runs failed, %d were published", failed, published)
			if failed < 15 {
				t.Errorf("only %d breaks made a run fail", failed)
			}
			if wanted := map[string]int{"before the statement": 1, "before the answer": 2}[name]; published < wanted {
				t.Errorf("%d runs were published, want at least %d: the commit that got no answer among them", published, wanted)
			}
		})
	}
}

// The context ends at every message in turn. What was going on ends soon, and
// the mirror is as the run says.
func TestPostgresIsCancelledAtAnyStatement(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	crowd := newPopulation(t, p)
	between, url := newProxy(t, p.url)
	for n := 1; ; n++ {
		mirror := openPostgres(t, newConfig(url, p.schema))
		changes, after := crowd.next()
		start := newStart(firstStart, crowd.fields)
		ctx, cancel := context.WithCancel(t.Context())
		var cancelled time.Time
		between.arm(n, func([]byte, net.Conn, net.Conn, <-chan struct{}) bool { cancelled = time.Now(); cancel(); return true })
		began, err := attempt(ctx, mirror, start, changes)
		happened := between.disarm()
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("message %d: %v", n, err)
			}
			if began {
				if err := mirror.Abandon(ctx, newReport(start, usersync.StatusInterrupted)); err != nil {
					t.Errorf("message %d: abandon: %v", n, err)
				}
				if status := value[string](t, p, "select status from "+p.table("runs")+" where run_id = $1", start.RunID); status != "interrupted" {
					t.Errorf("message %d: the ledger says %s", n, status)
				}
			}
			if took := time.Since(cancelled); took > 5*time.Second {
				t.Errorf("message %d: it took %v to stop", n, took)
			}
		}
		cancel()
		crowd.settle(t, p, after, start, err)
		closeMirror(t, mirror)
		if !happened {
			return
		}
	}
}

// A statement that waits for a lock which others hold is given up at once when
// the context ends, on the server, too: the mirror is free again.
func TestPostgresPublishingThatWaitsIsGivenUp(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	crowd := newPopulation(t, p)
	changes, after := crowd.next()
	start := newStart(firstStart, crowd.fields)
	mirror := openPostgres(t, p.config())
	if err := begin(t.Context(), mirror, start, changes); err != nil {
		t.Fatal(err)
	}
	p.query(t, func(blocker *pgx.Conn) error {
		tx, err := blocker.Begin(t.Context())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), "lock table "+p.table("users")+" in share mode"); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began := time.Now()
		err = mirror.Publish(ctx, newReport(start, usersync.StatusOK))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if err := mirror.Abandon(ctx, newReport(start, usersync.StatusInterrupted)); err != nil {
			t.Errorf("abandon: %v", err)
		}
		crowd.settle(t, p, after, start, context.DeadlineExceeded)
		return tx.Rollback(t.Context())
	})
	closeMirror(t, mirror)
	publishAt(t, p, firstStart, crowd.fields, changes...)
}

// The session is ended by an administrator while the run is reading elsewhere:
// the run finds out at its next statement, and its end is noted all the same.
func TestPostgresSessionIsTerminated(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	crowd := newPopulation(t, p)
	changes, after := crowd.next()
	for name, next := range map[string]func(*sink.Postgres, usersync.Start) error{
		"before staging": func(m *sink.Postgres, _ usersync.Start) error { return m.Stage(t.Context(), changes) },
		"before publishing": func(m *sink.Postgres, s usersync.Start) error {
			return m.Publish(t.Context(), newReport(s, usersync.StatusOK))
		},
		"before the end": func(*sink.Postgres, usersync.Start) error { return errors.New("refused") },
	} {
		mirror := openPostgres(t, newConfig(withSetting(t, p.url, "application_name", p.schema), p.schema))
		start := newStart(firstStart, crowd.fields)
		if err := begin(t.Context(), mirror, start, nil); err != nil {
			t.Fatal(err)
		}
		execute(t, p, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = $1", p.schema)
		err := next(mirror, start)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := mirror.Abandon(t.Context(), newReport(start, usersync.StatusFailed)); err != nil {
			t.Errorf("%s: abandon: %v", name, err)
		}
		if status := value[string](t, p, "select status from "+p.table("runs")+" where run_id = $1", start.RunID); status != "failed" {
			t.Errorf("%s: the ledger says %s", name, status)
		}
		crowd.settle(t, p, after, start, err)
		closeMirror(t, mirror)
	}
}

// The server falls over while a run is being published.
func TestPostgresServerCrashes(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=on", "synchronous_commit=on", "full_page_writes=on")
	p := place{url: server.URL(), schema: "usersync"}
	crowd := newPopulation(t, p)
	for n := range 3 {
		mirror := openPostgres(t, p.config())
		changes, after := crowd.next()
		start := newStart(firstStart, crowd.fields)
		if err := begin(t.Context(), mirror, start, changes); err != nil {
			t.Fatal(err)
		}
		result := make(chan error, 1)
		go func() { result <- mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)) }()
		// The moment matters little: whichever it is, the run must know.
		<-time.After(time.Duration(n) * 2 * time.Millisecond)
		server.Crash(t)
		server.Start(t)
		err := <-result
		crowd.settle(t, p, after, start, err)
		closeMirror(t, mirror)
	}
	changes, after := crowd.next()
	start := publishAt(t, p, firstStart, crowd.fields, changes...)
	crowd.settle(t, p, after, start, nil)
	if n := value[int](t, p, "select count(*)::int from "+p.table("runs")+" where status = 'running'"); n != 0 {
		t.Errorf("%d runs are still running", n)
	}
}
