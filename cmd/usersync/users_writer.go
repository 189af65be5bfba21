package main

import (
	"fmt"
	"io"

	usersync "usersync/sync"
)

// A usersWriter shows users one after the other.
type usersWriter interface {
	// fields are those that it shows.
	fields() usersync.FieldSet
	add(user *usersync.User) error
	// close shows what is still to be shown.
	close() error
}

// usersWriter is the one that the options ask for.
func (a *app) usersWriter(o *usersOptions) usersWriter {
	switch {
	case o.json:
		return &usersJSON{out: a.stdout}
	case o.csv:
		return &usersCSV{out: a.stdout}
	default:
		return newPeopleTable(a.stdout, a.now())
	}
}

// usersJSON writes a line for each user, as exports do.
type usersJSON struct{ out io.Writer }

func (w *usersJSON) fields() usersync.FieldSet { return usersync.AllFields() }

func (w *usersJSON) add(user *usersync.User) error {
	line, err := usersync.Record{User: user}.AppendExport(nil, w.fields(), false)
	if err != nil {
		return err
	}
	return writeResult(w.out, []byte(jsonFor(w.out, line)+"\n"))
}

func (w *usersJSON) close() error { return nil }

// usersCSV writes a row for each user, below a header that is there even if
// nobody is.
type usersCSV struct {
	out    io.Writer
	headed bool
}

func (w *usersCSV) fields() usersync.FieldSet { return usersync.AllFields() }

func (w *usersCSV) add(user *usersync.User) error {
	if err := w.head(); err != nil {
		return err
	}
	cells, err := user.Cells(w.fields())
	if err != nil {
		return err
	}
	row := usersync.AppendRow(nil, cells)
	if isTerminal(w.out) {
		row = []byte(printableLines(string(row)))
	}
	return writeResult(w.out, row)
}

func (w *usersCSV) close() error { return w.head() }

func (w *usersCSV) head() error {
	if w.headed {
		return nil
	}
	w.headed = true
	return writeResult(w.out, usersync.AppendRow(nil, usersync.Columns(w.fields())))
}

func writeResult(out io.Writer, text []byte) error {
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
