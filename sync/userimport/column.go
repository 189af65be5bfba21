package userimport

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	usersync "usersync/sync"
)

const attributePrefix = "custom_attributes."

// A target is a field that values go to: one of the table, or a custom attribute.
type target struct {
	field     *field
	path      []string // where a record has it
	attribute string   // the name of a custom attribute, as it is spelled
	declared  string   // its type, where the column says it
}

func (t target) name() string {
	if t.attribute != "" {
		return attributePrefix + t.attribute
	}
	return t.field.name
}

// foldName is a column's name without what people spell differently: case,
// spaces, underscores and hyphens.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// A fieldTable is the fields of records, by their folded names.
type fieldTable struct {
	fields    map[string]*field
	attribute *field // what all custom attributes have in common
}

func newFieldTable() fieldTable {
	table := fieldTable{fields: map[string]*field{}, attribute: &field{name: "custom_attributes", kind: attributeKind, exact: true}}
	for _, f := range recordFields() {
		f.path = strings.Split(cmp.Or(f.stored, f.name), ".")
		f.secret = f.path[0] == "password" || f.path[0] == "mfa"
		table.fields[foldName(f.name)] = &f
	}
	return table
}

func (t fieldTable) of(f *field) target { return target{field: f, path: f.path} }

func (t fieldTable) attributed(name, declared string) target {
	return target{field: t.attribute, path: []string{"custom_attributes", name}, attribute: name, declared: declared}
}

// named is a field by its own name, spelled as Authgear spells it.
func (t fieldTable) named(name string) (*field, bool) {
	f, found := t.fields[foldName(name)]
	return f, found && f.name == name
}

// find is what a column or a field means, however it is spelled. A custom
// attribute keeps its spelling, and may have its type behind a colon.
func (t fieldTable) find(name string) (target, bool) {
	if f, found := t.fields[foldName(name)]; found {
		return t.of(f), true
	}
	group, attribute, dotted := strings.Cut(name, ".")
	if !dotted || foldName(group) != foldName("custom_attributes") {
		return target{}, false
	}
	attribute, declared, typed := strings.Cut(strings.TrimSpace(attribute), ":")
	if attribute == "" || typed && !slices.Contains(declaredTypes(), declared) {
		return target{}, false
	}
	return t.attributed(attribute, declared), true
}

// NamesAttribute says whether a column of the name is one custom attribute, such as
// custom_attributes.member_id.
func NamesAttribute(column string) bool {
	group, attribute, dotted := strings.Cut(column, ".")
	return dotted && attribute != "" && foldName(group) == foldName("custom_attributes")
}

// declaredTypes are what may stand behind the colon of a custom attribute.
func declaredTypes() []string { return []string{"string", "number", "integer"} }

// insideHint says what an object can hold.
func (t fieldTable) insideHint(object string) string {
	var names []string
	for _, f := range recordFields() {
		if name, inside := strings.CutPrefix(f.name, object+"."); inside && !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	return "it may have " + strings.Join(names, ", ")
}

// isExported says whether a column is one of an export of users that nobody can
// set, by its folded name: of Authgear's own export, or of usersync's.
func isExported(folded string) bool {
	for f := range usersync.AllFields().All() {
		if foldName(f.Name) == folded {
			return true
		}
	}
	object, _, _ := strings.Cut(folded, ".")
	switch object {
	case "sub", foldName(usersync.DeletedColumn):
		return object == folded
	case foldName("other_attributes"):
		return true
	}
	return slices.Contains([]string{"mfa.emails", "mfa.phonenumbers", "mfa.totps"}, folded)
}
