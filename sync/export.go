package usersync

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// Exports of Authgear have a user a line, as a JSON object: NDJSON. What a user
// does not have is left out, but for booleans and counts, which are always there.

// AppendExport appends the record as one line of such an export, without the line
// end: sub, the set's fields by their names and, for a user who is gone, the time
// as [DeletedColumn]. Explicitly, nothing is left out: see [User.AppendJSON].
func (r Record) AppendExport(dst []byte, set FieldSet, explicit bool) ([]byte, error) {
	dst, err := r.User.AppendJSON(dst, func(yield func(*Field) bool) {
		for f := range set.All() {
			if (explicit || alwaysExported(f) || r.User.Has(f)) && !yield(f) {
				return
			}
		}
	})
	if err != nil || !r.Gone() {
		return dst, err
	}
	dst = append(dst[:len(dst)-1], `,"`+DeletedColumn+`":"`...)
	dst = append(dst, r.deletedCell()...)
	return append(dst, `"}`...), nil
}

// ExportedFields are those of Authgear's own export.
func ExportedFields() FieldSet {
	ours := slices.IndexFunc(fields, func(f *Field) bool { return f.Name == "updated_at" })
	return AllFields().where(func(f *Field) bool { return f.index < ours })
}

// WholeExport says whether the scope is that of a whole export: all fields, or
// all that Authgear exports. Only of such a one does it tell that nobody has a field
// if no line has a key for it.
func (s Scope) WholeExport() bool {
	return len(s.keys) == 0 && (s.Fields.Equal(AllFields()) || s.Fields.Equal(ExportedFields()))
}

func alwaysExported(f *Field) bool { return f.Kind == Bool || f.Kind == Int }

// ParseExport reads one line of an export, Authgear's own or that of AppendExport.
// mfa is passed over: it holds secrets. A key that is unknown, or a value that its
// field cannot hold, is an error that names the key and no value.
func ParseExport(line []byte) (Record, error) {
	object, err := exportObject(line)
	if err != nil {
		return Record{}, err
	}
	sub, err := decodeJSON[string](object["sub"])
	if err != nil {
		return Record{}, errors.New("no sub")
	}
	id, err := ParseID(sub)
	if err != nil {
		return Record{}, fmt.Errorf("sub: %w", err)
	}
	record := Record{User: NewUser(id)}
	known := AllFields()
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if err := record.readKey(known, key, object[key]); err != nil {
			return Record{}, fmt.Errorf("%s: %w", shortKey(key), err)
		}
	}
	return record, nil
}

// ExportKeys are the fields that a line of an export has keys for, and whether any
// of these is null.
func ExportKeys(line []byte) (keys FieldSet, null bool, err error) {
	object, err := exportObject(line)
	if err != nil {
		return FieldSet{}, false, err
	}
	keys = AllFields().where(func(f *Field) bool {
		raw, found := object[f.Name]
		null = null || string(raw) == "null"
		return found
	})
	return keys, null, nil
}

func exportObject(line []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("not UTF-8")
	}
	object, err := decodeJSON[map[string]json.RawMessage](line)
	if err != nil || object == nil {
		return nil, errors.New("not one JSON object")
	}
	return object, nil
}

func (r *Record) readKey(fields FieldSet, key string, raw json.RawMessage) error {
	if key == "sub" || key == secondFactors || string(raw) == "null" {
		return nil
	}
	if key == DeletedColumn {
		text, err := decodeJSON[string](raw)
		if err != nil {
			return err
		}
		r.DeletedAt, err = parseDeletedAt(text)
		return err
	}
	f, known := fields.Lookup(key)
	if !known {
		return errors.New("not one of the keys of Authgear's exports or usersync's")
	}
	value, err := fromJSON(f, raw)
	if err != nil {
		return err
	}
	if f.Parts != nil {
		if value, err = textParts(f, value); err != nil {
			return err
		}
	}
	r.User.Set(f, value)
	return nil
}

// textParts checks an object whose parts are texts, and leaves out empty ones, as
// exports and files of rows do.
func textParts(f *Field, value any) (any, error) {
	object, _ := value.(map[string]any)
	parts := make(map[string]any, len(object))
	for key, inner := range object {
		text, isText := inner.(string)
		switch {
		case !slices.Contains(f.Parts, key):
			return nil, fmt.Errorf("unknown key %s", shortKey(key))
		case inner != nil && !isText:
			return nil, fmt.Errorf("key %s: not a text", key)
		case text != "":
			parts[key] = text
		}
	}
	return parts, nil
}

// shortKey is a key as it may be shown in an error.
func shortKey(key string) string {
	const longest = 60
	if runes := []rune(key); len(runes) > longest {
		key = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", key)
}
