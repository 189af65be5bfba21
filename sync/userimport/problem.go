package userimport

import "strconv"

// A Problem is why a row cannot be sent as it is, or something that its sender
// should know.
type Problem struct {
	Row    int    `json:"row"`              // the row's number, from 1
	Line   int    `json:"line"`             // of the file, from 1
	Column string `json:"column,omitempty"` // as the header spells it; empty for the row as a whole
	// Value is the value, shortened; empty where it is a secret or too much.
	Value string `json:"value,omitempty"`
	Rule  string `json:"rule"`           // what is asked of the value, such as "a date is written YYYY-MM-DD"
	Hint  string `json:"hint,omitempty"` // what to write or to add; may be empty
	// Warning says that the row is sent all the same.
	Warning bool `json:"warning,omitempty"`
}

// String is the problem in one line, for a terminal or a file.
func (p Problem) String() string {
	text := "line " + strconv.Itoa(p.Line)
	if p.Column != "" {
		text += ", " + p.Column
	}
	if p.Value != "" {
		text += " " + strconv.Quote(p.Value)
	}
	text += ": " + p.Rule
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}
