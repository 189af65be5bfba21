package sink_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"usersync/sink"
	usersync "usersync/sync"
)

// runIDs are the runs in the ledger, the latest first.
func runIDs(t testing.TB, mirror *sink.CSV) []string {
	t.Helper()
	var ids []string
	for report, err := range mirror.Runs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, report.RunID)
	}
	return ids
}

// endCSV is a whole run of an id that changes nothing, and comes to the status.
func endCSV(t testing.TB, path, runID string, status usersync.Status) {
	t.Helper()
	mirror := openCSV(t, path)
	start, report := csvStart(csvFields()), csvReport(status)
	start.RunID, report.RunID, report.Project = runID, runID, start.Project
	beginCSV(t, mirror, start)
	end := mirror.Abandon
	if status == usersync.StatusOK {
		end = mirror.Publish
	}
	if err := end(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCSVLedgerLineIsTheReportAndMore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	mirror := openCSV(t, path)
	start, report := csvStart(csvFields()), csvReport(usersync.StatusRefused)
	sentence := "refused <it> & \"more\"\n"
	report.RunID, report.Project, report.Error = start.RunID, start.Project, &sentence
	report.Refused = []usersync.ID{csvUser(1, "").ID, csvUser(2, "").ID}
	beginCSV(t, mirror, start)
	if err := mirror.Abandon(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	printed, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	text := readFile(t, path+".runs.ndjson")
	for data, into := range map[string]*map[string]any{string(text): &got, string(printed): &want} {
		if err := json.Unmarshal([]byte(data), into); err != nil {
			t.Fatal(err)
		}
	}
	want["version"], want["host"] = "test", host
	want["fields"], want["refused"] = []any{"email", "custom_attributes", "created_at"}, []any{csvID(1), csvID(2)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if bytes.Count(text, []byte("\n")) != 1 || !bytes.HasSuffix(text, []byte("\n")) {
		t.Errorf("the run is not one line: %q", text)
	}
	if info, err := os.Stat(path + ".runs.ndjson"); err != nil || info.Mode() != 0o600 {
		t.Errorf("the ledger has mode %v, %v", info.Mode(), err)
	}
	wantAlone(t, path)
}

func TestCSVLedgerOutlivesALineCutShort(t *testing.T) {
	t.Parallel()
	const whole = `{"run_id":"whole","status":"ok"}`
	for name, test := range map[string]struct {
		tail string
		want []string // besides the runs before and after
	}{
		"nothing":           {"", nil},
		"a brace":           {"{", nil},
		"half a line":       {`{"run_id":"cut","status":"ok`, nil},
		"a long half":       {`{"run_id":"cut","error":"` + strings.Repeat("x", 200<<10), nil},
		"zeros":             {strings.Repeat("\x00", 70<<10), nil},
		"a line but no end": {whole, []string{"whole"}},
		"empty lines":       {"\n\n" + whole + "\n\n", []string{"whole"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			endCSV(t, path, "before", usersync.StatusOK)
			text := string(readFile(t, path+".runs.ndjson"))
			writeFile(t, path+".runs.ndjson", text+test.tail)
			mirror := openCSV(t, path)
			if got, want := runIDs(t, mirror), append(slices.Clone(test.want), "before"); !slices.Equal(got, want) {
				t.Errorf("the runs are %q, want %q", got, want)
			}
			if err := mirror.Close(); err != nil {
				t.Fatal(err)
			}
			endCSV(t, path, "after", usersync.StatusOK)
			if got, want := runIDs(t, openCSV(t, path)), append(append([]string{"after"}, test.want...), "before"); !slices.Equal(got, want) {
				t.Errorf("mended, the runs are %q, want %q", got, want)
			}
			for line := range bytes.Lines(readFile(t, path+".runs.ndjson")) {
				if len(bytes.TrimSpace(line)) > 0 && !json.Valid(line) {
					t.Errorf("not mended: %.100q", line)
				}
			}
		})
	}
}

func TestCSVLedgerThatCannotBeReadIsNotAnEmptyOne(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"no JSON": "secret", "no run": `{"name":"secret"}`, "cut short in the middle": `{"run_id":"secret`, "another kind": `["secret"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			endCSV(t, path, "before", usersync.StatusOK)
			endCSV(t, path, "between", usersync.StatusOK)
			text := string(readFile(t, path+".runs.ndjson"))
			first, _, _ := strings.Cut(text, "\n")
			writeFile(t, path+".runs.ndjson", first+"\n"+line+"\n")
			mirror := openCSV(t, path)
			_, holds := mirror.Holds(t.Context())
			_, _, refused := mirror.Refused(t.Context(), "before")
			var runs error
			for _, err := range mirror.Runs(t.Context()) {
				runs = err
			}
			for what, err := range map[string]error{"holds": holds, "refused": refused, "runs": runs} {
				if err == nil || !strings.HasPrefix(err.Error(), "read ledger "+path+".runs.ndjson: line 2 is not one that a run wrote; mend or remove it, ") ||
					strings.Contains(err.Error(), "secret") {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// The ledger is read from its end in pieces, wherever these fall.
func TestCSVLedgerIsReadBackWhateverItsLinesAre(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		path := filepath.Join(folder, "users.csv")
		mirror := openCSV(t, path)
		var want []string
		for range rapid.IntRange(1, 5).Draw(r, "runs") {
			report := csvReport(usersync.StatusFailed)
			size := rapid.SampledFrom([]int{0, 1, 1 << 10, 64<<10 - 600, 64 << 10, 130 << 10}).Draw(r, "size") + rapid.IntRange(0, 800).Draw(r, "more")
			sentence := strings.Repeat("é", size/2) + strings.Repeat("x", size%2)
			report.Error = &sentence
			start := csvStart(csvFields())
			start.RunID = report.RunID
			if err := mirror.Begin(t.Context(), start); err != nil {
				r.Fatal(err)
			}
			if err := mirror.Abandon(t.Context(), report); err != nil {
				r.Fatal(err)
			}
			want = append(want, report.RunID+sentence)
		}
		var got []string
		for report, err := range mirror.Runs(t.Context()) {
			if err != nil {
				r.Fatal(err)
			}
			got = append(got, report.RunID+*report.Error)
		}
		slices.Reverse(want)
		if !slices.Equal(got, want) {
			r.Fatalf("%d runs were read back of %d, or others", len(got), len(want))
		}
		if err := mirror.Close(); err != nil {
			r.Fatal(err)
		}
		if err := os.Remove(path + ".runs.ndjson"); err != nil {
			r.Fatal(err)
		}
	})
}

func TestCSVWithoutLedgerIsAnybodys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	endCSV(t, path, "second", usersync.StatusFailed)
	for _, want := range []usersync.Project{csvStart(csvFields()).Project, {}} {
		mirror := openCSV(t, path)
		held, err := mirror.Holds(t.Context())
		if err != nil || !held.Published || held.Project != want {
			t.Errorf("holds %+v, %v, want the users of %v", held, err, want)
		}
		if err := mirror.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(path + ".runs.ndjson"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCSVIsPublishedThoughItsLedgerCannotBeWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	mirror := openCSV(t, path)
	start, report := csvStart(csvFields()), csvReport(usersync.StatusOK)
	start.RunID, report.RunID = "second", "second"
	beginCSV(t, mirror, start)
	if err := mirror.Stage(t.Context(), []usersync.Change{create(csvUser(1, ""))}); err != nil {
		t.Fatal(err)
	}
	ledger := path + ".runs.ndjson"
	if err := os.Rename(ledger, ledger+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(ledger, 0o700); err != nil {
		t.Fatal(err)
	}
	// Readers see the new file, so this is no failure.
	if err := mirror.Publish(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	// A run that changes nothing is nothing but its line.
	start.RunID, report.RunID = "third", "third"
	if err := mirror.Begin(t.Context(), start); err == nil {
		t.Error("a run has begun although the one before could not be brought into the ledger")
	}
	if err := os.Remove(ledger); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(ledger+".away", ledger); err != nil {
		t.Fatal(err)
	}
	if got := runIDs(t, mirror); !slices.Equal(got, []string{"second", "first"}) {
		t.Errorf("the runs are %q", got)
	}
	beginCSV(t, mirror, start)
	if got := runIDs(t, mirror); !slices.Equal(got, []string{"second", "first"}) {
		t.Errorf("settled, the runs are %q", got)
	}
	if err := os.Rename(ledger, ledger+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(ledger, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), report); err == nil || !strings.HasPrefix(err.Error(), "write to ledger "+ledger) {
		t.Errorf("a run without its line was published: %v", err)
	}
	wantFile(t, path, csvHeader+csvLine(1, ""))
}
