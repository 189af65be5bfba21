package usersync

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A Row is one row of a file, with the place where it stands.
type Row struct {
	Cells []string
	// Line is the line on which the row begins, from 1.
	Line int
	// Offset and Length say which bytes of the file the row is, without its
	// line end. The length is at most [MaxRow].
	Offset int64
	Length int
}

// A RowError is a row that is not one. It shows nothing of what the row holds.
type RowError struct {
	Line   int    // on which the row begins, from 1; 0 where that is not known
	Cell   int    // from 1; 0 if it concerns the row as a whole
	Column string // the name over the cell, where there is one
	Err    error
}

// Error says where and what.
func (e *RowError) Error() string {
	var place string
	if e.Line > 0 {
		place = fmt.Sprintf("line %d: ", e.Line)
	}
	switch {
	case e.Column != "":
		place += fmt.Sprintf("column %s: ", e.Column)
	case e.Cell > 0:
		place += fmt.Sprintf("cell %d: ", e.Cell)
	}
	return place + e.Err.Error()
}

// Unwrap is what was wrong.
func (e *RowError) Unwrap() error { return e.Err }

// A RowScanner reads RFC 4180 rows of UTF-8 exactly: every byte between quotes
// is data. Lines may end in LF or CR LF, the last one in nothing; lines without
// anything on them are passed over, and so is a byte order mark at the start.
type RowScanner struct {
	// Delimiter is what stands between cells: a comma, unless something else is
	// set before the first row. It is a character of ASCII that is neither a quote
	// nor of a line end.
	Delimiter byte

	in     *bufio.Reader
	offset int64 // of the next byte
	line   int   // of the next byte
	raw    []byte
	parser rowParser
}

// NewRowScanner reads rows from the start of a file.
func NewRowScanner(r io.Reader) *RowScanner {
	return &RowScanner{Delimiter: comma, in: bufio.NewReaderSize(r, 256<<10), line: 1}
}

// Next reads a row, of any number of cells. Its error is [io.EOF] after the
// last row, a [*RowError] for what is no row, and otherwise the reader's. After
// an error there is no next row.
func (s *RowScanner) Next() (Row, error) {
	if s.offset == 0 {
		if err := s.skipByteOrderMark(); err != nil {
			return Row{}, err
		}
	}
	for {
		row := Row{Line: s.line, Offset: s.offset}
		if err := s.readRaw(); err != nil {
			return Row{}, err
		}
		body := s.raw
		if trimmed, ended := bytes.CutSuffix(body, []byte("\n")); ended {
			body = bytes.TrimSuffix(trimmed, []byte("\r"))
		}
		if len(body) == 0 {
			continue
		}
		var err error
		if row.Cells, err = s.parser.parse(body, row.Line, s.Delimiter); err != nil {
			return Row{}, err
		}
		row.Length = len(body)
		return row, nil
	}
}

func (s *RowScanner) skipByteOrderMark() error {
	start, err := s.in.Peek(utf8.RuneLen(byteOrderMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(start) == string(byteOrderMark) {
		n, err := s.in.Discard(len(start))
		s.offset += int64(n)
		return err
	}
	return nil
}

// readRaw reads the lines up to the end of a row. A row ends with the first line
// by which its quotes are even in number: so it is in every row without a
// mistake, and one with a mistake is refused by the parser wherever it ends.
func (s *RowScanner) readRaw() error {
	s.raw = s.raw[:0]
	begun, quotes := s.line, 0
	for {
		chunk, err := s.in.ReadSlice('\n')
		if len(s.raw)+len(chunk) > MaxRow {
			return &RowError{Line: begun, Err: fmt.Errorf("the row is longer than %d MiB; perhaps a quote is not closed", MaxRow>>20)}
		}
		s.raw = append(s.raw, chunk...)
		s.offset += int64(len(chunk))
		quotes += bytes.Count(chunk, []byte{'"'})
		switch {
		case err == nil:
			s.line++
			if quotes%2 == 0 {
				return nil
			}
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(s.raw) > 0:
			return nil
		default:
			return err
		}
	}
}
