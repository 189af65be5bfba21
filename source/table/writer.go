package table

import (
	"bufio"
	"io"

	"usersync/sync/userimport"
)

// A Writer writes rows of a table as the table writes them.
type Writer struct {
	out      *bufio.Writer
	rows     rowForm
	encoding Encoding
	row      []byte
	encoded  []byte
}

// Writer writes rows of this table to another file, in the table's dialect and
// without compression: the header of CSV as it stands, cells with what they hold,
// JSON objects as they are, one a line, those of an array too. What was written
// reads again as the same rows, given the same [Options].
func (f *File) Writer(w io.Writer) (*Writer, error) {
	writer := &Writer{out: bufio.NewWriterSize(w, 64<<10), rows: f.rows, encoding: f.encoding}
	if _, err := writer.out.WriteString(f.encoding.mark()); err != nil {
		return nil, err
	}
	return writer, writer.write(f.header)
}

// Write writes a row that the table yielded.
func (w *Writer) Write(row userimport.Row) (err error) {
	if w.row, err = w.rows.appendRow(w.row[:0], row); err != nil {
		return err
	}
	return w.write(w.row)
}

func (w *Writer) write(text []byte) error {
	if w.encoding == UTF16LE || w.encoding == UTF16BE {
		w.encoded = appendUTF16(w.encoded[:0], text, w.encoding.order())
		text = w.encoded
	}
	_, err := w.out.Write(text)
	return err
}

// Flush writes what is held back. It is called once, after the last row.
func (w *Writer) Flush() error { return w.out.Flush() }
