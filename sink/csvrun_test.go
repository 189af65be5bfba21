package sink_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"usersync/sink"
	usersync "usersync/sync"
)

// csvFields are few, so that a test can spell a file out.
func csvFields() usersync.FieldSet {
	return usersync.FieldsNamed([]string{"email", "custom_attributes", "created_at"})
}

const csvHeader = "sub,email,custom_attributes,created_at\n"

// csvUser is the user of a number: its id, and a second of creation by which the
// highest number is the oldest.
func csvUser(number int, email string) *usersync.User {
	id, err := usersync.ParseID(csvID(number))
	if err != nil {
		panic(err)
	}
	u := usersync.NewUser(id)
	all := usersync.AllFields()
	for f := range all.All() {
		switch f.Name {
		case "email":
			u.Set(f, email)
		case "created_at":
			u.Set(f, time.Date(2026, 1, 2, 15, 0, 59-number, 0, time.UTC))
		}
	}
	return u
}

func csvID(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }

// csvLine is the row of a csvUser.
func csvLine(number int, email string) string {
	return fmt.Sprintf("%s,%s,,2026-01-02T15:00:%02dZ\n", csvID(number), email, 59-number)
}

func create(u *usersync.User) usersync.Change {
	return usersync.Change{Op: usersync.Create, ID: u.ID, After: u}
}

func update(u *usersync.User) usersync.Change {
	return usersync.Change{Op: usersync.Update, ID: u.ID, Before: u, After: u}
}

func remove(u *usersync.User) usersync.Change {
	return usersync.Change{Op: usersync.Delete, ID: u.ID, Before: u}
}

func openCSV(t testing.TB, path string) *sink.CSV {
	t.Helper()
	mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mirror.Close(); err != nil {
			t.Error(err)
		}
	})
	return mirror
}

func csvStart(fields usersync.FieldSet) usersync.Start {
	return usersync.Start{
		RunID: rand.Text(), Mode: usersync.ModeFull, StartedAt: time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC), Version: "test",
		Project: usersync.Project{Endpoint: "https://myapp.authgear.cloud", AppID: "myapp"}, Fields: fields,
	}
}

// csvReport is the report of a run that nothing is to be said of.
func csvReport(status usersync.Status) *usersync.Report {
	return &usersync.Report{RunID: rand.Text(), Mode: usersync.ModeFull, Status: status}
}

// beginCSV goes through a run up to where it would stage, as the engine does.
func beginCSV(t testing.TB, mirror *sink.CSV, start usersync.Start) {
	t.Helper()
	ctx := t.Context()
	if err := mirror.Begin(ctx, start); err != nil {
		t.Fatal(err)
	}
	held, err := mirror.Holds(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range mirror.Known(ctx, start.Fields.Intersect(held.Fields), false) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// stageCSV goes through a run up to where it would publish.
func stageCSV(t testing.TB, mirror *sink.CSV, fields usersync.FieldSet, changes ...usersync.Change) {
	t.Helper()
	beginCSV(t, mirror, csvStart(fields))
	if err := mirror.Stage(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
}

// runCSV is a whole run.
func runCSV(t testing.TB, path string, fields usersync.FieldSet, changes ...usersync.Change) {
	t.Helper()
	mirror := openCSV(t, path)
	stageCSV(t, mirror, fields, changes...)
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t testing.TB, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds\n%swant\n%s", filepath.Base(path), got, want)
	}
}

// wantAlone checks that there is nothing beside a mirror but its lock, its ledger
// and what else may be.
func wantAlone(t testing.TB, path string, also ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		switch name := filepath.Base(path); entry.Name() {
		case name, name + ".runs.ndjson", "." + name + ".lock":
		default:
			if !slices.Contains(also, entry.Name()) {
				t.Errorf("%s was left behind", entry.Name())
			}
		}
	}
}
