package usersync

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// ParseRow reads the cells of one row, given without its line end. Its error is
// a [*RowError] that knows no line.
func ParseRow(body []byte) ([]string, error) {
	return new(rowParser).parse(body, 0, comma)
}

// A rowParser takes rows apart. It keeps its buffers from one row to the next.
type rowParser struct {
	text []byte // of all cells of the row, one after the other
	ends []int  // of the cells in the text
}

func (p *rowParser) parse(body []byte, line int, delimiter byte) ([]string, error) {
	p.text, p.ends = p.text[:0], p.ends[:0]
	for more := true; more; {
		var err error
		if body, err = p.cell(body, delimiter); err != nil {
			return nil, &RowError{Line: line, Cell: len(p.ends) + 1, Err: err}
		}
		p.ends = append(p.ends, len(p.text))
		if more = len(body) > 0; more {
			body = body[1:] // the delimiter: a cell ends before nothing else
		}
	}
	return p.cells(), nil
}

// cell reads a cell, up to the delimiter or the end of the row.
func (p *rowParser) cell(body []byte, delimiter byte) (rest []byte, err error) {
	start := len(p.text)
	if len(body) > 0 && body[0] == '"' {
		rest, err = p.quoted(body[1:])
	} else {
		rest, err = p.bare(body, delimiter)
	}
	switch {
	case err != nil:
		return nil, err
	case len(rest) > 0 && rest[0] == '\r':
		return nil, errBareReturn
	case len(rest) > 0 && rest[0] != delimiter:
		return nil, errors.New("text after the closing quote")
	case !utf8.Valid(p.text[start:]):
		return nil, errors.New("not UTF-8")
	}
	return rest, nil
}

var errBareReturn = errors.New("a carriage return outside quotes; lines must end in LF or CR LF")

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
func (p *rowParser) bare(body []byte, delimiter byte) (rest []byte, err error) {
	end := bytes.IndexByte(body, delimiter)
	if end < 0 {
		end = len(body)
	}
	if bytes.IndexByte(body[:end], '"') >= 0 {
		return nil, errors.New("a quote inside a cell that does not begin with one")
	}
	if bytes.IndexByte(body[:end], '\r') >= 0 {
		return nil, errBareReturn
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
