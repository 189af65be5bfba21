package main

import (
	"usersync/sink/importreport"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

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
