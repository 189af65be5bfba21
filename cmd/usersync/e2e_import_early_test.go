//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// TestImportJSONWhateverHappens: one object with a status that goes with the exit
// code, and the sentence that standard error has, however early the end comes.
func TestImportJSONWhateverHappens(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(3))
	broken := b.write(t, "broken.ndjson", "{\"email\":\"a@example.com\"}\n{\"email\" \"b@example.com\"}\n")
	unknown := b.write(t, "unknown.csv", "email,wat\na@example.com,x\n")
	empty := b.write(t, "empty.csv", "email\n")
	damaged := b.write(t, "damaged.csv", people(1))
	if err := os.Mkdir(damaged+".import", 0o700); err != nil {
		t.Fatal(err)
	}
	b.write(t, "damaged.csv.import/journal.ndjson", "nonsense\n")
	tests := []struct {
		name   string
		args   []string
		code   int
		status usersync.Status
		want   string
	}{
		{"nobody to ask", []string{b.file}, exitUsage, usersync.StatusFailed, "--yes"},
		{"no such file", []string{"nowhere.csv", "--yes"}, exitUsage, usersync.StatusFailed, "nowhere.csv"},
		{"no such file, looked at", []string{"nowhere.csv", "--dry-run"}, exitUsage, usersync.StatusFailed, "nowhere.csv"},
		{"broken", []string{broken, "--yes"}, exitUsage, usersync.StatusFailed, "line 2: not valid JSON"},
		{"unknown column", []string{unknown, "--yes"}, exitUsage, usersync.StatusFailed, "'wat' is unknown"},
		{"no rows", []string{empty, "--yes"}, exitRefused, usersync.StatusRefused, "no rows"},
		{"no room", []string{b.file, "--yes", "--results", "no/results.csv"}, exitUsage, usersync.StatusFailed, "there is no folder no"},
		{"damaged journal", []string{damaged, "--yes"}, exitFailed, usersync.StatusFailed, "is damaged"},
		{"refused credentials", []string{b.file, "--yes", "--app-id", "x"}, exitUnauthorized, usersync.StatusFailed, "refused the credentials"},
		{"nobody there", []string{b.file, "--yes", "--endpoint", "http://127.0.0.1:1", "--max-retries", "0"}, exitTemporary, usersync.StatusFailed, "127.0.0.1:1"},
		{"not a login ID", []string{b.file, "--dry-run", "--identifier", "preferred_username", "--map", "email=preferred_username"}, exitRefused, usersync.StatusRefused, "username"},
	}
	b.Project().SetLoginIDs("email")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"import", "--json", "--identifier", "email"}, test.args...)
			got := runBinary(t, b.environ(), args...).wantCode(t, test.code)
			report := onlyReport(t, got)
			if report.Status != test.status || report.Error == nil || !strings.Contains(*report.Error, test.want) || len(report.Outcomes) != len(userimport.Outcomes()) {
				t.Errorf("want %s, %q: %s", test.status, test.want, got.stdout)
			}
			if !strings.Contains(got.stderr, test.want) {
				t.Errorf("standard error has %s", got.stderr)
			}
		})
	}
}

// onlyReport is the one object on standard output.
func onlyReport(t *testing.T, got ran) userimport.Report {
	t.Helper()
	var report userimport.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	return report
}

// TestImportJSONOfLostResults: all rows came to their end, and still not all is
// well.
func TestImportJSONOfLostResults(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(3))
	results := b.file + ".results.csv"
	b.SetBeforeRequest(func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/import") {
			_ = os.MkdirAll(filepath.Join(results, "in the way"), 0o700) // the test below sees whether it is there
		}
	})
	got := b.imports(t, exitFailed, "--yes", "--json")
	report := onlyReport(t, got)
	if report.Status != usersync.StatusFailed || report.Error == nil || !strings.Contains(*report.Error, results) || report.Outcomes[userimport.Created] != 3 {
		t.Errorf("%+v", got)
	}
	if got := b.imports(t, exitUsage, "--yes"); !strings.Contains(got.stderr, "is in the way") {
		t.Errorf("%+v", got)
	}
}

// TestImportJSONOfDryRun tells requests that were made from those that sending
// would make.
func TestImportJSONOfDryRun(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(30))
	before := b.Requests()
	report := b.report(t, exitOK, "--dry-run")
	if made := b.Requests() - before; report.Requests != made || made == 0 || report.Jobs != 0 || report.Bytes != 0 {
		t.Errorf("%d requests were made: %+v", made, report)
	}
	if report.Estimate == nil || report.Estimate.Jobs != 2 || report.Estimate.Bytes == 0 || report.Estimate.Requests < 4 || report.Estimate.Seconds <= 0 {
		t.Errorf("the estimate is %+v", report.Estimate)
	}
	if report := b.report(t, exitOK, "--dry-run", "--no-lookup"); report.Requests != 0 || report.Estimate.Jobs != 2 {
		t.Errorf("%+v", report)
	}
}
