package usersync

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Scope is how much of a user is looked at: fields, and of those that are
// objects perhaps some keys only. The user's id belongs to every scope.
type Scope struct {
	// Fields are those of which anything is looked at.
	Fields FieldSet
	// keys are, by the names of objects that are not looked at whole, which.
	keys map[string]keySet
}

// A keySet is the keys that it names or, with others, all but these.
type keySet struct {
	names  []string
	others bool
	// asCells says that values are only told apart as far as cells do.
	asCells bool
}

func only(names []string) keySet { return keySet{names: names} }

func (k keySet) has(key string) bool { return slices.Contains(k.names, key) != k.others }

func (k keySet) intersect(other keySet) keySet {
	asCells := k.asCells || other.asCells
	if k.others && other.others {
		names := slices.Sorted(slices.Values(append(slices.Clone(k.names), other.names...)))
		return keySet{names: slices.Compact(names), others: true, asCells: asCells}
	}
	if k.others {
		k, other = other, k
	}
	kept := keySet{asCells: asCells}
	for _, name := range k.names {
		if other.has(name) {
			kept.names = append(kept.names, name)
		}
	}
	return kept
}

// Whole is all there is of some fields.
func Whole(set FieldSet) Scope { return Scope{Fields: set} }

// ParseScope reads names of fields, and such as address.country and
// custom_attributes.member_id for what an object has under a key; OBJECT.* is the
// whole object. sub may be named. An unknown name is an error that says it.
func ParseScope(names []string) (Scope, error) {
	var whole []string
	keys := make(map[string]keySet)
	for _, name := range names {
		if name == "sub" {
			continue
		}
		first, key, dotted := strings.Cut(name, ".")
		f, found := AllFields().Lookup(first)
		switch {
		case !found, dotted && f.Kind != Object, dotted && f.Parts != nil && key != "*" && !slices.Contains(f.Parts, key):
			return Scope{}, fmt.Errorf("there is no field %q; the fields are %s", name, strings.Join(AllFields().Names(), ", "))
		case dotted && key != "*":
			keys[first] = only(append(keys[first].names, key))
		default:
			whole = append(whole, first)
		}
	}
	for _, name := range whole {
		delete(keys, name)
	}
	return Scope{Fields: FieldsNamed(append(whole, slices.Collect(maps.Keys(keys))...)), keys: keys}, nil
}

// AsCells is the scope in which an attribute that has a column of its own is no
// more than its cell says: of a text such as 7, that it may be a number, and of an
// empty one and of null, nothing. Compared with a file of such columns, users
// differ only in what it can tell.
func (s Scope) AsCells() Scope {
	cells := Scope{Fields: s.Fields, keys: maps.Clone(s.keys)}
	for name, keys := range cells.keys {
		if f, _ := AllFields().Lookup(name); f.Parts == nil {
			keys.asCells = true
			cells.keys[name] = keys
		}
	}
	return cells
}

// narrowed is the scope with no more of an object than some keys.
func (s Scope) narrowed(f *Field, to keySet) Scope {
	keys := maps.Clone(s.keys)
	if keys == nil {
		keys = make(map[string]keySet)
	}
	if before, narrow := keys[f.Name]; narrow {
		to = to.intersect(before)
	}
	keys[f.Name] = to
	if len(to.names) == 0 && !to.others {
		delete(keys, f.Name)
		return Scope{Fields: s.Fields.where(func(g *Field) bool { return g != f }), keys: keys}
	}
	return Scope{Fields: s.Fields, keys: keys}
}

// Intersect is what both scopes have.
func (s Scope) Intersect(other Scope) Scope {
	both := Scope{Fields: s.Fields.Intersect(other.Fields), keys: s.keys}
	for f := range both.Fields.All() {
		if keys, narrow := other.keys[f.Name]; narrow {
			both = both.narrowed(f, keys)
		}
	}
	return both
}

// Without is what the scope has and the other has not.
func (s Scope) Without(other Scope) Scope {
	rest := s
	for f := range other.Fields.All() {
		if keys, narrow := other.keys[f.Name]; narrow {
			if _, found := rest.Fields.Lookup(f.Name); found {
				rest = rest.narrowed(f, keySet{names: keys.names, others: !keys.others})
			}
			continue
		}
		rest.Fields = rest.Fields.where(func(g *Field) bool { return g != f })
	}
	return rest
}

// Names say to people what is looked at: a field or a part of an address by its
// name, a custom attribute as custom_attributes.NAME, and custom_attributes of which
// some are left out with these.
func (s Scope) Names() []string {
	var names []string
	for f := range s.Fields.All() {
		keys, narrow := s.keys[f.Name]
		switch {
		case !narrow:
			names = append(names, f.Name)
		case keys.others && f.Parts == nil:
			names = append(names, f.Name+" (all but "+strings.Join(keys.names, ", ")+")")
		default:
			names = append(names, f.columns(keys)...)
		}
	}
	return names
}

// Columns are those of an export of what is in the scope, without sub, as
// [ParseExportHeader] reads them. Custom attributes of which some are left out share
// one column: what goes into it has to be what [Scope.Of] leaves.
func (s Scope) Columns() []string {
	var columns []string
	for f := range s.Fields.All() {
		keys, narrow := s.keys[f.Name]
		if !narrow {
			keys = keySet{others: true}
		}
		columns = append(columns, f.columns(keys)...)
	}
	return columns
}

// columns are those that a field has in an export, as far as they hold some of the
// keys that it has as an object.
func (f *Field) columns(keys keySet) []string {
	inner := keys.names
	if keys.others {
		if f.Parts == nil {
			return []string{f.Name}
		}
		inner = slices.DeleteFunc(slices.Clone(f.Parts), func(part string) bool { return !keys.has(part) })
	}
	columns := make([]string, len(inner))
	for i, key := range inner {
		columns[i] = f.Name + "." + key
	}
	return columns
}

// Everything says whether nothing at all is left out.
func (s Scope) Everything() bool { return len(s.keys) == 0 && s.Fields.Equal(AllFields()) }

// of is an object with the keys that are looked at.
func (k keySet) of(f *Field, object map[string]any) map[string]any {
	kept := make(map[string]any, len(object))
	for key, inner := range object {
		if !k.has(key) {
			continue
		}
		if k.asCells {
			if inner = throughCell(f, object, key); inner == nil {
				continue
			}
		}
		kept[key] = inner
	}
	return kept
}

// Of is a user with what is in the scope and no more.
func (s Scope) Of(u *User) *User {
	seen := NewUser(u.ID)
	for f := range s.Fields.All() {
		if !u.Has(f) {
			continue
		}
		value := u.Get(f)
		if keys, narrow := s.keys[f.Name]; narrow {
			object, _ := value.(map[string]any)
			value = keys.of(f, object)
		}
		seen.Set(f, value)
	}
	return seen
}
