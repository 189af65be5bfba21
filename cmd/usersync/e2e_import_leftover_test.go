//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usersync/sync/userimport"
)

// TestImportKeepsEarlierResults of imports that have come to their end, beside
// those of the last one.
func TestImportKeepsEarlierResults(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(30))
	results := b.file + ".results.csv"
	b.imports(t, exitOK, "--yes")
	if rows := csvRows(t, results); rows[0]["_outcome"] != "created" {
		t.Errorf("%v", rows[0])
	}
	b.imports(t, exitOK, "--yes")
	if before, rows := csvRows(t, results+"~"), csvRows(t, results); before[0]["_outcome"] != "created" || rows[0]["_outcome"] != "skipped" {
		t.Errorf("%v and then %v", before[0], rows[0])
	}
	b.file = b.write(t, "more.csv", people(60))
	b.SetImportQuota(20, "day")
	b.imports(t, exitTemporary, "--yes")
	b.SetImportQuota(0, "")
	b.imports(t, exitOK, "--yes")
	if _, err := os.Stat(b.file + ".results.csv~"); err == nil {
		t.Error("what is half of one import's results was kept as if it were another's")
	}
	if rows := b.results(t); len(rows) != 60 || rows[59]["_outcome"] != "created" {
		t.Errorf("%d rows have results", len(rows))
	}
}

// TestImportRemovesParts of its own files that a killed run left, and no others.
func TestImportRemovesParts(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(3))
	b.write(t, ".users.csv.results.csv.usersync-123", "half a row")
	b.write(t, ".users.csv.rejects.csv.usersync-9", "half a row")
	b.write(t, ".other.csv.results.csv.usersync-123", "somebody else's")
	b.imports(t, exitOK, "--dry-run")
	if parts, err := filepath.Glob(filepath.Join(b.folder, ".*")); err != nil || len(parts) != 3 {
		t.Errorf("after a dry run, which has no journal, %v is left, %v", parts, err)
	}
	b.imports(t, exitOK, "--yes")
	if parts, err := filepath.Glob(filepath.Join(b.folder, ".*")); err != nil || len(parts) != 1 || !strings.Contains(parts[0], ".other.csv") {
		t.Errorf("%v is left, %v", parts, err)
	}
}

// TestImportOfALeftSpool: a run that was killed when its import had come to its end
// leaves rows that nobody needs any more. They are not imported once more.
func TestImportOfALeftSpool(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "unused.csv", "")
	spool := filepath.Join(b.folder, "spool.csv")
	b.SetImportQuota(20, "day")
	b.piped(t, people(30), exitTemporary, "--spool", spool, "--yes")
	rows, mark := readFile(t, spool), readFile(t, spool+".spool")
	b.SetImportQuota(0, "")
	b.piped(t, "", exitOK, "--spool", spool, "--yes")
	b.write(t, "spool.csv", rows)
	b.write(t, "spool.csv.spool", mark)
	got := b.piped(t, "email,name\nann@example.com,Ann\n", exitOK, "--spool", spool, "--yes", "--json")
	wantOutcomes(t, onlyReport(t, got), map[userimport.Outcome]int{userimport.Created: 1})
	if names := b.names(t); len(names) != 31 || names["ann@example.com"] != "Ann" {
		t.Errorf("there are %d people", len(names))
	}
	for _, path := range []string{spool, spool + ".spool"} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is left", path)
		}
	}
}
