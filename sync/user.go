package usersync

import (
	"fmt"
	"time"
)

// A User is one user of a project: its id and a value for each field. Which of
// the fields mean something is up to the [FieldSet] of the run; a field outside
// it has its zero value.
type User struct {
	ID     ID
	values []any // by Field.index; nil for the zero value
}

// NewUser is a user of whom nothing is known but the id.
func NewUser(id ID) *User {
	return &User{ID: id, values: make([]any, len(fields))}
}

// Get is the user's value of a field, of the Go type that the field's [Kind]
// names, and that type's zero value where the user has none.
func (u *User) Get(f *Field) any {
	if value := u.values[f.index]; value != nil {
		return value
	}
	switch f.Kind {
	case Text:
		return ""
	case Bool:
		return false
	case Int:
		return int64(0)
	case Time:
		return time.Time{}
	case Set:
		return []string(nil)
	case Object:
		return map[string]any(nil)
	case List:
		return []any(nil)
	default:
		panic(fmt.Sprintf("field %s has no kind", f.Name))
	}
}

// Set gives the user a value of a field. Times are kept in UTC and to the
// microsecond, which is what Authgear's own database holds; an empty text, set,
// object or list is no value. A value of another Go type than the field's kind
// names is a mistake in the program and panics.
func (u *User) Set(f *Field, value any) {
	if t, isTime := value.(time.Time); isTime {
		value = t.UTC().Truncate(time.Microsecond)
	}
	if isZero(f, value) {
		value = nil
	}
	u.values[f.index] = value
}

// Has says whether the user has a value of the field that is not the zero value.
func (u *User) Has(f *Field) bool { return u.values[f.index] != nil }

func isZero(f *Field, value any) bool {
	var kind Kind
	var zero bool
	switch v := value.(type) {
	case string:
		kind, zero = Text, v == ""
	case bool:
		kind, zero = Bool, !v
	case int64:
		kind, zero = Int, v == 0
	case time.Time:
		kind, zero = Time, v.IsZero()
	case []string:
		kind, zero = Set, len(v) == 0
	case map[string]any:
		kind, zero = Object, len(v) == 0
	case []any:
		kind, zero = List, len(v) == 0
	}
	if kind != f.Kind {
		panic(fmt.Sprintf("field %s cannot hold a %T", f.Name, value))
	}
	return zero
}
