package usersync

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// A UserScanner reads users from a CSV file as [AppendRow], [Columns] and
// [User.Cells] write it, with a [DeletedColumn] or without.
type UserScanner struct {
	rows    *RowScanner
	guarded bool // whether cells are guarded against formulas
	header  *Header
	names   []string
	sub     int // the column of the user's id
}

// NewUserScanner reads the header of a mirror, see [ParseHeader], from the start
// of a file. A file without any row is an error that wraps [io.EOF].
func NewUserScanner(r io.Reader) (*UserScanner, error) {
	return newUserScanner(r, ParseHeader, false)
}

// NewExportScanner is NewUserScanner for files with the header of an export, see
// [ParseExportHeader].
func NewExportScanner(r io.Reader) (*UserScanner, error) {
	return newUserScanner(r, ParseExportHeader, false)
}

// NewGuardedScanner is NewExportScanner for files of which every cell went through
// [GuardFormula], whose guard it takes off. A cell that did not is an error.
func NewGuardedScanner(r io.Reader) (*UserScanner, error) {
	return newUserScanner(r, ParseExportHeader, true)
}

// ErrNoSub means that the first row of a file of users has no column sub.
var ErrNoSub = errors.New("no column \"sub\", so this is not the header of a file of users")

func newUserScanner(r io.Reader, parse func([]string) (*Header, error), guarded bool) (*UserScanner, error) {
	s := &UserScanner{rows: NewRowScanner(r), guarded: guarded}
	row, err := s.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("no header: %w", err)
	}
	if err != nil {
		return nil, err
	}
	s.names = row.Cells
	// Without a header the first row is a person, who must not be shown in the
	// error about unknown columns.
	if s.sub = slices.Index(row.Cells, "sub"); s.sub < 0 {
		return nil, fmt.Errorf("line %d: %w", row.Line, ErrNoSub)
	}
	if s.header, err = parse(row.Cells); err != nil {
		return nil, fmt.Errorf("line %d: %w", row.Line, err)
	}
	return s, nil
}

// Fields are those that the file has columns for.
func (s *UserScanner) Fields() FieldSet { return s.header.Fields }

// Scope is how much of a user the file has room for.
func (s *UserScanner) Scope() Scope { return s.header.Scope() }

// KeepsDeleted says whether the file has a [DeletedColumn].
func (s *UserScanner) KeepsDeleted() bool { return s.header.KeepsDeleted }

// InOrder says whether the columns stand as [Columns] gives them, and after them
// the [DeletedColumn] where there is one.
func (s *UserScanner) InOrder() bool {
	columns := Columns(s.header.Fields)
	if s.header.KeepsDeleted {
		columns = append(columns, DeletedColumn)
	}
	return slices.Equal(s.names, columns)
}

// Next reads a user and the row it stands in, and passes over users who are
// gone. Its error is [io.EOF] after the last one; any other names the line and,
// where it can, the column, and never shows a value. After an error there is no
// next user.
func (s *UserScanner) Next() (*User, Row, error) {
	for {
		record, row, err := s.NextRecord()
		if err != nil || !record.Gone() {
			return record.User, row, err
		}
	}
}

// NextRecord is Next for whoever wants to know of users who are gone, too.
func (s *UserScanner) NextRecord() (Record, Row, error) {
	row, err := s.next()
	if err != nil {
		return Record{}, Row{}, s.named(err)
	}
	record, err := s.record(row.Cells)
	if err != nil {
		return Record{}, Row{}, fmt.Errorf("line %d: %w", row.Line, err)
	}
	return record, row, nil
}

// next is the next row, without guards.
func (s *UserScanner) next() (Row, error) {
	row, err := s.rows.Next()
	if err != nil {
		return row, err
	}
	return row, s.unguard(row.Cells, row.Line)
}

// unguard takes the guard off the cells of a row, if this file's are guarded.
func (s *UserScanner) unguard(cells []string, line int) error {
	if !s.guarded {
		return nil
	}
	for i, cell := range cells {
		if cells[i] = UnguardFormula(cell); GuardFormula(cells[i]) != cell {
			return &RowError{Line: line, Cell: i + 1, Err: errNotGuarded}
		}
	}
	return nil
}

var errNotGuarded = errors.New("not guarded against formulas, as every cell of such a file is")

// Parse reads one row under this file's header. The row is given without its
// line end, as [Row] says where it stands.
func (s *UserScanner) Parse(body []byte) (Record, error) {
	cells, err := ParseRow(body)
	if err == nil {
		err = s.unguard(cells, 0)
	}
	if err != nil {
		return Record{}, s.named(err)
	}
	return s.record(cells)
}

func (s *UserScanner) record(cells []string) (Record, error) {
	if len(cells) == len(s.names) {
		if _, err := ParseID(cells[s.sub]); err != nil {
			// ParseID shows the text, which in a file that slipped by a column is
			// a person's.
			return Record{}, errors.New("column sub: not a UUID")
		}
	}
	return s.header.Record(cells)
}

// named adds the column's name to its number.
func (s *UserScanner) named(err error) error {
	if broken, is := errors.AsType[*RowError](err); is && broken.Cell > 0 && broken.Cell <= len(s.names) {
		broken.Column = s.names[broken.Cell-1]
	}
	return err
}
