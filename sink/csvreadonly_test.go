package sink_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"usersync/sink"
	usersync "usersync/sync"
)

// Whoever only looks leaves nothing behind, and is kept out by a run that works.
func TestCSVReadOnlyMakesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cfg := sink.CSVConfig{Path: filepath.Join(folder, "users.csv"), ReadOnly: true, Logger: slog.New(slog.DiscardHandler)}
	mirror, err := sink.OpenCSV(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if held, err := mirror.Holds(t.Context()); err != nil || held.Published {
		t.Errorf("holds %+v, %v", held, err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}

	working := cfg
	working.ReadOnly = false
	run, err := sink.OpenCSV(t.Context(), working)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sink.OpenCSV(t.Context(), cfg); !errors.Is(err, usersync.ErrLocked) {
		t.Errorf("beside a run: %v", err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
}
