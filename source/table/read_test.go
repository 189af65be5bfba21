package table_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"usersync/source/table"
	"usersync/sync/userimport"
)

// content is what a table was found to hold.
type content struct {
	Columns []string
	Rows    []userimport.Row
}

func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string, options table.Options) *table.File {
	t.Helper()
	f, err := table.Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return f
}

// rowsOf reads a table once, up to its end or an error.
func rowsOf(ctx context.Context, f *table.File) (rows []userimport.Row, err error) {
	for row, err := range f.Rows(ctx) {
		if err != nil {
			return rows, err
		}
		row.Values = slices.Clone(row.Values)
		for i, value := range row.Values {
			row.Values[i].JSON = bytes.Clone(value.JSON)
		}
		row.Raw = bytes.Clone(row.Raw)
		rows = append(rows, row)
	}
	return rows, nil
}

// read opens a file and reads it to its end or an error.
func read(ctx context.Context, path string) (content, error) {
	f, err := table.Open(ctx, path, table.Options{})
	if err != nil {
		return content{}, err
	}
	rows, err := rowsOf(ctx, f)
	return content{Columns: f.Columns(), Rows: rows}, errors.Join(err, f.Close())
}

// cells are a table's values as they are shown, with "-" for those that are absent.
func (c content) cells() [][]string {
	cells := make([][]string, len(c.Rows))
	for i, row := range c.Rows {
		for _, value := range row.Values {
			shown := value.String()
			if value.Absent {
				shown = "-"
			}
			cells[i] = append(cells[i], shown)
		}
	}
	return cells
}

func (c content) lines() []int {
	lines := make([]int, len(c.Rows))
	for i, row := range c.Rows {
		lines[i] = row.Line
	}
	return lines
}

// The ways in which a text can be a file.

func utf16LE(text string) string { return utf16Bytes(text, 0) }

func utf16BE(text string) string { return utf16Bytes(text, 1) }

func utf16Bytes(text string, high int) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		pair := [2]byte{}
		pair[high], pair[1-high] = byte(unit), byte(unit>>8)
		out = append(out, pair[0], pair[1])
	}
	return string(out)
}

func gzipped(text string) string {
	return packed(text, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

func zstandard(text string) string {
	return packed(text, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) })
}

func packed(text string, packer func(io.Writer) (io.WriteCloser, error)) string {
	var out bytes.Buffer
	w, err := packer(&out)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return out.String()
}

func TestFilesAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	const plain = "email,name\nann@example.com,\"Ann\r\nÅ\"\nbob@example.com,🐢\n"
	crlf := strings.ReplaceAll(plain, "\n", "\r\n")
	crlf = strings.ReplaceAll(crlf, "\r\r\n", "\r\n") // within quotes it was there before
	delimited := func(by string) string { return strings.ReplaceAll(plain, ",", by) }
	comma := table.Dialect{Delimiter: ',', Encoding: table.UTF8}
	for name, test := range map[string]struct {
		file, text string
		want       table.Dialect
	}{
		"plain":                         {"users.csv", plain, comma},
		"no name for its kind":          {"users", plain, comma},
		"text":                          {"USERS.TXT", plain, comma},
		"CR LF":                         {"users.csv", crlf, table.Dialect{Delimiter: ',', CRLF: true, Encoding: table.UTF8}},
		"empty lines":                   {"users.csv", "\n" + plain + "\n\r\n", comma},
		"no end of the last line":       {"users.csv", strings.TrimSuffix(plain, "\n"), comma},
		"semicolons":                    {"users.csv", delimited(";"), table.Dialect{Delimiter: ';', Encoding: table.UTF8}},
		"tabs":                          {"users.tsv", delimited("\t"), table.Dialect{Delimiter: '\t', Encoding: table.UTF8}},
		"bars":                          {"users.csv", delimited("|"), table.Dialect{Delimiter: '|', Encoding: table.UTF8}},
		"marked":                        {"users.csv", "\ufeff" + plain, table.Dialect{Delimiter: ',', Encoding: table.UTF8Marked}},
		"Excel's Unicode text":          {"users.txt", utf16LE(delimited("\t")), table.Dialect{Delimiter: '\t', Encoding: table.UTF16LE}},
		"UTF-16, the other way round":   {"users.csv", utf16BE(crlf), table.Dialect{Delimiter: ',', CRLF: true, Encoding: table.UTF16BE}},
		"gzip":                          {"users.csv.gz", gzipped(plain), comma},
		"gzip in pieces":                {"users.csv.GZ", gzipped(plain[:30]) + gzipped(plain[30:]), comma},
		"gzip that does not say so":     {"users.csv", gzipped(plain), comma},
		"zstd":                          {"users.csv.zst", zstandard(plain), comma},
		"zstd that does not say so":     {"users.csv", zstandard(plain), comma},
		"zstd behind a frame to skip":   {"users.csv.zst", "\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + zstandard(plain), comma},
		"zstd under the name of gzip":   {"users.csv.gz", zstandard(plain), comma},
		"gzip of marked UTF-16":         {"users.csv.gz", gzipped(utf16LE(plain)), table.Dialect{Delimiter: ',', Encoding: table.UTF16LE}},
		"zstd of a mark and semicolons": {"users.csv.zst", zstandard("\ufeff" + delimited(";")), table.Dialect{Delimiter: ';', Encoding: table.UTF8Marked}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, file(t, test.file, test.text), table.Options{})
			if f.Format() != table.CSV || f.Dialect() != test.want {
				t.Errorf("%s, %+v", f.Format(), f.Dialect())
			}
			for range 2 {
				rows, err := rowsOf(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				got := content{Columns: f.Columns(), Rows: rows}
				compare(t, got.Columns, []string{"email", "name"})
				compare(t, got.cells(), [][]string{{"ann@example.com", "Ann\r\nÅ"}, {"bob@example.com", "🐢"}})
				first := 2
				if strings.HasPrefix(test.text, "\n") {
					first++
				}
				compare(t, got.lines(), []int{first, first + 2})
			}
		})
	}
}

// Characters do not break where what is read at a time ends.
func TestLongTextsAreReadWhole(t *testing.T) {
	t.Parallel()
	for _, char := range []string{"é", "漢", "🐢"} {
		for _, lead := range []string{"", "a", "ab", "abc"} {
			long := lead + strings.Repeat(char, 100_000)
			for _, way := range encodings() {
				for _, packing := range compressions() {
					got, err := read(t.Context(), file(t, "a.csv"+packing.name, packing.of(way.of("a\n"+long+"\n"))))
					if err != nil || len(got.Rows) != 1 || got.Rows[0].Values[0].Text != long {
						t.Errorf("%q, %q, %s, %s: %d rows, %v", char, lead, way.name, packing.name, len(got.Rows), err)
					}
				}
			}
		}
	}
}

// Nor where a piece of a compressed file ends, which may be anywhere.
func TestTextsMayBePackedInPieces(t *testing.T) {
	t.Parallel()
	for _, way := range encodings() {
		text := way.of("a,é\n🐢,漢\n")
		for cut := range len(text) {
			got, err := read(t.Context(), file(t, "a.csv.gz", gzipped(text[:cut])+gzipped(text[cut:])))
			if err != nil || len(got.Rows) != 1 || !slices.Equal(got.cells()[0], []string{"🐢", "漢"}) {
				t.Errorf("%s, cut at %d: %q, %v", way.name, cut, got.cells(), err)
			}
		}
	}
}

func TestTablesAreReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a.csv.zst": zstandard("a,b\n" + strings.Repeat("1,2\n", 1000)),
		"a.json":    strings.Repeat(`{"a":1,"b":{"c":null}}{"b":null}`, 500),
	} {
		f := open(t, file(t, name, text), table.Options{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				if rows, err := rowsOf(t.Context(), f); err != nil || len(rows) != 1000 {
					t.Errorf("%s: %d rows, %v", name, len(rows), err)
				}
			})
		}
		readers.Wait()
	}
}

func TestDelimitersAreFoundInTheHeader(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text    string
		given   rune
		columns []string
	}{
		"one column":                  {"email\na@example.com,b\n", '|', []string{"email"}},
		"one column, found":           {"email\n", 0, []string{"email"}},
		"the most columns":            {"email,e-mail;name;phone\n", 0, []string{"email,e-mail", "name", "phone"}},
		"as many: the usual one":      {"name,first;email\n", 0, []string{"name", "first;email"}},
		"quotes hide":                 {"\"name,first,middle\";email\n", 0, []string{"name,first,middle", "email"}},
		"quotes hide the other":       {"name|\"a;b;c;d\"\n", 0, []string{"name", "a;b;c;d"}},
		"a header on two lines":       {"\"e\nmail\"\tname\n", 0, []string{"e\nmail", "name"}},
		"given":                       {"a,b,c;d\n", ';', []string{"a,b,c", "d"}},
		"given, something else":       {"a:b\n", ':', []string{"a", "b"}},
		"names are as they are spelt": {"E-Mail, Given Name\n", 0, []string{"E-Mail", " Given Name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, file(t, "users.csv", test.text), table.Options{Delimiter: test.given})
			compare(t, f.Columns(), test.columns)
		})
	}
	for _, delimiter := range []rune{'"', '\n', '\r', '§'} {
		if _, err := table.Open(t.Context(), file(t, "users.csv", "a,b\n"), table.Options{Delimiter: delimiter}); err == nil {
			t.Errorf("%q was taken for a delimiter", delimiter)
		}
	}
}

func TestFormatsAreFoundByNameAndContent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, text string
		want       table.Format
	}{
		"lines":                      {"users.ndjson", `{"a":1}`, table.NDJSON},
		"lines, by another name":     {"users.jsonl.gz", gzipped(`{"a":1}`), table.NDJSON},
		"lines, as JSON":             {"users.json", "\n {\"a\":1}\n", table.NDJSON},
		"an array":                   {"users.json", "\ufeff[{\"a\":1}]", table.JSON},
		"an array among lines":       {"users.ndjson", `[{"a":1}]`, table.JSON},
		"an array, printed":          {"users.spool", "[\n  {\n    \"a\": 1\n  }\n]\n", table.JSON},
		"lines without a name":       {"users", "\n{ \"a\": 1}\n", table.NDJSON},
		"lines in text":              {"users.txt", `{"a":1}`, table.NDJSON},
		"lines that are said CSV":    {"users.csv", `{"a":1}`, table.NDJSON},
		"CSV that looks like JSON":   {"users.csv", "{\n\"a\"\n", table.CSV},
		"CSV that looks like JSON 2": {"users.tsv", "{\t\"a\"\tb\n", table.CSV},
		"CSV of braces":              {"users.spool", "{},[]\n", table.CSV},
		"a quoted brace":             {"users", "\"{\"\"a\"\n", table.CSV},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := open(t, file(t, test.file, test.text), table.Options{}).Format(); got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
