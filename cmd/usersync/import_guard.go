package main

import (
	"context"
	"iter"

	"usersync/sink/importreport"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// Rows yields the rows, without the guard against formulas where cells have one.
func (in *importInput) Rows(ctx context.Context) iter.Seq2[userimport.Row, error] {
	if !in.guarded {
		return in.File.Rows(ctx)
	}
	return func(yield func(userimport.Row, error) bool) {
		for row, err := range in.File.Rows(ctx) {
			if !yield(withTexts(row, usersync.UnguardFormula), err) {
				return
			}
		}
	}
}

// A guardedWriter writes rows as they stood in a file whose cells are guarded, so
// that the same command reads them again.
type guardedWriter struct{ importreport.RowWriter }

// Write guards the cells and writes them.
func (w guardedWriter) Write(row userimport.Row) error {
	return w.RowWriter.Write(withTexts(row, usersync.GuardFormula))
}

func withTexts(row userimport.Row, change func(string) string) userimport.Row {
	values := make([]userimport.Value, len(row.Values))
	for i, value := range row.Values {
		value.Text = change(value.Text)
		values[i] = value
	}
	row.Values = values
	return row
}
