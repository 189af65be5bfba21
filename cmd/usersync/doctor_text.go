package main

import (
	"strings"
	"unicode/utf8"
)

// The columns of a finding: its sign, its name, and what was found.
const (
	findingName   = 20
	findingIndent = 4 + findingName
)

// A findingWriter writes findings for people, under a heading for each group.
type findingWriter struct {
	width int // of the terminal; 0 where lines are not to be broken
	group string
}

// text is a finding's line, and what to do on a line of its own.
func (w *findingWriter) text(f finding) string {
	var text strings.Builder
	if f.Group != w.group {
		if w.group != "" {
			text.WriteString("\n")
		}
		w.group = f.Group
		text.WriteString(strings.ToUpper(f.Group[:1]) + f.Group[1:] + "\n")
	}
	padding := strings.Repeat(" ", max(1, findingName-utf8.RuneCountInString(f.Name)))
	text.WriteString("  " + f.Status.sign() + " " + f.Name + padding + w.fitted(f.Detail) + "\n")
	if f.Hint != "" {
		text.WriteString(strings.Repeat(" ", findingIndent) + w.fitted("→ "+f.Hint) + "\n")
	}
	return text.String()
}

// fitted keeps a text in its column, if the terminal has room for columns.
func (w *findingWriter) fitted(text string) string {
	// Some of it was said by servers.
	text = printable(strings.Join(strings.Fields(text), " "))
	if w.width < 2*findingIndent {
		return text
	}
	return wrap(text, w.width-findingIndent, strings.Repeat(" ", findingIndent))
}

func (s findingStatus) sign() string {
	switch s {
	case statusOK:
		return "✓"
	case statusWarning:
		return "!"
	case statusFailed:
		return "✗"
	default:
		return "-"
	}
}
