package sink_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	"usersync/sink"
	usersync "usersync/sync"
)

func TestPostgresLedgerTellsWhoRunsWhat(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	start := newStart(firstStart, all)
	start.Mode = usersync.ModeIncremental
	start.Project = usersync.Project{Endpoint: "https://myapp.authgear.cloud", AppID: "myapp"}
	if err := mirror.Begin(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	type row struct {
		Mode, Host, Endpoint, App string
		Beat                      time.Time
		Watermark                 *time.Time
		Complete                  *bool
		Created                   *int
		Refused                   *int
	}
	const columns = "select mode, host, endpoint, app_id, heartbeat_at, watermark, complete, created, cardinality(refused) from "
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	got := rows[row](t, p, columns+p.table("runs"))[0]
	if got.Mode != "incremental" || got.Host != host || got.Endpoint != start.Project.Endpoint || got.App != "myapp" || time.Since(got.Beat) > time.Minute || got.Complete != nil {
		t.Errorf("while it runs: %+v", got)
	}
	// It became a full one, and a good one.
	report := newReport(start, usersync.StatusOK)
	mark := firstStart.Add(-time.Second)
	report.Mode, report.Watermark, report.Census = usersync.ModeFull, &mark, &usersync.CensusReport{Complete: true}
	report.Changes.Created = 3
	if _, err := mirror.Holds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	got = rows[row](t, p, columns+p.table("runs"))[0]
	if got.Mode != "full" || got.Watermark == nil || !got.Watermark.Equal(mark) || got.Complete == nil || !*got.Complete || got.Created == nil || *got.Created != 3 || got.Refused != nil {
		t.Errorf("once it is done: %+v", got)
	}
}

// The watermark moves with what is published, and with nothing else.
func TestPostgresRefusedRunsLeaveTheWatermark(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	start := newStart(firstStart, usersync.AllFields())
	if err := begin(t.Context(), mirror, start, nil); err != nil {
		t.Fatal(err)
	}
	report := newReport(start, usersync.StatusRefused)
	report.Watermark = &start.StartedAt
	if err := mirror.Abandon(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, p, "select count(watermark)::int from "+p.table("runs")); n != 0 {
		t.Error("the watermark moved")
	}
}

func TestPostgresHeartBeatsSeldom(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	start := newStart(firstStart, usersync.AllFields())
	if err := mirror.Begin(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	beats := func() string {
		return value[string](t, p, "select heartbeat_at::text || xmin::text from "+p.table("runs"))
	}
	first := beats()
	beat := func() {
		t.Helper()
		for range 100 {
			if err := mirror.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if beat(); beats() != first {
		t.Error("it beat at once")
	}
	sink.Tire(mirror)
	beat()
	second := beats()
	if second == first {
		t.Error("it did not beat")
	}
	if beat(); beats() != second {
		t.Error("it beat again at once")
	}
	// Whoever is taken for dead is told.
	execute(t, p, "update "+p.table("runs")+" set status = 'interrupted', finished_at = now()")
	sink.Tire(mirror)
	var explained *database.Error
	if err := mirror.Beat(t.Context()); !errors.As(err, &explained) || !strings.Contains(err.Error(), "dead") {
		t.Errorf("taken for dead: %v", err)
	}
}

// A run whose connection broke lives on, and another one begins.
func TestPostgresRunThatIsTakenForDeadPublishesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ beat, says string }{
		"alive a moment ago": {"now()", "may still be at work"},
		"silent for long":    {"now() - interval '2 minutes'", "died"},
		"never heard of":     {"null", "died"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			all := usersync.AllFields()
			lost := openPostgres(t, p.config())
			start := newStart(firstStart, all)
			if err := begin(t.Context(), lost, start, creates(somebody(all, 1, 2)...)); err != nil {
				t.Fatal(err)
			}
			// The lock goes, and by some magic the session stays: the worst case.
			p.query(t, func(conn *pgx.Conn) error {
				_, err := conn.Exec(t.Context(), "update "+p.table("runs")+" set heartbeat_at = "+test.beat)
				return err
			})
			if err := sink.GiveUpLock(t.Context(), lost); err != nil {
				t.Fatal(err)
			}
			var logs bytes.Buffer
			cfg := p.config()
			cfg.Logger = slog.New(slog.NewTextHandler(&logs, nil))
			next := openPostgres(t, cfg)
			second := newStart(firstStart.Add(time.Hour), all)
			if err := begin(t.Context(), next, second, creates(somebody(all, 2, 1)...)); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(logs.String(), test.says) || !strings.Contains(logs.String(), start.RunID) {
				t.Errorf("the log says %s, want %q", logs.String(), test.says)
			}
			if err := lost.Publish(t.Context(), newReport(start, usersync.StatusOK)); err == nil {
				t.Error("the run that was taken for dead was published")
			}
			if err := lost.Abandon(t.Context(), newReport(start, usersync.StatusFailed)); err != nil {
				t.Error(err)
			}
			if err := next.Publish(t.Context(), newReport(second, usersync.StatusOK)); err != nil {
				t.Error(err)
			}
			closeMirror(t, lost)
			closeMirror(t, next)
			statuses := value[string](t, p, "select string_agg(status, ' ' order by started_at) from "+p.table("runs"))
			if statuses != "interrupted ok" {
				t.Errorf("the ledger says %s", statuses)
			}
			if n := value[int](t, p, "select count(*)::int from "+p.table("users")); n != 1 {
				t.Errorf("%d users", n)
			}
		})
	}
}

func TestPostgresWaitsForTheLockAsLongAsItIsTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	first := openPostgres(t, p.config())
	cfg := p.config()
	cfg.WaitLock = time.Minute
	opened := make(chan error, 1)
	go func() {
		second, err := sink.OpenPostgres(t.Context(), cfg)
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	// Longer than is waited without being told.
	select {
	case err := <-opened:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(1500 * time.Millisecond):
	}
	closeMirror(t, first)
	if err := <-opened; err != nil {
		t.Errorf("when the lock was free: %v", err)
	}

	first = openPostgres(t, p.config())
	defer closeMirror(t, first)
	cfg.WaitLock = 1200 * time.Millisecond
	began := time.Now()
	if _, err := sink.OpenPostgres(t.Context(), cfg); !errors.Is(err, usersync.ErrLocked) || time.Since(began) < cfg.WaitLock || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}
