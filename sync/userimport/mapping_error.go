package userimport

import "strings"

// A MappingError says what is wrong with how a table's columns are to become
// fields.
type MappingError struct {
	// Unknown are the columns that say nothing.
	Unknown []UnknownColumn
	// Faults are what else is wrong, each a sentence without its full stop.
	Faults []string
}

// An UnknownColumn is a column that nobody knows what to do with.
type UnknownColumn struct {
	Column  string // as the header spells it
	Nearest string // the field that it may mean; may be empty
}

// Error is what is wrong, a line each, with the settings that would do below an
// unknown column.
func (e *MappingError) Error() string {
	lines := make([]string, 0, 3*len(e.Unknown)+1+len(e.Faults))
	unnamed := false
	for _, unknown := range e.Unknown {
		nearest, field := "", unknown.Nearest
		if field == "" {
			field, unnamed = "FIELD", true
		} else {
			nearest = ", and " + field + " is nearest"
		}
		lines = append(lines,
			"column "+shellQuoted(unknown.Column)+" is unknown"+nearest+". Add one of",
			"  --map "+shellQuoted(unknown.Column+"="+field),
			"  --ignore-column "+shellQuoted(unknown.Column))
	}
	if unnamed {
		lines = append(lines, "A FIELD is one that usersync import template has, or custom_attributes.NAME")
	}
	return strings.Join(append(lines, e.Faults...), "\n")
}

// shellQuoted is a text as a shell takes it.
func shellQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
