package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	usersync "usersync/sync"
	"usersync/sync/userdiff"
)

// A diffListing shows differences as they come.
type diffListing struct {
	app   *app
	o     *diffOptions
	out   *listing
	width int // of a value on a terminal; 0 shows all of it
	paint bool
}

func (a *app) newDiffListing(o *diffOptions) *diffListing {
	return &diffListing{
		app: a, o: o, out: a.newListing(), width: valueWidth(a.stdout),
		paint: isTerminal(a.stdout) && a.environ["NO_COLOR"] == "" && a.environ["TERM"] != "dumb",
	}
}

// add lists one user.
func (l *diffListing) add(d *userdiff.Difference) error {
	switch {
	case l.o.summary:
		return nil
	case l.o.json:
		return l.encode(newDiffLine(d))
	}
	_, err := io.WriteString(l.out, l.text(d))
	return err
}

// A diffLine is what --json prints of a user.
type diffLine struct {
	Op     string               `json:"op"`     // create, update or delete: what would make A into B
	ID     usersync.ID          `json:"sub"`    // the user's ID in A; for a create, in B
	Fields map[string]diffValue `json:"fields"` // what differs; for a create and a delete, all that the user has
}

type diffValue struct {
	Old json.RawMessage `json:"old"` // the value in A; null for none
	New json.RawMessage `json:"new"` // the value in B; null for none
}

func newDiffLine(d *userdiff.Difference) diffLine {
	line := diffLine{Op: d.Op.String(), ID: d.ID, Fields: make(map[string]diffValue, len(d.Fields))}
	for _, change := range d.Fields {
		line.Fields[change.Name] = diffValue{change.Old, change.New}
	}
	return line
}

// encode prints a document in a line of its own.
func (l *diffListing) encode(document any) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return err
	}
	_, err := io.WriteString(l.out, jsonFor(l.app.stdout, line.Bytes()))
	return err
}

// The colours of what goes, what comes and what becomes different.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (l *diffListing) painted(colour, text string) string {
	if !l.paint {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// text is one user for people. Nothing in it is what a terminal would act upon,
// but for the colours.
func (l *diffListing) text(d *userdiff.Difference) string {
	var text strings.Builder
	text.WriteString(l.painted(map[usersync.Op]string{usersync.Create: green, usersync.Update: yellow, usersync.Delete: red}[d.Op], d.Op.String()) + " " + d.ID.String() + "\n")
	named := 0
	for _, change := range d.Fields {
		named = max(named, utf8.RuneCountInString(printable(change.Name)))
	}
	for _, change := range d.Fields {
		name := printable(change.Name)
		text.WriteString("    " + name + strings.Repeat(" ", named-utf8.RuneCountInString(name)) + "  ")
		old, now := shownJSON(change.Old), shownJSON(change.New)
		differ := 0
		if d.Op == usersync.Update {
			differ = firstDifference(old, now)
		}
		fitting := changeWriter{width: l.width}
		old, now = l.painted(red, fitting.excerpt(old, differ)), l.painted(green, fitting.excerpt(now, differ))
		switch d.Op {
		case usersync.Create:
			text.WriteString(now)
		case usersync.Delete:
			text.WriteString(old)
		default:
			text.WriteString(old + " → " + now)
		}
		text.WriteString("\n")
	}
	return text.String()
}

func shownJSON(value json.RawMessage) string {
	if value == nil {
		return "none"
	}
	return printable(string(value))
}

// end shows what came of it all.
func (l *diffListing) end(report *userdiff.Report, job *diffJob) error {
	switch {
	case l.o.json && l.o.summary:
		if err := l.encode(newDiffSummary(report, job)); err != nil {
			return err
		}
	case l.o.json:
		l.warnOfUnmatched(report, job)
	case report.Differ() || !l.app.logging.quiet:
		if !l.o.summary && report.Created+report.Updated+report.Deleted > 0 {
			if _, err := io.WriteString(l.out, "\n"); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(l.out, diffSummaryText(report, job, l.o)); err != nil {
			return err
		}
	}
	return l.out.Flush()
}

func (l *diffListing) warnOfUnmatched(report *userdiff.Report, job *diffJob) {
	for i, side := range []userdiff.SideReport{report.A, report.B} {
		if words := unmatchedWords(side, l.o.key); words != "" {
			l.app.logger.Warn("not compared: " + job.names[i] + " has " + words)
		}
	}
}

func diffSummaryText(report *userdiff.Report, job *diffJob, o *diffOptions) string {
	var text strings.Builder
	sides := []userdiff.SideReport{report.A, report.B}
	for i, side := range sides {
		fmt.Fprintf(&text, "%c           %s, %s\n", 'A'+i, job.names[i], counted(side.Users, "user"))
	}
	fmt.Fprintf(&text, "compared    %s\n", comparedWords(job.scope))
	for i := range sides {
		if names := job.lackedBy(i); len(names) > 0 {
			fmt.Fprintf(&text, "not in %c    %s\n", 'A'+i, wrappedNames(names))
		}
	}
	text.WriteString("\n")
	rows := []usersRow{
		{name: "to create", users: report.Created, note: "in B alone"},
		{name: "to update", users: report.Updated},
		{name: "to delete", users: report.Deleted, note: "in A alone"},
		{name: "alike", users: report.Alike},
	}
	text.WriteString(usersTable(rows))
	for i, side := range sides {
		if words := unmatchedWords(side, o.key); words != "" {
			fmt.Fprintf(&text, "Not compared: %c has %s.\n", 'A'+i, words)
		}
	}
	if len(report.ByField) > 0 {
		rows = rows[:0]
		for _, name := range slices.Sorted(maps.Keys(report.ByField)) {
			rows = append(rows, usersRow{name: printable(name), users: report.ByField[name]})
		}
		text.WriteString("\nDiffering, by field:\n" + usersTable(rows))
	}
	return text.String()
}

func comparedWords(scope usersync.Scope) string {
	switch names := scope.Names(); {
	case scope.Everything():
		return "all fields"
	case len(names) == 0:
		return "only who is there"
	default:
		return wrappedNames(names)
	}
}

func wrappedNames(names []string) string {
	return wrap(printable(strings.Join(names, ", ")), textWidth-12, "            ")
}

// A diffSummary is what --json --summary prints.
type diffSummary struct {
	A        diffSide       `json:"a"`        // what was found in A
	B        diffSide       `json:"b"`        // what was found in B
	Compared []string       `json:"compared"` // names of what was compared; custom_attributes (all but NAME) without what was left out
	Created  int            `json:"created"`  // users in B alone
	Updated  int            `json:"updated"`  // users in both who differ
	Deleted  int            `json:"deleted"`  // users in A alone
	Alike    int            `json:"alike"`    // users in both who do not differ
	Fields   map[string]int `json:"fields"`   // of those updated, how many differ in each
}

type diffSide struct {
	Place    string `json:"place"`       // what it is, without any password
	Users    int    `json:"users"`       // how many there are
	Complete bool   `json:"complete"`    // nobody was missed who was there throughout
	Keyless  int    `json:"without_key"` // users without what --key names, who were not compared
	Doubles  int    `json:"key_shared"`  // users who share it with others, who were not compared
}

func newDiffSummary(report *userdiff.Report, job *diffJob) diffSummary {
	side := func(i int, of userdiff.SideReport) diffSide {
		return diffSide{job.names[i], of.Users, of.Complete, of.Keyless, of.Doubles}
	}
	return diffSummary{
		A: side(0, report.A), B: side(1, report.B), Compared: append([]string{}, job.scope.Names()...), Created: report.Created, Updated: report.Updated,
		Deleted: report.Deleted, Alike: report.Alike, Fields: report.ByField,
	}
}
