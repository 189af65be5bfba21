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
)

var (
	diffUsers    = flag.Int("diff-users", 30_000, "how many users each side of the comparisons has whose peak memory is measured")
	diffPatience = flag.Duration("diff-patience", patience, "how long each of these may take")
)

// Two sides are compared in memory that does not grow with them, however many
// differ. By another key than the ids, those of a CSV file are remembered, as it may
// name nobody twice.
func TestDiffPeakMemory(t *testing.T) {
	t.Parallel()
	const limit = 200 << 20 // bytes, of a million users on each side
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.ndjson")
	writeManyUsers(t, a, *diffUsers, func(i int, id string) string {
		return fmt.Sprintf("%s,person.number.%d@example.com,+86138%08d,Person %d,true,\"[\"\"editor\"\"]\",M-%d\n", id, i, i, i, i)
	})
	writeManyUsers(t, b, *diffUsers, func(i int, id string) string {
		number := i
		if i%10 == 0 {
			number = 90_000_000 - i
		}
		return fmt.Sprintf(`{"sub":%q,"email":"person.number.%d@example.com","phone_number":"+86138%08d","name":"PERSON %d","disabled":true,"roles":["editor"],"custom_attributes":{"member_id":"M-%d"}}`+"\n",
			id, i, number, i, i)
	})
	for _, test := range []struct {
		name    string
		args    []string
		updated int
	}{
		{"one in ten differs", []string{"--ignore", "name"}, *diffUsers / 10},
		{"all differ", nil, *diffUsers},
		{"all differ, by another key", []string{"--key", "email"}, *diffUsers},
	} {
		running := startFor(t, *diffPatience, nil, "", append([]string{"diff", a, b, "--summary", "--json"}, test.args...)...)
		got := running.wantMemory(t, limit, fmt.Sprintf("%s, of %d users on each side", test.name, *diffUsers)).wantCode(t, exitDifferences)
		var summary diffSummary
		if err := json.Unmarshal([]byte(got.stdout), &summary); err != nil {
			t.Fatal(err)
		}
		if summary.Updated != test.updated || summary.Alike != *diffUsers-test.updated || summary.Created+summary.Deleted > 0 {
			t.Errorf("%s: %s", test.name, got.stdout)
		}
	}
}

// writeManyUsers writes users whose ids are in no order, a line each, under the
// header of a CSV file if it is one.
func writeManyUsers(t *testing.T, path string, users int, line func(i int, id string) string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	if filepath.Ext(path) == ".csv" {
		_, _ = w.WriteString("sub,email,phone_number,name,disabled,roles,custom_attributes.member_id\n") // Flush tells
	}
	for i := range users {
		// Multiplied by an odd number, no two become the same.
		id := fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(i)*2654435761, i)
		_, _ = w.WriteString(line(i, id))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
