package usersync

import (
	"fmt"
	"slices"
	"strings"
)

// AllAttributes asks for every custom attribute in a column of its own.
const AllAttributes = customAttributes + ".*"

// A Selection is which columns an export of users is to have.
type Selection struct {
	names    []string
	leaveOut bool
}

// ParseSelection reads names as [ParseScope] does. They name either what is
// exported or, each with a minus before it, what is left out; none means that all
// is exported. sub cannot be left out: who somebody is belongs to every export.
func ParseSelection(names []string) (Selection, error) {
	s := Selection{leaveOut: len(names) > 0 && strings.HasPrefix(names[0], "-")}
	for _, name := range names {
		if strings.HasPrefix(name, "-") != s.leaveOut {
			return Selection{}, fmt.Errorf("name either what to write or, each with a minus, what to leave out")
		}
		if name == "-sub" {
			return Selection{}, fmt.Errorf("sub cannot be left out: it says whose row it is")
		}
		s.names = append(s.names, strings.TrimPrefix(name, "-"))
	}
	return s, nil
}

// Names are the names without a minus.
func (s Selection) Names() []string { return s.names }

// Of is what is exported of users of whom there is so much, and its columns: sub
// first unless another place is asked for, then the others in the order in which
// they were. [AllAttributes] stays one of them, unless it is known which attributes
// there are. Missing is what was asked for and is not there.
func (s Selection) Of(had Scope) (exported Scope, columns []string, missing Scope, err error) {
	names := s.expanded(had)
	asked, err := ParseScope(names)
	switch {
	case err != nil:
		return Scope{}, nil, Scope{}, err
	case s.leaveOut || len(s.names) == 0:
		exported = had.Without(asked)
		return exported, append([]string{"sub"}, exported.Columns()...), Scope{}, nil
	}
	if !slices.Contains(names, "sub") {
		columns = append(columns, "sub")
	}
	for _, name := range names {
		if f, _ := AllFields().Lookup(strings.TrimSuffix(name, ".*")); f != nil && f.Parts != nil {
			columns = append(columns, f.columns(keySet{others: true})...)
			continue
		}
		columns = append(columns, name)
	}
	return had.Intersect(asked), columns, asked.Without(had), nil
}

// expanded has, for OBJECT.* of which only some keys are there, these.
func (s Selection) expanded(had Scope) []string {
	if s.leaveOut {
		return s.names
	}
	var names []string
	for _, name := range s.names {
		object, all := strings.CutSuffix(name, ".*")
		f, _ := had.Fields.Lookup(object)
		if keys, narrow := had.keys[object]; all && f != nil && narrow && !keys.others {
			names = append(names, f.columns(keys)...)
			continue
		}
		names = append(names, name)
	}
	return names
}
