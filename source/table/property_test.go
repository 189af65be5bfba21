package table_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"usersync/source/table"
	"usersync/sync/userimport"
)

// A way to make a file of a text.
type way struct {
	name string
	of   func(string) string
}

func encodings() []way {
	return []way{
		{"plain", func(s string) string { return s }},
		{"marked", func(s string) string { return "\ufeff" + s }},
		{"UTF-16LE", utf16LE},
		{"UTF-16BE", utf16BE},
	}
}

func compressions() []way {
	return []way{{"", func(s string) string { return s }}, {".gz", gzipped}, {".zst", zstandard}}
}

// Whatever is in a table of CSV, and however it is written, it is read exactly, and what
// the writer makes of it is read as the same.
func TestRowsOfCellsAreReadExactly(t *testing.T) {
	t.Parallel()
	cell := rapid.OneOf(
		rapid.StringOf(rapid.SampledFrom([]rune("\",;|\r\n \t\ufeff{[\\.aé🐢\ufffd"))),
		rapid.Map(rapid.String(), func(s string) string {
			return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "0")
		}),
	)
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.Map(cell, func(s string) string { return "x" + s })
		want := rapid.SliceOfNDistinct(name, 1, 5, rapid.ID).Draw(rt, "columns")
		delimiter := rapid.SampledFrom([]rune(",;\t|:")).Draw(rt, "delimiter")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "line end")
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, len(want), len(want)), 0, 6).Draw(rt, "rows")
		quoting := rapid.Bool()
		var text strings.Builder
		for _, cells := range append([][]string{want}, rows...) {
			for i, cell := range cells {
				if i > 0 {
					text.WriteRune(delimiter)
				}
				if strings.ContainsAny(cell, "\"\r\n"+string(delimiter)) || cell == "" && len(cells) == 1 || quoting.Draw(rt, "quoted") ||
					strings.HasPrefix(cell, "\ufeff") {
					cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
				}
				text.WriteString(cell)
			}
			text.WriteString(end)
			if rapid.IntRange(0, 9).Draw(rt, "empty line") == 0 {
				text.WriteString(end)
			}
		}
		encoding := rapid.SampledFrom(encodings()).Draw(rt, "encoding")
		packing := rapid.SampledFrom(compressions()).Draw(rt, "compression")
		options := table.Options{Delimiter: delimiter}
		f := open(t, file(t, "users.csv"+packing.name, packing.of(encoding.of(text.String()))), options)
		got := readOnce(t.Context(), rt, f)
		compare(rt, got.Columns, want)
		compare(rt, got.cells(), rows)
		again := open(t, file(t, "again.csv", rewritten(t, f, got.Rows)), options)
		compare(rt, again.Dialect(), f.Dialect())
		compare(rt, readOnce(t.Context(), rt, again).cells(), rows)
	})
}

// readOnce reads a table, which must go well, and checks what holds for any.
func readOnce(ctx context.Context, rt *rapid.T, f *table.File) content {
	rt.Helper()
	rows, err := rowsOf(ctx, f)
	if err != nil {
		rt.Fatal(err)
	}
	got := content{Columns: f.Columns(), Rows: rows}
	checkNumbers(rt, got)
	return got
}

// checkNumbers checks that no row is missing or there twice.
func checkNumbers(t reporter, c content) {
	t.Helper()
	line := 0
	for i, row := range c.Rows {
		if row.Number != i+1 || len(row.Values) != len(c.Columns) {
			t.Errorf("row %d has the number %d and %d values", i+1, row.Number, len(row.Values))
		}
		untold := row.Line == 0 && line == 0 && row.Raw != nil
		if row.Line <= line && !untold {
			t.Errorf("row %d begins on line %d, and the one before on line %d", row.Number, row.Line, line)
		}
		line = row.Line
	}
}

// Whatever is in a table of objects, and however it is written, no value is
// lost, none changes, and what the writer makes of it says the same.
func TestObjectsAreReadExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(object(3), 1, 6).Draw(rt, "objects")
		want[0]["first"] = "a column at least"
		array := rapid.Bool().Draw(rt, "array")
		text := jsonText(rt, want, array)
		encoding := rapid.SampledFrom(encodings()).Draw(rt, "encoding")
		packing := rapid.SampledFrom(compressions()).Draw(rt, "compression")
		f := open(t, file(t, "users.json"+packing.name, packing.of(encoding.of(text))), table.Options{})
		got := readOnce(t.Context(), rt, f)
		if len(got.Rows) != len(want) {
			rt.Fatalf("%d rows of %d", len(got.Rows), len(want))
		}
		for i, row := range got.Rows {
			compare(rt, decoded[map[string]any](rt, row.Raw), want[i])
			shown := make(map[string]string)
			for j, value := range row.Values {
				if !value.Absent {
					shown[got.Columns[j]] = show(rt, value)
				}
			}
			compare(rt, shown, flattened(rt, want[i], got.Columns))
		}
		again := open(t, file(t, "again.ndjson", rewritten(t, f, got.Rows)), table.Options{})
		copied := readOnce(t.Context(), rt, again)
		compare(rt, copied.Columns, got.Columns)
		compare(rt, copied.cells(), got.cells())
	})
}

// show is a value with its kind, and JSON with one spelling of its texts.
func show(rt *rapid.T, value userimport.Value) string {
	if value.JSON == nil {
		return "text " + value.Text
	}
	return "JSON " + marshalled(rt, decoded[any](rt, value.JSON))
}

func marshalled(rt *rapid.T, value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		rt.Fatal(err)
	}
	return string(raw)
}

// object draws an object whose numbers are [json.Number].
func object(depth int) *rapid.Generator[map[string]any] {
	key := rapid.SampledFrom([]string{"a", "b", "name", "é", "x y", "\"", "\\"})
	return rapid.MapOfN(key, value(depth), 0, 4)
}

func value(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Map(rapid.StringOf(rapid.SampledFrom([]rune("{}[]\",:\\ \r\n\té🐢\u2028\ufffd<"))), func(s string) any { return s }),
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SampledFrom([]string{"0", "-0", "1.0", "1e5", "12345678901234567890.10", "-1E-7"}), func(n string) any { return json.Number(n) }),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Map(object(depth-1), func(o map[string]any) any { return o }),
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 3), func(a []any) any { return a }))
	}
	return rapid.OneOf(kinds...)
}

// jsonText writes objects in one of the ways in which programs do.
func jsonText(rt *rapid.T, objects []map[string]any, array bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(rapid.Bool().Draw(rt, "escaped"))
	if rapid.Bool().Draw(rt, "printed") {
		encoder.SetIndent("", "\t")
	}
	if array {
		out.WriteString("[")
	}
	for i, object := range objects {
		if array && i > 0 {
			out.WriteString(",")
		}
		if err := encoder.Encode(object); err != nil {
			rt.Fatal(err)
		}
	}
	if array {
		out.WriteString("]")
	}
	return out.String()
}

func decoded[T any](rt *rapid.T, raw []byte) (value T) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		rt.Fatal(err)
	}
	return value
}

// flattened is what a row should show of an object, under the table's columns.
func flattened(rt *rapid.T, object map[string]any, columns []string) map[string]string {
	shown := make(map[string]string)
	var walk func(path string, value any)
	walk = func(path string, value any) {
		members, nested := value.(map[string]any)
		switch text, isText := value.(string); {
		case len(members) > 0:
			for key, member := range members {
				walk(strings.TrimPrefix(path+"."+key, "."), member)
			}
		case isText:
			shown[path] = "text " + text
		case slices.Contains(columns, path):
			shown[path] = "JSON " + marshalled(rt, value)
		case !nested: // null
			for _, column := range columns {
				if strings.HasPrefix(column, path+".") {
					shown[column] = "JSON null"
				}
			}
		}
	}
	walk("", object)
	return shown
}
