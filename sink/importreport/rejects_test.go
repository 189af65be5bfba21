package importreport_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"usersync/sink/importreport"
	"usersync/sync/userimport"
)

func rejectsIn(folder, name string) importreport.Rejects {
	return importreport.Rejects{Path: filepath.Join(folder, name), Reasons: filepath.Join(folder, "reasons.txt")}
}

// excel is a text as Excel saves "Unicode text".
func excel(text string) []byte {
	encoded := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = append(encoded, byte(unit), byte(unit>>8))
	}
	return encoded
}

// TestRejectsAreFedAgain in the dialect of their table: whoever reads them finds
// the same columns and values as in the table, those of the rows to mend alone.
func TestRejectsAreFedAgain(t *testing.T) {
	t.Parallel()
	const nasty = "Name;E-Mail\r\n=1+1;a@example.com\r\n\"B;\"\"B\r\n\";b@example.com\r\n;c@example.com\r\n'd;d@example.com\r\n é ;e@example.com\r\n"
	tests := []struct {
		name, file, rejects string
		content             []byte
		bytes               string // what the rejects are, byte for byte, where that matters
	}{
		{"CSV", "users.csv", "rejects.csv", []byte(nasty), ""},
		{"CSV with a mark", "users.csv", "rejects.csv", []byte("\xef\xbb\xbf" + nasty), ""},
		{"UTF-16", "users.txt", "rejects.csv", excel(strings.ReplaceAll(nasty, ";", "\t")), ""},
		{
			"NDJSON", "users.ndjson", "rejects.ndjson", []byte(`{"n":1.0}` + "\n" + `{"n": 1e400, "a": {"b": null}, "e": {}}` + "\n" + `{"n":null}` + "\n" + `{"s":"<\u00e9>"}` + "\n" + `{"l":[1, 2]}` + "\n"),
			`{"n": 1e400, "a": {"b": null}, "e": {}}` + "\n" + `{"s":"<\u00e9>"}` + "\n" + `{"l":[1, 2]}` + "\n",
		},
		{"JSON", "users.json", "rejects.ndjson", []byte("[\n" + `{"n":1},` + "\n" + `{"n":2,"x":"y"},{"n":3},{"n":4},` + "\n{\n" + `"n":5}]`), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in, to := openTable(t, test.file, test.content), rejectsIn(t.TempDir(), test.rejects)
			log := filled(t, userimport.Created, userimport.Rejected, userimport.Unknown, userimport.Conflict, userimport.Failed)
			written, err := log.WriteRejects(t.Context(), to, in)
			if err != nil || written != 3 {
				t.Fatalf("%d rows, %v", written, err)
			}
			if got := read(t, to.Path); test.bytes != "" && got != test.bytes {
				t.Errorf("got %q, want %q", got, test.bytes)
			}
			again, all := reopen(t, to.Path), valuesOf(t, in)
			want, got := [][]string{all[1], all[3], all[4]}, valuesOf(t, again)
			if test.rejects == "rejects.csv" {
				if difference := cmp.Diff(in.Columns(), again.Columns()) + cmp.Diff(want, got); difference != "" {
					t.Error(difference)
				}
				if in.Dialect().Encoding != again.Dialect().Encoding || in.Dialect().Delimiter != again.Dialect().Delimiter {
					t.Errorf("%+v became %+v", in.Dialect(), again.Dialect())
				}
			} else if len(got) != len(want) {
				t.Errorf("%d rows became %d", len(want), len(got))
			}
			for _, path := range []string{to.Path, to.Reasons} {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%v, %v", info, err)
				}
			}
		})
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	in, to := openTable(t, "users.csv", []byte("email\na\nb\nc\nd\n")), rejectsIn(t.TempDir(), "rejects.csv")
	log := newLog(t)
	problem := userimport.Problem{Row: 2, Line: 3, Rule: "the row has no email"}
	put(t, log, userimport.Result{Row: 1, Outcome: userimport.Skipped, Reason: "it exists"})
	put(t, log, userimport.Result{Row: 2, Outcome: userimport.Rejected, Reason: problem.Text(), Details: []string{"email \"b\": wrong"}})
	put(t, log, userimport.Result{Row: 3, Outcome: userimport.Failed, Reason: "it says\nin two lines: email"})
	put(t, log, userimport.Result{Row: 4, Outcome: userimport.Conflict})
	if written, err := log.WriteRejects(t.Context(), to, in); err != nil || written != 3 {
		t.Fatalf("%d rows, %v", written, err)
	}
	const want = "row 1 (rejected, line 3): the row has no email\n" +
		"row 1 (rejected, line 3): email \"b\": wrong\n" +
		"row 2 (failed, line 4): it says in two lines: email\n" +
		"row 3 (conflict, line 5)\n"
	if got := read(t, to.Reasons); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestRowsWithoutLines are named by their numbers.
func TestRowsWithoutLines(t *testing.T) {
	t.Parallel()
	in, to := openTable(t, "users.json", []byte(`[{"n":1},{"n":2},{"n":3}]`)), rejectsIn(t.TempDir(), "rejects.ndjson")
	log, results := filled(t, userimport.Skipped, userimport.Skipped, userimport.Failed), filepath.Join(t.TempDir(), "results.csv")
	if _, err := log.WriteRejects(t.Context(), to, in); err != nil {
		t.Fatal(err)
	}
	if err := log.WriteResults(t.Context(), results, in, noSecret); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, to.Reasons), "row 1 (failed, row 3 of the import): because\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := read(t, results), "n,_line,_outcome,_sub,_reason,_detail\n1,1,skipped,,because,\n2,2,skipped,,because,\n3,3,failed,,because,\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOlderRejectsArePutAside, each under a name of its own: somebody may have
// worked on them. Where there is nothing to mend, there are no rejects.
func TestOlderRejectsArePutAside(t *testing.T) {
	t.Parallel()
	in, to := openTable(t, "users.csv", []byte("email\na\n")), rejectsIn(t.TempDir(), "rejects.csv")
	if written, err := filled(t, userimport.Created).WriteRejects(t.Context(), to, in); err != nil || written != 0 {
		t.Fatalf("%d rows, %v", written, err)
	}
	for _, mended := range []string{"first", "second", "third"} {
		if written, err := filled(t, userimport.Rejected).WriteRejects(t.Context(), to, in); err != nil || written != 1 {
			t.Fatalf("%d rows, %v", written, err)
		}
		if err := os.WriteFile(to.Path, []byte(mended), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := filled(t, userimport.Skipped).WriteRejects(t.Context(), to, in); err != nil {
		t.Fatal(err)
	}
	for ending, want := range map[string]string{"~": "first", "~2": "second", "~3": "third"} {
		if got := read(t, to.Path+ending); got != want {
			t.Errorf("%s holds %q", ending, got)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(to.Path))
	if err != nil || len(entries) != 6 {
		t.Errorf("%v, %v", entries, err)
	}
}
