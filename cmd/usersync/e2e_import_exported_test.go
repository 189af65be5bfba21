//go:build unix

package main

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"usersync/sync/userimport"
)

// TestImportOfExports: what an export wrote imports as it is, whatever custom
// attributes people have, and changes nobody.
func TestImportOfExports(t *testing.T) {
	t.Parallel()
	b := &importBench{emulated: newEmulated(t, 200), folder: t.TempDir()}
	outcomes := make(map[string]map[userimport.Outcome]int)
	for _, name := range []string{"users.csv", "users.ndjson"} {
		b.file = filepath.Join(b.folder, name)
		runBinary(t, b.environ(), "export", "--out", b.file).wantCode(t, exitOK)
		report := b.report(t, exitRows, "--upsert", "--dry-run")
		outcomes[name] = report.Outcomes
		for _, problem := range report.Problems {
			// Some have no email, and numbers that are made up.
			if problem.Column != "email" && problem.Column != "phone_number" {
				t.Errorf("%s: %+v", name, problem)
			}
		}
		if report.Outcomes[userimport.Unchanged] < 100 || report.Outcomes[userimport.Updated] > 0 || report.Outcomes[userimport.Created] > 0 {
			t.Errorf("%s: %v", name, report.Outcomes)
		}
	}
	if !maps.Equal(outcomes["users.csv"], outcomes["users.ndjson"]) {
		t.Errorf("the forms come to %v", outcomes)
	}
}

// TestImportOfUnknownAttribute: in an object it is that row's, in the header of a CSV
// file everybody's.
func TestImportOfUnknownAttribute(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.ndjson", `{"email":"ann@example.com"}`+"\n"+`{"email":"bob@example.com","custom_attributes":{"teir":"pro"}}`+"\n")
	report := b.report(t, exitRows, "--dry-run")
	if report.Outcomes[userimport.Created] != 1 || report.Outcomes[userimport.Rejected] != 1 || len(report.Problems) != 1 ||
		report.Problems[0].Column != "custom_attributes.teir" || report.Problems[0].FirstLine != 2 {
		t.Errorf("%+v", report)
	}
	b.file = b.write(t, "users.csv", "email,custom_attributes.teir\nann@example.com,\nbob@example.com,pro\n")
	if got := b.imports(t, exitRefused, "--dry-run"); !strings.Contains(got.stderr, "custom_attributes.teir: ") {
		t.Errorf("%+v", got)
	}
}

// TestImportOfWorkbook: it is for whoever made the file to put right.
func TestImportOfWorkbook(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.xlsx", "PK\x03\x04")
	if got := b.imports(t, exitUsage, "--dry-run"); !strings.Contains(got.stderr, "it is a zip archive, not a table") {
		t.Errorf("%+v", got)
	}
}
