package sink

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
	"unicode/utf8"

	usersync "usersync/sync"
)

// csvSpool keeps the rows of staged changes on the disk until they are
// published, in the order in which they came.
type csvSpool struct {
	file    *os.File
	name    string // of the file; empty where it could be taken away at once
	out     *bufio.Writer
	size    int64
	layout  csvLayout
	columns []string
	begun   time.Time // when the run did
	created *usersync.Field
	staged  []csvChange
	row     []byte // written last
}

// csvLayout is which columns a file has.
type csvLayout struct {
	fields      usersync.FieldSet
	keepDeleted bool // there is a usersync.DeletedColumn
}

func (l csvLayout) columns() []string {
	columns := usersync.Columns(l.fields)
	if l.keepDeleted {
		columns = append(columns, usersync.DeletedColumn)
	}
	return columns
}

func (l csvLayout) cells(r usersync.Record) ([]string, error) {
	if l.keepDeleted {
		return r.Cells(l.fields)
	}
	return r.User.Cells(l.fields)
}

// csvChange is what is to become of one user's row: 40 bytes.
type csvChange struct {
	id      usersync.ID
	offset  int64 // of its new row in the spool
	created int64 // when the user was created, in microseconds since 1970
	length  int32 // without the line end; 0 for a row that goes
	placed  bool  // the new file has it already
}

func (c *csvChange) goes() bool { return c.length == 0 }

func newCSVSpool(place csvPlace, layout csvLayout, begun time.Time) (*csvSpool, error) {
	created, found := usersync.AllFields().Lookup("created_at")
	if !found {
		return nil, fmt.Errorf("there is no field created_at to order users by")
	}
	file, err := place.create(csvSpare)
	if err != nil {
		return nil, err
	}
	s := &csvSpool{
		file: file, name: file.Name(), out: bufio.NewWriterSize(file, 1<<20),
		layout: layout, columns: layout.columns(), begun: begun, created: created,
	}
	// A file without a name is gone with the process, however that ends. Where
	// open files cannot be removed, drop does it.
	if os.Remove(s.name) == nil {
		s.name = ""
	}
	return s, nil
}

// add stages one change. There is no change log, so erasing the history is done.
func (s *csvSpool) add(change *usersync.Change) error {
	switch {
	case change.Op != usersync.Delete:
		return s.put(usersync.Record{User: change.After})
	case !s.layout.keepDeleted || change.Erase == usersync.EraseUser:
		s.remove(change.ID)
		return nil
	}
	stays := s.tombstone(change)
	if !stays.Gone() {
		return fmt.Errorf("user %s cannot be marked as gone: there is no time to mark it with", change.ID)
	}
	return s.put(stays)
}

// tombstone is what stays of a user who is gone.
func (s *csvSpool) tombstone(change *usersync.Change) usersync.Record {
	stays := usersync.Record{User: change.Before, DeletedAt: change.ConfirmedAt}
	if change.Erase == usersync.EraseValues {
		stays.User = s.emptied(change.Before)
	}
	if stays.DeletedAt.IsZero() {
		stays.DeletedAt = s.begun
	}
	return stays
}

// emptied is a user without anything personal.
func (s *csvSpool) emptied(u *usersync.User) *usersync.User {
	empty := usersync.NewUser(u.ID)
	empty.Set(s.created, u.Get(s.created))
	return empty
}

// put stages a row for a user, whether there is one yet or not.
func (s *csvSpool) put(r usersync.Record) error {
	if err := s.encode(r); err != nil {
		return err
	}
	if _, err := s.out.Write(s.row); err != nil {
		return err
	}
	staged := csvChange{id: r.User.ID, offset: s.size, length: int32(len(s.row) - len("\n"))} //nolint:gosec // at most usersync.MaxRow
	s.size += int64(len(s.row))
	if at, isTime := r.User.Get(s.created).(time.Time); isTime {
		staged.created = at.UnixMicro()
	}
	s.staged = append(s.staged, staged)
	return nil
}

// remove stages that a user's row goes.
func (s *csvSpool) remove(id usersync.ID) { s.staged = append(s.staged, csvChange{id: id}) }

// unstage takes back what was staged for some. Their rows are in the spool for
// nothing.
func (s *csvSpool) unstage(whom func(usersync.ID) bool) {
	s.staged = slices.DeleteFunc(s.staged, func(change csvChange) bool { return whom(change.id) })
}

// encode writes a row, and refuses what could not be read back.
func (s *csvSpool) encode(r usersync.Record) error {
	cells, err := s.layout.cells(r)
	if err != nil {
		return err
	}
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			return fmt.Errorf("user %s cannot be written: %s is not UTF-8", r.User.ID, s.columns[i])
		}
	}
	if s.row = usersync.AppendRow(s.row[:0], cells); len(s.row) > usersync.MaxRow {
		return fmt.Errorf("user %s takes %d bytes, more than the %d that a row may have", r.User.ID, len(s.row), usersync.MaxRow)
	}
	return nil
}

// sort orders the changes by id, and checks that no user has two.
func (s *csvSpool) sort() error {
	slices.SortFunc(s.staged, func(a, b csvChange) int { return bytes.Compare(a.id[:], b.id[:]) })
	for i := 1; i < len(s.staged); i++ {
		if s.staged[i-1].id == s.staged[i].id {
			return fmt.Errorf("user %s was staged twice", s.staged[i].id)
		}
	}
	return nil
}

// find is the change of a user, or nil, among changes in the order of sort.
func (s *csvSpool) find(id usersync.ID) *csvChange {
	i, found := slices.BinarySearchFunc(s.staged, id, func(change csvChange, id usersync.ID) int {
		return bytes.Compare(change.id[:], id[:])
	})
	if !found {
		return nil
	}
	return &s.staged[i]
}

// newcomers takes the changes that found no row to replace, in the order in
// which they are appended to the file.
func (s *csvSpool) newcomers() []csvChange {
	fresh := slices.DeleteFunc(s.staged, func(change csvChange) bool { return change.placed || change.goes() })
	slices.SortFunc(fresh, func(a, b csvChange) int {
		if a.created != b.created {
			return cmp.Compare(a.created, b.created)
		}
		return bytes.Compare(a.id[:], b.id[:])
	})
	s.staged = nil
	return fresh
}

// drop gives up the spool and its disk space.
func (s *csvSpool) drop() error {
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}
