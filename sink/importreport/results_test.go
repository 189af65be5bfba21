package importreport_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func noSecret(string) bool { return false }

// TestResults has all columns and rows of the table, and what became of each.
func TestResults(t *testing.T) {
	t.Parallel()
	in := openTable(t, "users.csv", []byte("email;name;secret\na@example.com;=1+1;hush\nb@example.com;\"O;K\n2\";\n"))
	log := newLog(t)
	put(t, log, userimport.Result{Row: 2, Outcome: userimport.Rejected, Reason: "=cmd()", Details: []string{"one"}, Notes: []string{"two"}})
	put(t, log, userimport.Result{Row: 1, Outcome: userimport.Created, User: someone(t), Job: "userimport_X", Details: []string{"@x"}})
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := log.WriteResults(t.Context(), path, in, func(column string) bool { return column == "secret" }); err != nil {
		t.Fatal(err)
	}
	const want = "email,name,secret,_line,_outcome,_sub,_reason,_detail\n" +
		"a@example.com,'=1+1,REDACTED,2,created,0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b,,'@x\n" +
		"b@example.com,\"O;K\n2\",,3,rejected,,'=cmd(),one; two\n"
	if got := read(t, path); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestResultsOfResults: what was added before is not added once more.
func TestResultsOfResults(t *testing.T) {
	t.Parallel()
	in := openTable(t, "results.csv", []byte("email,_line,_outcome,_sub,_reason,_detail\na@example.com,9,failed,,old,old\n"))
	log := filled(t, userimport.Skipped)
	path := filepath.Join(t.TempDir(), "again.csv")
	if err := log.WriteResults(t.Context(), path, in, noSecret); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, path), "email,_line,_outcome,_sub,_reason,_detail\na@example.com,2,skipped,,because,\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNoCellIsAFormula, whatever stands in the table and in the reasons.
func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	nasty := []string{"=1", "+1", "-1", "@x", "\tx", "'x", "＝1", "＋1", "－1", "＠x", "plain", "1-2"}
	var text strings.Builder
	text.WriteString("=email\n")
	for _, cell := range nasty {
		text.WriteString(cell + "\n")
	}
	in, log := openTable(t, "users.csv", []byte(text.String())), newLog(t)
	for i, cell := range nasty {
		put(t, log, userimport.Result{Row: i + 1, Outcome: userimport.Failed, Reason: cell, Details: []string{cell}})
	}
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := log.WriteResults(t.Context(), path, in, noSecret); err != nil {
		t.Fatal(err)
	}
	out := reopen(t, path)
	if name := out.Columns()[0]; name != "'=email" {
		t.Errorf("the header has %q", name)
	}
	for row, err := range out.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range []int{0, 4, 5} {
			cell := row.Values[column].Text
			if strings.ContainsAny(cell[:1], "=+-@\t") || strings.HasPrefix(cell, "＝") {
				t.Errorf("%q would be run", cell)
			}
			if got := usersync.UnguardFormula(cell); got != nasty[row.Number-1] {
				t.Errorf("%q became %q", nasty[row.Number-1], got)
			}
		}
	}
}

// TestResultsOfObjects: values of JSON are compact, absent ones empty.
func TestResultsOfObjects(t *testing.T) {
	t.Parallel()
	in := openTable(t, "users.ndjson", []byte(`{"email":"a@example.com","roles":["x", "y"],"n":1.50,"address":{"country":"HK"}}`+"\n"+`{"email":null,"mfa":{"totp":{"secret":"HUSH"}}}`+"\n"))
	log := filled(t, userimport.Skipped, userimport.Rejected)
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := log.WriteResults(t.Context(), path, in, func(column string) bool { return strings.HasPrefix(column, "mfa") }); err != nil {
		t.Fatal(err)
	}
	want := "email,roles,n,address.country,mfa.totp.secret,_line,_outcome,_sub,_reason,_detail\n" +
		"a@example.com,\"[\"\"x\"\",\"\"y\"\"]\",1.50,HK,,1,skipped,,because,\n" +
		"null,,,,REDACTED,2,rejected,,because,\n"
	if got := read(t, path); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestFilesArePrivateAndReplacedWhole: an older file stays until the new one is
// whole, and also when that never happens; nothing else is left behind.
func TestFilesArePrivateAndReplacedWhole(t *testing.T) {
	t.Parallel()
	in := openTable(t, "users.csv", []byte("email\na@example.com\nb@example.com\n"))
	folder := t.TempDir()
	path := filepath.Join(folder, "results.csv")
	if err := os.WriteFile(path, []byte("older"), 0o666); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, attempt := range map[string]func() error{
		"a row without a result": func() error { return filled(t, userimport.Skipped).WriteResults(t.Context(), path, in, noSecret) },
		"the context's end": func() error {
			return filled(t, userimport.Skipped, userimport.Skipped).WriteResults(gone, path, in, noSecret)
		},
	} {
		if err := attempt(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if got := read(t, path); got != "older" {
			t.Errorf("%s left %q", name, got)
		}
	}
	if err := filled(t, userimport.Skipped, userimport.Skipped).WriteResults(t.Context(), path, in, noSecret); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

var errDiskFull = errors.New("no space left on device")

// A brokenTable ends with an error after its first row.
type brokenTable struct{ file }

func (b brokenTable) Rows(ctx context.Context) iter.Seq2[userimport.Row, error] {
	return func(yield func(userimport.Row, error) bool) {
		for row, err := range b.file.Rows(ctx) {
			if !yield(row, err) {
				return
			}
			yield(userimport.Row{}, errDiskFull)
			return
		}
	}
}

// TestTableThatBreaks while it is read once more.
func TestTableThatBreaks(t *testing.T) {
	t.Parallel()
	in := brokenTable{openTable(t, "users.csv", []byte("email\na@example.com\nb@example.com\n"))}
	folder := t.TempDir()
	log := filled(t, userimport.Failed, userimport.Failed)
	if err := log.WriteResults(t.Context(), filepath.Join(folder, "results.csv"), in, noSecret); !errors.Is(err, errDiskFull) {
		t.Error(err)
	}
	if _, err := log.WriteRejects(t.Context(), rejectsIn(folder, "rejects.csv"), in); !errors.Is(err, errDiskFull) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func valuesOf(t *testing.T, in file) [][]string {
	t.Helper()
	var rows [][]string
	for row, err := range in.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, value := range row.Values {
			cell := value.String()
			if value.Absent {
				cell = "absent"
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	return rows
}
