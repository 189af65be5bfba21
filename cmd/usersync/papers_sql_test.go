//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
)

// TestSQLInPapers is answered by a mirror as a run leaves it. (What postgres.md asks is
// tried where the tables are, in sink.)
func TestSQLInPapers(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 20)
	b.usersync(t, exitOK, "sync")
	var names []string
	for _, table := range []string{"active_users", "user_changes", "users", "runs"} {
		names = append(names, "usersync."+table, b.table(table))
	}
	tried := 0
	for _, path := range []string{"README.md", "docs/nightly.md", "docs/runbook.md"} {
		for _, s := range stepsOf(readPaper(t, path)) {
			if s.language != "sql" {
				continue
			}
			for query := range strings.SplitSeq(strings.TrimSpace(s.commands), ";\n") {
				if _, err := b.conn.Exec(t.Context(), strings.NewReplacer(names...).Replace(query)); err != nil {
					t.Errorf("%s: %s\n%v", path, query, err)
				}
				tried++
			}
		}
	}
	if tried < 4 {
		t.Errorf("only %d queries", tried)
	}
}

// TestRolesInPapers may export what postgres.md says that they may.
func TestRolesInPapers(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 5)
	run := b.report(t, exitOK, "sync").RunID
	users, changes := []string{"export", "--out", "-"}, []string{"export", "--out", "-", "--changes-since", run}
	may := map[string][][]string{"analyst": {users, changes, {"users", "get", b.ids()[0]}, {"runs"}}, "exporter": {users}}
	mayNot := map[string][][]string{"reader": {users}, "support": {users}, "exporter": {changes}}
	tried := 0
	for _, s := range stepsOf(readPaper(t, "docs/postgres.md")) {
		created, grants, isRole := strings.Cut(s.commands, ";\n")
		name := strings.TrimPrefix(created, "create role ")
		if !isRole || name == created {
			continue
		}
		role, address := pgtest.Role(t)
		schema := pgx.Identifier{b.schema}.Sanitize()
		replaced := strings.NewReplacer("usersync.", schema+".", "schema usersync ", "schema "+schema+" ", "to "+name, "to "+pgx.Identifier{role}.Sanitize())
		if _, err := b.conn.Exec(t.Context(), replaced.Replace(grants)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		environ := append(b.environ(), "DATABASE_URL="+address, "USERSYNC_TO=postgres", "USERSYNC_FROM=postgres", "USERSYNC_SCHEMA="+b.schema)
		for _, args := range may[name] {
			if got := runBinary(t, environ, args...).wantCode(t, exitOK); strings.Contains(got.stderr, "permission") {
				t.Errorf("%s: %q: %s", name, args, got.stderr)
			}
			tried++
		}
		for _, args := range mayNot[name] {
			runBinary(t, environ, args...).wantCode(t, exitUsage)
			tried++
		}
	}
	if tried < 8 {
		t.Errorf("only %d commands", tried)
	}
}
