package usersync

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A FieldSet is which fields a run asks for and a mirror holds, in the order of
// the table. The user's id belongs to every set and is not counted among it.
type FieldSet struct {
	fields []*Field
}

// alwaysMirrored says of the fields that everybody's choice has: the order of
// users in files and the proof that a sweep is complete rest on created_at, and
// that people leave the change log who are anonymised rests on is_anonymized.
func alwaysMirrored(name string) bool { return name == "created_at" || name == "is_anonymized" }

// disablingTimes are when the clock alone changes whether an account is disabled.
//
//nolint:gochecknoglobals // a table of constants, which Go has no other way to write
var disablingTimes = []string{"temporarily_disabled_from", "temporarily_disabled_until", "account_valid_from", "account_valid_until"}

// AllFields is everything there is.
func AllFields() FieldSet { return FieldSet{fields: slices.Clone(fields)} }

// ParseFields reads names, each to be kept, or each with a minus before it to be
// left out of all fields. No names are all fields; sub may be named. What belongs
// to every choice cannot be left out: created_at and is_anonymized. What is
// counted from another field goes with it: without identities there are no
// biometric_count and passkey_count. With disabled come the times at which the
// clock alone changes it, also where they are named to be left out: by them an
// incremental run knows whom to look at. Unknown names, and a mixture, are errors
// that say so.
func ParseFields(names []string) (FieldSet, error) {
	all := AllFields()
	if len(names) == 0 {
		return all, nil
	}
	chosen := make(map[string]bool, len(names))
	leaveOut := strings.HasPrefix(names[0], "-")
	for _, spelled := range names {
		name := strings.TrimPrefix(spelled, "-")
		if strings.HasPrefix(spelled, "-") != leaveOut {
			return FieldSet{}, fmt.Errorf("fields %q: name either what to keep or, each with a minus, what to leave out", strings.Join(names, ","))
		}
		if name == "sub" || alwaysMirrored(name) {
			if leaveOut {
				return FieldSet{}, fmt.Errorf("fields: %s cannot be left out", name)
			}
			continue
		}
		if _, found := all.Lookup(name); !found {
			return FieldSet{}, fmt.Errorf("fields: there is no field %q; the fields are %s", name, strings.Join(all.Names(), ", "))
		}
		chosen[name] = true
	}
	if leaveOut && chosen["identities"] {
		chosen["biometric_count"], chosen["passkey_count"] = true, true
	}
	if chosen["disabled"] != leaveOut {
		for _, name := range disablingTimes {
			chosen[name] = !leaveOut
		}
	}
	return all.where(func(f *Field) bool {
		return alwaysMirrored(f.Name) || chosen[f.Name] != leaveOut
	}), nil
}

// FieldsNamed is the set of the known names among those given, however they are
// ordered. It is for reading back what a mirror says it holds.
func FieldsNamed(names []string) FieldSet {
	return AllFields().where(func(f *Field) bool { return slices.Contains(names, f.Name) })
}

func (s FieldSet) where(keep func(*Field) bool) FieldSet {
	kept := FieldSet{}
	for _, f := range s.fields {
		if keep(f) {
			kept.fields = append(kept.fields, f)
		}
	}
	return kept
}

// All yields the fields in the table's order.
func (s FieldSet) All() iter.Seq[*Field] { return slices.Values(s.fields) }

// Len is how many fields the set has.
func (s FieldSet) Len() int { return len(s.fields) }

// Names are the fields' names in the table's order.
func (s FieldSet) Names() []string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.Name
	}
	return names
}

// Lookup finds a field of the set by its name.
func (s FieldSet) Lookup(name string) (*Field, bool) {
	for _, f := range s.fields {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// Intersect is what both sets have.
func (s FieldSet) Intersect(other FieldSet) FieldSet {
	return s.where(func(f *Field) bool {
		_, found := other.Lookup(f.Name)
		return found
	})
}

// Union is what either set has.
func (s FieldSet) Union(other FieldSet) FieldSet {
	return FieldsNamed(append(s.Names(), other.Names()...))
}

// without is what the set has and the other has not.
func (s FieldSet) without(other FieldSet) FieldSet {
	return s.where(func(f *Field) bool {
		_, found := other.Lookup(f.Name)
		return !found
	})
}

// Equal says whether both sets have the same fields.
func (s FieldSet) Equal(other FieldSet) bool {
	return slices.Equal(s.Names(), other.Names())
}
