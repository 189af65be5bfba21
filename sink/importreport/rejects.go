package importreport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"usersync/sync/userimport"
)

// A Dialect is a table that can write its rows as it has them.
type Dialect interface {
	userimport.Table
	// NewWriter begins a file in the table's own dialect, header and all.
	NewWriter(w io.Writer) (RowWriter, error)
}

// A RowWriter writes rows as their table has them.
type RowWriter interface {
	Write(row userimport.Row) error
	Flush() error
}

// Rejects are where the rows to mend go.
type Rejects struct {
	Path    string // the rows as they stand in the table, to be mended and fed again
	Reasons string // what is wrong with each, in words
}

// WriteRejects writes the rows that are to be mended: those rejected, in conflict
// and refused by Authgear. Both files are readable for their owner alone. Files
// that stood there before, which somebody may have worked on, get a ~ after their
// names. It returns how many rows it wrote; without any there are no files.
func (l *Log) WriteRejects(ctx context.Context, to Rejects, table Dialect) (int, error) {
	for _, path := range []string{to.Path, to.Reasons} {
		if err := PutAside(path); err != nil {
			return 0, err
		}
	}
	if l.toMend() == 0 {
		return 0, nil
	}
	written := 0
	err := replaceFile(to.Path, func(rows *bufio.Writer) error {
		return replaceFile(to.Reasons, func(reasons *bufio.Writer) (err error) {
			written, err = l.writeRejects(ctx, rows, reasons, table)
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("write the rejects to %s: %w", to.Path, err)
	}
	if written != l.toMend() {
		return written, fmt.Errorf("write the rejects to %s: %d of %d rows; this is a fault of usersync", to.Path, written, l.toMend())
	}
	return written, nil
}

func (l *Log) toMend() int {
	count := 0
	for _, outcome := range userimport.Outcomes() {
		if mends(outcome) {
			count += l.Count(outcome)
		}
	}
	return count
}

// mends says whether a person has to do something about a row.
func mends(outcome userimport.Outcome) bool {
	return outcome == userimport.Rejected || outcome == userimport.Conflict || outcome == userimport.Failed
}

func (l *Log) writeRejects(ctx context.Context, rows, reasons *bufio.Writer, table Dialect) (int, error) {
	writer, err := table.NewWriter(rows)
	if err != nil {
		return 0, err
	}
	written := 0
	for row, err := range table.Rows(ctx) {
		if err != nil {
			return 0, err
		}
		if !mends(l.Outcome(row.Number)) {
			continue
		}
		result, _, err := l.Get(row.Number)
		if err != nil {
			return 0, err
		}
		if err := writer.Write(row); err != nil {
			return 0, err
		}
		written++
		if _, err := reasons.WriteString(reasonText(written, row, result)); err != nil {
			return 0, err
		}
	}
	return written, writer.Flush()
}

// placeText says where the row stands in the table that was imported.
func placeText(row userimport.Row) string {
	where := userimport.Where(row.Number, row.Line)
	if row.Line == 0 { // the rejects have rows, too
		where += " of the import"
	}
	return where
}

// reasonText tells of one row, in as many lines as it has problems, and at least one.
func reasonText(number int, row userimport.Row, result userimport.Result) string {
	said := fmt.Sprintf("row %d (%s, %s)", number, result.Outcome, placeText(row))
	var text strings.Builder
	for _, line := range append([]string{result.Reason}, result.Details...) {
		// What a server says may have lines.
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			text.WriteString(said + ": " + line + "\n")
		}
	}
	if text.Len() == 0 {
		return said + "\n"
	}
	return text.String()
}
