//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usersync/source/table"
	usersync "usersync/sync"
)

// spoolOf keeps some rows at a path.
func spoolOf(t *testing.T, path, rows string) *spool {
	t.Helper()
	return &spool{
		path: path, journal: path + ".import", source: "digest",
		fill: func() (*table.File, error) {
			return table.Spool(t.Context(), strings.NewReader(rows), path, table.Options{})
		},
	}
}

// TestSpoolIsOneRuns: a run has no journal yet while it looks people up, and no other
// takes its rows away then.
func TestSpoolIsOneRuns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spool.csv")
	first := spoolOf(t, path, people(3))
	file, made, err := first.open(t.Context(), table.Options{})
	if err != nil || !made {
		t.Fatal(made, err)
	}
	if _, _, err := spoolOf(t, path, people(5)).open(t.Context(), table.Options{}); !errors.Is(err, usersync.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("the second run got %v", err)
	}
	if got := readFile(t, path); got != people(3) {
		t.Errorf("the rows are %q", got)
	}
	if err := errors.Join(file.Close(), first.leave()); err != nil {
		t.Fatal(err)
	}
	// Nothing was sent of it, so its rows are of no use to the next.
	next := spoolOf(t, path, people(5))
	file, made, err = next.open(t.Context(), table.Options{})
	if err != nil || !made || readFile(t, path) != people(5) {
		t.Fatal(made, err)
	}
	if err := next.remove(file); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{path, path + ".spool"} {
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s is left", left)
		}
	}
}

// TestSpoolIsNobodysFile: a mark in which nothing stands makes no file a spool.
func TestSpoolIsNobodysFile(t *testing.T) {
	t.Parallel()
	for _, marked := range []bool{false, true} {
		path := writeFile(t, "mine.csv", people(3))
		if marked {
			if err := os.WriteFile(path+".spool", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := spoolOf(t, path, people(5)).open(t.Context(), table.Options{})
		if !isError[*usageError](err) || readFile(t, path) != people(3) {
			t.Errorf("marked %t: %v", marked, err)
		}
		if _, err := os.Stat(path + ".spool"); !marked && err == nil {
			t.Error("a file was marked that is no spool")
		}
	}
}
