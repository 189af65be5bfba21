package sink_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
	"usersync/sink"
	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// firstStart is when the first run of a test begins.
var firstStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func openPostgres(t testing.TB, cfg sink.PostgresConfig) *sink.Postgres {
	t.Helper()
	mirror, err := sink.OpenPostgres(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return mirror
}

func closeMirror(t testing.TB, mirror *sink.Postgres) {
	t.Helper()
	if err := mirror.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func newStart(at time.Time, fields usersync.FieldSet) usersync.Start {
	return usersync.Start{RunID: "run-" + rand.Text(), Mode: usersync.ModeFull, StartedAt: at, Version: "1.2.3", Fields: fields}
}

func newReport(start usersync.Start, status usersync.Status) *usersync.Report {
	return &usersync.Report{RunID: start.RunID, Mode: start.Mode, Status: status, StartedAt: start.StartedAt, FinishedAt: start.StartedAt.Add(time.Minute)}
}

// begin begins a run and stages what the function makes of the mirror.
func begin(ctx context.Context, mirror *sink.Postgres, start usersync.Start, changes []usersync.Change) error {
	if err := mirror.Begin(ctx, start); err != nil {
		return err
	}
	if _, err := mirror.Holds(ctx); err != nil {
		return err
	}
	return mirror.Stage(ctx, changes)
}

// publishAt is a whole run on a mirror of its own.
func publishAt(t testing.TB, p place, at time.Time, fields usersync.FieldSet, changes ...usersync.Change) usersync.Start {
	t.Helper()
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	start := newStart(at, fields)
	if err := begin(t.Context(), mirror, start, changes); err != nil {
		t.Fatalf("begin: %v", err)
	}
	if err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)); err != nil {
		t.Fatalf("publish: %v", err)
	}
	return start
}

func creates(users ...*usersync.User) []usersync.Change {
	changes := make([]usersync.Change, len(users))
	for i, user := range users {
		changes[i] = usersync.Change{Op: usersync.Create, ID: user.ID, After: user}
	}
	return changes
}

func updateOf(before, after *usersync.User, fields usersync.FieldSet) usersync.Change {
	return usersync.Change{Op: usersync.Update, ID: after.ID, Before: before, After: after, Fields: usersync.Diff(before, after, fields)}
}

func somebody(fields usersync.FieldSet, seed, n int) []*usersync.User {
	return usertest.Users(fields, n, n).Example(seed)
}

// with is the same user with another value of one field.
func with(user *usersync.User, name string, value any) *usersync.User {
	changed := usersync.NewUser(user.ID)
	for f := range usersync.AllFields().All() {
		changed.Set(f, user.Get(f))
		if f.Name == name {
			changed.Set(f, value)
		}
	}
	return changed
}

// rows are the rows of a query, each scanned by the names of a struct's fields.
func rows[T any](t testing.TB, p place, sql string, arguments ...any) (all []T) {
	t.Helper()
	p.query(t, func(conn *pgx.Conn) error {
		result, err := conn.Query(t.Context(), sql, arguments...)
		if err == nil {
			all, err = pgx.CollectRows(result, pgx.RowToStructByPos[T])
		}
		return err
	})
	return all
}

// value is the one value of a query.
func value[T any](t testing.TB, p place, sql string, arguments ...any) (one T) {
	t.Helper()
	p.query(t, func(conn *pgx.Conn) error { return conn.QueryRow(t.Context(), sql, arguments...).Scan(&one) })
	return one
}

func execute(t testing.TB, p place, sql string, arguments ...any) {
	t.Helper()
	p.query(t, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), sql, arguments...)
		return err
	})
}

// A role is a database user of a test's own; the name is quoted.
type role struct{ name, url string }

func newRole(t testing.TB) role {
	t.Helper()
	name, url := pgtest.Role(t)
	return role{name: pgx.Identifier{name}.Sanitize(), url: url}
}

// withSetting is a database URL with one more setting.
func withSetting(t testing.TB, address, name, value string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := parsed.Query()
	query.Set(name, value)
	parsed.RawQuery = query.Encode()
	return parsed.String()
}
