package userdiff

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"

	usersync "usersync/sync"
)

// A Difference is what would make one user of side A into that of side B.
type Difference struct {
	Op usersync.Op // Create, Update or Delete
	ID usersync.ID // on side A; for a create, on side B
	// Fields are what differs, in the order of the field table; for a create and a
	// delete, all that the user has.
	Fields []Change
}

// A Change is one value that differs. Name is a field's or, for objects, NAME.KEY
// for each key by itself. Old is side A's value as JSON, New side B's; nil for none.
type Change struct {
	Name     string
	Old, New json.RawMessage
}

// differenceOf compares two versions of a user, of which at least one should be
// there.
func differenceOf(a, b *usersync.User, fields usersync.FieldSet) (d Difference, differ bool) {
	switch {
	case a == nil && b == nil:
		return d, false
	case a == nil:
		d.Op, d.ID = usersync.Create, b.ID
		a = usersync.NewUser(b.ID)
		differ = true
	case b == nil:
		d.Op, d.ID = usersync.Delete, a.ID
		b = usersync.NewUser(a.ID)
		differ = true
	default:
		d.Op, d.ID = usersync.Update, a.ID
	}
	for _, f := range usersync.Diff(a, b, fields) {
		if f.Kind == usersync.Object {
			d.Fields = append(d.Fields, keyChanges(f, a, b)...)
			continue
		}
		d.Fields = append(d.Fields, Change{f.Name, valueOf(a, f, d.Op), valueOf(b, f, d.Op)})
	}
	return d, differ || len(d.Fields) > 0
}

// valueOf is a value as JSON; nil for none. Where a user is on both sides, false
// and 0 are values, too.
func valueOf(u *usersync.User, f *usersync.Field, op usersync.Op) json.RawMessage {
	if !u.Has(f) && (op != usersync.Update || f.Kind != usersync.Bool && f.Kind != usersync.Int) {
		return nil
	}
	value := u.Get(f)
	if t, isTime := value.(time.Time); isTime {
		value = t.Format(time.RFC3339Nano)
	}
	return encoded(value)
}

func keyChanges(f *usersync.Field, a, b *usersync.User) []Change {
	before, _ := a.Get(f).(map[string]any)
	after, _ := b.Get(f).(map[string]any)
	keys := slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after)))
	slices.Sort(keys)
	var changes []Change
	for _, key := range slices.Compact(keys) {
		old, had := before[key]
		now, has := after[key]
		if had && has && usersync.SameJSON(old, now) {
			continue
		}
		change := Change{Name: f.Name + "." + key}
		if had {
			change.Old = encoded(old)
		}
		if has {
			change.New = encoded(now)
		}
		changes = append(changes, change)
	}
	return changes
}

// encoded is a value as compact JSON, with nothing escaped for HTML.
func encoded(value any) json.RawMessage {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // what was decoded from JSON can be encoded
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
