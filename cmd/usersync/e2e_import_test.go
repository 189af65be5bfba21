//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"usersync/sync/userimport"
)

// mixed is a table with a row for everything that can be seen beforehand, once
// Bob is there as he is, and Cy under another name.
const mixed = "E-Mail;Name;birthdate;created_at\r\n" +
	"ann@example.com;Ann;1990-12-31;x\r\n" +
	"bob@example.com;Bob;;x\r\n" +
	"cy@example.com;Cy;;x\r\n" +
	"dora@example.com;Dora;31/12/1990;x\r\n" +
	"eve@example.com;Eve;;x\r\n" +
	"EVE@example.com;=Eve;;x\r\n" +
	";Nobody;;x\r\n"

func newMixed(t *testing.T) *importBench {
	t.Helper()
	b := newImportBench(t, "users.csv", mixed)
	b.add(t, "bob@example.com", "Bob")
	b.add(t, "cy@example.com", "Cyrus")
	return b
}

// TestImport sends what can be sent, leaves the rest to be mended, and says so.
func TestImport(t *testing.T) {
	t.Parallel()
	b := newMixed(t)
	got := b.imports(t, exitRows, "--yes")
	golden(t, "import", b.masked(got.stdout))
	wantNarrow(t, b.masked(got.stdout))
	if names := b.names(t); len(names) != 3 || names["ann@example.com"] != "Ann" || names["cy@example.com"] != "Cyrus" {
		t.Errorf("there are %v", names)
	}
	var outcomes []string
	for _, row := range b.results(t) {
		outcomes = append(outcomes, row["_line"]+" "+row["_outcome"])
		if created := row["_outcome"] == "created"; created != (row["_sub"] != "" && row["E-Mail"] == "ann@example.com") && row["_outcome"] != "skipped" {
			t.Errorf("%v", row)
		}
	}
	if want := []string{"2 created", "3 skipped", "4 skipped", "5 rejected", "6 rejected", "7 rejected", "8 rejected"}; !slices.Equal(outcomes, want) {
		t.Errorf("the results are %v", outcomes)
	}
	for path, mode := range map[string]os.FileMode{
		".results.csv": 0o600, ".rejects.csv": 0o600, ".rejects.txt": 0o600, ".import": 0o700, ".import/journal.ndjson": 0o600,
	} {
		if info, err := os.Stat(b.file + path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if entries, err := os.ReadDir(b.folder); err != nil || len(entries) != 5 {
		t.Errorf("%v is left, %v", entries, err)
	}
}

// TestImportDryRun shows the plan and touches nothing.
func TestImportDryRun(t *testing.T) {
	t.Parallel()
	b := newMixed(t)
	plan := b.masked(b.imports(t, exitRows, "--dry-run").stdout)
	golden(t, "import-plan", plan)
	wantNarrow(t, plan)
	golden(t, "import-plan-upsert", b.masked(b.imports(t, exitRows, "--dry-run", "--upsert", "--set", "email_verified=true").stdout))
	golden(t, "import-plan-verbose", b.masked(b.imports(t, exitRows, "--dry-run", "--upsert", "-v").stdout))
	golden(t, "import-plan-json", b.masked(b.imports(t, exitRows, "--dry-run", "--json").stdout))
	golden(t, "import-plan-no-lookup", b.masked(runBinary(t, nil, b.arguments("--dry-run", "--no-lookup")...).wantCode(t, exitRows).stdout))
	if entries, err := os.ReadDir(b.folder); err != nil || len(entries) != 1 || len(b.names(t)) != 2 || b.Imports().Posts != 0 {
		t.Errorf("%v is left, %v, %v", entries, err, b.names(t))
	}
	wanted := filepath.Join(b.folder, "wanted.csv")
	b.imports(t, exitRows, "--dry-run", "--rejects", wanted, "--results", wanted+".results")
	if rows := csvRows(t, wanted+".results"); len(rows) != 7 || rows[0]["_outcome"] != "created" {
		t.Errorf("the results are %v", rows)
	}
	if content, err := os.ReadFile(wanted); err != nil || strings.Count(string(content), "\n") != 5 {
		t.Errorf("the rejects are %q, %v", content, err)
	}
}

// TestImportUpsert gives users who exist what their rows say. The same file again
// is all unchanged, asks nobody and sends nothing.
func TestImportUpsert(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.ndjson", `{"email":"ann@example.com","name":"Ann","email_verified":true}`+"\n"+`{"email":"cy@example.com","name":"Cy","email_verified":true}`+"\n")
	b.add(t, "cy@example.com", "Cyrus")
	wantOutcomes(t, b.report(t, exitOK, "--upsert", "--yes"), map[userimport.Outcome]int{userimport.Created: 1, userimport.Updated: 1})
	if want := map[string]string{"ann@example.com": "Ann", "cy@example.com": "Cy"}; !maps.Equal(b.names(t), want) {
		t.Errorf("there are %v", b.names(t))
	}
	posts := b.Imports().Posts
	again := b.report(t, exitOK, "--upsert", "--yes")
	wantOutcomes(t, again, map[userimport.Outcome]int{userimport.Unchanged: 2})
	if again.Jobs != 0 || b.Imports().Posts != posts {
		t.Errorf("it sent something: %+v", again)
	}
	golden(t, "import-nothing", b.masked(b.imports(t, exitOK, "--upsert", "--yes").stdout))
}

// TestRejectsMended and fed again by the same options become users.
func TestRejectsMended(t *testing.T) {
	t.Parallel()
	b := newMixed(t)
	b.imports(t, exitRows, "--yes")
	rejects, err := os.ReadFile(b.file + ".rejects.csv")
	if err != nil {
		t.Fatal(err)
	}
	mended := string(rejects)
	for wrong, right := range map[string]string{"31/12/1990": "1990-12-31", "EVE@": "eva@", ";Nobody": "fay@example.com;Fay"} {
		if !strings.Contains(mended, wrong) {
			t.Fatalf("the rejects are %s", mended)
		}
		mended = strings.ReplaceAll(mended, wrong, right)
	}
	b.file = b.write(t, "users.csv.rejects.csv", mended)
	wantOutcomes(t, b.report(t, exitOK, "--yes"), map[userimport.Outcome]int{userimport.Created: 4})
	names := b.names(t)
	if len(names) != 7 || names["eva@example.com"] != "=Eve" || names["fay@example.com"] != "Fay" {
		t.Errorf("there are %v", names)
	}
}

// TestImportNeedsYes where there is nobody to ask, and says so before it reads.
func TestImportNeedsYes(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", "not\x00 a table")
	got := b.imports(t, exitUsage)
	if !strings.Contains(got.stderr, "--yes") || got.stdout != "" || strings.Contains(got.stderr, "NUL") {
		t.Errorf("%+v", got)
	}
}

// TestImportUsage tries what people get wrong. Nothing is sent.
func TestImportUsage(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", "email,name,nam\na@example.com,A,B\n")
	ragged := b.write(t, "ragged.csv", "email,name\na@example.com\n")
	spooled := filepath.Join(b.folder, "spool.csv")
	empty := b.write(t, "empty.csv", "email,name\n")
	ok := []string{"--identifier", "email", "--yes"}
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"nothing to read", ok, exitUsage, "nothing says which rows to import"},
		{"no identifier", []string{b.file, "--yes"}, exitUsage, "--identifier"},
		{"unknown identifier", []string{b.file, "--identifier", "phone"}, exitUsage, "must be one of email, phone_number, preferred_username"},
		{"two files", append([]string{b.file, "b.csv"}, ok...), exitUsage, `"b.csv" is one too many`},
		{"no such file", append([]string{"nowhere.csv"}, ok...), exitUsage, "nowhere.csv"},
		{"a folder", append([]string{b.folder}, ok...), exitUsage, "not a regular file"},
		{"unknown column", append([]string{b.file}, ok...), exitUsage, "'nam' is unknown, and name is nearest"},
		{"ragged", append([]string{ragged}, ok...), exitUsage, "line 2"},
		{"no rows", append([]string{empty}, ok...), exitRefused, "no rows"},
		{"standard input without a spool", append([]string{"-"}, ok...), exitUsage, "--spool FILE"},
		{"a spool for a file", append([]string{b.file, "--spool", spooled}, ok...), exitUsage, "--spool is for rows that can be read only once"},
		{"a query without a database", append([]string{"--query", "select 1"}, ok...), exitUsage, "nothing says which rows"},
		{"a database without a query", append([]string{"--from", "postgres://h/d", "--spool", spooled}, ok...), exitUsage, "needs a --query"},
		{"no DATABASE_URL", append([]string{"--from", "postgres", "--query", "select 1", "--spool", spooled}, ok...), exitUsage, "DATABASE_URL"},
		{"no database", append([]string{"--from", "users.csv", "--query", "select 1", "--spool", spooled}, ok...), exitUsage, "--from is for databases"},
		{"no look-up", append([]string{b.file, "--no-lookup"}, ok...), exitUsage, "Add --dry-run"},
		{"restart in a dry run", append([]string{b.file, "--dry-run", "--restart"}, ok...), exitUsage, "--restart"},
		{"JSON and list", append([]string{b.file, "--json", "-v"}, ok...), exitUsage, "--json prints one object"},
		{"over the file", append([]string{b.file, "--ignore-column", "nam", "--results", b.file}, ok...), exitUsage, "would be written over"},
		{"over the key", append([]string{b.file, "--ignore-column", "nam", "--rejects", b.keyFile}, ok...), exitUsage, "would be written over"},
		{"no room", append([]string{b.file, "--ignore-column", "nam", "--journal", "no/journal"}, ok...), exitUsage, "there is no folder no"},
		{"no file to write", append([]string{b.file, "--ignore-column", "nam", "--results", "/dev/null"}, ok...), exitUsage, "/dev/null is in the way"},
		{"mirror", append([]string{b.file, "--mirror", "users.json"}, ok...), exitUsage, `--mirror "users.json" is no place`},
		{"credentials", append([]string{b.file, "--ignore-column", "nam", "--app-id", "x"}, ok...), exitUnauthorized, ""},
		{"nobody there", append([]string{b.file, "--ignore-column", "nam", "--endpoint", "http://127.0.0.1:1", "--max-retries", "0"}, ok...), exitTemporary, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := runBinary(t, b.environ(), append([]string{"import"}, test.args...)...).wantCode(t, test.code)
			if !strings.Contains(got.stderr, test.want) || (got.stdout != "") != slices.Contains(test.args, "--json") {
				t.Errorf("want %q: %+v", test.want, got)
			}
		})
	}
	t.Cleanup(func() {
		if posts := b.Imports().Posts; posts != 0 {
			t.Errorf("%d imports were sent", posts)
		}
		if _, err := os.Stat(spooled); err == nil {
			t.Error("a spool is left")
		}
	})
}

// TestImportRefused: an identifier that is no login ID of the project would make
// users whom nobody can sign in as.
func TestImportRefused(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(3))
	b.Project().SetLoginIDs("username")
	report := b.report(t, exitRefused, "--yes")
	if report.Status != "refused" || report.Error == nil || len(b.names(t)) != 0 {
		t.Errorf("%+v", report)
	}
}

// TestImportFirstJobBad: where nothing of the first rows can be imported, the rest
// is not tried.
func TestImportFirstJobBad(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(300))
	b.SetImportPanic(func(json.RawMessage) bool { return true })
	got := b.imports(t, exitRefused, "--yes")
	if len(b.names(t)) != 0 || len(b.results(t)) != 300 {
		t.Errorf("%+v", got)
	}
	if got := b.results(t)[299]["_outcome"]; got != "not_sent" {
		t.Errorf("the last row is %s", got)
	}
}
