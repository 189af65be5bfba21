package table_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"usersync/source/table"
	"usersync/sync/userimport"
)

// FuzzTable reads any bytes as a table. What is refused is refused with a line.
// What is read is what the standard library reads, apart from the exactness that
// is the reason for not using it; no row is missing or there twice; and what the
// writer makes of it is read as the same table.
func FuzzTable(f *testing.F) {
	names := []string{"users", "users.csv", "users.json"}
	f.Fuzz(func(t *testing.T, name uint8, data []byte) {
		path := file(t, names[int(name)%len(names)], string(data))
		opened, err := table.Open(t.Context(), path, table.Options{})
		if err != nil {
			checkRefusal(t, err)
			return
		}
		defer func() {
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		}()
		rows, err := rowsOf(t.Context(), opened)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		got := content{Columns: opened.Columns(), Rows: rows}
		checkNumbers(t, got)
		packed := bytes.HasPrefix(data, []byte("\x1f\x8b")) || bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd")) ||
			len(data) > 3 && string(data[1:4]) == "\x2a\x4d\x18"
		text := bytes.TrimPrefix(data, []byte("\ufeff"))
		switch encoding := opened.Dialect().Encoding; {
		case packed || encoding == table.UTF16LE || encoding == table.UTF16BE:
		case opened.Format() == table.CSV:
			compareCSV(t, got, text, opened.Dialect().Delimiter)
		default:
			compareJSON(t, got, text)
		}
		written := rewritten(t, opened, rows)
		copied, err := read(t.Context(), file(t, path[strings.LastIndexByte(path, '/')+1:], written))
		if err != nil {
			t.Fatalf("%q, written as %q: %v", data, written, err)
		}
		checkNumbers(t, copied)
		if !slices.Equal(copied.Columns, got.Columns) || len(copied.Rows) != len(rows) {
			t.Fatalf("%q, written as %q: the columns %q and %d rows are %q and %d", data, written, got.Columns, len(rows), copied.Columns, len(copied.Rows))
		}
		for i, row := range copied.Rows {
			if !slices.EqualFunc(row.Values, rows[i].Values, sameValue) {
				t.Fatalf("%q, written as %q: row %d is %+v and was %+v", data, written, i+1, row, rows[i])
			}
		}
	})
}

func sameValue(a, b userimport.Value) bool {
	return a.Absent == b.Absent && a.Text == b.Text && bytes.Equal(a.JSON, b.JSON)
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if wrong, broken := errors.AsType[*userimport.TableError](err); !broken || wrong.Line < 1 {
		t.Fatalf("an error of another kind: %v", err)
	}
}

func compareCSV(t *testing.T, got content, text []byte, delimiter rune) {
	t.Helper()
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	reader.Comma = delimiter
	theirs, err := reader.ReadAll()
	if err != nil {
		t.Fatalf("%q: read as %q, and encoding/csv refuses: %v", text, got.cells(), err)
	}
	for i, cells := range append([][]string{got.Columns}, got.cells()...) {
		for j := range cells {
			cells[j] = strings.ReplaceAll(cells[j], "\r\n", "\n")
		}
		if len(theirs) != len(got.Rows)+1 || !slices.Equal(cells, theirs[i]) {
			t.Fatalf("%q: row %d: %q, and encoding/csv reads %q", text, i, cells, theirs)
		}
	}
}

func compareJSON(t *testing.T, got content, text []byte) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	if got.Rows[0].Raw != nil && bytes.TrimLeft(text, " \t\r\n")[0] == '[' {
		if _, err := decoder.Token(); err != nil {
			t.Fatal(err)
		}
	}
	for i, row := range got.Rows {
		var object json.RawMessage
		if err := decoder.Decode(&object); err != nil || !bytes.Equal(object, row.Raw) {
			t.Fatalf("%q: row %d is %q, and encoding/json reads %q, %v", text, i+1, row.Raw, object, err)
		}
	}
	var more json.RawMessage
	if err := decoder.Decode(&more); err == nil || !errors.Is(err, io.EOF) && decoder.More() {
		t.Fatalf("%q: %d rows, and encoding/json reads on: %q, %v", text, len(got.Rows), more, err)
	}
}
