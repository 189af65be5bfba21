package sink_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

func noteImportCSV(t testing.TB, path string, at time.Time, rows int) {
	t.Helper()
	mirror := openCSV(t, path)
	_, err := mirror.NoteImport(t.Context(), usersync.ImportNote{ID: "one", Project: csvStart(csvFields()).Project, At: at, Rows: rows})
	if err := errors.Join(err, mirror.Close()); err != nil {
		t.Fatal(err)
	}
}

func heldCSV(t testing.TB, path string) usersync.Held {
	t.Helper()
	mirror := openCSV(t, path)
	held, err := mirror.Holds(t.Context())
	if err := errors.Join(err, mirror.Close()); err != nil {
		t.Fatal(err)
	}
	return held
}

func TestCSVLedgerTellsOfAnImport(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	imported := time.Date(2026, 1, 2, 14, 0, 0, 0, time.FixedZone("", 3600))
	noteImportCSV(t, path, imported, 20_000)
	endCSV(t, path, "second", usersync.StatusOK) // without a sweep
	wantAlone(t, path)
	lines := strings.Split(string(readFile(t, path+".runs.ndjson")), "\n")
	for n, line := range lines[1:3] {
		var got struct {
			Mode       string
			ModeReason string `json:"mode_reason"`
			Project    usersync.Project
			Fields     []string
			Imports    []struct {
				ID   string
				At   time.Time
				Rows int
			}
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Imports) != 1 || got.Imports[0].ID != "one" || !got.Imports[0].At.Equal(imported) || got.Imports[0].Rows != 20_000 {
			t.Errorf("line %d says %s", n+2, line)
		}
		reason := "an import of 20000 rows was noted; the audit log does not tell of imports"
		if n == 0 && (got.Mode != "import" || got.ModeReason != reason || got.Project != csvStart(csvFields()).Project || len(got.Fields) != 3) {
			t.Errorf("of the import the ledger says %s", line)
		}
	}
	if strings.Contains(lines[0], "imports") {
		t.Errorf("before the import the ledger says %s", lines[0])
	}
}

// The run before the note died, and the ledger has what became of it first.
func TestCSVNotesAnImportAfterARunThatWasKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	killed := openCSV(t, path)
	beginCSV(t, killed, csvStart(csvFields()))
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
	noteImportCSV(t, path, time.Now(), 1)
	var statuses []string
	for line := range strings.Lines(string(readFile(t, path+".runs.ndjson"))) {
		var report usersync.Report
		if err := json.Unmarshal([]byte(line), &report); err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, report.Mode+" "+string(report.Status))
	}
	if !slices.Equal(statuses, []string{"full ok", "full interrupted", "import ok"}) {
		t.Errorf("the ledger has %q", statuses)
	}
	if held := heldCSV(t, path); held.Due != "an import of 1 row was noted; the audit log does not tell of imports" {
		t.Errorf("a full run is due because %q", held.Due)
	}
	wantAlone(t, path)
}

// A run that has read everybody says so, even when it was killed before its line
// was in the ledger.
func TestCSVImportIsDoneWithOnceThatIsPublished(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	start := csvStart(csvFields())
	noteImportCSV(t, path, start.StartedAt, 7)
	mirror := openCSV(t, path)
	stageCSV(t, mirror, csvFields(), create(csvUser(1, "ann@example.com")))
	ledger := path + ".runs.ndjson"
	if err := errors.Join(os.Rename(ledger, ledger+".aside"), os.Mkdir(ledger, 0o700)); err != nil {
		t.Fatal(err)
	}
	report := csvReport(usersync.StatusOK)
	report.StartedAt, report.Census = start.StartedAt, &usersync.CensusReport{Complete: true}
	if err := mirror.Publish(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(mirror.Close(), os.Remove(ledger), os.Rename(ledger+".aside", ledger)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if held := heldCSV(t, path); held.Due != "" {
			t.Errorf("a full run is due because %q", held.Due)
		}
		endCSV(t, path, "next", usersync.StatusOK)
	}
}

// A note says into which project the import was, not whose users the file holds.
func TestCSVImportDoesNotSayWhoseMirrorItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	writeFile(t, path, csvHeader+csvLine(1, "ann@example.com"))
	noteImportCSV(t, path, time.Now(), 7)
	if held := heldCSV(t, path); held.Project != (usersync.Project{}) || held.Due == "" {
		t.Errorf("the mirror holds %+v", held)
	}
}
