package sink_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	usersync "usersync/sync"
)

// What a run left that was killed, at every step from its beginning to its end.
func TestCSVSettlesTheRunBefore(t *testing.T) {
	t.Parallel()
	const before, after = csvHeader, csvHeader + "00000000-0000-4000-8000-000000000001,,,2026-01-02T15:00:58Z\n"
	sum := sha256.Sum256([]byte(after))
	started := `{"run":{"run_id":"killed","mode":"full","status":"running","started_at":"2026-01-02T15:00:00Z","version":"1"}}` + "\n"
	published := `{"run_id":"killed","mode":"full","status":"ok","changes":{"deleted":7},"started_at":"2026-01-02T15:00:00Z","version":"1"}`
	intended := fmt.Sprintf(`{"run":%s,"file":{"size":%d,"sha256":"%s"}}`+"\n", published, len(after), hex.EncodeToString(sum[:]))
	const dead = "interrupted"
	for name, test := range map[string]struct {
		journal, file, ledger string
		want                  string // status of the killed run in the ledger; empty if it is not there
	}{
		"before a word is written":   {"", before, "", ""},
		"in its first word":          {started[:40], before, "", ""},
		"while it reads":             {started, before, "", dead},
		"while it notes its end":     {started + intended[:80], before, "", dead},
		"before it publishes":        {started + intended, before, "", dead},
		"once it has published":      {started + intended, after, "", "ok"},
		"once all but its line is":   {started + intended, after, published[:50], "ok"},
		"once it is in the ledger":   {started + intended, after, published + "\n", "ok"},
		"once an unchanged one is":   {started, before, published + "\n", "ok"},
		"and the file was taken off": {started + intended, "", "", dead},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			endCSV(t, path, "first", usersync.StatusOK)
			journal := filepath.Join(filepath.Dir(path), ".users.csv.run")
			writeFile(t, journal, test.journal)
			alive := time.Date(2026, 1, 2, 15, 20, 0, 0, time.UTC)
			if err := os.Chtimes(journal, alive, alive); err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, test.file)
			if test.file == "" {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			ledger := string(readFile(t, path+".runs.ndjson"))
			writeFile(t, path+".runs.ndjson", ledger+test.ledger)

			want := []string{"first"}
			if test.want == "ok" {
				want = []string{"killed", "first"}
			}
			mirror := openCSV(t, path)
			if got := runIDs(t, mirror); !slices.Equal(got, want) {
				t.Errorf("looked at, the runs are %q, want %q", got, want)
			}
			if got := string(readFile(t, path+".runs.ndjson")); got != ledger+test.ledger {
				t.Errorf("looking changed the ledger to %s", got)
			}
			if err := mirror.Close(); err != nil {
				t.Fatal(err)
			}
			endCSV(t, path, "next", usersync.StatusOK)
			if got := runIDs(t, openCSV(t, path)); !slices.Equal(got, append([]string{"next"}, want...)) {
				t.Errorf("settled, the runs are %q", got)
			}
			wantAlone(t, path)
			lines := strings.Split(string(readFile(t, path+".runs.ndjson")), "\n")
			lines = lines[1 : len(lines)-2] // without the first run and the next
			if test.want == "" {
				if len(lines) > 0 {
					t.Errorf("the ledger has %q", lines)
				}
				return
			}
			if len(lines) != 1 {
				t.Fatalf("the ledger has %d lines of it: %q", len(lines), lines)
			}
			var line struct {
				usersync.Report
				Version string
			}
			if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
				t.Fatal(err)
			}
			if line.RunID != "killed" || string(line.Status) != test.want || line.Version != "1" {
				t.Errorf("the ledger has %s", lines[0])
			}
			if test.want == dead && (!line.FinishedAt.Equal(alive) || line.DurationSeconds != 20*60 || line.Error == nil || line.Changes.Any()) {
				t.Errorf("of the run that died the ledger has %s", lines[0])
			}
			if test.want == "ok" && line.Changes.Deleted != 7 {
				t.Errorf("of the run that was published the ledger has %s", lines[0])
			}
		})
	}
}

func TestCSVJournalThatNoRunWroteIsAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	mirror := openCSV(t, path)
	for text, want := range map[string]string{
		`["secret"]` + "\n":                          "its first line is not one that a run wrote",
		`{"run":{"run_id":"killed"}}` + "\nsecret\n": "its second line is not one that a run wrote",
	} {
		writeFile(t, filepath.Join(filepath.Dir(path), ".users.csv.run"), text)
		_, err := mirror.Holds(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
}

func TestCSVNotesThatARunIsAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "users.csv")
		mirror := openCSV(t, path)
		if err := mirror.Beat(t.Context()); err == nil {
			t.Error("no run has begun, and it is alive")
		}
		stageCSV(t, mirror, csvFields())
		noted := func() time.Time {
			info, err := os.Stat(filepath.Join(filepath.Dir(path), ".users.csv.run"))
			if err != nil {
				t.Fatal(err)
			}
			return info.ModTime()
		}
		begun := noted()
		for range 12 {
			time.Sleep(time.Second) //nolint:forbidigo // in the bubble's time it is exact
			if err := mirror.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if want := time.Now().Add(-2 * time.Second); !noted().Equal(want) || begun.Equal(want) {
			t.Errorf("alive at %v, want %v", noted(), want)
		}
	})
}
