//go:build unix

package sink_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"usersync/sink"
	usersync "usersync/sync"
)

// csvHelper names the variable that makes this test binary do one thing to the
// mirror at csvHelperPath, in a process of its own that may be killed or starved.
const (
	csvHelper     = "USERSYNC_TEST_CSV_HELPER"
	csvHelperPath = "USERSYNC_TEST_CSV_PATH"
)

// TestCSVHelperProcess is no test, but what the tests below start.
func TestCSVHelperProcess(t *testing.T) {
	t.Parallel()
	path := os.Getenv(csvHelperPath)
	switch task := os.Getenv(csvHelper); task {
	case "":
	case "publish for ever":
		publishVersions(t, path)
	case "forget one after the other":
		forgetEverybody(t, path)
	case "stage too much", "publish too much":
		hitTheLimit(t, path, task)
	default:
		t.Fatalf("no helper knows how to %s", task)
	}
}

func startCSVHelper(t *testing.T, task, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^TestCSVHelperProcess$")
	cmd.Env = append(os.Environ(), csvHelper+"="+task, csvHelperPath+"="+path)
	cmd.Stderr = os.Stderr
	if _, err = cmd.StdinPipe(); err != nil { // closed with this process, and then the helper ends
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// versionedUsers is how many users the mirror of a version has. Every version
// has one user fewer and one more than the one before, and half of the others
// with another email address.
const versionedUsers = 400

func versionOf(version int) []*usersync.User {
	var users []*usersync.User
	for number := version; number < version+versionedUsers; number++ {
		u := csvUser(number, fmt.Sprintf("%d@example.com", number))
		if (number+version)%2 == 0 {
			u = csvUser(number, fmt.Sprintf("version-%d@example.com", version))
		}
		u.Set(createdAt(), time.Unix(int64(number), 0))
		users = append(users, u)
	}
	return users
}

func createdAt() *usersync.Field {
	created, _ := usersync.AllFields().Lookup("created_at")
	return created
}

// changesTo is what turns the version before into this one.
func changesTo(version int) []usersync.Change {
	var changes []usersync.Change
	if version > 0 {
		changes = append(changes, remove(versionOf(version - 1)[0]))
	}
	for _, u := range versionOf(version) {
		changes = append(changes, update(u))
	}
	return changes
}

// publishVersions publishes one version after the other, and says which.
func publishVersions(t *testing.T, path string) {
	t.Helper()
	orphaned := orphaned()
	version := 0
	if text, err := os.ReadFile(path); err == nil {
		version = versionIn(t, text) + 1
	}
	for {
		select {
		case <-orphaned:
			return
		default:
		}
		fmt.Printf("publishing %d\n", version)
		publishVersion(t, path, version)
		version++
	}
}

// orphaned is closed when nobody is left to kill this process.
func orphaned() <-chan struct{} {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return closed
}

// publishVersion is a run that has its version in its id.
func publishVersion(t *testing.T, path string, version int) {
	t.Helper()
	mirror := openCSV(t, path)
	start := csvStart(csvFields())
	start.RunID = fmt.Sprintf("%d-%s", version, start.RunID)
	beginCSV(t, mirror, start)
	if err := mirror.Stage(t.Context(), changesTo(version)); err != nil {
		t.Fatal(err)
	}
	report := csvReport(usersync.StatusOK)
	report.RunID, report.Changes.Deleted = start.RunID, version
	if err := mirror.Publish(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}

// wantVersionsInLedger checks that every version up to the one that is there was
// published by just one run, as the ledger tells it.
func wantVersionsInLedger(t *testing.T, mirror *sink.CSV, version int) {
	t.Helper()
	for report, err := range mirror.Runs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(report.RunID, strconv.Itoa(version)+"-") || report.Status != usersync.StatusOK || report.Changes.Deleted != version {
			t.Fatalf("where version %d should be, the ledger has %+v", version, report)
		}
		version--
	}
	if version != -1 {
		t.Fatalf("the ledger begins after version %d", version)
	}
}

// versionIn reads the version from the number of the first user.
func versionIn(t *testing.T, text []byte) int {
	t.Helper()
	_, rows, _ := bytes.Cut(text, []byte("\n"))
	id, _, _ := bytes.Cut(rows, []byte(","))
	if len(id) != 36 {
		t.Fatalf("the file begins with %.100q", text)
	}
	version, err := strconv.Atoi(string(id[24:]))
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestCSVAndItsLedgerAreWholeWheneverARunIsKilled(t *testing.T) {
	t.Parallel()
	const kills = 100
	path := filepath.Join(t.TempDir(), "users.csv")
	publishVersion(t, path, 0)
	started := time.Now()
	publishVersion(t, path, 1)
	aRun := time.Since(started)
	before, advanced, inMidPublish, owed := 1, 0, 0, 0
	for range kills {
		last := killWhilePublishing(t, path, rand.N(3*aRun))
		text := readFile(t, path)
		version := versionIn(t, text)
		if version != last && version != last-1 {
			t.Fatalf("version %d is there, and the run was about to publish %d", version, last)
		}
		if !bytes.Equal(text, encodeCSV(t, csvFields(), versionOf(version))) {
			t.Fatalf("version %d is not whole: %d bytes", version, len(text))
		}
		if !bytes.Contains(readFile(t, path+".runs.ndjson"), fmt.Appendf(nil, `{"run_id":"%d-`, version)) {
			owed++
		}
		advanced += version - before
		before = version
		inMidPublish += recoverCSV(t, path, version)
	}
	t.Logf("%d kills, %d of them with a half-written file beside the mirror, %d between publishing and the ledger; %d versions were published",
		kills, inMidPublish, owed, advanced)
	if advanced == 0 || inMidPublish == 0 {
		t.Error("the kills did not come while files were being published")
	}
	if !bytes.Contains(readFile(t, path+".runs.ndjson"), []byte(`"status":"interrupted"`)) {
		t.Error("the ledger does not have the runs that were killed")
	}
}

// killWhilePublishing returns the last version that the killed run was about to
// publish.
func killWhilePublishing(t *testing.T, path string, delay time.Duration) int {
	t.Helper()
	return killCSVHelper(t, "publish for ever", path, "publishing ", delay)
}

// killCSVHelper kills it some time after its first word, and returns the number
// in its last.
func killCSVHelper(t *testing.T, task, path, word string, delay time.Duration) int {
	t.Helper()
	cmd, lines := startCSVHelper(t, task, path)
	if !lines.Scan() {
		t.Fatal("the helper said nothing")
	}
	kill := time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	last := lines.Text()
	for lines.Scan() {
		last = lines.Text()
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the helper was not killed: %v, after %q", err, last)
	}
	number, err := strconv.Atoi(strings.TrimPrefix(last, word))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// recoverCSV begins the next run, which must find the mirror free and put away
// what the killed run left, and counts that.
func recoverCSV(t *testing.T, path string, version int) (leftovers int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".users.csv.tmp-*"))
	if err != nil {
		t.Fatal(err)
	}
	mirror := openCSV(t, path)
	wantVersionsInLedger(t, mirror, version) // as whoever only looks sees it
	if err := mirror.Begin(t.Context(), csvStart(csvFields())); err != nil {
		t.Fatal(err)
	}
	wantVersionsInLedger(t, mirror, version)
	wantAlone(t, path, ".users.csv.run")
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
	return len(found)
}

func TestCSVOnAFullDisk(t *testing.T) {
	t.Parallel()
	for _, task := range []string{"stage too much", "publish too much"} {
		t.Run(task, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			runCSV(t, path, csvFields(), changesTo(0)...)
			old := readFile(t, path)
			cmd, lines := startCSVHelper(t, task, path)
			var said string
			for lines.Scan() {
				if text, found := strings.CutPrefix(lines.Text(), "error: "); found {
					said = text
				}
			}
			if err := cmd.Wait(); err != nil {
				t.Fatalf("the helper failed: %v", err)
			}
			if !strings.HasPrefix(said, "publish to ") && !strings.HasPrefix(said, "stage beside ") || !strings.Contains(said, "; free some space: ") {
				t.Errorf("the error is %q", said)
			}
			if !bytes.Equal(readFile(t, path), old) {
				t.Error("the file was touched")
			}
			wantAlone(t, path)
		})
	}
}

// hitTheLimit lets the system refuse to write more than fits into half of the
// old file, as a full disk does, and prints the error.
func hitTheLimit(t *testing.T, path, task string) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	limit := uint64(len(readFile(t, path)) / 2)
	mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	changes := changesTo(1)
	if task == "publish too much" {
		changes = changes[:1]
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	stageCSV(t, mirror, csvFields(), changes...)
	fmt.Printf("error: %v\n", mirror.Publish(t.Context(), csvReport(usersync.StatusOK)))
	if err := mirror.Abandon(context.Background(), csvReport(usersync.StatusFailed)); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}
