package usersync_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	usersync "usersync/sync"
)

// scanRows reads all rows of a text, up to the first error.
func scanRows(r io.Reader) ([]usersync.Row, error) {
	scanner := usersync.NewRowScanner(r)
	var rows []usersync.Row
	for {
		row, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

func TestRowScannerReads(t *testing.T) {
	t.Parallel()
	row := func(line int, offset int64, length int, cells ...string) usersync.Row {
		return usersync.Row{Cells: cells, Line: line, Offset: offset, Length: length}
	}
	for name, test := range map[string]struct {
		text string
		want []usersync.Row
	}{
		"nothing":                 {"", nil},
		"one row":                 {"a,b\n", []usersync.Row{row(1, 0, 3, "a", "b")}},
		"no end of the last line": {"a\nb", []usersync.Row{row(1, 0, 1, "a"), row(2, 2, 1, "b")}},
		"CR LF":                   {"a,b\r\nc,d\r\n", []usersync.Row{row(1, 0, 3, "a", "b"), row(2, 5, 3, "c", "d")}},
		"empty cells":             {",,\n", []usersync.Row{row(1, 0, 2, "", "", "")}},
		"an empty quoted cell":    {"\"\"\n", []usersync.Row{row(1, 0, 2, "")}},
		"empty lines":             {"\na\n\r\n\nb\n\n", []usersync.Row{row(2, 1, 1, "a"), row(5, 6, 1, "b")}},
		"quotes within quotes":    {`"say ""a"", ""b"""` + "\n", []usersync.Row{row(1, 0, 18, `say "a", "b"`)}},
		"line ends within quotes": {"\"a\r\nb\rc\nd\"\r\ne\n", []usersync.Row{row(1, 0, 10, "a\r\nb\rc\nd"), row(4, 12, 1, "e")}},
		"spaces":                  {" a , b\n", []usersync.Row{row(1, 0, 6, " a ", " b")}},
		"a byte order mark":       {"\ufeffa\nb\n", []usersync.Row{row(1, 3, 1, "a"), row(2, 5, 1, "b")}},
		"a mark and a quote":      {"\ufeff\"a\"\n", []usersync.Row{row(1, 3, 3, "a")}},
		"a mark as data":          {"\"\ufeffa\"\n\ufeffb\n", []usersync.Row{row(1, 0, 6, "\ufeffa"), row(2, 7, 4, "\ufeffb")}},
		"U+0000":                  {"\x00,\"\x00\"\n", []usersync.Row{row(1, 0, 5, "\x00", "\x00")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, reader := range map[string]io.Reader{
				"at once": strings.NewReader(test.text), "byte by byte": iotest.OneByteReader(strings.NewReader(test.text)),
			} {
				got, err := scanRows(reader)
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", how, diff)
				}
			}
		})
	}
}

func TestRowScannerRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"a quote that is never closed":  {"a\nb,\"secret\nc\n", `line 2: cell 2: the quote is never closed`},
		"text after the closing quote":  {"\"a\"secret,b\n", `line 1: cell 1: text after the closing quote`},
		"a quote in the middle":         {"a,secret\"\nb,c\n", `line 1: cell 2: a quote inside a cell that does not begin with one`},
		"an old Macintosh":              {"secret,b\rc,d\r", `line 1: cell 2: a carriage return outside quotes; lines must end in LF or CR LF`},
		"Latin-1":                       {"a\n\nb,c,secr\xe9t\n", `line 3: cell 3: not UTF-8`},
		"half a character":              {"a\xc3,\xa9\n", `line 1: cell 1: not UTF-8`},
		"UTF-16":                        {"\xff\xfes\x00\n\x00", `line 1: cell 1: not UTF-8`},
		"broken quoting after good row": {"a\n\"b\nc\"\nd\"\n", `line 4: cell 1: a quote inside a cell that does not begin with one`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := scanRows(strings.NewReader(test.text))
			if _, expected := errors.AsType[*usersync.RowError](err); !expected || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestRowScannerRefusesARowWithoutEnd(t *testing.T) {
	t.Parallel()
	endless := io.MultiReader(strings.NewReader("a\n\""), io.LimitReader(repeat('x'), 2*usersync.MaxRow))
	_, err := scanRows(endless)
	if err == nil || err.Error() != "line 2: the row is longer than 64 MiB; perhaps a quote is not closed" {
		t.Errorf("got %v", err)
	}
}

type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestRowScannerPassesOnReadErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk broke")
	for _, text := range []string{"", "a", "a\n", "a\n\"b\n"} {
		_, err := scanRows(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("after %q: got %v", text, err)
		}
	}
}

func TestAppendRowQuotesWhatOthersWouldLose(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cells []string
		want  string
	}{
		"plain":               {[]string{"a", "", "é"}, "a,,é\n"},
		"comma, quote, lines": {[]string{"a,b", `c"d"`, "e\nf", "g\rh", "i\r\nj"}, "\"a,b\",\"c\"\"d\"\"\",\"e\nf\",\"g\rh\",\"i\r\nj\"\n"},
		"spaces at the ends":  {[]string{" a", "b ", "\tc", " ", "d e"}, "\" a\",\"b \",\"\tc\",\" \",d e\n"},
		"a byte order mark":   {[]string{"\ufeffa", "b\ufeff"}, "\"\ufeffa\",b\ufeff\n"},
		"Postgres' end":       {[]string{`\.`, `\..`}, `"\.",\..` + "\n"},
		"one empty cell":      {[]string{""}, "\"\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := string(usersync.AppendRow(nil, test.cells)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRowsComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	cell := rapid.OneOf(
		rapid.StringOf(rapid.SampledFrom([]rune("\",\r\n \t\x00\ufeff\\.aé"))),
		rapid.Map(rapid.String(), func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }),
	)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.SliceOfN(cell, 1, 5)).Draw(t, "rows")
		var text []byte
		for _, cells := range want {
			text = usersync.AppendRow(text, cells)
		}
		got, err := scanRows(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d rows, want %d", text, len(got), len(want))
		}
		for i, row := range got {
			if !slices.Equal(row.Cells, want[i]) {
				t.Fatalf("row %d: got %q, want %q", i, row.Cells, want[i])
			}
			alone, err := usersync.ParseRow(text[row.Offset : row.Offset+int64(row.Length)])
			if err != nil || !slices.Equal(alone, want[i]) {
				t.Fatalf("row %d, alone: got %q, %v, want %q", i, alone, err, want[i])
			}
		}
	})
}

func TestRowsComeBackWithAnyDelimiter(t *testing.T) {
	t.Parallel()
	cell := rapid.StringOf(rapid.SampledFrom([]rune("\",;\t|\r\n :é")))
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]byte(",;\t|: ")).Draw(t, "delimiter")
		want := rapid.SliceOf(rapid.SliceOfN(cell, 1, 5)).Draw(t, "rows")
		var text []byte
		for _, cells := range want {
			text = append(usersync.AppendCells(text, cells, delimiter), "\r\n"...)
		}
		scanner := usersync.NewRowScanner(bytes.NewReader(text))
		scanner.Delimiter = delimiter
		for i, cells := range want {
			if row, err := scanner.Next(); err != nil || !slices.Equal(row.Cells, cells) {
				t.Fatalf("%q: row %d: got %q, %v, want %q", text, i, row.Cells, err, cells)
			}
		}
		if row, err := scanner.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("%q: and then %q, %v", text, row.Cells, err)
		}
	})
}
