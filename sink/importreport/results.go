package importreport

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// redacted stands for a secret that was there.
const redacted = "REDACTED"

// added are the columns after the table's own.
func added() []string { return []string{"_line", "_outcome", "_sub", "_reason", "_detail"} }

// WriteResults writes what became of each row of a table: the table's own columns,
// then _line, _outcome, _sub, _reason and _detail. It is a file to be opened:
// comma separated, in UTF-8, every cell guarded by [usersync.GuardFormula]. What
// stands in secret columns is redacted. The file is readable for its owner alone
// and there whole or not at all; an older one is replaced.
func (l *Log) WriteResults(ctx context.Context, path string, table userimport.Table, secret func(column string) bool) error {
	err := replaceFile(path, func(w *bufio.Writer) error {
		return l.writeResults(ctx, w, table, secret)
	})
	if err != nil {
		return fmt.Errorf("write the results to %s: %w", path, err)
	}
	return nil
}

func (l *Log) writeResults(ctx context.Context, w *bufio.Writer, table userimport.Table, secret func(column string) bool) error {
	columns := table.Columns()
	var kept []int // a results file that is imported has the added columns already
	for i, column := range columns {
		if !slices.Contains(added(), column) {
			kept = append(kept, i)
		}
	}
	cells := make([]string, 0, len(columns)+len(added()))
	for _, i := range kept {
		cells = append(cells, usersync.GuardFormula(columns[i]))
	}
	line := usersync.AppendRow(nil, append(cells, added()...))
	if _, err := w.Write(line); err != nil {
		return err
	}
	for row, err := range table.Rows(ctx) {
		if err != nil {
			return err
		}
		result, known, err := l.Get(row.Number)
		if err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("row %d has no result", row.Number)
		}
		cells = cells[:0]
		for _, i := range kept {
			cell := row.Values[i].String()
			if cell != "" && secret(columns[i]) {
				cell = redacted
			}
			cells = append(cells, usersync.GuardFormula(cell))
		}
		line = usersync.AppendRow(line[:0], append(cells, resultCells(row, result)...))
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func resultCells(row userimport.Row, result userimport.Result) []string {
	sub := ""
	if result.User != (usersync.ID{}) {
		sub = result.User.String()
	}
	return []string{
		strconv.Itoa(cmp.Or(row.Line, row.Number)), string(result.Outcome), sub,
		usersync.GuardFormula(result.Reason), usersync.GuardFormula(strings.Join(slices.Concat(result.Details, result.Notes), "; ")),
	}
}
