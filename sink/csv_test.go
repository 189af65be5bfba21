package sink_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usersync/sink"
	usersync "usersync/sync"
)

func TestCSVFirstRunMakesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	mirror := openCSV(t, path)
	held, err := mirror.Holds(t.Context())
	if err != nil || held.Published {
		t.Fatalf("before the first run: %+v, %v", held, err)
	}
	stageCSV(t, mirror, csvFields(), create(csvUser(1, "ann@example.com")), create(csvUser(2, `"bob, the"`)))
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the file is there before it is published: %v", err)
	}
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, csvHeader+csvLine(2, `"""bob, the"""`)+csvLine(1, "ann@example.com"))
	if held, err := mirror.Holds(t.Context()); err != nil || !held.Published || !held.Fields.Equal(csvFields()) || held.Stale {
		t.Errorf("after the first run: %+v, %v", held, err)
	}
	wantAlone(t, path)
}

func TestCSVFirstRunWithoutUsersWritesTheHeader(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	runCSV(t, path, csvFields())
	wantFile(t, path, csvHeader)
}

func TestCSVUnchangedRunTouchesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	// Even what a run would write otherwise stays until there is a change.
	writeFile(t, path, "\ufeffsub,created_at,email,custom_attributes\r\n")
	before := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, before, before); err != nil {
		t.Fatal(err)
	}
	old, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	runCSV(t, path, csvFields())
	now, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(old, now) || !now.ModTime().Equal(before) || now.Size() != old.Size() {
		t.Error("the file was touched")
	}
	wantAlone(t, path)
}

func TestCSVKnownAndLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	fields := csvFields()
	ann, bob := csvUser(1, "ann@example.com"), csvUser(2, "")
	runCSV(t, path, fields, create(ann), create(bob))

	mirror := openCSV(t, path)
	subset := usersync.FieldsNamed([]string{"email"})
	known := make(map[usersync.ID]usersync.Known)
	for k, err := range mirror.Known(t.Context(), subset, false) {
		if err != nil {
			t.Fatal(err)
		}
		known[k.ID] = k
	}
	for _, u := range []*usersync.User{ann, bob} {
		if want := (usersync.Known{ID: u.ID, Fingerprint: usersync.FingerprintOf(u, subset)}); known[u.ID] != want {
			t.Errorf("known is %+v, want %+v", known[u.ID], want)
		}
	}
	users, err := mirror.Load(t.Context(), []usersync.ID{bob.ID, ann.ID, bob.ID})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []*usersync.User{bob, ann, bob} {
		if users[i].ID != want.ID || len(usersync.Diff(users[i], want, fields)) > 0 {
			t.Errorf("user %d was loaded otherwise than it was written", i)
		}
	}
	stranger := csvUser(3, "")
	if _, err := mirror.Load(t.Context(), []usersync.ID{stranger.ID}); err == nil || !strings.Contains(err.Error(), stranger.ID.String()) {
		t.Errorf("a user that is not there: %v", err)
	}
}

func TestCSVOneRunAtATime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, link := filepath.Join(folder, "users.csv"), filepath.Join(folder, "link.csv")
	if err := os.Symlink("users.csv", link); err != nil {
		t.Fatal(err)
	}
	mirror := openCSV(t, path)
	for _, other := range []string{path, link} {
		if _, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: other, Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, usersync.ErrLocked) {
			t.Errorf("%s could be opened twice: %v", other, err)
		}
	}
	openCSV(t, filepath.Join(folder, "another.csv"))
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
	openCSV(t, link)
}

func TestCSVAbandonLeavesNoTrace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	ann := csvUser(1, "ann@example.com")
	runCSV(t, path, csvFields(), create(ann))
	mirror := openCSV(t, path)
	stageCSV(t, mirror, csvFields(), remove(ann), create(csvUser(2, "")))
	if err := mirror.Abandon(t.Context(), csvReport(usersync.StatusFailed)); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, csvHeader+csvLine(1, "ann@example.com"))
	wantAlone(t, path)
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err == nil {
		t.Error("an abandoned run was published")
	}

	stageCSV(t, mirror, csvFields(), create(csvUser(3, "")))
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, csvHeader+csvLine(1, "ann@example.com")+csvLine(3, ""))
}

func TestCSVStopsWhenTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	ann := csvUser(1, "ann@example.com")
	runCSV(t, path, csvFields(), create(ann))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := sink.OpenCSV(stopped, sink.CSVConfig{Path: path}); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	mirror := openCSV(t, path)
	stageCSV(t, mirror, csvFields(), update(csvUser(1, "new@example.com")))
	_, holds := mirror.Holds(stopped)
	_, load := mirror.Load(stopped, []usersync.ID{ann.ID})
	for what, err := range map[string]error{
		"holds":   holds,
		"load":    load,
		"stage":   mirror.Stage(stopped, []usersync.Change{create(csvUser(2, ""))}),
		"publish": mirror.Publish(stopped, csvReport(usersync.StatusOK)),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, err := range mirror.Known(stopped, csvFields(), false) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("known: %v", err)
		}
	}
	if err := mirror.Abandon(stopped, csvReport(usersync.StatusFailed)); err != nil {
		t.Errorf("abandon: %v", err)
	}
	wantFile(t, path, csvHeader+csvLine(1, "ann@example.com"))
	wantAlone(t, path)
}

func TestCSVOwnerAloneMayRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	writeFile(t, path, csvHeader)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	runCSV(t, path, csvFields(), create(csvUser(1, "")))
	for _, name := range []string{path, filepath.Join(filepath.Dir(path), ".users.csv.lock")} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode())
		}
	}
}

func TestCSVCallsInAnotherOrderAreRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	runCSV(t, path, csvFields(), create(csvUser(1, "")), create(csvUser(2, "")))
	mirror := openCSV(t, path)
	if err := mirror.Stage(t.Context(), []usersync.Change{create(csvUser(3, ""))}); err == nil {
		t.Error("staged without a run")
	}
	if err := mirror.Begin(t.Context(), csvStart(csvFields())); err != nil {
		t.Fatal(err)
	}
	for _, err := range mirror.Known(t.Context(), csvFields(), false) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if err := mirror.Stage(t.Context(), []usersync.Change{create(csvUser(3, ""))}); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err == nil || !strings.Contains(err.Error(), "not read to its end") {
		t.Errorf("published over rows that were never read: %v", err)
	}
	wantFile(t, path, csvHeader+csvLine(2, "")+csvLine(1, ""))
}
