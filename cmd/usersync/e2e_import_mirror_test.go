//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"usersync/migrations/pgtest"
	usersync "usersync/sync"
)

// mirrored runs a command on the mirror that the environment names.
func (b *importBench) mirrored(t *testing.T, environ []string, args ...string) usersync.Report {
	t.Helper()
	var report usersync.Report
	got := runBinary(t, environ, append(args, "--json")...).wantCode(t, exitOK)
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	return report
}

// TestImportKilledIsNoted in the mirror, which does not know whom it changed.
func TestImportKilledIsNoted(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(120))
	b.add(t, "ann@example.com", "Ann") // an event for the audit log
	environ := append(b.environ(), "DATABASE_URL="+pgtest.URL(t), "USERSYNC_TO=postgres", "USERSYNC_MIRROR=postgres", "USERSYNC_SCHEMA="+pgtest.Schema(t))
	b.mirrored(t, environ, "sync")

	b.SetImportPace(50)
	s := start(t, environ, b.arguments("--yes")...)
	soon(t, "the second job", func() bool { return b.Imports().Jobs == 2 && b.Imports().Records > 20 })
	s.signal(t, syscall.SIGKILL)
	s.wait(t)
	b.SetImportPace(0)
	const begun = "an import was begun and has not been noted as ended"
	for range 2 { // what it sent may yet be carried out
		if report := b.mirrored(t, environ, "sync"); report.Mode != usersync.ModeFull || !strings.HasPrefix(report.ModeReason, begun) {
			t.Errorf("after the kill a %s run because %q", report.Mode, report.ModeReason)
		}
	}

	runBinary(t, environ, b.arguments("--yes")...).wantCode(t, exitOK)
	want := "an import of 120 rows was noted; the audit log does not tell of imports"
	if report := b.mirrored(t, environ, "sync"); report.Mode != usersync.ModeFull || report.ModeReason != want {
		t.Errorf("after the import a %s run because %q", report.Mode, report.ModeReason)
	}
	if report := b.mirrored(t, environ, "sync"); strings.Contains(report.ModeReason, "import") {
		t.Errorf("once everybody was read a %s run because %q", report.Mode, report.ModeReason)
	}
	if last := b.mirrored(t, environ, "runs", "show"); last.Mode == usersync.ModeImport {
		t.Errorf("the last run is a note")
	}
	b.wantPeople(t, 121)
}

// TestImportBeforeTheFirstSync has nothing to note, and is no failure.
func TestImportBeforeTheFirstSync(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(3))
	environ := append(b.environ(), "DATABASE_URL="+pgtest.URL(t), "USERSYNC_TO=postgres", "USERSYNC_MIRROR=postgres", "USERSYNC_SCHEMA="+pgtest.Schema(t))
	got := runBinary(t, environ, b.arguments("--yes")...).wantCode(t, exitOK)
	if strings.Count(got.stderr, "its first sync reads everybody") != 1 {
		t.Errorf("%+v", got)
	}
	if report := b.mirrored(t, environ, "sync"); report.Changes.Created != 3 {
		t.Errorf("%+v", report.Changes)
	}
}
