package table_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"usersync/source/table"
	"usersync/sync/userimport"
)

// rewritten is what the table's writer makes of rows.
func rewritten(t testing.TB, f *table.File, rows []userimport.Row) string {
	t.Helper()
	var out bytes.Buffer
	writer, err := f.Writer(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := writer.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestRowsAreWrittenAsTheyWere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, text, want string }{
		"plain": {"a.csv", "a,b\n1,2\n", ""},
		"a header as it stands": {
			"a.csv", "\"a;b;c\",  d;e,\"f\"\"\"\n1,\"2\n\",\n",
			"\"a;b;c\",  d;e,\"f\"\"\"\n1,\"2\n\",\n",
		},
		"quotes where they are needed": {"a.csv", "a;b;c\n\"1\";\"2;\"\"\r\n\";\" 3,\"\n", "a;b;c\n1;\"2;\"\"\r\n\";\" 3,\"\n"},
		"one empty cell":               {"a.csv", "a\n\"\"\n", ""},
		"CR LF and a mark":             {"a.csv", "\ufeffa\tb\r\n1\t\"2\n\"\r\n", ""},
		"UTF-16":                       {"a.csv", utf16LE("a\tb\r\n🐢\té\r\n"), ""},
		"UTF-16, the other way round":  {"a.csv", utf16BE("a\n🐢\n"), ""},
		"packed":                       {"a.csv.gz", gzipped("a|b\n1|2\n"), "a|b\n1|2\n"},
		"lines":                        {"a.ndjson", "{ \"a\": 1.0, \"b\": null,\"c\":{}, \"d\" : {\"e\":[ 1 ]}, \"f\":\"\\u00e9\" }\n{}\n", ""},
		"lines with spaces between":    {"a.ndjson", "\n {\"a\":1} \r\n{\"a\":2}{\"a\":3}", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"},
		"an array":                     {"a.json", "[{\"a\":1.50},\n{\n\t\"a\": \"x  y\",\r\n \"b\":{ }\n}]", "{\"a\":1.50}\n{\"a\":\"x  y\",\"b\":{}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, file(t, test.file, test.text), table.Options{})
			rows, err := rowsOf(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				test.want = test.text
			}
			compare(t, rewritten(t, f, rows), test.want)
		})
	}
}

func TestRowsOfOtherTablesAreNotWritten(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a.csv": "a,b\n", "a.ndjson": "{\"a\":1}"} {
		writer, err := open(t, file(t, name, text), table.Options{}).Writer(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Write(userimport.Row{Number: 7, Values: make([]userimport.Value, 1)}); err == nil || !strings.Contains(err.Error(), "row 7") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWritingSaysWhatFails(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	writer, err := open(t, file(t, "a.csv", "a\n"), table.Options{}).Writer(writerFunc(func([]byte) (int, error) { return 0, full }))
	if err == nil {
		err = writer.Flush()
	}
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
