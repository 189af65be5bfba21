package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	usersync "usersync/sync"
)

// A changeWriter lists changes for people, as a run finds them out: for each
// user a line of what happens to it, and below it the fields, old → new.
type changeWriter struct {
	out    io.Writer
	fields usersync.FieldSet
	// width is how many characters of a value are shown; 0 shows all of it.
	width int
	err   error // the first that writing met
}

// write lists one change. Values are people's data: this is only called when
// somebody asked to see them.
func (w *changeWriter) write(c usersync.Change) { w.writeAs(c.Op.String(), c) }

// writeAs lists one change under other words than its op's.
func (w *changeWriter) writeAs(words string, c usersync.Change) {
	if w.err != nil {
		return
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s\n", words, c.ID)
	named := 0
	for f := range w.fields.All() {
		if w.concerns(c, f) {
			named = max(named, len(f.Name))
		}
	}
	for f := range w.fields.All() {
		if !w.concerns(c, f) {
			continue
		}
		fmt.Fprintf(&text, "    %-*s  ", named, f.Name)
		switch {
		case c.Before == nil:
			text.WriteString(w.show(c.After, f))
		case c.After == nil:
			text.WriteString(w.show(c.Before, f))
		default:
			before, after := shownValue(c.Before, f), shownValue(c.After, f)
			differ := firstDifference(before, after)
			text.WriteString(w.excerpt(before, differ) + " → " + w.excerpt(after, differ))
		}
		text.WriteString("\n")
	}
	_, w.err = io.WriteString(w.out, text.String())
}

// concerns says whether the change has something to show of the field: where
// both sides are known, what differs; otherwise what there is.
func (w *changeWriter) concerns(c usersync.Change, f *usersync.Field) bool {
	switch {
	case c.Before == nil:
		return c.After.Has(f)
	case c.After == nil:
		return c.Before.Has(f)
	}
	for _, differing := range c.Fields {
		if differing.Name == f.Name {
			return true
		}
	}
	return false
}

// show spells a value from its beginning.
func (w *changeWriter) show(u *usersync.User, f *usersync.Field) string {
	return w.excerpt(shownValue(u, f), 0)
}

// excerpt is as much of a value as fits, with what is at the given place in it.
func (w *changeWriter) excerpt(shown string, place int) string {
	runes := []rune(shown)
	if w.width == 0 || len(runes) <= w.width {
		return shown
	}
	left := ""
	if place >= w.width-1 {
		// A third of the width is for what stands before.
		runes, left = runes[min(place, len(runes))-w.width/3:], "…"
	}
	if room := w.width - utf8.RuneCountInString(left); len(runes) > room {
		return left + string(runes[:room-1]) + "…"
	}
	return left + string(runes)
}

// firstDifference is at which character two texts begin to differ.
func firstDifference(a, b string) int {
	place := 0
	for a != "" && b != "" {
		first, size := utf8.DecodeRuneInString(a)
		other, otherSize := utf8.DecodeRuneInString(b)
		if first != other {
			break
		}
		a, b = a[size:], b[otherSize:]
		place++
	}
	return place
}

// shownValue spells a value as JSON, with everything that a terminal would act
// upon, or that is not seen, escaped: the value may be a stranger's.
func shownValue(u *usersync.User, f *usersync.Field) string {
	value := u.Get(f)
	if t, isTime := value.(time.Time); isTime && u.Has(f) {
		return t.Format(time.RFC3339Nano)
	}
	if !u.Has(f) && f.Kind != usersync.Bool && f.Kind != usersync.Int {
		return "none"
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "not JSON" // values come from JSON, so this never happens
	}
	return printable(strings.TrimSuffix(buffer.String(), "\n"))
}

// printable escapes the characters that JSON leaves alone and a terminal should
// not be given: controls, marks that reverse the direction of writing, and so on.
func printable(text string) string {
	var escaped strings.Builder
	for _, r := range text {
		switch {
		case strconv.IsPrint(r):
			escaped.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&escaped, `\u%04x`, r)
		default:
			fmt.Fprintf(&escaped, `\U%08x`, r)
		}
	}
	return escaped.String()
}
