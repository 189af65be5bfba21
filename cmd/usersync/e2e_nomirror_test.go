//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usersync/migrations/pgtest"
)

// TestNoMirror: what is of no use without a mirror says that there is none, and
// makes nothing.
func TestNoMirror(t *testing.T) {
	t.Parallel()
	const somebody = "0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b"
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 3)
			for _, args := range [][]string{{"runs"}, {"runs", "show"}, {"forget", somebody}, {"forget", "--purge", somebody}, {"verify"}} {
				got := b.usersync(t, exitUsage, args...)
				if got.stdout != "" || !strings.Contains(got.stderr, "there is no mirror ") || strings.Contains(got.stderr, "--no-migrate") {
					t.Errorf("%q: %+v", args, got)
				}
			}
			if kind == "csv" {
				if left, err := os.ReadDir(filepath.Dir(b.path)); err != nil || len(left) != 0 {
					t.Errorf("there are %v, %v", left, err)
				}
			}
			b.usersync(t, exitOK, "sync")
			b.usersync(t, exitOK, "forget", somebody)
		})
	}
}

// TestNoUsers: a file that was taken away leaves a ledger to look back on, and
// people whom its next sync must not bring back.
func TestNoUsers(t *testing.T) {
	t.Parallel()
	b := newBench(t, "csv", 3)
	b.usersync(t, exitOK, "sync")
	if err := os.Remove(b.path); err != nil {
		t.Fatal(err)
	}
	if got := b.usersync(t, exitOK, "runs"); strings.Count(got.stdout, "\n") != 2 {
		t.Errorf("%+v", got)
	}
	b.usersync(t, exitUsage, "verify")
	b.usersync(t, exitOK, "forget", b.ids()[0])
	b.usersync(t, exitOK, "sync")
	if mirrored := b.mirrored(t); len(mirrored) != 2 {
		t.Errorf("there are %d users", len(mirrored))
	}
}

// TestNoRuns: tables without runs are a mirror, as whoever made them knows.
func TestNoRuns(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + pgtest.URL(t), "USERSYNC_TO=postgres", "USERSYNC_SCHEMA=" + pgtest.Schema(t)}
	runBinary(t, environ, "migrate", "up").wantCode(t, exitOK)
	if got := runBinary(t, environ, "runs").wantCode(t, exitOK); got.stdout != "No runs yet.\n" {
		t.Errorf("%+v", got)
	}
}
