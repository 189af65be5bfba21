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

// Error is a line for each thing that is wrong, with what to do about it.
func (e *MappingError) Error() string {
	lines := make([]string, 0, len(e.Unknown)+len(e.Faults))
	for _, unknown := range e.Unknown {
		ignore := "--ignore-column " + shellQuoted(unknown.Column)
		if unknown.Nearest == "" {
			lines = append(lines, "column "+shellQuoted(unknown.Column)+" is unknown: add --map "+
				shellQuoted(unknown.Column+"=custom_attributes.NAME")+" or another field, or "+ignore)
			continue
		}
		lines = append(lines, "column "+shellQuoted(unknown.Column)+" is unknown, and "+unknown.Nearest+" is nearest: add --map "+
			shellQuoted(unknown.Column+"="+unknown.Nearest)+" or "+ignore)
	}
	return strings.Join(append(lines, e.Faults...), "\n")
}

// shellQuoted is a text as a shell takes it.
func shellQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
