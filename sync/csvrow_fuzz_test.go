package usersync_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	usersync "usersync/sync"
)

// FuzzRowScanner compares with encoding/csv. The two must agree on what is a
// file of rows and on its cells, apart from the exactness that is the reason for
// having our own: encoding/csv makes CR LF inside quotes LF, takes any bytes
// for text, a carriage return alone for text, and a byte order mark for part of
// the first cell.
func FuzzRowScanner(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := scanRows(bytes.NewReader(data))
		theirs, theirErr := readByStandardLibrary(data)
		if err != nil {
			if _, expected := errors.AsType[*usersync.RowError](err); !expected {
				t.Fatalf("an error of another kind: %v", err)
			}
			stricter := !utf8.Valid(data) || strings.Contains(err.Error(), "carriage return")
			if theirErr == nil && !stricter {
				t.Fatalf("%q: refused (%v), and encoding/csv reads %q", data, err, theirs)
			}
			return
		}
		if theirErr != nil {
			t.Fatalf("%q: read as %+v, and encoding/csv refuses: %v", data, rows, theirErr)
		}
		compareRows(t, rows, theirs)
		checkPlaces(t, data, rows)
	})
}

func readByStandardLibrary(data []byte) ([][]string, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	reader.FieldsPerRecord = -1
	return reader.ReadAll()
}

func compareRows(t *testing.T, ours []usersync.Row, theirs [][]string) {
	t.Helper()
	if len(ours) != len(theirs) {
		t.Fatalf("%d rows, and encoding/csv reads %d", len(ours), len(theirs))
	}
	for i := range ours {
		lenient := slices.Clone(ours[i].Cells)
		for j := range lenient {
			lenient[j] = strings.ReplaceAll(lenient[j], "\r\n", "\n")
		}
		if !slices.Equal(lenient, theirs[i]) {
			t.Fatalf("row %d: %q, and encoding/csv reads %q", i, lenient, theirs[i])
		}
	}
}

// checkPlaces checks that a row's bytes, by themselves, are the row, that
// nothing but line ends stands between rows, and that what is written of a row
// reads as the row.
func checkPlaces(t *testing.T, data []byte, rows []usersync.Row) {
	t.Helper()
	end := int64(len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff"))))
	for i, row := range rows {
		if between := data[end:row.Offset]; len(bytes.Trim(between, "\r\n")) > 0 {
			t.Fatalf("%q stands before row %d", between, i)
		}
		if line := 1 + bytes.Count(data[:row.Offset], []byte("\n")); line != row.Line {
			t.Fatalf("row %d is said to be on line %d, and is on %d", i, row.Line, line)
		}
		end = row.Offset + int64(row.Length)
		for what, body := range map[string][]byte{
			"its bytes":           data[row.Offset:end],
			"what we write of it": bytes.TrimSuffix(usersync.AppendRow(nil, row.Cells), []byte("\n")),
		} {
			cells, err := usersync.ParseRow(body)
			if err != nil || !slices.Equal(cells, row.Cells) {
				t.Fatalf("row %d: %s, %q, read as %q, %v", i, what, body, cells, err)
			}
		}
	}
}
