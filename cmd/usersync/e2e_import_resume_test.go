//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"usersync/migrations/pgtest"
	"usersync/sync/userimport"
)

// wantPeople checks that each of so many people is there, once.
func (b *importBench) wantPeople(t *testing.T, count int) {
	t.Helper()
	if names := b.names(t); len(names) != count || count > 0 && names["person0@example.com"] != "Person 0" {
		t.Errorf("%d people are there, want %d", len(names), count)
	}
}

// TestImportKilled in the middle goes on where it was, and makes nobody twice.
func TestImportKilled(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(300))
	var posts atomic.Int64
	b.SetBeforeRequest(func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/import") && posts.Add(1) == 2 {
			b.SetImportPace(2) // the second job takes minutes
		}
	})
	s := start(t, b.environ(), b.arguments("--yes")...)
	soon(t, "the second job", func() bool { return b.Imports().Jobs == 2 && b.Imports().Records > 10 })
	s.signal(t, syscall.SIGKILL)
	if got := s.wait(t); got.code != -1 || len(b.names(t)) == 300 {
		t.Fatalf("it was over already: %+v", got)
	}
	b.SetImportPace(0)
	report := b.report(t, exitOK, "--yes")
	wantOutcomes(t, report, map[userimport.Outcome]int{userimport.Created: 300})
	b.wantPeople(t, 300)
	if rows := b.results(t); len(rows) != 300 || report.Journal != b.file+".import" || b.Imports().Jobs != 2 {
		t.Errorf("%d rows have results, journal %s, %d jobs", len(rows), report.Journal, b.Imports().Jobs)
	}
	entries, err := os.ReadDir(b.folder)
	if err != nil || len(entries) != 3 {
		t.Errorf("%v is left, %v", entries, err)
	}
}

// TestImportInterrupted begins nothing new, says what is left, and goes on with
// the same command. Meanwhile nobody else has the journal.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(300))
	b.SetImportPace(10)
	s := start(t, b.environ(), b.arguments("--yes")...)
	soon(t, "the first job", func() bool { return b.Imports().Jobs == 1 })
	b.imports(t, exitLocked, "--yes")
	s.signal(t, syscall.SIGINT)
	got := s.wait(t).wantCode(t, exitSignal+int(syscall.SIGINT))
	golden(t, "import-interrupted", b.masked(got.stdout))
	if !strings.Contains(got.stderr, "interrupted by Ctrl-C (SIGINT). What was sent is in the journal; run the same command again") {
		t.Errorf("%+v", got)
	}
	if rows := b.results(t); len(rows) != 300 || rows[0]["_outcome"] != "created" || rows[299]["_outcome"] != "not_sent" {
		t.Errorf("%d rows have results", len(rows))
	}
	b.SetImportPace(0)
	wantOutcomes(t, b.report(t, exitOK, "--yes"), map[userimport.Outcome]int{userimport.Created: 300})
	b.wantPeople(t, 300)
}

// TestImportQuota: what fits is sent, and the rest with the next period. The file
// may not change until then.
func TestImportQuota(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(300))
	b.SetImportQuota(100, "day")
	report := b.report(t, exitTemporary, "--yes")
	created := report.Outcomes[userimport.Created]
	wantOutcomes(t, report, map[userimport.Outcome]int{userimport.Created: created, userimport.NotSent: 300 - created})
	if created < 90 || report.Status != "failed" || report.Error == nil || !strings.Contains(*report.Error, "day") {
		t.Errorf("%+v", report)
	}
	b.wantPeople(t, created)
	b.write(t, "users.csv", people(299))
	got := b.imports(t, exitRefused, "--yes")
	if !strings.Contains(got.stderr, "--restart") || got.stdout != "" {
		t.Errorf("%+v", got)
	}
	b.write(t, "users.csv", people(300))
	if got := b.imports(t, exitRefused, "--yes", "--upsert"); !strings.Contains(got.stderr, "--upsert") {
		t.Errorf("%+v", got)
	}
	b.SetImportQuota(0, "")
	wantOutcomes(t, b.report(t, exitOK, "--yes"), map[userimport.Outcome]int{userimport.Created: 300})
	b.wantPeople(t, 300)
}

// TestImportRestart forgets the journal; who was made is found by looking.
func TestImportRestart(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(60))
	b.SetImportQuota(20, "month")
	created := b.report(t, exitTemporary, "--yes").Outcomes[userimport.Created]
	b.SetImportQuota(0, "")
	b.write(t, "users.csv", people(50))
	wantOutcomes(t, b.report(t, exitOK, "--yes", "--restart"), map[userimport.Outcome]int{
		userimport.Created: 50 - created, userimport.Skipped: created,
	})
	b.wantPeople(t, 50)
}

// piped runs an import of what comes through a pipe.
func (b *importBench) piped(t *testing.T, text string, code int, args ...string) ran {
	t.Helper()
	return runPiped(t, b.environ(), text, append([]string{"import", "-", "--identifier", "email"}, args...)...).wantCode(t, code)
}

// TestImportSpool: rows that cannot be read again are kept until each has come to
// its end, and no longer.
func TestImportSpool(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "unused.csv", "")
	spool := filepath.Join(b.folder, "spool.csv")
	gone := func() bool { _, err := os.Stat(spool); return err != nil }
	b.piped(t, people(60), exitOK, "--spool", spool, "--dry-run")
	if !gone() {
		t.Error("the dry run left its spool")
	}
	b.piped(t, people(60), exitUsage, "--spool", spool)
	b.piped(t, "email,wat\nx,y\n", exitUsage, "--spool", spool, "--yes")
	if !gone() {
		t.Error("a run that sent nothing left its spool")
	}
	b.SetImportQuota(20, "day")
	got := b.piped(t, people(60), exitTemporary, "--spool", spool, "--yes")
	if info, err := os.Stat(spool); err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(got.stdout, spool+" is kept") {
		t.Errorf("%v, %v, %+v", info, err, got)
	}
	b.piped(t, "", exitOK, "--spool", spool, "--dry-run")
	if gone() {
		t.Fatal("the dry run removed the spool of an import")
	}
	b.SetImportQuota(0, "")
	got = b.piped(t, "email\nsomebody@example.com\n", exitOK, "--spool", spool, "--yes")
	if !gone() || !strings.Contains(got.stderr, "the rows are those that an earlier run kept") {
		t.Errorf("%+v", got)
	}
	b.wantPeople(t, 60)
	if rows := csvRows(t, spool+".results.csv"); len(rows) != 60 {
		t.Errorf("%d rows have results", len(rows))
	}
}

// TestImportSpoolIsItsOwn: no file but one that an import made is read as a spool,
// or removed, nor are rows of one source taken for those of another.
func TestImportSpoolIsItsOwn(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "mine.csv", people(3))
	mine := filepath.Join(b.folder, "mine.csv")
	got := b.piped(t, people(60), exitUsage, "--spool", mine, "--yes")
	if content, err := os.ReadFile(mine); err != nil || string(content) != people(3) || !strings.Contains(got.stderr, "no spool") {
		t.Errorf("%v, %+v", err, got)
	}
	spool := filepath.Join(b.folder, "spool.csv")
	b.SetImportQuota(20, "day")
	b.piped(t, people(60), exitTemporary, "--spool", spool, "--yes")
	got = runBinary(t, append(b.environ(), "DATABASE_URL="+pgtest.URL(t)), "import", "--from", "postgres", "--spool", spool, "--yes",
		"--query", "select 'a@example.com' as email", "--identifier", "email").wantCode(t, exitUsage)
	if !strings.Contains(got.stderr, "another source") {
		t.Errorf("%+v", got)
	}
	b.wantPeople(t, 20)
}

// TestImportQuery imports the rows of a query.
func TestImportQuery(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "unused.csv", "")
	spool := filepath.Join(b.folder, "spool.ndjson")
	got := runBinary(t, append(b.environ(), "DATABASE_URL="+pgtest.URL(t)), "import", "--from", "postgres", "--spool", spool, "--yes",
		"--query", "select 'person' || n || '@example.com' as email, 'Person ' || n as name, null as nickname from generate_series(0, 4) n",
		"--identifier", "email").wantCode(t, exitOK)
	if !strings.Contains(got.stdout, "a query in postgres://") {
		t.Errorf("%+v", got)
	}
	b.wantPeople(t, 5)
	if _, err := os.Stat(spool); err == nil {
		t.Error("the spool is left")
	}
	wrong := runBinary(t, append(b.environ(), "DATABASE_URL="+pgtest.URL(t)), "import", "--from", "postgres", "--spool", spool, "--yes",
		"--query", "selct 1", "--identifier", "email").wantCode(t, exitUsage)
	if !strings.Contains(wrong.stderr, "query") {
		t.Errorf("%+v", wrong)
	}
}

// TestImportResultsCannotBeWritten: nothing is lost by that. The same command sends
// nothing more, and writes them.
func TestImportResultsCannotBeWritten(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(30))
	results := b.file + ".results.csv"
	b.SetBeforeRequest(func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/import") {
			_ = os.MkdirAll(filepath.Join(results, "in the way"), 0o700) // the test below sees whether it is there
		}
	})
	report := b.report(t, exitFailed, "--yes")
	if report.Error == nil || !strings.Contains(*report.Error, results) {
		t.Errorf("%+v", report)
	}
	b.wantPeople(t, 30)
	if err := os.RemoveAll(results); err != nil {
		t.Fatal(err)
	}
	posts := b.Imports().Posts
	wantOutcomes(t, b.report(t, exitOK, "--yes"), map[userimport.Outcome]int{userimport.Created: 30})
	if rows := b.results(t); len(rows) != 30 || rows[0]["_outcome"] != "created" || b.Imports().Posts != posts {
		t.Errorf("%d rows have results, and there were %d more imports", len(rows), b.Imports().Posts-posts)
	}
}
