//go:build unix

package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLookingChangesNothing: whatever only looks leaves every row, byte and file of a
// mirror and everybody at Authgear as they were.
func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 120)
			b.usersync(t, exitOK, "sync")
			b.alter(t, 3, rename)
			mirror, people, imports := b.traces(t), slices.Collect(b.Project().All()), b.Imports()
			place := b.path
			if place == "" {
				place = "postgres"
				b.more = []string{"DATABASE_URL=" + b.databaseURL(t)}
			}
			document := writeFile(t, "count.graphql", "{ users { totalCount } }")
			someone := b.ids()[50]
			for _, looking := range []struct {
				code int
				line string
			}{
				{exitOK, "doctor"},
				{exitOK, "runs"},
				{exitOK, "runs show"},
				{exitDifferences, "verify"},
				{exitDifferences, "diff authgear " + place},
				{exitOK, "export --from " + place + " --out -"},
				{exitOK, "export --from authgear --out - --format ndjson"},
				{exitOK, "users list --limit 0"},
				{exitOK, "users search example"},
				{exitOK, "users get " + someone},
				{exitOK, "query -f " + document},
				{exitOK, "schema"},
				{exitOK, "sync --dry-run"},
				{exitOK, "token"},
			} {
				b.usersync(t, looking.code, strings.Fields(looking.line)...)
				if difference := cmp.Diff(mirror, b.traces(t)); difference != "" {
					t.Errorf("%s changed the mirror:\n%s", looking.line, difference)
				}
			}
			if difference := cmp.Diff(people, slices.Collect(b.Project().All())); difference != "" {
				t.Errorf("somebody at Authgear changed:\n%s", difference)
			}
			if difference := cmp.Diff(imports, b.Imports()); difference != "" {
				t.Errorf("something was imported:\n%s", difference)
			}
		})
	}
}

// traces are what any writing to the mirror changes: of each table where its rows are
// and who wrote them, or the files and what is in them.
func (b *bench) traces(t *testing.T) map[string]string {
	t.Helper()
	traces := make(map[string]string)
	if b.path != "" {
		for _, name := range filesBeside(t, b.path) {
			found := snapshotOf(t, filepath.Join(filepath.Dir(b.path), name))
			traces[name] = found.modified.String() + found.content
		}
		return traces
	}
	for name := range b.queryPairs(t, "select tablename, tableowner from pg_tables where schemaname = '"+b.schema+"'") {
		maps.Copy(traces, b.queryPairs(t, "select '"+name+"', coalesce(string_agg(ctid::text || xmin::text, ',' order by ctid), '') from "+b.table(name)))
	}
	return traces
}
