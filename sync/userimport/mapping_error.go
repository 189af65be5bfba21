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
	lines := make([]string, 0, 3*len(e.Unknown)+len(e.Faults))
	for _, unknown := range e.Unknown {
		nearest, field, more := "", unknown.Nearest, ""
		if field == "" {
			field, more = "custom_attributes.NAME", ", or another field"
		} else {
			nearest = ", and " + field + " is nearest"
		}
		lines = append(lines,
			"column "+shellQuoted(unknown.Column)+" is unknown"+nearest+". Add one of",
			"  --map "+shellQuoted(unknown.Column+"="+field)+more,
			"  --ignore-column "+shellQuoted(unknown.Column))
	}
	return strings.Join(append(lines, e.Faults...), "\n")
}

// shellQuoted is a text as a shell takes it.
func shellQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
