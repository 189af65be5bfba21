//go:build unix

package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	usersync "usersync/sync"
)

// TestTimeLimit stops a run that takes too long, with nothing changed, and leaves
// a line in the ledger.
func TestTimeLimit(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 150)
			_, release := b.holdAt(t, 2)
			began := time.Now()
			got := b.usersync(t, exitTimeLimit, "sync", "--max-duration", "1s", "--json")
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %v", took)
			}
			if !strings.Contains(got.stderr, "usersync: it took longer than --max-duration 1s. The mirror is as it was") || !strings.Contains(got.stdout, `"status":"interrupted"`) {
				t.Errorf("%+v", got)
			}
			release()
			if got := b.usersync(t, exitOK, "runs", "list"); !strings.Contains(got.stdout, "interrupted") {
				t.Errorf("%+v", got)
			}
			b.usersync(t, exitOK, "sync", "--max-duration", "1m")
			b.wantExact(t)
		})
	}
}

// TestWaitLock: a second run waits for the first one, as long as it may.
func TestWaitLock(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 50)
			environ := []string{"USERSYNC_CONFIG=" + b.config}
			arrived, release := b.holdAt(t, 2)
			first := start(t, environ, "sync")
			await(t, "the first run's second request", arrived)
			for _, command := range []string{"sync", "verify", "forget " + b.ids()[0]} {
				if kind == "csv" && command != "sync" {
					continue // there is none yet
				}
				if got := b.usersync(t, exitLocked, strings.Fields(command)...); !strings.Contains(got.stderr, "With --wait-lock 10m it is waited for") {
					t.Errorf("%s: %+v", command, got)
				}
			}
			began := time.Now()
			if got := b.usersync(t, exitLocked, "sync", "--wait-lock", "2s"); !strings.Contains(got.stderr, "for the 2s of --wait-lock") {
				t.Errorf("%+v", got)
			}
			if waited := time.Since(began); waited < 2*time.Second || waited > 10*time.Second {
				t.Errorf("it waited %v", waited)
			}
			// Waiting is no reason to overstay.
			b.usersync(t, exitTimeLimit, "sync", "--wait-lock", "1m", "--max-duration", "1500ms")
			second := start(t, environ, "sync", "--wait-lock", "1m")
			release()
			first.wait(t).wantCode(t, exitOK)
			second.wait(t).wantCode(t, exitOK)
			b.wantExact(t)
		})
	}
}

// TestIncomplete: what a sweep cannot prove is said in words, published, and in
// the end made an error, or refused.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 30)
			b.crowd(t, 130)
			refused := b.usersync(t, exitRefused, "sync", "--require-complete")
			if !strings.Contains(refused.stderr, "cannot show that it missed nobody") {
				t.Errorf("%+v", refused)
			}
			first := b.usersync(t, exitOK, "sync", "--max-incomplete", "2")
			if want := "sweep       incomplete: users may have been missed who were created\n            at 2026-01-02 03:04:05 UTC\n"; !strings.Contains(first.stdout, want) {
				t.Errorf("no %q in %+v", want, first)
			}
			second := b.usersync(t, exitFailed, "sync", "--max-incomplete", "2")
			if !strings.Contains(second.stderr, "published, but the last 2 sweeps") || !strings.Contains(second.stdout, "unchanged   160\n") {
				t.Errorf("%+v", second)
			}
			report := b.report(t, exitFailed, "sync", "--max-incomplete", "2")
			if report.Status != usersync.StatusOK || report.Error == nil || report.Census.Complete {
				t.Errorf("%+v", report)
			}
			b.usersync(t, exitOK, "sync", "--max-incomplete", "0")
			b.wantExact(t)
		})
	}
}

// TestOtherProject: staging's endpoint against production's mirror.
func TestOtherProject(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 40)
			b.usersync(t, exitOK, "sync")
			production := b.mirrored(t)
			staging := newEmulated(t, 60)
			// What the one's audit log does not tell is no less different.
			for _, id := range slices.Sorted(maps.Keys(production))[:2] {
				if err := staging.Project().Unaudited().Delete(id); err != nil {
					t.Logf("staging has other users: %v", err)
				}
			}
			b.keyFile = staging.keyFile
			b.configure(t, staging.url)
			for _, args := range [][]string{{"sync"}, {"sync", "--dry-run"}, {"verify"}, {"sync", "--max-delete", "100%", "--max-change", "100%", "--allow-empty"}} {
				got := b.usersync(t, exitRefused, args...)
				if !strings.Contains(got.stderr, b.url) || !strings.Contains(got.stderr, staging.url) || !strings.Contains(got.stderr, "--adopt") || got.stdout != "" {
					t.Errorf("%q: %+v", args, got)
				}
			}
			if staging.Requests() != 0 || len(b.mirrored(t)) != len(production) {
				t.Errorf("%d requests, %d users", staging.Requests(), len(b.mirrored(t)))
			}
			b.usersync(t, exitOK, "sync", "--adopt", "--max-change", "100%", "--max-delete", "100%")
			if got := b.mirrored(t); !maps.Equal(got, staging.emails()) {
				t.Errorf("%d users", len(got))
			}
			b.usersync(t, exitOK, "sync")
		})
	}
}

// TestModes: which runs read everybody, and why.
func TestModes(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 300)
	want := func(mode, reason string, code int, args ...string) usersync.Report {
		t.Helper()
		report := b.report(t, code, append([]string{"sync"}, args...)...)
		if report.Mode != mode || !strings.Contains(report.ModeReason, reason) || (reason == "") != (report.ModeReason == "") {
			t.Errorf("%q: mode %s because %q", args, report.Mode, report.ModeReason)
		}
		return report
	}
	want(usersync.ModeFull, "first run", exitOK)
	b.alter(t, 3, rename)
	followed := want(usersync.ModeIncremental, "", exitOK)
	if followed.Changes.Updated != 3 || followed.Source.Requests > 10 || followed.Census != nil {
		t.Errorf("%+v", followed)
	}
	if got := b.usersync(t, exitOK, "sync"); !strings.Contains(got.stdout, "mode        incremental: who is new, and whom the audit log names") {
		t.Errorf("%+v", got)
	}
	want(usersync.ModeFull, "", exitOK, "--mode", "full")
	want(usersync.ModeFull, "too long ago", exitOK, "--full-every", "1ns")
	want(usersync.ModeIncremental, "", exitOK, "--full-every", "1ns", "--mode", "incremental")
	want(usersync.ModeFull, "compared", exitOK, "--repair")
	want(usersync.ModeFull, "written anew", exitOK, "--fields", "-identities")

	file := newBench(t, "csv", 20)
	for range 2 {
		if report := file.report(t, exitOK, "sync"); report.Mode != usersync.ModeFull || report.ModeReason != "" {
			t.Errorf("into a file: %+v", report)
		}
	}
	file.alter(t, 2, rename)
	if report := file.report(t, exitOK, "sync", "--mode", "incremental"); report.Mode != usersync.ModeIncremental || report.Changes.Updated != 2 {
		t.Errorf("into a file: %+v", report)
	}
}

// TestVerify finds what was changed by hand, changes nothing, and says who and
// which fields without showing values that nobody asked to see.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 60)
			b.usersync(t, exitOK, "sync")
			alike := b.usersync(t, exitOK, "verify")
			if !strings.Contains(alike.stdout, "though the mirror says so\n\nThe mirror is as Authgear is. ") {
				t.Errorf("%+v", alike)
			}
			if quiet := b.usersync(t, exitOK, "verify", "--quiet"); quiet.stdout+quiet.stderr != "" {
				t.Errorf("%+v", quiet)
			}
			id := b.tamper(t)
			gone := b.ids()[1]
			if err := b.Project().Delete(gone); err != nil {
				t.Fatal(err)
			}
			before := b.mirrored(t)
			got := b.usersync(t, exitDifferences, "verify")
			for _, want := range []string{"differs  " + id + "  email\n", "too many " + gone + "\n", "Differing, by field:\nemail       1\n", "\n\nThe mirror is not as Authgear is: usersync sync --repair mends it, and asks"} {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("no %q in %s", want, got.stdout)
				}
			}
			if strings.Contains(got.stdout+got.stderr, "@example") {
				t.Errorf("values were shown: %+v", got)
			}
			if got := b.usersync(t, exitDifferences, "verify", "-v"); !strings.Contains(got.stdout, `"tampered@example.com" → `) || !strings.Contains(got.stdout, "\nCut by ID into 256 parts, 2 parts of users have some who differ: ") {
				t.Errorf("%+v", got)
			}
			got = b.usersync(t, exitDifferences, "verify", "--json")
			if want := `"groups":{"total":256,"alike":254},"fields":{"email":1}}`; !strings.Contains(got.stdout, want) || !strings.Contains(got.stdout, `"status":"ok"`) {
				t.Errorf("no %s in %+v", want, got)
			}
			if after := b.mirrored(t); len(after) != len(before) || after[id] != before[id] {
				t.Error("the mirror was changed")
			}
			b.usersync(t, exitOK, "sync", "--repair")
			b.usersync(t, exitOK, "verify")
			b.wantExact(t)
		})
	}
}

// TestVerifyIsNotRefused, however bad the mirror is.
func TestVerifyIsNotRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 100)
			b.usersync(t, exitOK, "sync")
			b.alter(t, 60, func(u *emulator.User) { delete(u.StandardAttributes, "name"); rename(u) })
			b.remove(t, 30)
			got := b.usersync(t, exitDifferences, "verify", "--json")
			if !strings.Contains(got.stdout, `"status":"ok"`) || !strings.Contains(got.stdout, `"deleted":30`) || strings.Contains(got.stderr, "refused") {
				t.Errorf("%+v", got)
			}
			b.remove(t, 70)
			b.usersync(t, exitDifferences, "verify")
		})
	}
}

// TestLookingOn: whoever only looks neither leaves anything behind nor minds a
// run that is at work.
func TestLookingOn(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 450)
			b.usersync(t, exitOK, "sync", "--dry-run")
			if b.path != "" {
				if entries, err := os.ReadDir(filepath.Dir(b.path)); err != nil || len(entries) != 0 {
					t.Errorf("a dry run left %v, %v", entries, err)
				}
			}
			b.usersync(t, exitOK, "sync")
			arrived, release := b.holdAt(t, 4)
			running := start(t, []string{"USERSYNC_CONFIG=" + b.config}, "sync", "--mode", "full")
			await(t, "the fourth request", arrived)
			if list := b.usersync(t, exitOK, "runs", "list").stdout; !strings.Contains(list, "ok") {
				t.Errorf("beside a run: %s", list)
			}
			b.usersync(t, exitLocked, "sync", "--dry-run")
			release()
			running.wait(t).wantCode(t, exitOK)
		})
	}
}
