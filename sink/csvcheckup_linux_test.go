package sink_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"usersync/sink"
)

// reallyNobody runs a function as a user who has no permissions, where the tests
// run as root: what the system is asked about is the user that it really is.
func reallyNobody(t *testing.T, run func()) {
	t.Helper()
	as(t, run, syscall.SYS_SETRESUID, nobody, nobody)
}

// TestCSVCheckupSaysWhatIsDenied, and makes nothing.
func TestCSVCheckupSaysWhatIsDenied(t *testing.T) {
	t.Parallel()
	closed, open := t.TempDir(), t.TempDir()
	for folder, mode := range map[string]fs.FileMode{filepath.Dir(closed): 0o755, closed: 0o555, open: 0o777} {
		if err := os.Chmod(folder, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"mirror.csv", "ledger.csv.runs.ndjson", ".journal.csv.run", ".lock.csv.lock", "list.csv.forgotten"} {
		writeFile(t, filepath.Join(open, name), csvHeader)
		if err := os.Chmod(filepath.Join(open, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		filepath.Join(closed, "users.csv"): "write in folder " + closed,
		filepath.Join(open, "mirror.csv"):  "use mirror.csv",
		filepath.Join(open, "ledger.csv"):  "use ledger.csv.runs.ndjson",
		filepath.Join(open, "journal.csv"): "use .journal.csv.run",
		filepath.Join(open, "lock.csv"):    "use .lock.csv.lock",
		filepath.Join(open, "list.csv"):    "use list.csv.forgotten",
		filepath.Join(open, "new.csv"):     "",
	} {
		reallyNobody(t, func() {
			checkup, err := sink.CheckUpCSV(path)
			if err == nil {
				err = checkup.Denied()
			}
			if want == "" && err != nil || want != "" && (!errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), want)) {
				t.Errorf("%s: %v, want %q", path, err, want)
			}
		})
	}
	if entries, err := os.ReadDir(open); err != nil || len(entries) != 5 {
		t.Errorf("%d files, %v", len(entries), err)
	}
	if _, err := sink.CheckUpCSV(filepath.Join(open, "nowhere", "users.csv")); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Errorf("%v", err)
	}
}

// TestCSVCheckupFindsTheHolder by what a run has noted.
func TestCSVCheckupFindsTheHolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	holder := func() string {
		t.Helper()
		checkup, err := sink.CheckUpCSV(path)
		if err != nil {
			t.Fatal(err)
		}
		holder, err := checkup.Holder()
		if err != nil {
			t.Fatal(err)
		}
		return holder.String()
	}
	mirror := openCSV(t, path)
	if got := holder(); got != "a run that does not say who it is" {
		t.Errorf("before it has begun: %q", got)
	}
	start := csvStart(csvFields())
	if err := mirror.Begin(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	if got := holder(); !strings.HasPrefix(got, "run "+start.RunID+" on ") || !strings.HasSuffix(got, ", which began at 2026-01-02 15:00:00 UTC") {
		t.Errorf("once it has begun: %q", got)
	}
}
