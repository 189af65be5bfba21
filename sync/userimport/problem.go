package userimport

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// A Problem is why a row cannot be sent as it is, or something that its sender
// should know.
type Problem struct {
	Row    int    `json:"row"`              // the row's number, from 1; 0 for what is wrong with every row
	Line   int    `json:"line"`             // of the file, from 1; 0 where lines do not tell rows apart
	Column string `json:"column,omitempty"` // as the header spells it; empty for the row as a whole
	// Value is the value, shortened; empty where it is a secret or too much.
	Value string `json:"value,omitempty"`
	Rule  string `json:"rule"` // what is asked of the value, such as "a date is written YYYY-MM-DD"
	// Where says where else to look, such as "also on line 6"; mostly empty.
	Where string `json:"where,omitempty"`
	Hint  string `json:"hint,omitempty"` // what to write or to add; may be empty
	// Warning says that the row is sent all the same.
	Warning bool `json:"warning,omitempty"`
}

// String is the problem in one line, for a terminal.
func (p Problem) String() string {
	if p.Row == 0 {
		return p.Text()
	}
	separator := ", "
	if p.Column == "" {
		separator = ": "
	}
	return Where(p.Row, p.Line) + separator + p.Text()
}

// Text is the problem without its place, for where that stands already.
func (p Problem) Text() string {
	text := p.Rule
	if p.Column != "" {
		text = p.Column + ": " + p.Rule
		if p.Value != "" {
			text = p.Column + " " + strconv.Quote(p.Value) + ": " + p.Rule
		}
	}
	if p.Where != "" {
		text += ": " + p.Where
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}

// Rejects says whether any of a row's problems keeps it from being sent.
func Rejects(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

// shortened is a value as problems show it: what is needed to recognise it.
func shortened(value string) string {
	const shown = 40
	if utf8.RuneCountInString(value) <= shown {
		return value
	}
	return string([]rune(value)[:shown-1]) + "…"
}
