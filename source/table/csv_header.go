package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// opening opens a text at its start.
type opening func() (*textReader, error)

// findHeader reads the header, cut by the delimiter or, where that is 0, by the
// usual one that gives the most columns.
func findHeader(open opening, delimiter rune) (*csvRows, error) {
	candidates := ",;\t|"
	if delimiter != 0 {
		if delimiter >= 0x80 || strings.ContainsRune("\"\r\n\x00", delimiter) {
			return nil, fmt.Errorf("%q cannot be a delimiter: it must be one character of ASCII, and neither a quote nor a line end", delimiter)
		}
		candidates = string(delimiter)
	}
	var best *csvRows
	var place usersync.Row
	var first error
	for _, candidate := range []byte(candidates) {
		form := &csvRows{delimiter: candidate}
		row, err := form.readHeader(open)
		switch {
		case err != nil && first == nil:
			first = err
		case err == nil && (best == nil || len(row.Cells) > len(best.columns)):
			form.columns = row.Cells
			best, place = form, row
		}
	}
	if best == nil {
		return nil, first
	}
	if err := checkColumns(best.columns, place.Line); err != nil {
		return nil, err
	}
	return best, best.keepHeading(open, place)
}

func (c *csvRows) readHeader(open opening) (usersync.Row, error) {
	text, err := open()
	if err != nil {
		return usersync.Row{}, err
	}
	defer text.done()
	scanner := usersync.NewRowScanner(text)
	scanner.Delimiter = c.delimiter
	row, err := scanner.Next()
	if errors.Is(err, io.EOF) {
		return usersync.Row{}, &userimport.TableError{
			Line: 1, Err: errEmpty, Hint: "CSV begins with a header that names the columns",
		}
	}
	return row, c.explain(err)
}

var errEmpty = errors.New("there is nothing in the file")

func checkColumns(names []string, line int) error {
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if strings.TrimSpace(name) == "" {
			return &userimport.TableError{
				Line: line, Err: fmt.Errorf("column %d of %d has no name", i+1, len(names)),
				Hint: "Give it one, or take the column out",
			}
		}
		if seen[name] {
			return &userimport.TableError{
				Line: line, Err: fmt.Errorf("the column %q is there twice", shortened(name)),
				Hint: "Give one of them another name, or take it out",
			}
		}
		seen[name] = true
	}
	return nil
}

// shortened is a name at a length that fits into a sentence.
func shortened(name string) string {
	const most = 60
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}

// keepHeading keeps the header's text, and finds out how its line ends.
func (c *csvRows) keepHeading(open opening, place usersync.Row) error {
	text, err := open()
	if err != nil {
		return err
	}
	defer text.done()
	if _, err := io.CopyN(io.Discard, text, place.Offset); err != nil {
		return err
	}
	c.heading = make([]byte, place.Length)
	if _, err := io.ReadFull(text, c.heading); err != nil {
		return err
	}
	if bytes.HasPrefix(c.heading, []byte("\ufeff")) {
		return &userimport.TableError{Line: place.Line, Err: errors.New("the file begins with several byte order marks"), Hint: "Leave one of them"}
	}
	end := make([]byte, len("\r\n"))
	n, err := io.ReadFull(text, end)
	if isDisk(err) {
		return err
	}
	c.crlf = bytes.Equal(end[:n], []byte("\r\n"))
	return nil
}
