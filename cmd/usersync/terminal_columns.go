package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/width"
)

// beginning is as much of a text as so many columns hold.
func beginning(text string, room int) string {
	taken := 0
	for i, r := range text {
		if taken += runeWidth(r); taken > room {
			return text[:i]
		}
	}
	return text
}

// cutCell cuts a text to so many columns, and shows that it did.
func cutCell(text string, room int) string {
	if cellWidth(text) <= room {
		return text
	}
	return beginning(text, room-1) + "…"
}

// foldCell breaks a text into lines of so many columns, at most so many lines:
// where it has lines already, and else between words or where a line is full.
func foldCell(text string, room, most int) []string {
	var lines []string
	for part := range strings.SplitSeq(text, "\n") {
		part = printableName(part)
		for cellWidth(part) > room && len(lines) < most {
			line := beginning(part, room)
			if blank := strings.LastIndexByte(line, ' '); blank > len(line)/2 {
				line = line[:blank+1]
			}
			lines, part = append(lines, line), part[len(line):]
		}
		if lines = append(lines, part); len(lines) > most {
			return append(lines[:most-1], cutCell(lines[most-1]+"…", room))
		}
	}
	return lines
}

// leftToRight is a mark that nobody sees. Behind a name that is written from right
// to left it keeps the numbers of the next column from being taken for a part of it.
const leftToRight = "\u200e"

// isRightToLeft says whether something in a text is written from right to left.
func isRightToLeft(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		properties, _ := bidi.LookupRune(r)
		class := properties.Class()
		return class == bidi.R || class == bidi.AL || class == bidi.AN
	})
}

// cellWidth is how many columns of a terminal a text takes.
func cellWidth(text string) int {
	taken := 0
	for _, r := range text {
		taken += runeWidth(r)
	}
	return taken
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}
