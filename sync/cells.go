package usersync

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Cells are how a user stands in files of rows and columns, with the names and
// forms of Authgear's own CSV exports: a column for each field, named alike, one
// for each part of an address, times in RFC 3339, sets, lists and objects as
// compact JSON, and an empty cell for no value.

// Columns are the header of a file of users: sub, then what the set has.
func Columns(set FieldSet) []string {
	columns := []string{"sub"}
	for f := range set.All() {
		if f.Parts == nil {
			columns = append(columns, f.Name)
		}
		for _, part := range f.Parts {
			columns = append(columns, f.Name+"."+part)
		}
	}
	return columns
}

// Cells are the user's row under the header that [Columns] gives for the set.
func (u *User) Cells(set FieldSet) ([]string, error) {
	cells := []string{u.ID.String()}
	for f := range set.All() {
		if f.Parts != nil {
			object := u.Get(f).(map[string]any) //nolint:forcetypeassert // Get promises it
			for _, part := range f.Parts {
				text, _ := object[part].(string)
				cells = append(cells, text)
			}
			continue
		}
		cell, err := u.cell(f)
		if err != nil {
			return nil, fmt.Errorf("write %s of user %s: %w", f.Name, u.ID, err)
		}
		cells = append(cells, cell)
	}
	return cells, nil
}

func (u *User) cell(f *Field) (string, error) {
	switch v := u.Get(f).(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case time.Time:
		if v.IsZero() {
			return "", nil
		}
		return v.Format(time.RFC3339Nano), nil
	default:
		if !u.Has(f) {
			return "", nil
		}
		text, err := appendCompact(nil, v)
		return string(text), err
	}
}

// A Header is the first row of a file of users, understood.
type Header struct {
	// Fields are those that the file has columns for.
	Fields FieldSet
	// KeepsDeleted says that the file has a [DeletedColumn].
	KeepsDeleted bool

	columns []column
}

type column struct {
	field *Field // nil for sub and for DeletedColumn
	part  string // of a field that has parts
	name  string
}

// ParseHeader understands a header row. Its columns may stand in any order; one
// that is unknown, twice there or missing beside its sisters is an error.
func ParseHeader(names []string) (*Header, error) {
	known := map[string]column{"sub": {name: "sub"}, DeletedColumn: {name: DeletedColumn}}
	for f := range AllFields().All() {
		if f.Parts == nil {
			known[f.Name] = column{field: f, name: f.Name}
		}
		for _, part := range f.Parts {
			known[f.Name+"."+part] = column{field: f, part: part, name: f.Name + "." + part}
		}
	}
	header := &Header{}
	present := make(map[string]bool)
	for _, name := range names {
		c, found := known[name]
		if !found {
			return nil, fmt.Errorf("column %q is not one of usersync's", name)
		}
		if present[name] {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		present[name] = true
		if c.field != nil {
			present[c.field.Name] = true
		}
		header.columns = append(header.columns, c)
	}
	header.KeepsDeleted = present[DeletedColumn]
	header.Fields = AllFields().where(func(f *Field) bool { return present[f.Name] })
	for _, name := range Columns(header.Fields) {
		if !present[name] {
			return nil, fmt.Errorf("column %q is missing", name)
		}
	}
	return header, nil
}

// Record reads a row under this header. Errors name the column, not the value.
func (h *Header) Record(cells []string) (Record, error) {
	if len(cells) != len(h.columns) {
		return Record{}, fmt.Errorf("%d cells under %d columns", len(cells), len(h.columns))
	}
	record := Record{User: NewUser(ID{})}
	parts := make(map[*Field]map[string]any)
	for i, c := range h.columns {
		if err := record.read(c, cells[i], parts); err != nil {
			return Record{}, fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	for f, object := range parts {
		record.User.Set(f, object)
	}
	return record, nil
}

// read takes one cell over, that of a part to where the parts are gathered.
func (r *Record) read(c column, cell string, parts map[*Field]map[string]any) (err error) {
	switch {
	case c.name == "sub":
		r.User.ID, err = ParseID(cell)
	case cell == "":
	case c.name == DeletedColumn:
		r.DeletedAt, err = parseDeletedAt(cell)
	case c.part != "":
		if parts[c.field] == nil {
			parts[c.field] = make(map[string]any)
		}
		parts[c.field][c.part] = cell
	default:
		var value any
		if value, err = parseCell(c.field, cell); err == nil {
			r.User.Set(c.field, value)
		}
	}
	return err
}

func parseCell(f *Field, cell string) (any, error) {
	switch f.Kind {
	case Text:
		return cell, nil
	case Bool:
		if cell != "true" && cell != "false" {
			return nil, fmt.Errorf("neither true nor false")
		}
		return cell == "true", nil
	case Int:
		n, err := strconv.ParseInt(cell, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("not a whole number")
		}
		return n, nil
	case Time:
		t, err := time.Parse(time.RFC3339Nano, cell)
		if err != nil {
			return nil, errNotTime
		}
		return t, nil
	default:
		return fromJSON(f, json.RawMessage(cell))
	}
}
