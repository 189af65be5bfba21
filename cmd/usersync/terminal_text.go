package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// printableName is what [printable] makes of a text, but for the joiners that
// Persian and Indian names and many emoji are written with: they steer nothing.
func printableName(text string) string {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if !strings.ContainsAny(text, string([]rune{nonJoiner, joiner})) {
		return printable(text)
	}
	var shown strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		joins := (r == nonJoiner || r == joiner) && i > 0 && i+1 < len(runes)
		if joins && runes[i-1] > unicode.MaxASCII && runes[i+1] > unicode.MaxASCII {
			shown.WriteRune(r)
			continue
		}
		shown.WriteString(printable(string(r)))
	}
	return shown.String()
}

// printableLines is what [printable] makes of each line of a text.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// jsonFor is JSON as it is; for a terminal, the same values without anything that
// it would act upon.
func jsonFor(out io.Writer, spelled []byte) string {
	if isTerminal(out) {
		return printableJSON(string(spelled))
	}
	return string(spelled)
}

// printableJSON escapes what is not printable in JSON that has no other spaces than
// blanks and line feeds, so that it still means the same.
func printableJSON(spelled string) string {
	var escaped strings.Builder
	for _, r := range spelled {
		switch {
		case strconv.IsPrint(r) || r == '\n':
			escaped.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&escaped, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&escaped, `\u%04x\u%04x`, high, low)
		}
	}
	return escaped.String()
}
