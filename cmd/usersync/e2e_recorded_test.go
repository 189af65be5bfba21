//go:build unix

package main

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"

	usersync "usersync/sync"
)

// TestRecordedProject: the people of a real project, as it exported them, come
// into each mirror in every field, and a second run finds nothing to write.
func TestRecordedProject(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("20,651 users take long under the race detector; fewer go the same ways in other tests")
	}
	const people = 20_651
	recorded, err := filepath.Abs(filepath.Join("testdata", "export.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
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
