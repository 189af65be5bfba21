package usersync

import (
	"fmt"
	"slices"
	"strings"
)

// A Header is the first row of a file of users, understood.
type Header struct {
	// Fields are those that the file has columns for.
	Fields FieldSet
	// KeepsDeleted says that the file has a [DeletedColumn].
	KeepsDeleted bool

	columns []column
}

type column struct {
	name  string
	field *Field // nil for sub, for DeletedColumn and for what is passed over
	// keyed says that the column holds what the field, an object, has under the key.
	keyed   bool
	key     string
	ignored bool
}

// ParseHeader understands the header row of a mirror. Its columns may stand in
// any order; one that is unknown, twice there or missing beside its sisters is an
// error.
func ParseHeader(names []string) (*Header, error) {
	header, err := parseHeader(names, mirrorColumn)
	if err != nil {
		return nil, err
	}
	for _, name := range Columns(header.Fields) {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("column %q is missing", name)
		}
	}
	return header, nil
}

// ParseExportHeader understands the header row of an export, Authgear's own
// included: that of a mirror, and besides custom_attributes.NAME for single
// custom attributes and single parts of an address without the others. Columns
// of second factors (mfa and what is under it) are passed over: they are secrets.
func ParseExportHeader(names []string) (*Header, error) {
	return parseHeader(names, exportColumn)
}

func parseHeader(names []string, understand func(name string) (column, bool)) (*Header, error) {
	header := &Header{}
	present := make(map[string]bool)
	var chosen []string
	for _, name := range names {
		c, known := understand(name)
		if !known {
			return nil, fmt.Errorf("column %q is not one of usersync's", name)
		}
		if present[name] {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		present[name] = true
		if c.field != nil {
			chosen = append(chosen, c.field.Name)
		}
		header.columns = append(header.columns, c)
	}
	for _, c := range header.columns {
		if c.keyed && present[c.field.Name] {
			return nil, fmt.Errorf("columns %q and %q hold the same", c.field.Name, c.name)
		}
	}
	header.KeepsDeleted = present[DeletedColumn]
	header.Fields = FieldsNamed(chosen)
	return header, nil
}

// mirrorColumn knows the columns of a mirror.
func mirrorColumn(name string) (column, bool) {
	c := column{name: name}
	if name == "sub" || name == DeletedColumn {
		return c, true
	}
	first, key, dotted := strings.Cut(name, ".")
	for _, f := range fields {
		if f.Name != first || dotted != (f.Parts != nil) || dotted && !slices.Contains(f.Parts, key) {
			continue
		}
		c.field, c.keyed, c.key = f, dotted, key
		return c, true
	}
	return c, false
}

// exportColumn knows those and what else exports have.
func exportColumn(name string) (column, bool) {
	if c, known := mirrorColumn(name); known {
		return c, true
	}
	first, key, dotted := strings.Cut(name, ".")
	switch {
	case first == secondFactors:
		return column{name: name, ignored: true}, true
	case dotted && first == customAttributes:
		f, _ := AllFields().Lookup(customAttributes)
		return column{name: name, field: f, keyed: true, key: key}, true
	}
	return column{}, false
}

const (
	customAttributes = "custom_attributes"
	// secondFactors is where exports have a user's second factors, with the
	// secrets of authenticator apps in clear.
	secondFactors = "mfa"
)

// Names are the columns' names, in order.
func (h *Header) Names() []string {
	names := make([]string, len(h.columns))
	for i, c := range h.columns {
		names[i] = c.name
	}
	return names
}

// Scope is how much of a user the file has room for.
func (h *Header) Scope() Scope {
	scope := Whole(h.Fields)
	keys := make(map[string][]string)
	for _, c := range h.columns {
		if c.keyed {
			keys[c.field.Name] = append(keys[c.field.Name], c.key)
		}
	}
	for f := range h.Fields.All() {
		chosen, keyed := keys[f.Name]
		if keyed && len(chosen) < max(1, len(f.Parts)) || keyed && f.Parts == nil {
			scope = scope.narrowed(f, only(chosen))
		}
	}
	return scope
}

// Record reads a row under this header. Errors name the column, not the value.
func (h *Header) Record(cells []string) (Record, error) {
	if len(cells) != len(h.columns) {
		return Record{}, fmt.Errorf("%d cells under %d columns", len(cells), len(h.columns))
	}
	record := Record{User: NewUser(ID{})}
	objects := make(map[*Field]map[string]any)
	for i, c := range h.columns {
		if err := record.read(c, cells[i], objects); err != nil {
			return Record{}, fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	for f, object := range objects {
		record.User.Set(f, object)
	}
	return record, nil
}

// read takes one cell over, that of a key to where its object is gathered.
func (r *Record) read(c column, cell string, objects map[*Field]map[string]any) (err error) {
	switch {
	case c.name == "sub":
		r.User.ID, err = ParseID(cell)
	case cell == "" || c.ignored:
	case c.name == DeletedColumn:
		r.DeletedAt, err = parseDeletedAt(cell)
	case c.keyed:
		if objects[c.field] == nil {
			objects[c.field] = make(map[string]any)
		}
		objects[c.field][c.key] = parseKeyCell(c.field, cell)
	default:
		var value any
		if value, err = parseCell(c.field, cell); err == nil {
			r.User.Set(c.field, value)
		}
	}
	return err
}

// Cells are the record's row under this header.
func (h *Header) Cells(r Record) ([]string, error) {
	cells := make([]string, len(h.columns))
	for i, c := range h.columns {
		var err error
		switch {
		case c.name == "sub":
			cells[i] = r.User.ID.String()
		case c.name == DeletedColumn:
			cells[i] = r.deletedCell()
		case c.keyed:
			object, _ := r.User.Get(c.field).(map[string]any)
			cells[i], err = keyCell(c.field, object, c.key)
		case c.field != nil:
			cells[i], err = r.User.cell(c.field)
		}
		if err != nil {
			return nil, fmt.Errorf("write %s of user %s: %w", c.name, r.User.ID, err)
		}
	}
	return cells, nil
}
