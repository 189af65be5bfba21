package table_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usersync/source/table"
	"usersync/sync/userimport"
)

// What is broken is said with its line and what to do, and never with the values.
func TestBrokenTables(t *testing.T) {
	t.Parallel()
	const hintQuotes = " A cell with a quote, a comma or a line end in it must be in quotes, and quotes in it doubled."
	const hintUTF8 = " Save the file as UTF-8: in Excel, choose the type “CSV UTF-8”."
	for name, test := range map[string]struct{ file, text, want string }{
		"empty":                 {"a.csv", "", "line 1: there is nothing in the file. CSV begins with a header that names the columns."},
		"empty, packed":         {"a.csv.gz", gzipped(""), "line 1: there is nothing in the file. CSV begins with a header that names the columns."},
		"empty lines":           {"a.csv", "\ufeff\n\r\n\n", "line 1: there is nothing in the file. CSV begins with a header that names the columns."},
		"a column without name": {"a.csv", "\na, ,c\n", "line 2: column 2 of 3 has no name. Give it one, or take the column out."},
		"a column twice":        {"a.csv", "a,b,a\n", `line 1: the column "a" is there twice. Give one of them another name, or take it out.`},
		"too few cells":         {"a.csv", "a,b,c\n1,2,3\nsecret,2\n", "line 3: 2 cells under 3 columns. Empty cells at the end of a row need their delimiters, too."},
		"too many cells":        {"a.csv", "a;b\n1;2\n\"\n\";2\nsecret;2;3\n", "line 5: 3 cells under 2 columns. A cell with a semicolon or a line end in it must be in quotes."},
		"many rows are ragged":  {"a.csv", "a,b\n1\n1,2\n3\n" + strings.Repeat("4,5,6\n", 12), "line 2: 1 cell under 2 columns; not as many as columns are also on lines 4, 5, 6, 7, 8, 9, 10, 11, 12. Empty cells at the end of a row need their delimiters, too."},
		"two rows are ragged":   {"a.csv", "a,b\n1\n1,2\n3\n4,\"5\n", "line 2: 1 cell under 2 columns; not as many as columns are also on line 4. Empty cells at the end of a row need their delimiters, too."},
		"an unclosed quote":     {"a.csv", "a,b\n1,2\n3,\"secret\n4,5\n", `line 3: column "b": the quote is never closed.` + hintQuotes},
		"a quote in a cell":     {"a.csv", "a,b\nsecret 5\" pipe,2\n", `line 2: column "a": a quote inside a cell that does not begin with one.` + hintQuotes},
		"a quote beyond":        {"a.csv", "a\n1,\"secret\"x\n", `line 2: cell 2: text after the closing quote.` + hintQuotes},
		"a quote in the header": {"a.csv", "a,b\"\n", "line 1: cell 2: a quote inside a cell that does not begin with one." + hintQuotes},
		"an old Macintosh":      {"a.csv", "a,b\r1,2\r", "line 1: cell 2: a carriage return outside quotes; lines must end in LF or CR LF." + hintQuotes},
		"Latin-1":               {"a.csv", "a,b\n\"\n\",2\nsecr\xe9t,2\n", "line 4: not UTF-8; it looks like Windows-1252 or Latin-1." + hintUTF8},
		"Big5":                  {"a.csv", "a\n\xb3\xaf\xa4\xe5\n", "line 2: not UTF-8." + hintUTF8},
		"half a character":      {"a.csv", "a\n1\n\xe2\x82", "line 3: not UTF-8; it looks like Windows-1252 or Latin-1." + hintUTF8},
		"Latin-1 in the header": {"a.csv", "a,\xe9\n", "line 1: not UTF-8; it looks like Windows-1252 or Latin-1." + hintUTF8},
		"NUL":                   {"a.csv", "a,b\n1,2\nsecret\x00,2\n", "line 3: the character U+0000, which no text has. Save the file as UTF-8."},
		"UTF-16 unmarked":       {"a.csv", utf16LE("a,b\n1,2\n")[2:], "line 1: the character U+0000, which no text has. Save the file as UTF-8."},
		"half of UTF-16":        {"a.csv", utf16LE("a,b\n1,2\n") + "\n", "line 3: not UTF-16: half a character. Save the file as UTF-8."},
		"a surrogate alone":     {"a.csv", utf16LE("a\n") + "\x00\xd8b\x00", "line 2: not UTF-16: half a character. Save the file as UTF-8."},
		"marks":                 {"a.csv", "\ufeff\ufeff\ufeffa\n", "line 1: the file begins with several byte order marks. Leave one of them."},
		"not gzip":              {"a.csv.gz", "a,b\n", "its name ends in .gz, but it is not compressed so; rename it, or make it anew"},
		"not zstd":              {"a.csv.ZST", "", "its name ends in .ZST, but it is not compressed so; rename it, or make it anew"},
		"gzip of what is none":  {"a.csv", "\x1f\x8b", "line 1: the compressed data is damaged or ends too early: unexpected EOF. Make or fetch the file anew."},
		"gzip and more":         {"a.csv.gz", gzipped("a\n1\n") + "and more of it", "line 3: the compressed data is damaged or ends too early: gzip: invalid header. Make or fetch the file anew."},
		"no object":             {"a.json", "a,b\n1,2\n", "line 1: not a JSON object. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"empty JSON":            {"a.json", " \n", "line 1: there is nothing in the file. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"an empty array":        {"a.json", "[\n]", "line 1: there is nothing in the file. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"no keys":               {"a.json", "{}\n{}\n", "line 1: the objects have no keys. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"a number among lines":  {"a.ndjson", "{\"a\":1}\n\n17\n", "line 3: not a JSON object. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"a text in an array":    {"a.json", "[{\"a\":1},\n\"secret\"]\n", "line 2: not a JSON object. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"an array in an array":  {"a.json", "[[]]", "line 1: not a JSON object. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"two arrays":            {"a.json", "[{\"a\":1}]\n[]", "line 2: something stands after the end of the array. Correct it there, or have the file written anew."},
		"no comma":              {"a.json", "[{\"a\":1}\n{\"a\":1}]", "line 2: neither a comma nor the end of the array after an object. Correct it there, or have the file written anew."},
		"one comma too many":    {"a.json", "[{\"a\":1},\n]", "line 2: not a JSON object. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"an open array":         {"a.json", "[{\"a\":1}\n", "line 1: the array is not closed: the file ends too early. Make or fetch the file anew."},
		"an array cut short":    {"a.json", "[{\"a\":1},\n", "line 1: the array is not closed: the file ends too early. Make or fetch the file anew."},
		"only a bracket":        {"a.json", "[", "line 1: the array is not closed: the file ends too early. Make or fetch the file anew."},
		"an open object":        {"a.json", "{\"a\":1}\n{\"a\":{}\n", "line 2: the object is never closed. Correct it there, or have the file written anew."},
		"an open text":          {"a.json", "{\"a\":\n\"secret}\n{\"a\":2}", "line 2: a quote is not closed on its line. Correct it there, or have the file written anew."},
		"a comma between lines": {"a.json", "{\"a\":1},\n{\"a\":2}", "line 1, row 2: not a JSON object. Every row must be an object, such as {\"email\": \"ann@example.com\"}."},
		"one of many on a line": {"a.json", "[{\"a\":1},{\"a\":2},{\"a\" 3}]", "line 1, row 3: not valid JSON: invalid character '3' after object key. Correct it there, or have the file written anew."},
		"a key twice on a line": {"a.json", "[{\"a\":1},{\"a\":2,\"a\":3}]", "line 1, row 2: the key \"a\" is there twice. Keep one of the two."},
		"no comma on a line":    {"a.json", "[{\"a\":1},{\"a\":2}{\"a\":3}]", "line 1, row 2: neither a comma nor the end of the array after an object. Correct it there, or have the file written anew."},
		"invalid JSON":          {"a.json", "{\"a\":1}\n{\"a\" 1}\n", "line 2: not valid JSON: invalid character '1' after object key. Correct it there, or have the file written anew."},
		"brackets mixed up":     {"a.json", "{\"a\":1]\n", "line 1: not valid JSON: invalid character ']' after object key:value pair. Correct it there, or have the file written anew."},
		"a key twice":           {"a.json", "{\"a\":1}\n{\"a\":1,\"\\u0061\":1}\n", `line 2: the key "a" is there twice. Keep one of the two.`},
		"a key twice, nested":   {"a.json", "{\"a\":{\"b\":1,\"b\":2}}\n", `line 1: the key "a.b" is there twice. Keep one of the two.`},
		"an object twice":       {"a.json", "{\"a\":{},\"a\":{\"b\":2}}\n", `line 1: the key "a" is there twice. Keep one of the two.`},
		"a path twice":          {"a.json", "{\"a\":{\"b\":1},\"a.b\":2}\n", `line 1: the key "a.b" is there twice. Keep one of the two.`},
		"a key twice, deep":     {"a.json", "{\"a\":[{\"b\":1,\"b\":2}]}\n", "line 1: a key is there twice in one object. Keep one of the two."},
		"an empty key":          {"a.json", "{\"a\":{\"\":2}}\n", "line 1: a key is empty. Give it a name, or take it out."},
		"half an escape":        {"a.json", "{\"a\":\"secret \\ud83d\"}\n", `line 1: half a character: a \u escape of UTF-16 without its other half. Write the character itself, as UTF-8.`},
		"the wrong half":        {"a.json", "{\"a\":[\"secret \\ud83d\\u0041\"]}\n", `line 1: half a character: a \u escape of UTF-16 without its other half. Write the character itself, as UTF-8.`},
		"NUL, escaped":          {"a.json", "{\"a\":\"secret\\u0000\"}\n", `line 1: a text has \u0000, which no text has. Take it out.`},
		"NUL in JSON":           {"a.json", "{\"a\":\"secret\x00\"}\n", "line 1: the character U+0000, which no text has. Save the file as UTF-8."},
		"nested too deep":       {"a.json", strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), "line 1: objects are nested more than 64 deep. Leave out what does not belong into the table, such as objects whose keys are data."},
		"arrays too deep":       {"a.json", `{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "}", "line 1: objects are nested more than 64 deep. Leave out what does not belong into the table, such as objects whose keys are data."},
		"data as keys":          {"a.json", "{\"a\":1}\n{" + manyKeys(2000) + "}", "line 2: there are more than 2000 different keys. Leave out what does not belong into the table, such as objects whose keys are data."},
		"data as keys, deep":    {"a.json", "{\"a\":[{" + manyKeys(2001) + "}]}", "line 1: there are more than 2000 different keys. Leave out what does not belong into the table, such as objects whose keys are data."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t, test.file, test.text)
			_, err := read(t.Context(), path)
			if err == nil || err.Error() != "read "+path+": "+test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if wrong, broken := errors.AsType[*userimport.TableError](err); strings.HasPrefix(test.want, "line ") && (!broken || wrong.Line < 1) {
				t.Errorf("the error is %#v", err)
			}
		})
	}
}

func manyKeys(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = `"k` + strings.Repeat("x", i%7) + string(rune('a'+i/7%26)) + string(rune('a'+i/182)) + `":1`
	}
	return strings.Join(keys, ",")
}

// However much of a compressed file is missing, it is never taken for a whole one.
func TestCompressedFilesCutShort(t *testing.T) {
	t.Parallel()
	text := "email,name\n" + strings.Repeat("ann@example.com,Ann\nbob@example.com,Bob\n", 20)
	for name, packed := range map[string]string{"a.csv.gz": gzipped(text), "a.csv.zst": zstandard(text)} {
		for size := range len(packed) {
			if _, err := read(t.Context(), file(t, name, packed[:size])); err == nil {
				t.Fatalf("%s: %d of %d bytes were read as a table", name, size, len(packed))
			}
		}
	}
}

func TestARowWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]string{"a.csv": "a\n\"", "a.ndjson": "{\"a\":[\n"} {
		path := filepath.Join(t.TempDir(), name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(f, io.MultiReader(strings.NewReader(start), io.LimitReader(ones{}, 65<<20)))
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t.Context(), path); err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type ones struct{}

func (ones) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '1'
	}
	return len(p), nil
}

func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	if _, err := table.Open(t.Context(), filepath.Join(t.TempDir(), "absent.csv"), table.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := table.Open(t.Context(), t.TempDir(), table.Options{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatChanges(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a.csv": "a\n1\n2\n", "a.ndjson": "{\"a\":1}\n{\"a\":2}\n"} {
		path := file(t, name, text)
		f := open(t, path, table.Options{})
		var during error
		for row, err := range f.Rows(t.Context()) {
			during = err
			if row.Number == 1 {
				appendTo(t, path, text)
			}
		}
		_, after := rowsOf(t.Context(), f)
		for when, err := range map[string]error{"during": during, "after": after} {
			if err == nil || !strings.Contains(err.Error(), "the file changed while it was read") {
				t.Errorf("%s, %s: %v", name, when, err)
			}
		}
	}
}

// A file of the same size, written later, is another one.
func TestAFileThatWasTouched(t *testing.T) {
	t.Parallel()
	path := file(t, "a.csv", "a\n1\n")
	f := open(t, path, table.Options{})
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if _, err := rowsOf(t.Context(), f); err == nil || !strings.Contains(err.Error(), "the file changed") {
		t.Errorf("got %v", err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadingStopsWhenTold(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a.csv": "a\n1\n2\n", "a.ndjson": "{\"a\":1}\n{\"a\":2}\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, file(t, name, text), table.Options{})
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var last error
			rows := 0
			for row, err := range f.Rows(ctx) {
				if last = err; row.Number > 0 {
					rows++
				}
				stop()
			}
			if rows != 1 || !errors.Is(last, context.Canceled) {
				t.Errorf("%d rows, then %v", rows, last)
			}
			for _, err := range f.Rows(t.Context()) {
				if err != nil {
					t.Error(err)
				}
				break // nothing may be yielded to who has left
			}
		})
	}
}

// To open JSON is to read all of it, which can be stopped, too.
func TestOpeningStopsWhenTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := table.Open(ctx, file(t, "a.ndjson", `{"a":1}`), table.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
