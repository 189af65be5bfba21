//go:build unix

package main

import (
	"regexp"
	"strings"
	"testing"

	"usersync/adminapi/emulator"
	usersync "usersync/sync"
)

// approvable is the ID by which a refusal can be approved.
func approvable(t *testing.T, refusal string) string {
	t.Helper()
	found := regexp.MustCompile(`--approve (\S+)\.`).FindStringSubmatch(refusal)
	if found == nil {
		t.Fatalf("no ID to approve in %q", refusal)
	}
	return found[1]
}

// TestApprovingNothing: an ID that is mistyped, or of a run that was not refused, is
// said to be none before anything is done, so that the ledger's latest run stays the
// one to look at.
func TestApprovingNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 40)
			done := b.report(t, exitOK, "sync").RunID
			b.remove(t, 20)
			refusedSync(t, b)
			before := b.usersync(t, exitOK, "runs").stdout
			for _, wrong := range []string{"wrong1", done} {
				got := b.usersync(t, exitUsage, "sync", "--approve", wrong)
				if !strings.Contains(got.stderr, "no refusal of a run \""+wrong+"\". See: usersync runs") || got.stdout != "" {
					t.Errorf("%+v", got)
				}
			}
			if after := b.usersync(t, exitOK, "runs").stdout; after != before {
				t.Errorf("the ledger was\n%sand is\n%s", before, after)
			}
		})
	}
}

// TestApprovingTheLatestRefusal passes, though people came and went between one
// approval and the next, by more than one limit.
func TestApprovingTheLatestRefusal(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 60)
			b.usersync(t, exitOK, "sync")
			b.alter(t, 40, rename)
			first := approvable(t, refusedSync(t, b))
			removed := b.remove(t, 8) // who were to change
			refusal := refusedSync(t, b, "--approve", first)
			if strings.Contains(refusal, "--max-change") || !strings.Contains(refusal, "run "+first+" was refused for") {
				t.Error(refusal)
			}
			second := approvable(t, refusal)
			changed := b.ids()[len(b.ids())-1]
			b.edit(t, changed, rename)
			refusal = refusedSync(t, b, "--approve", second)
			if !strings.Contains(refusal, "was refused for: "+changed+".") || strings.Contains(refusal, removed[0]) {
				t.Error(refusal)
			}
			third := approvable(t, refusal)
			b.usersync(t, exitOK, "sync", "--approve", third)
			b.wantExact(t)
			if again := refusedSync(t, b, "--approve", third); !strings.Contains(again, "can no longer be approved") {
				t.Error(again)
			}
			// What was approved leaves the window to others.
			b.remove(t, 2)
			b.usersync(t, exitOK, "sync")
			b.wantExact(t)
		})
	}
}

// TestWhoComesBackFromABackup has no entry in the audit log, and is found.
func TestWhoComesBackFromABackup(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 300)
	b.usersync(t, exitOK, "sync")
	backup := make(map[string]emulator.User)
	for u := range b.Project().All() {
		backup[u.ID] = u
	}
	gone := b.ids()[:150]
	for _, id := range gone {
		if err := b.Project().Unaudited().Delete(id); err != nil {
			t.Fatal(err)
		}
	}
	b.usersync(t, exitOK, "sync", "--mode", "full", "--approve", approvable(t, refusedSync(t, b, "--mode", "full")))
	for _, id := range gone {
		if _, err := b.Project().Unaudited().Create(backup[id]); err != nil {
			t.Fatal(err)
		}
	}
	report := b.report(t, exitOK, "sync")
	if report.Mode != usersync.ModeFull || !strings.Contains(report.ModeReason, "the source counts 300 users, and the mirror would have ") || report.Changes.Restored != len(gone) {
		t.Errorf("%s because %q: %+v", report.Mode, report.ModeReason, report.Changes)
	}
	b.wantExact(t)
}

// TestVerifyClaimsNoMoreThanItSaw.
func TestVerifyClaimsNoMoreThanItSaw(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 30)
			b.crowd(t, 120)
			refused := refusedSync(t, b, "--require-complete")
			if !strings.Contains(refused, "missed nobody who was created at 2026-01-02 03:04:05 UTC. ") {
				t.Error(refused)
			}
			quiet := b.usersync(t, exitOK, "sync", "--max-incomplete", "0", "--quiet")
			if quiet.stdout+quiet.stderr != "" {
				t.Errorf("%+v", quiet)
			}
			if loud := b.usersync(t, exitOK, "sync", "--mode", "full", "--quiet"); !strings.Contains(loud.stderr, "level=WARN") {
				t.Errorf("%+v", loud)
			}
			got := b.usersync(t, exitOK, "verify")
			if !strings.Contains(got.stdout, "Who was missed, as said\nabove, may be missing in the mirror.") || strings.Contains(got.stdout, "is as Authgear is") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestForgottenPeopleAreCounted, so that the sums add up.
func TestForgottenPeopleAreCounted(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 40)
			b.usersync(t, exitOK, "sync")
			ids, nobody := b.ids(), "0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b"
			if got := b.usersync(t, exitOK, "forget", ids[0], ids[1], ids[0], nobody); !strings.Contains(got.stdout, "Forgot 3 users in ") || !strings.Contains(got.stdout, "what there was of 2 is emptied, of the others there was nothing.") {
				t.Errorf("%+v", got)
			}
			if got := b.usersync(t, exitOK, "forget", nobody, "--purge"); !strings.Contains(got.stdout, "there was nothing of any of them") {
				t.Errorf("%+v", got)
			}
			for _, command := range []string{"sync", "verify"} {
				report := b.report(t, exitOK, command)
				if report.Changes != (usersync.Counts{Unchanged: 38, Forgotten: 2}) && report.Mode == usersync.ModeFull {
					t.Errorf("%s: %+v", command, report.Changes)
				}
			}
			if got := b.usersync(t, exitOK, "verify"); !strings.Contains(got.stdout, "\nforgotten    2   at Authgear") {
				t.Errorf("%+v", got)
			}
		})
	}
}
