//go:build unix

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"usersync/migrations/pgtest"
	"usersync/sync/userimport"
)

// TestImportAsksTheMirrorFirst whom to ask Authgear for. Who came since is not made
// twice, and found when the import is run again.
func TestImportAsksTheMirrorFirst(t *testing.T) {
	t.Parallel()
	const rows = 6000
	for kind, mirror := range map[string][]string{
		"csv":      {"--mirror", filepath.Join(t.TempDir(), "mirror.csv")},
		"postgres": {"--mirror", pgtest.URL(t), "--schema", pgtest.Schema(t)},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newImportBench(t, "users.csv", people(rows))
			b.add(t, "person0@example.com", "Nobody yet")
			b.add(t, "person5500@example.com", "Nobody yet")
			b.mirrored(t, b.environ(), append([]string{"sync", "--to"}, mirror[1:]...)...)
			b.add(t, "person5600@example.com", "Came since")

			alone := b.report(t, exitOK, "--upsert", "--dry-run")
			wantOutcomes(t, alone, map[userimport.Outcome]int{userimport.Created: rows - 3, userimport.Updated: 3})
			helped := b.report(t, exitOK, append(mirror, "--upsert", "--dry-run")...)
			wantOutcomes(t, helped, map[userimport.Outcome]int{userimport.Created: rows - 2, userimport.Updated: 2})
			if helped.Requests > alone.Requests-8 {
				t.Errorf("%d requests, and without the mirror %d", helped.Requests, alone.Requests)
			}

			first := b.report(t, exitRows, append(mirror, "--upsert", "--yes")...)
			wantOutcomes(t, first, map[userimport.Outcome]int{userimport.Created: rows - 3, userimport.Updated: 2, userimport.Conflict: 1})
			got := b.imports(t, exitOK, append(mirror, "--upsert", "--yes", "--json")...)
			var again userimport.Report
			if err := json.Unmarshal([]byte(got.stdout), &again); err != nil {
				t.Fatal(err)
			}
			wantOutcomes(t, again, map[userimport.Outcome]int{userimport.Unchanged: rows - 1, userimport.Updated: 1})
			if !strings.Contains(got.stderr, "and not the mirror before, because an import of 5999 rows was noted") {
				t.Errorf("it was told %s", got.stderr)
			}
			if name := b.names(t)["person5600@example.com"]; name != "Person 5600" {
				t.Errorf("who came since is %q", name)
			}
		})
	}
}
