package usersync

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// AppendJSON appends the users's values of some fields as one compact JSON
// object. Every field is named: without a value a text, number or time is null,
// a boolean false, a set or list [] and an object {}. Numbers inside objects
// keep their spelling, keys are sorted, and nothing is escaped for HTML.
func (u *User) AppendJSON(dst []byte, selected iter.Seq[*Field]) ([]byte, error) {
	dst = append(dst, `{"sub":"`...)
	dst = append(dst, u.ID.String()...)
	dst = append(dst, '"')
	for f := range selected {
		dst = append(dst, `,"`...)
		dst = append(dst, f.Name...)
		dst = append(dst, `":`...)
		var err error
		if dst, err = appendCompact(dst, u.jsonValue(f)); err != nil {
			return dst, fmt.Errorf("write %s of user %s as JSON: %w", f.Name, u.ID, err)
		}
	}
	return append(dst, '}'), nil
}

func (u *User) jsonValue(f *Field) any {
	switch v := u.Get(f).(type) {
	case string:
		if v == "" {
			return nil
		}
		return v
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.Format(time.RFC3339Nano)
	case []string:
		if v == nil {
			return []string{}
		}
		return v
	case []any:
		if v == nil {
			return []any{}
		}
		return v
	case map[string]any:
		if v == nil {
			return map[string]any{}
		}
		return v
	default:
		return v
	}
}

// appendCompact appends a value as JSON without the escapes that encoding/json
// makes for HTML by default. What most values are goes without its help, which
// takes several times as long.
func appendCompact(dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case string:
		if standsAsItIs(v) {
			return append(append(append(dst, '"'), v...), '"'), nil
		}
	}
	buffer := bytes.NewBuffer(dst)
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return dst, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// standsAsItIs says whether nothing in a text is escaped in JSON.
func standsAsItIs[T string | []byte](text T) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// UserFromJSON reads what AppendJSON wrote: the id and the fields of the set.
// Other keys are passed over, absent ones have no value. Errors name the user
// and the field and show no values.
func UserFromJSON(data []byte, set FieldSet) (*User, error) {
	record, err := RecordFromJSON(data, set)
	return record.User, err
}

// RecordFromJSON is UserFromJSON for an object that may also have the key
// [DeletedColumn], with the time or null.
func RecordFromJSON(data []byte, set FieldSet) (Record, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return Record{}, fmt.Errorf("read user as JSON: %w", err)
	}
	var sub string
	if err := json.Unmarshal(object["sub"], &sub); err != nil {
		return Record{}, fmt.Errorf("read user as JSON: no sub: %w", err)
	}
	id, err := ParseID(sub)
	if err != nil {
		return Record{}, err
	}
	u := NewUser(id)
	for f := range set.All() {
		raw, found := object[f.Name]
		if !found || string(raw) == "null" {
			continue
		}
		value, err := fromJSON(f, raw)
		if err != nil {
			return Record{}, fmt.Errorf("read %s of user %s: %w", f.Name, id, err)
		}
		u.Set(f, value)
	}
	record := Record{User: u}
	if gone := object[DeletedColumn]; len(gone) > 0 && string(gone) != "null" {
		if record.DeletedAt, err = decodeJSON[time.Time](gone); err != nil {
			return Record{}, fmt.Errorf("read %s of user %s: %w", DeletedColumn, id, err)
		}
	}
	return record, nil
}

func fromJSON(f *Field, raw json.RawMessage) (any, error) {
	switch f.Kind {
	case Text:
		return decodeJSON[string](raw)
	case Bool:
		return decodeJSON[bool](raw)
	case Int:
		return decodeJSON[int64](raw)
	case Time:
		return decodeJSON[time.Time](raw)
	case Set:
		return decodeJSON[[]string](raw)
	case Object:
		return decodeJSON[map[string]any](raw)
	case List:
		return decodeJSON[[]any](raw)
	default:
		return nil, fmt.Errorf("field %s has no kind", f.Name)
	}
}

// decodeJSON reads one JSON value and keeps numbers as they are spelled. Its
// error tells what is wrong without the value itself, which is a person's.
func decodeJSON[T any](raw []byte) (T, error) {
	var value T
	if text, isText := any(&value).(*string); isText && len(raw) > 1 && raw[0] == '"' && raw[len(raw)-1] == '"' && standsAsItIs(raw[1:len(raw)-1]) {
		*text = string(raw[1 : len(raw)-1]) // as most are
		return value, nil
	}
	if !mayHoldNumbers(&value) && json.Unmarshal(raw, &value) == nil {
		return value, nil // which costs less, and tells less of what is wrong
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		var zero T
		return zero, fmt.Errorf("not the JSON of a %s", strings.TrimPrefix(fmt.Sprintf("%T", zero), "time."))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return value, fmt.Errorf("more than one JSON value")
	}
	return value, nil
}

// mayHoldNumbers says whether a value is such as numbers are kept in as spelled.
func mayHoldNumbers(value any) bool {
	switch value.(type) {
	case *any, *[]any, *map[string]any:
		return true
	}
	return false
}
