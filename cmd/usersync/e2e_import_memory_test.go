//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"usersync/sync/userimport"
)

var (
	dryRows     = flag.Int("dry-rows", 30_000, "how many rows the dry run has whose peak memory is measured")
	dryPatience = flag.Duration("dry-patience", patience, "how long that may take")
)

// A file is read as it comes: the memory of a dry run hardly grows with its rows,
// each of which has all three login IDs, of which no two may be the same.
func TestImportPeakMemory(t *testing.T) {
	t.Parallel()
	const limit = 400 << 20 // bytes, of 5 million rows
	file := filepath.Join(t.TempDir(), "users.csv")
	writeManyPeople(t, file, *dryRows)
	running := startFor(t, *dryPatience, nil, "", "import", file, "--identifier", "email", "--dry-run", "--no-lookup", "--json")
	got := running.wantMemory(t, limit, fmt.Sprintf("a dry run of %d rows without look-ups", *dryRows)).wantCode(t, exitRows)
	var report userimport.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatal(err)
	}
	wantOutcomes(t, report, map[userimport.Outcome]int{userimport.Created: *dryRows - 2, userimport.Rejected: 2})
}

// writeManyPeople writes rows of people who are all different, but for the last
// one, who has the first one's email.
func writeManyPeople(t *testing.T, path string, rows int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	_, _ = w.WriteString("email,phone_number,preferred_username,name,birthdate,zoneinfo,roles\n") // Flush tells
	for i := range rows {
		email := i
		if i == rows-1 {
			email = 0
		}
		_, _ = fmt.Fprintf(w, "person.number.%d@example.com,+86138%08d,person_%d,Person Number %d,1990-12-31,Asia/Hong_Kong,editor;viewer\n", email, i, i, i)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
