package main

import "strings"

// A passage is a piece of a command's description: a paragraph, whose lines may be
// broken anew, or lines that stand as they are.
type passage struct {
	asIs bool
	text string
}

// passages are the pieces of a text as help shows it. What stands as it is, tables
// and examples, is indented by two spaces there, and here is no more.
func passages(text string) []passage {
	var all []passage
	apart := true // the line is not the last passage's
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			apart = true
			continue
		}
		line, asIs := strings.CutPrefix(line, "  ")
		switch last := len(all) - 1; {
		case last >= 0 && all[last].asIs && asIs && apart:
			all[last].text += "\n\n" + line
		case last >= 0 && all[last].asIs && asIs:
			all[last].text += "\n" + line
		case last >= 0 && all[last].asIs == asIs && !apart:
			all[last].text += " " + line
		default:
			all = append(all, passage{asIs, line})
		}
		apart = false
	}
	return all
}
