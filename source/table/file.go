package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"usersync/sync/userimport"
)

// Options are what is known of a file that cannot, or should not, be found out.
type Options struct {
	// Delimiter is what stands between the cells of a CSV file: a character of
	// ASCII. 0 means that the header tells: a comma, a semicolon, a tab or a
	// vertical bar, whichever cuts it into the most cells.
	Delimiter rune
}

// A File is a table in a file, held open. It can be read any number of times,
// by several readers at once, until it is closed.
type File struct {
	path     string
	file     *os.File
	stamp    stamp
	packed   compression
	encoding Encoding
	format   Format
	columns  []string
	dialect  Dialect
	header   []byte // what its text begins with
	rows     rowForm
}

var _ userimport.Table = (*File)(nil)

// A rowForm is how rows stand in a text.
type rowForm interface {
	// each hands on the rows until the text ends or the function has seen enough;
	// whole says that it was read to its end.
	each(ctx context.Context, text io.Reader, see func(userimport.Row) bool) (whole bool, err error)
	// appendRow appends a row as it would stand in the text.
	appendRow(dst []byte, row userimport.Row) ([]byte, error)
}

// stamp tells a file that was written to from one that was not, as far as that
// is cheap.
type stamp struct {
	size     int64
	modified time.Time
}

var errChanged = errors.New("the file changed while it was read; run this again when nothing writes to it")

// Open opens a table and finds out how it is written: compressed by gzip or zstd
// or not; in UTF-8, or in UTF-16 with a byte order mark; CSV, or JSON objects one
// after the other or in an array. Names ending in .csv, .tsv, .ndjson, .jsonl,
// .json, .gz and .zst are believed as far as the content does not speak against
// them. JSON is read once to its end, to find its columns.
//
// The error is a [*userimport.TableError] where the file has no table, and wraps
// [fs.ErrNotExist] where there is no file.
func Open(ctx context.Context, path string, options Options) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, file: file}
	if err := f.recognise(ctx, options); err != nil {
		return nil, errors.Join(f.explain(err), file.Close())
	}
	return f, nil
}

func (f *File) recognise(ctx context.Context, options Options) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file, and a table must be read more than once. Write - for what comes through a pipe")
	}
	f.stamp = stampOf(info)
	if err := notWorkbook(f.file, info.Size()); err != nil {
		return err
	}
	if f.packed, err = compressionOf(f.path, f.file); err != nil {
		return err
	}
	start, err := f.recogniseText()
	if err != nil {
		return err
	}
	if f.format = formatOf(f.path, start); f.format == CSV {
		err = f.takeCSV(options.Delimiter)
	} else {
		err = f.takeJSON(ctx)
	}
	if err != nil {
		return err
	}
	f.dialect.Encoding = f.encoding
	return f.unchanged()
}

func (f *File) takeCSV(delimiter rune) error {
	form, err := findHeader(f.text, delimiter)
	if err != nil {
		return err
	}
	f.rows, f.columns = form, form.columns
	f.dialect = Dialect{Delimiter: rune(form.delimiter), CRLF: form.crlf}
	f.header = append(form.heading, form.lineEnd()...)
	return nil
}

func (f *File) takeJSON(ctx context.Context) error {
	form, err := findColumns(ctx, f.text)
	if err != nil {
		return err
	}
	f.rows, f.columns = form, form.columns
	return nil
}

// Columns are the names in the header of a CSV file. Those of JSON objects are
// their keys, in the order in which they are first seen; keys of objects within
// objects are joined by dots, as in address.country, down to custom attributes:
// what these hold is their value.
func (f *File) Columns() []string { return f.columns }

// Format is what kind of table it is.
func (f *File) Format() Format { return f.format }

// Dialect is how the table is written.
func (f *File) Dialect() Dialect { return f.dialect }

// Rows yields the rows in order, see [userimport.Table]. A file that changed
// since it was opened is an error.
//
// A row's line is 0 in a table of JSON where two rows or more begin on one line.
//
// Of JSON, strings are texts and everything else is JSON as it stands in the
// file. An empty object says nothing: its keys are absent, as all others are that
// the row's object does not have. Where objects stand under a key, null there is
// null for all of their columns; other values under that key have a column of
// their own.
func (f *File) Rows(ctx context.Context) iter.Seq2[userimport.Row, error] {
	return func(yield func(userimport.Row, error) bool) {
		if err := f.pass(ctx, func(row userimport.Row) bool { return yield(row, nil) }); err != nil {
			yield(userimport.Row{}, f.explain(err))
		}
	}
}

// pass reads the table once.
func (f *File) pass(ctx context.Context, see func(userimport.Row) bool) error {
	if err := f.unchanged(); err != nil {
		return err
	}
	text, err := f.text()
	if err != nil {
		return err
	}
	defer text.done()
	whole, err := f.rows.each(ctx, text, see)
	if err == nil && !whole {
		return nil
	}
	// What reads like a broken table may be one that is being written.
	if changed := f.unchanged(); changed != nil {
		return changed
	}
	return err
}

func (f *File) unchanged() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if stampOf(info) != f.stamp {
		return errChanged
	}
	return nil
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), modified: info.ModTime()}
}

func (f *File) explain(err error) error { return fmt.Errorf("read %s: %w", f.path, err) }

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }
