//go:build unix

package main

import (
	"strings"
	"testing"
)

// TestDryRunTellsOfJournal that the import itself will meet, and of none that it
// would not.
func TestDryRunTellsOfJournal(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(60))
	note := func() bool {
		plan := strings.Join(strings.Fields(b.imports(t, exitOK, "--dry-run").stdout), " ")
		return strings.Contains(plan, "Note: the journal in "+b.file+".import is that of an import that has not come to its end. ")
	}
	if note() {
		t.Error("before the first import there is a note")
	}
	b.SetImportQuota(20, "day")
	b.imports(t, exitTemporary, "--yes")
	b.write(t, "users.csv", people(61))
	if !note() {
		t.Error("nothing is said of the journal")
	}
	b.imports(t, exitRefused, "--yes")
	b.SetImportQuota(0, "")
	b.write(t, "users.csv", people(60))
	b.imports(t, exitOK, "--yes")
	if note() {
		t.Error("after the import has come to its end there is a note")
	}
}
