package usersync

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rows are read and written here, and not by encoding/csv, for two reasons. Its
// reader turns CR LF inside quotes into LF, so that a value would not come back
// as it was. And it does not say where a row's bytes are, which the mirror needs
// for copying unchanged rows as they stand.

// MaxRow is the most bytes that a row may have. It is far beyond any user, and
// keeps a quote that is never closed from taking a whole file into memory.
const MaxRow = 64 << 20

// AppendRow appends a row as RFC 4180 writes it, with the line end LF. Cells are
// quoted where any common reader would else lose something: spaces at the ends,
// a byte order mark at the start, what Postgres takes for the end of its data.
// The cells must be valid UTF-8 for [RowScanner] to take them back.
func AppendRow(dst []byte, cells []string) []byte {
	return append(AppendCells(dst, cells, comma), '\n')
}

// AppendCells appends a row as [AppendRow] does, with another delimiter, see
// [RowScanner], and without a line end.
func AppendCells(dst []byte, cells []string, delimiter byte) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, delimiter)
		}
		if !needsQuotes(cell, delimiter) && (cell != "" || len(cells) > 1) {
			dst = append(dst, cell...)
			continue
		}
		dst = append(dst, '"')
		for {
			before, after, found := strings.Cut(cell, `"`)
			dst = append(dst, before...)
			if !found {
				break
			}
			dst = append(dst, `""`...)
			cell = after
		}
		dst = append(dst, '"')
	}
	return dst
}

func needsQuotes(cell string, delimiter byte) bool {
	if cell == "" {
		return false
	}
	if cell == `\.` || strings.IndexByte(cell, delimiter) >= 0 || strings.ContainsAny(cell, "\"\r\n\x00") {
		return true
	}
	first, _ := utf8.DecodeRuneInString(cell)
	last, _ := utf8.DecodeLastRuneInString(cell)
	return first == byteOrderMark || unicode.IsSpace(first) || unicode.IsSpace(last)
}

const comma = ','

const byteOrderMark = '\uFEFF'
