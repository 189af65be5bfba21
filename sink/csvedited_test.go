package sink_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	usersync "usersync/sync"
)

// What a run left that was killed, and then somebody was at the file before the
// next one came.
func TestCSVSettlesARunWhoseFileWasEditedSince(t *testing.T) {
	t.Parallel()
	const temp = ".users.csv.tmp-7"
	old, after, edited := csvHeader, csvHeader+csvLine(1, ""), csvHeader+csvLine(1, "edited@example.com")
	changed := time.Date(2026, 1, 1, 12, 0, 0, 123456789, time.UTC)
	sum := sha256.Sum256([]byte(after))
	journal := func(stamp string) string {
		return `{"run":{"run_id":"killed","mode":"full","status":"running","started_at":"2026-01-02T15:00:00Z"}}` + "\n" +
			fmt.Sprintf(`{"run":{"run_id":"killed","mode":"full","status":"ok","started_at":"2026-01-02T15:00:00Z"},"file":{"size":%d,"sha256":"%s"},"temp":"%s"%s}`+"\n",
				len(after), hex.EncodeToString(sum[:]), temp, stamp)
	}
	followed := journal(fmt.Sprintf(`,"old":{"size":%d,"mod_time":%q}`, len(old), changed.Format(time.RFC3339Nano)))
	first := journal("")
	for name, test := range map[string]struct {
		journal, temp, file string
		published           bool
	}{
		"before it published":                               {followed, after, old, false},
		"before it published, edited":                       {followed, after, edited, false},
		"before it published, taken away":                   {followed, after, "", false},
		"before it published, the new file taken away":      {followed, "", old, false},
		"once it had published":                             {followed, "", after, true},
		"once it had published, edited":                     {followed, "", edited, true},
		"once it had published, taken away":                 {followed, "", "", true},
		"the first, before it published":                    {first, after, "", false},
		"the first, before it published, the new one taken": {first, "", "", false},
		"the first, once it had published, edited":          {first, "", edited, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			for name, text := range map[string]string{path: test.file, filepath.Join(filepath.Dir(path), temp): test.temp} {
				if text != "" {
					writeFile(t, name, text)
				}
			}
			if test.file == old {
				if err := os.Chtimes(path, changed, changed); err != nil {
					t.Fatal(err)
				}
			}
			writeFile(t, filepath.Join(filepath.Dir(path), ".users.csv.run"), test.journal)
			var want []string
			if test.published {
				want = []string{"killed"}
			}
			wantRuns := func() {
				t.Helper()
				mirror := openCSV(t, path)
				if got := runIDs(t, mirror); !slices.Equal(got, want) {
					t.Errorf("published were %q, want %q", got, want)
				}
				if err := mirror.Close(); err != nil {
					t.Fatal(err)
				}
			}
			wantRuns() // as whoever only looks sees it
			endCSV(t, path, "next", usersync.StatusOK)
			want = append([]string{"next"}, want...)
			wantRuns()
			wantAlone(t, path)
		})
	}
}

// The same with what a run really leaves, whose line cannot be written.
func TestCSVRunIsKnownToBePublishedThoughTheFileWasEditedSince(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"the first run": "", "another": csvHeader + csvLine(2, "")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			if before != "" {
				writeFile(t, path, before)
			}
			mirror := openCSV(t, path)
			stageCSV(t, mirror, csvFields(), create(csvUser(1, "ann@example.com")))
			if err := os.Mkdir(path+".runs.ndjson", 0o700); err != nil {
				t.Fatal(err)
			}
			report := csvReport(usersync.StatusOK)
			if err := mirror.Publish(t.Context(), report); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(mirror.Close(), os.Remove(path+".runs.ndjson")); err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, string(readFile(t, path))+csvLine(3, "added@example.com"))
			if runs := runIDs(t, openCSV(t, path)); len(runs) != 1 {
				t.Errorf("published were %q", runs)
			}
		})
	}
}

// stopsAt is a context that ends when it has been asked so many times.
type stopsAt struct {
	context.Context //nolint:containedctx // it is one
	asked           *int
}

func (c stopsAt) Err() error {
	if *c.asked--; *c.asked < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

// A run that is stopped while it publishes, and killed before it could say so,
// is not taken for one that did, whatever becomes of the file.
func TestCSVRunThatIsStoppedIsNeverTakenForPublished(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	old := csvHeader + csvLine(2, "")
	for steps := range 100 {
		writeFile(t, path, old)
		mirror := openCSV(t, path)
		stageCSV(t, mirror, csvFields(), create(csvUser(1, "ann@example.com")))
		left := steps
		err := mirror.Publish(stopsAt{t.Context(), &left}, csvReport(usersync.StatusOK))
		if err == nil && steps > 0 {
			return // it was not asked as often
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d steps: %v", steps, err)
		}
		wantFile(t, path, old)
		if err := mirror.Close(); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, csvHeader+csvLine(2, "edited@example.com"))
		next := openCSV(t, path)
		if runs := runIDs(t, next); len(runs) > 0 {
			t.Fatalf("stopped after %d steps, the run is taken for published: %q", steps, runs)
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Error("it was never published")
}
