//go:build unix

package main

import (
	"strings"
	"testing"
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
