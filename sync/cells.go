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
				cell, err := keyCell(f, object, part)
				if err != nil {
					return nil, fmt.Errorf("write %s of user %s: %w", f.Name, u.ID, err)
				}
				cells = append(cells, cell)
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

// keyCell is the cell of what an object has under a key, in a column of its own:
// a text as it is, numbers, booleans, lists and objects as compact JSON, and
// nothing for null. Authgear's exports write the same (seen in its source). So
// the cell does not tell a text from what reads like it, as 7 and true do, nor an
// empty one from none.
func keyCell(f *Field, object map[string]any, key string) (string, error) {
	value, found := object[key]
	if text, isText := value.(string); isText {
		return text, nil
	}
	if !found || value == nil || f.Parts != nil {
		return "", nil
	}
	cell, err := appendCompact(nil, value)
	return string(cell), err
}

// parseKeyCell reads a cell of keyCell that is not empty. What something else than
// a text is written as is taken for that.
func parseKeyCell(f *Field, cell string) any {
	if f.Parts != nil {
		return cell
	}
	value, err := decodeJSON[any]([]byte(cell))
	if _, isText := value.(string); err != nil || isText || value == nil {
		return cell
	}
	if again, err := appendCompact(nil, value); err != nil || string(again) != cell {
		return cell
	}
	return value
}

// throughCell is what is left of what an object has under a key once it was
// written to a cell and read again; nil for nothing.
func throughCell(f *Field, object map[string]any, key string) any {
	cell, err := keyCell(f, object, key)
	if err != nil || cell == "" {
		return nil
	}
	return parseKeyCell(f, cell)
}
