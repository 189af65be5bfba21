//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// An importIncident is what a section of the runbook about imports is about.
type importIncident struct {
	// rows are those of the file.
	rows string
	// happen brings it about, and returns what the import said of it on standard error
	// and in its files.
	happen func(t *testing.T, b *importBench) (said string)
	// meanwhile is what becomes of it before somebody looks, or nil.
	meanwhile func(t *testing.T, b *importBench)
	// people is how many there are in the end.
	people int
}

// importIncidents are by the heading of their section.
func importIncidents() map[string]importIncident {
	peace := func(t *testing.T, b *importBench) {
		t.Helper()
		b.SetImportPanic(nil)
		b.SetImportPace(0)
		b.SetImportQuota(0, "")
	}
	return map[string]importIncident{
		"An import: rows that are unknown": {people(60), func(t *testing.T, b *importBench) string {
			t.Helper()
			b.SetImportPace(0.001)
			said := b.imports(t, exitTemporary, "--yes", "--job-timeout", "1s").stderr
			return said + b.reason(t, "unknown")
		}, peace, 60},
		"An import: the quota is used up": {people(120), func(t *testing.T, b *importBench) string {
			t.Helper()
			b.SetImportQuota(40, "day")
			return b.imports(t, exitTemporary, "--yes").stderr
		}, peace, 120},
		"An import: rows in conflict": {"email,phone_number,name\nann@example.com,+85298765432,Both\n", func(t *testing.T, b *importBench) string {
			t.Helper()
			b.add(t, "ann@example.com", "Ann")
			if err := b.Project().SetLoginID(b.add(t, "bob@example.com", "Bob"), "phone", "+85298765432"); err != nil {
				t.Fatal(err)
			}
			b.imports(t, exitRows, "--yes")
			return b.reason(t, "conflict")
		}, nil, 2},
		"An import: it stopped after its first job": {people(60), func(t *testing.T, b *importBench) string {
			t.Helper()
			b.SetImportPanic(func(json.RawMessage) bool { return true })
			return b.imports(t, exitRefused, "--yes").stderr
		}, peace, 60},
	}
}

// reason is that of the first row with an outcome.
func (b *importBench) reason(t *testing.T, outcome string) string {
	t.Helper()
	for _, row := range b.results(t) {
		if row["_outcome"] == outcome {
			return row["_reason"]
		}
	}
	t.Fatalf("no row is %s", outcome)
	return ""
}

// TestRunbookOfImports does for imports what TestRunbook does for mirrors.
func TestRunbookOfImports(t *testing.T) {
	t.Parallel()
	sections := runbookSections(t)
	for heading, incident := range importIncidents() {
		section, there := sections[heading]
		if !there {
			t.Errorf("the runbook has no section %q", heading)
			continue
		}
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			b := newImportBench(t, "users.csv", incident.rows)
			section.wantQuoted(t, incident.happen(t, b))
			if incident.meanwhile != nil {
				incident.meanwhile(t, b)
			}
			section.run(t, b.folder, b.environ(), strings.NewReplacer())
			if count := b.Project().Len(); count != incident.people {
				t.Errorf("there are %d people, want %d", count, incident.people)
			}
			b.names(t) // nobody is there twice
		})
	}
}
