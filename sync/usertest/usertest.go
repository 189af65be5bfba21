// Package usertest makes users for property tests: every field of the field
// table, with the values that break files, databases and comparisons.
package usertest

import (
	"time"

	"pgregory.net/rapid"

	usersync "usersync/sync"
)

// User is any user that every mirror can hold. created_at always has a value, as
// Authgear always gives it; every other field has one about half of the time.
func User(set usersync.FieldSet) *rapid.Generator[*usersync.User] {
	return rapid.Custom(func(t *rapid.T) *usersync.User {
		return tame.user(t, ID().Draw(t, "sub"), set)
	})
}

// UserWithID is [User] with an id of the caller's choice, for making the same
// user differ.
func UserWithID(id usersync.ID, set usersync.FieldSet) *rapid.Generator[*usersync.User] {
	return rapid.Custom(func(t *rapid.T) *usersync.User { return tame.user(t, id, set) })
}

// Wild is a [User] that may also have what JSON allows and PostgreSQL cannot
// hold: U+0000 in texts, keys and elements, and numbers of millions of digits.
func Wild(set usersync.FieldSet) *rapid.Generator[*usersync.User] {
	return rapid.Custom(func(t *rapid.T) *usersync.User {
		return wild.user(t, ID().Draw(t, "sub"), set)
	})
}

// Users is between minimum and maximum users, each a [User], no two with the
// same id.
func Users(set usersync.FieldSet, minimum, maximum int) *rapid.Generator[[]*usersync.User] {
	return rapid.SliceOfNDistinct(User(set), minimum, maximum, func(u *usersync.User) usersync.ID { return u.ID })
}

// ID is any user id, the nil UUID and its opposite among them.
func ID() *rapid.Generator[usersync.ID] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) usersync.ID { return usersync.ID(b) })
}

// Time is any time that RFC 3339 can write, in UTC and to the microsecond, but
// the zero time, which stands for no time at all.
func Time() *rapid.Generator[time.Time] {
	first := time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	usual := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	return rapid.OneOf(
		rapid.Map(rapid.Int64Range(0, 365*24*3600*1_000_000), func(micros int64) time.Time { return usual.Add(time.Duration(micros) * time.Microsecond) }),
		rapid.Map(rapid.Int64Range(first.UnixMicro(), last.UnixMicro()), func(micros int64) time.Time { return time.UnixMicro(micros).UTC() }),
		rapid.SampledFrom([]time.Time{first, last, usual, time.UnixMicro(0).UTC(), time.UnixMicro(-1).UTC()}),
	)
}

func (v values) user(t *rapid.T, id usersync.ID, set usersync.FieldSet) *usersync.User {
	u := usersync.NewUser(id)
	for f := range set.All() {
		if f.Name == "created_at" || rapid.Bool().Draw(t, "has "+f.Name) {
			u.Set(f, v.value(t, f))
		}
	}
	return u
}

func (v values) value(t *rapid.T, f *usersync.Field) any {
	switch f.Kind {
	case usersync.Text:
		return v.text().Draw(t, f.Name)
	case usersync.Bool:
		return rapid.Bool().Draw(t, f.Name)
	case usersync.Int:
		return rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64()).Draw(t, f.Name)
	case usersync.Time:
		return Time().Draw(t, f.Name)
	case usersync.Set:
		return rapid.SliceOfNDistinct(v.text(), 0, 4, rapid.ID[string]).Draw(t, f.Name)
	case usersync.Object:
		if f.Parts != nil {
			return v.parts(t, f)
		}
		return v.object(jsonDepth).Draw(t, f.Name)
	case usersync.List:
		return rapid.SliceOfN(v.json(jsonDepth), 0, 3).Draw(t, f.Name)
	default:
		panic("field " + f.Name + " has a kind that no values are known for")
	}
}

// parts is an object with some of the keys that the field's parts name, each a
// text that is not empty: files have a column for each, and an empty cell there
// means that the key is absent.
func (v values) parts(t *rapid.T, f *usersync.Field) map[string]any {
	object := make(map[string]any)
	for _, part := range f.Parts {
		if text := v.text().Draw(t, f.Name+"."+part); text != "" {
			object[part] = text
		}
	}
	return object
}
