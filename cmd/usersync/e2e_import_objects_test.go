//go:build unix

package main

import (
	"os"
	"strings"
	"testing"

	"usersync/migrations/pgtest"
)

// TestImportOfOneLine: where all rows stand on one line, they are named by their
// numbers.
func TestImportOfOneLine(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.json", `[{"email":"ann@example.com"},{"email":"BOB@example.com"},{"email":"no"},{"email":"bob@example.com"}]`)
	got := b.imports(t, exitRows, "--dry-run", "--no-lookup")
	for _, want := range []string{`row 3, email "no": `, `row 2, email "BOB@example.com": stands in more than one row: also in row 4`, "\n  row 1  ann@example.com\n"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is not in %s", want, got.stdout)
		}
	}
	if got.stdout = strings.ReplaceAll(got.stdout, b.file, "FILE"); strings.Contains(got.stdout, "line ") {
		t.Errorf("lines are named: %s", got.stdout)
	}
	b.imports(t, exitRows, "--yes")
	for i, row := range b.results(t) {
		if row["_line"] != []string{"1", "2", "3", "4"}[i] {
			t.Errorf("row %d: %v", i+1, row)
		}
	}
	if reasons := readFile(t, b.file+".rejects.txt"); !strings.HasPrefix(reasons, "row 1 (rejected, row 2 of the import): ") || strings.Contains(reasons, "line") {
		t.Errorf("the reasons are %s", reasons)
	}
}

// TestImportOfQueryNamesRows: nobody sees the lines of its spool.
func TestImportOfQueryNamesRows(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "unused.csv", "")
	got := runBinary(t, append(b.environ(), "DATABASE_URL="+pgtest.URL(t)), "import", "--from", "postgres", "--spool", b.file+".spool.ndjson", "--dry-run",
		"--query", "select 'a@example.com' as email union all select 'no'", "--identifier", "email").wantCode(t, exitRows)
	if !strings.Contains(got.stdout, `row 2, email "no": `) || strings.Contains(got.stdout, "NDJSON") {
		t.Errorf("%+v", got)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
