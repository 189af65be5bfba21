//go:build unix

package main

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	usersync "usersync/sync"
)

var recordedUsers = flag.Int("recorded-users", 3_000, "how many of the 20,651 recorded people are synced")

// TestRecordedProject: the people of a real project, as it exported them, come
// into each mirror in every field, and a second run finds nothing to write.
func TestRecordedProject(t *testing.T) {
	t.Parallel()
	people := *recordedUsers
	if testing.Short() {
		people = min(people, 300) // all take long under the race detector
	}
	recorded := recordedPeople(t, people)
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 0)
			if _, err := b.Project().LoadFile(recorded); err != nil {
				t.Fatal(err)
			}
			b.more = []string{"USERSYNC_MODE=full"}
			if changes := b.report(t, exitOK, "sync").Changes; changes != (usersync.Counts{Created: people}) {
				t.Errorf("the first run says %+v", changes)
			}
			mirror := b.path
			if mirror == "" {
				mirror = b.databaseURL(t)
			}
			diff := []string{"diff", mirror, recorded, "--quiet"}
			if b.schema != "" {
				diff = append(diff, "--schema", b.schema)
			}
			runBinary(t, nil, diff...).wantCode(t, exitOK)
			written := b.written(t)
			if changes := b.report(t, exitOK, "sync").Changes; changes != (usersync.Counts{Unchanged: people}) {
				t.Errorf("the second run says %+v", changes)
			}
			if again := b.written(t); again != written {
				t.Errorf("the second run wrote: %s became %s", written, again)
			}
		})
	}
}

// recordedPeople is a file of the first so many people of the recorded export.
func recordedPeople(t *testing.T, people int) string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "export.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	reader := bufio.NewReader(unpacked)
	for range people {
		line, err := reader.ReadString('\n')
		if err != nil {
			t.Fatalf("fewer than %d people are recorded: %v", people, err)
		}
		lines.WriteString(line)
	}
	return writeFile(t, "recorded.ndjson", lines.String())
}

// written tells a mirror that was written to from one that was not: of a file its
// bytes and times, of a table where every row lies and which transaction wrote it.
func (b *bench) written(t *testing.T) string {
	t.Helper()
	if b.path != "" {
		snapshot := snapshotOf(t, b.path)
		return fmt.Sprintf("%x at %s", sha256.Sum256([]byte(snapshot.content)), snapshot.modified)
	}
	var rows string
	if err := b.conn.QueryRow(t.Context(), "select md5(string_agg(ctid::text || xmin::text, ',' order by sub)) from "+b.table("users")).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
