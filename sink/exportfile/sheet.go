package exportfile

import (
	"fmt"
	"io"

	usersync "usersync/sync"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	CSV    Format = "csv"    // rows of cells under a header, see [usersync.AppendRow]
	NDJSON Format = "ndjson" // JSON objects, one a line
)

// A Form is a format and how it is kept to.
type Form struct {
	Format Format
	// ExcelSafe guards the cells of CSV, see [usersync.GuardFormula].
	ExcelSafe bool
	// Chosen has NDJSON say null where a user has no value, so that the file shows
	// which fields it has. Otherwise what a user does not have is left out, as
	// Authgear does.
	Chosen bool
}

// A sheet writes rows.
type sheet struct {
	out   io.Writer
	form  Form
	bytes []byte
}

func (s *sheet) row(cells []string) error {
	if s.form.ExcelSafe {
		guarded := make([]string, len(cells))
		for i, cell := range cells {
			guarded[i] = usersync.GuardFormula(cell)
		}
		cells = guarded
	}
	s.bytes = usersync.AppendRow(s.bytes[:0], cells)
	return s.flush()
}

func (s *sheet) flush() error {
	if _, err := s.out.Write(s.bytes); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Users writes users.
type Users struct {
	sheet
	header *usersync.Header
	scope  usersync.Scope
}

// NewUsers begins with the header, where the format has one. NDJSON has what the
// header's columns hold.
func NewUsers(out io.Writer, header *usersync.Header, form Form) (*Users, error) {
	u := &Users{sheet: sheet{out: out, form: form}, header: header, scope: header.Scope()}
	if form.Format == NDJSON {
		return u, nil
	}
	return u, u.row(header.Names())
}

// Write writes one user.
func (u *Users) Write(record usersync.Record) (err error) {
	if u.form.Format == CSV {
		cells, err := u.header.Cells(record)
		if err != nil {
			return err
		}
		return u.row(cells)
	}
	record.User = u.scope.Of(record.User)
	if u.bytes, err = record.AppendExport(u.bytes[:0], u.scope.Fields, u.form.Chosen); err != nil {
		return err
	}
	u.bytes = append(u.bytes, '\n')
	return u.flush()
}

// Changes writes rows of a change log.
type Changes struct{ sheet }

// NewChanges begins with the header, where the format has one.
func NewChanges(out io.Writer, form Form) (*Changes, error) {
	c := &Changes{sheet{out: out, form: form}}
	if form.Format == NDJSON {
		return c, nil
	}
	return c, c.row(usersync.ChangeColumns())
}

// Write writes one change.
func (c *Changes) Write(change *usersync.LoggedChange) (err error) {
	if c.form.Format == CSV {
		cells, err := change.Cells()
		if err != nil {
			return err
		}
		return c.row(cells)
	}
	if c.bytes, err = change.AppendLine(c.bytes[:0]); err != nil {
		return err
	}
	c.bytes = append(c.bytes, '\n')
	return c.flush()
}
