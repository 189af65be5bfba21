package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	usersync "usersync/sync"
)

// idGroups is how many groups users are put into by the first two digits of
// their ids, so that one sees whether damage is here and there or all over.
const idGroups = 256

// findings are what verify found, listed as it comes and counted.
type findings struct {
	out      io.Writer
	listed   bool
	verbose  bool
	values   changeWriter
	failed   error
	byField  map[*usersync.Field]int
	byGroup  [idGroups]int
	notAlike int
}

func newFindings(out io.Writer, fields usersync.FieldSet, o *verifyOptions) *findings {
	return &findings{
		out: out, listed: !o.json, verbose: o.verbose,
		values:  changeWriter{out: out, fields: fields},
		byField: make(map[*usersync.Field]int),
	}
}

// add counts one user who differs and lists it.
func (f *findings) add(c usersync.Change) {
	f.byGroup[c.ID[0]]++
	f.notAlike++
	if c.Op == usersync.Update {
		for _, field := range c.Fields {
			f.byField[field]++
		}
	}
	switch {
	case !f.listed || f.failed != nil:
	case f.verbose:
		f.values.writeAs(findingWords(c.Op), c)
	default:
		line := findingWords(c.Op) + " " + c.ID.String()
		if c.Op == usersync.Update {
			line += "  " + strings.Join(fieldNames(c.Fields), ", ")
		}
		_, f.failed = io.WriteString(f.out, line+"\n")
	}
}

// findingWords says of a user what a sync would mend.
func findingWords(op usersync.Op) string {
	switch op {
	case usersync.Create:
		return "missing "
	case usersync.Delete:
		return "too many"
	case usersync.Restore:
		return "not gone"
	case usersync.Update, usersync.Refill:
	}
	return "differs "
}

func fieldNames(fields []*usersync.Field) []string {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Name
	}
	return names
}

func (f *findings) err() error {
	if f.failed != nil {
		return f.failed
	}
	return f.values.err
}

// alikeGroups is how many groups of ids have nobody who differs.
func (f *findings) alikeGroups() int {
	alike := 0
	for _, differing := range f.byGroup {
		if differing == 0 {
			alike++
		}
	}
	return alike
}

// text is the summary for people.
func (f *findings) text(report *usersync.Report, job *syncJob) string {
	var text strings.Builder
	if report.Changes.Any() {
		text.WriteString("\n")
	}
	text.WriteString(placesText(job.from, job.to.String()) + proofText(report) + "\n")
	changes := report.Changes
	rows := []usersRow{
		{name: "read", users: report.Source.Users},
		{name: "alike", users: changes.Unchanged},
		{name: "differs", users: changes.Updated},
		{name: "missing", users: changes.Created, note: "in the mirror"},
		{name: "too many", users: changes.Deleted, note: "in the mirror, and gone from Authgear"},
		{name: "not gone", users: changes.Restored, note: "though the mirror says so"},
	}
	text.WriteString(usersTable(append(rows, rareRows(changes)...)))
	if len(f.byField) > 0 {
		rows = rows[:0]
		for _, field := range slices.SortedFunc(maps.Keys(f.byField), func(a, b *usersync.Field) int { return strings.Compare(a.Name, b.Name) }) {
			rows = append(rows, usersRow{name: field.Name, users: f.byField[field]})
		}
		text.WriteString("\nDiffering, by field:\n" + usersTable(rows))
	}
	text.WriteString("\n")
	if f.verbose && f.notAlike > 0 {
		text.WriteString(wrap(fmt.Sprintf("Cut by ID into %d parts, %s of users have some who differ: few mean that the damage is in one place, many that it is all over.",
			idGroups, counted(idGroups-f.alikeGroups(), "part")), textWidth, "") + "\n")
	}
	text.WriteString(wrap(fmt.Sprintf("%s. It took %s and %s.", f.closing(report), spent(report.DurationSeconds), counted(int(report.Source.Requests), "request")), textWidth, "") + "\n")
	return text.String()
}

// closing says of whom the mirror is right, and claims no more than was seen.
func (f *findings) closing(report *usersync.Report) string {
	switch {
	case f.notAlike > 0:
		return "The mirror is not as Authgear is: usersync sync --repair mends it, and asks for --approve where that is more than a limit lets pass"
	case !report.Census.Complete:
		return "Whoever was found is in the mirror as at Authgear. Who was missed, as said above, may be missing in the mirror"
	case report.Changes.Undecided > 0:
		return "Whoever was found is in the mirror as at Authgear. Of those undecided nothing is known"
	default:
		return "The mirror is as Authgear is"
	}
}

// A verifyDocument is what --json prints: the report of the comparison, in which
// changes are what a sync would do, and how the users that differ are spread.
type verifyDocument struct {
	*usersync.Report
	Groups verifiedGroups `json:"groups"` // of users, by the first two digits of the ID
	Fields map[string]int `json:"fields"` // users that differ in each
}

type verifiedGroups struct {
	Total int `json:"total"` // groups that there are
	Alike int `json:"alike"` // groups in which nobody differs
}

func (f *findings) document(report *usersync.Report) verifyDocument {
	document := verifyDocument{
		Report: report, Groups: verifiedGroups{idGroups, f.alikeGroups()}, Fields: make(map[string]int),
	}
	for field, users := range f.byField {
		document.Fields[field.Name] = users
	}
	return document
}
