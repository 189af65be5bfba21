package userimport

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
)

// A Table is rows under named columns that can be read more than once, the same
// each time: an import reads it to check it, to plan, to send, and to say what
// became of each row.
type Table interface {
	// Columns are the header's names as they are spelled there, each once.
	Columns() []string
	// Rows yields the rows in order, numbered from 1. An error is the last thing
	// yielded, a [*TableError] where the table is broken. A row's values are good
	// until the next row is asked for.
	Rows(ctx context.Context) iter.Seq2[Row, error]
}

// A Row is one row of a table.
type Row struct {
	Number int // from 1, counting rows
	// Line is that of the file on which the row begins, from 1; 0 where lines do not
	// tell the table's rows apart, as in JSON that is all on one.
	Line int
	// Values stand under the table's columns, as many as these.
	Values []Value
	// Raw is the JSON object that the row is, as the file has it, where it is
	// one: by it the row can be written again with nothing changed. It may span
	// lines, and is good for as long as the values.
	Raw json.RawMessage
}

// Where names a row as people find it: by its line, or by its number where lines
// do not tell.
func Where(row, line int) string {
	if line == 0 {
		return "row " + strconv.Itoa(row)
	}
	return "line " + strconv.Itoa(line)
}

// A Value is what a row has in one column: nothing at all (a key that an object
// of NDJSON lacks), a text (every cell of a CSV file), or JSON.
type Value struct {
	Text string
	// JSON is set instead of Text for values of JSON that are no texts: numbers,
	// booleans, null, arrays and objects, compact.
	JSON json.RawMessage
	// Absent says that the row does not have the column.
	Absent bool
}

// IsEmpty says whether the value says nothing: it is absent, an empty text, or null.
func (v Value) IsEmpty() bool {
	return v.Absent || (v.JSON == nil && v.Text == "") || string(v.JSON) == "null"
}

// String is the value as a cell shows it: the text, or compact JSON.
func (v Value) String() string {
	if v.JSON != nil {
		return string(v.JSON)
	}
	return v.Text
}

// A TableError says where a table is broken. Nothing of a broken table is sent.
type TableError struct {
	Line int    // of the file, from 1
	Row  int    // from 1, where the line has rows before it; otherwise 0
	Err  error  // what is wrong there, without the row's values
	Hint string // what to do, a sentence without its full stop; may be empty
}

// Error names the line, what is wrong there, and what to do.
func (e *TableError) Error() string {
	text := "line " + strconv.Itoa(e.Line)
	if e.Row > 0 {
		text += ", row " + strconv.Itoa(e.Row)
	}
	text += ": " + e.Err.Error()
	if e.Hint != "" {
		text += ". " + e.Hint + "."
	}
	return text
}

// Unwrap is what is wrong.
func (e *TableError) Unwrap() error { return e.Err }
