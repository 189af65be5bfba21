package usersync

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
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
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !needsQuotes(cell) && (cell != "" || len(cells) > 1) {
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
	return append(dst, '\n')
}

func needsQuotes(cell string) bool {
	if cell == "" {
		return false
	}
	if cell == `\.` || strings.ContainsAny(cell, "\",\r\n\x00") {
		return true
	}
	first, _ := utf8.DecodeRuneInString(cell)
	last, _ := utf8.DecodeLastRuneInString(cell)
	return first == byteOrderMark || unicode.IsSpace(first) || unicode.IsSpace(last)
}

const byteOrderMark = '\uFEFF'

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
	Line int // on which the row begins, from 1
	Cell int // from 1; 0 if it concerns the row as a whole
	Err  error
}

// Error says where and what.
func (e *RowError) Error() string {
	if e.Cell == 0 {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d: cell %d: %v", e.Line, e.Cell, e.Err)
}

// Unwrap is what was wrong.
func (e *RowError) Unwrap() error { return e.Err }

// A RowScanner reads RFC 4180 rows of UTF-8 exactly: every byte between quotes
// is data. Lines may end in LF or CR LF, the last one in nothing; lines without
// anything on them are passed over, and so is a byte order mark at the start.
type RowScanner struct {
	in     *bufio.Reader
	offset int64 // of the next byte
	line   int   // of the next byte
	raw    []byte
	parser rowParser
}

// NewRowScanner reads rows from the start of a file.
func NewRowScanner(r io.Reader) *RowScanner {
	return &RowScanner{in: bufio.NewReaderSize(r, 256<<10), line: 1}
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
		if row.Cells, err = s.parser.parse(body, row.Line); err != nil {
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

// ParseRow reads the cells of one row, given without its line end. A
// [*RowError] of it counts lines from the row's own.
func ParseRow(body []byte) ([]string, error) {
	return new(rowParser).parse(body, 1)
}

// A rowParser takes rows apart. It keeps its buffers from one row to the next.
type rowParser struct {
	text []byte // of all cells of the row, one after the other
	ends []int  // of the cells in the text
}

func (p *rowParser) parse(body []byte, line int) ([]string, error) {
	p.text, p.ends = p.text[:0], p.ends[:0]
	for more := true; more; {
		var err error
		if body, err = p.cell(body); err != nil {
			return nil, &RowError{Line: line, Cell: len(p.ends) + 1, Err: err}
		}
		p.ends = append(p.ends, len(p.text))
		body, more = bytes.CutPrefix(body, []byte{','})
	}
	return p.cells(), nil
}

// cell reads a cell, up to the comma or the end of the row.
func (p *rowParser) cell(body []byte) (rest []byte, err error) {
	start := len(p.text)
	if len(body) > 0 && body[0] == '"' {
		rest, err = p.quoted(body[1:])
	} else {
		rest, err = p.bare(body)
	}
	switch {
	case err != nil:
		return nil, err
	case len(rest) > 0 && rest[0] != ',':
		return nil, errors.New("text after the closing quote")
	case !utf8.Valid(p.text[start:]):
		return nil, errors.New("not UTF-8")
	}
	return rest, nil
}

// quoted reads from behind the opening quote to behind the closing one.
func (p *rowParser) quoted(body []byte) (rest []byte, err error) {
	for {
		end := bytes.IndexByte(body, '"')
		if end < 0 {
			return nil, errors.New("the quote is never closed")
		}
		p.text = append(p.text, body[:end]...)
		body = body[end+1:]
		if len(body) == 0 || body[0] != '"' {
			return body, nil
		}
		p.text = append(p.text, '"')
		body = body[1:]
	}
}

// bare reads a cell without quotes.
func (p *rowParser) bare(body []byte) (rest []byte, err error) {
	end := bytes.IndexByte(body, ',')
	if end < 0 {
		end = len(body)
	}
	if bytes.IndexByte(body[:end], '"') >= 0 {
		return nil, errors.New("a quote inside a cell that does not begin with one")
	}
	if bytes.IndexByte(body[:end], '\r') >= 0 {
		return nil, errors.New("a carriage return outside quotes; lines must end in LF or CR LF")
	}
	p.text = append(p.text, body[:end]...)
	return body[end:], nil
}

// cells cuts the text; all cells of a row share one string.
func (p *rowParser) cells() []string {
	text := string(p.text)
	cells := make([]string, len(p.ends))
	start := 0
	for i, end := range p.ends {
		cells[i] = text[start:end]
		start = end
	}
	return cells
}
