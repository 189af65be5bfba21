package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// csvRows is rows of cells under a header.
type csvRows struct {
	columns   []string
	heading   []byte // the header as it stands in the text, without its line end
	delimiter byte
	crlf      bool
}

func (c *csvRows) each(ctx context.Context, text io.Reader, see func(userimport.Row) bool) (whole bool, err error) {
	scanner := usersync.NewRowScanner(text)
	scanner.Delimiter = c.delimiter
	if _, err := scanner.Next(); err != nil {
		return false, c.explain(err)
	}
	values := make([]userimport.Value, len(c.columns))
	for number := 1; ; number++ {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		row, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, c.explain(err)
		}
		if len(row.Cells) != len(values) {
			return false, c.ragged(row, c.moreRagged(ctx, scanner))
		}
		for i, cell := range row.Cells {
			values[i] = userimport.Value{Text: cell}
		}
		if !see(userimport.Row{Number: number, Line: row.Line, Values: values}) {
			return false, nil
		}
	}
}

// mostRagged is how many ragged rows are named besides the first.
const mostRagged = 9

// moreRagged are the lines of the next rows that are ragged, as far as the text can
// be read: so that they are mended at once.
func (c *csvRows) moreRagged(ctx context.Context, scanner *usersync.RowScanner) []string {
	var lines []string
	for len(lines) < mostRagged && ctx.Err() == nil {
		row, err := scanner.Next()
		if err != nil {
			break
		}
		if len(row.Cells) != len(c.columns) {
			lines = append(lines, strconv.Itoa(row.Line))
		}
	}
	return lines
}

// ragged refuses the table for a row, as values would come under wrong columns.
func (c *csvRows) ragged(row usersync.Row, more []string) error {
	hint := "A cell with " + delimiterName(c.delimiter) + " or a line end in it must be in quotes"
	if len(row.Cells) < len(c.columns) {
		hint = "Empty cells at the end of a row need their delimiters, too"
	}
	what := fmt.Sprintf("%s under %s", count(len(row.Cells), "cell"), count(len(c.columns), "column"))
	if len(more) > 0 {
		lines := "line"
		if len(more) > 1 {
			lines = "lines"
		}
		what += fmt.Sprintf("; not as many as columns are also on %s %s", lines, strings.Join(more, ", "))
	}
	return &userimport.TableError{Line: row.Line, Err: errors.New(what), Hint: hint}
}

// explain gives the error of the scanner the column's name and a hint.
func (c *csvRows) explain(err error) error {
	wrong, isRow := errors.AsType[*usersync.RowError](err)
	if !isRow {
		return err
	}
	explained := &userimport.TableError{Line: wrong.Line, Err: wrong.Err}
	switch {
	case wrong.Cell == 0:
		return explained
	case wrong.Cell <= len(c.columns):
		explained.Err = fmt.Errorf("column %q: %w", shortened(c.columns[wrong.Cell-1]), wrong.Err)
	default:
		explained.Err = fmt.Errorf("cell %d: %w", wrong.Cell, wrong.Err)
	}
	explained.Hint = "A cell with a quote, " + delimiterName(c.delimiter) + " or a line end in it must be in quotes, and quotes in it doubled"
	return explained
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func delimiterName(delimiter byte) string {
	switch delimiter {
	case ',':
		return "a comma"
	case ';':
		return "a semicolon"
	case '\t':
		return "a tab"
	case '|':
		return "a vertical bar"
	default:
		return "the delimiter"
	}
}

func (c *csvRows) lineEnd() string {
	if c.crlf {
		return "\r\n"
	}
	return "\n"
}

func (c *csvRows) appendRow(dst []byte, row userimport.Row) ([]byte, error) {
	if len(row.Values) != len(c.columns) {
		return dst, fmt.Errorf("write row %d: %d values for %d columns", row.Number, len(row.Values), len(c.columns))
	}
	cells := make([]string, len(row.Values))
	for i, value := range row.Values {
		cells[i] = value.Text
	}
	return append(usersync.AppendCells(dst, cells, c.delimiter), c.lineEnd()...), nil
}
