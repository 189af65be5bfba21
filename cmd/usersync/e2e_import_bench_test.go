//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	"usersync/sync/userimport"
)

// An importBench is an empty project, and a folder with a file to import.
type importBench struct {
	*emulated
	folder, file string
}

func newImportBench(t *testing.T, name, content string) *importBench {
	t.Helper()
	b := &importBench{emulated: newEmulated(t, 0), folder: t.TempDir()}
	b.file = b.write(t, name, content)
	return b
}

// write puts a file into the folder.
func (b *importBench) write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(b.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// add makes somebody exist.
func (b *importBench) add(t *testing.T, email, name string) string {
	t.Helper()
	id, err := b.Project().Create(emulator.User{StandardAttributes: map[string]any{"name": name}})
	if err == nil {
		err = b.Project().SetLoginID(id, "email", email)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// names are the project's users' names by their emails. Two with one email are an
// error.
func (b *importBench) names(t *testing.T) map[string]string {
	t.Helper()
	names := make(map[string]string)
	for u := range b.Project().All() {
		email, _ := u.StandardAttributes["email"].(string)
		if _, twice := names[email]; twice {
			t.Errorf("two users have the email of user %s", u.ID)
		}
		names[email], _ = u.StandardAttributes["name"].(string)
	}
	return names
}

// imports runs an import of the file, by email.
func (b *importBench) imports(t *testing.T, code int, args ...string) ran {
	t.Helper()
	return runBinary(t, b.environ(), b.arguments(args...)...).wantCode(t, code)
}

func (b *importBench) arguments(args ...string) []string {
	return append([]string{"import", b.file, "--identifier", "email"}, args...)
}

// report runs an import with --json.
func (b *importBench) report(t *testing.T, code int, args ...string) userimport.Report {
	t.Helper()
	var report userimport.Report
	got := b.imports(t, code, append(args, "--json")...)
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	return report
}

// results are the rows of the results file.
func (b *importBench) results(t *testing.T) []map[string]string {
	t.Helper()
	return csvRows(t, b.file+".results.csv")
}

// wantOutcomes checks the counts of a report; those not named are none.
func wantOutcomes(t *testing.T, report userimport.Report, want map[userimport.Outcome]int) {
	t.Helper()
	rows := 0
	for outcome, count := range report.Outcomes {
		if count != want[outcome] {
			t.Errorf("%d rows are %s, want %d", count, outcome, want[outcome])
		}
		rows += count
	}
	if rows != report.Rows || len(report.Outcomes) != len(userimport.Outcomes()) {
		t.Errorf("%d rows, and the outcomes are %v", report.Rows, report.Outcomes)
	}
}

// masked is a text without what differs from run to run.
func (b *importBench) masked(text string) string {
	text = strings.NewReplacer(b.folder, "FOLDER", b.url, "http://ENDPOINT").Replace(text)
	for pattern, mask := range map[string]string{
		`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`: "USER",
		`It took [0-9.]+ s, (\d+ jobs?) and \d+ requests`:              "It took TIME, $1 and N requests",
		`"duration_seconds":[0-9.e-]+`:                                 `"duration_seconds":0`,
		`It took [0-9.]+ s and \d+ requests`:                           "It took TIME and N requests",
		`"requests":\d+,"retries"`:                                     `"requests":0,"retries"`,
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, mask)
	}
	return text
}

// wantNarrow fails the test where a line of what people read does not fit on a
// terminal.
func wantNarrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if cellWidth(strings.TrimSuffix(line, "\n")) > textWidth {
			t.Errorf("too wide: %s", line)
		}
	}
}

// people are rows of a CSV file with so many people.
func people(count int) string {
	var text strings.Builder
	text.WriteString("email,name\n")
	for i := range count {
		fmt.Fprintf(&text, "person%d@example.com,Person %d\n", i, i)
	}
	return text.String()
}

// soon waits until something is so.
func soon(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}
