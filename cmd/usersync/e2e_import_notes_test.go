//go:build unix

package main

import (
	"strings"
	"testing"
)

// TestImportTellsWhatIsLeftOut: a column of a login ID that the project has not
// enabled is left out of what is sent, and not without a word.
func TestImportTellsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	const note = "Phone: the project has not enabled this login ID"
	b := newImportBench(t, "users.csv", "email,Phone,name\nann@example.com,+85298765432,Ann\nbob@example.com,,Bob\n")
	b.Project().SetLoginIDs("email")
	mapped := []string{"--map", "Phone=phone_number", "--yes"}
	got := b.imports(t, exitOK, mapped...)
	if printed := strings.Join(strings.Fields(got.stdout), " "); !strings.Contains(printed, "Note: "+note) {
		t.Errorf("the result is %s", got.stdout)
	}
	if !strings.Contains(got.stderr, "level=WARN msg=\""+note) {
		t.Errorf("the log is %s", got.stderr)
	}
	if rows := b.results(t); rows[0]["_detail"] != "Phone is left out: the project has not enabled this login ID" || rows[1]["_detail"] != "" {
		t.Errorf("the results are %v", rows)
	}
	report := b.report(t, exitOK, mapped...)
	if len(report.Notes) != 1 || !strings.HasPrefix(report.Notes[0], note) {
		t.Errorf("the report is %+v", report)
	}
}
