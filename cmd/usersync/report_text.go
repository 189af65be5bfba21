package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	usersync "usersync/sync"
)

// placesText says from where to where a run goes.
func placesText(from, to string) string {
	return fmt.Sprintf("from        %s\nto          %s\n", from, to)
}

// reportText is a finished run's report for people.
func reportText(report *usersync.Report) string {
	return proofText(report) + fieldsText(report) + "\n" + outcomeText(report)
}

// outcomeText is what a finished run did.
func outcomeText(report *usersync.Report) string {
	closing := "Done"
	switch {
	case report.Status == usersync.StatusRefused:
		closing = "Refused, nothing was changed"
	case report.DryRun:
		closing = "Dry run, nothing was changed"
	case !report.Changes.Any():
		closing = "Nothing had changed"
	}
	return fmt.Sprintf("%s\n%s. It took %s and %s. Run %s.\n", countsText(report), closing,
		spent(report.DurationSeconds), counted(int(report.Source.Requests), "request"), report.RunID)
}

// countsText is how many users were read and what became of them.
func countsText(report *usersync.Report) string {
	verbs := [6]string{"created", "updated", "deleted", "restored", "discarded", "taken out"}
	if report.DryRun || slices.Contains([]usersync.Status{usersync.StatusRefused, usersync.StatusFailed, usersync.StatusInterrupted}, report.Status) {
		verbs = [6]string{"to create", "to update", "to delete", "to restore", "to discard", "to take out"}
	}
	changes := report.Changes
	rows := []usersRow{
		{name: "read", users: report.Source.Users},
		{name: verbs[0], users: changes.Created},
		{name: verbs[1], users: changes.Updated},
		{name: verbs[2], users: changes.Deleted},
		{name: verbs[3], users: changes.Restored},
		{name: "unchanged", users: changes.Unchanged},
	}
	if changes.Discarded > 0 {
		rows = append(rows, usersRow{verbs[4], changes.Discarded, "rows of users who were gone already, for --keep-deleted=false"})
	}
	if changes.TakenOut > 0 {
		rows = append(rows, usersRow{verbs[5], changes.TakenOut, "to be forgotten, and still in the mirror"})
	}
	return usersTable(append(rows, rareRows(changes)...))
}

// rareRows are for what people are only told when there is some.
func rareRows(changes usersync.Counts) []usersRow {
	var rows []usersRow
	if changes.Forgotten > 0 {
		rows = append(rows, usersRow{"forgotten", changes.Forgotten, "at Authgear, and kept out of the mirror for good"})
	}
	if changes.Undecided > 0 {
		rows = append(rows, usersRow{"undecided", changes.Undecided, "not seen, yet not known to be gone: they stay"})
	}
	if changes.Rewritten > 0 {
		rows = append(rows, usersRow{"rewritten", changes.Rewritten, "not changed, but with other fields than before"})
	}
	return rows
}

// A usersRow is how many users something is true of.
type usersRow struct {
	name  string
	users int
	note  string // what the name leaves to be said
}

// usersTable writes the rows with their numbers under each other.
func usersTable(rows []usersRow) string {
	left, right := 10, 0
	for _, row := range rows {
		left, right = max(left, len(row.name)), max(right, len(grouped(row.users)))
	}
	var text strings.Builder
	for _, row := range rows {
		line := fmt.Sprintf("%-*s  %*s   %s", left, row.name, right, grouped(row.users), row.note)
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return text.String()
}

// textWidth is how wide a page of text is, wherever it is shown.
const textWidth = 80

// proofText says how much was read, and how certain it is that nobody was missed.
func proofText(report *usersync.Report) string {
	mode := report.Mode
	switch {
	case mode == usersync.ModeIncremental:
		mode += ": who is new, and whom the audit log names"
	case mode == usersync.ModeForget:
		mode += ": people were taken out on request"
	case mode == usersync.ModeImport:
		mode += ": " + report.ModeReason
	case report.ModeReason != "":
		mode += ", because " + report.ModeReason
	}
	text := "mode        " + wrap(mode, textWidth-12, "            ") + "\n"
	switch census := report.Census; {
	case census == nil:
	case census.Complete:
		text += "sweep       complete: nobody who was there throughout was missed\n"
	default:
		text += "sweep       incomplete: users may have been missed who were created\n" + gapsText(census.Gaps) +
			"            Nobody is deleted for that, and the next run looks again.\n"
	}
	return text
}

// fieldsText says in which fields the mirror is another than before.
func fieldsText(report *usersync.Report) string {
	var parts []string
	if len(report.FieldsAdded) > 0 {
		parts = append(parts, "now also "+strings.Join(report.FieldsAdded, ", "))
	}
	if len(report.FieldsDropped) > 0 {
		parts = append(parts, "no longer "+strings.Join(report.FieldsDropped, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "fields      " + strings.Join(parts, "; ") + "\n"
}

// gapsShown is how many gaps of a sweep people are shown; the report has all.
const gapsShown = 5

func gapsText(gaps []usersync.GapReport) string {
	var text strings.Builder
	for _, gap := range gaps[:min(gapsShown, len(gaps))] {
		text.WriteString("            " + gap.String() + "\n")
	}
	if more := len(gaps) - gapsShown; more > 0 {
		fmt.Fprintf(&text, "            or in %s, which --json shows\n", counted(more, "more range"))
	}
	return text.String()
}

// instant spells a moment to the last digit that there is.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999999 UTC") }

// grouped spells a number with commas: 20,651.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// counted is a number of things: 1 user, 2,000 users.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// spent spells a time that has passed as people say it: 0.4 s, 12 s, 3 min 5 s.
func spent(seconds float64) string {
	switch whole := time.Duration(seconds * float64(time.Second)).Round(time.Second); {
	case seconds < 9.95:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	case whole < time.Minute:
		return fmt.Sprintf("%d s", int(whole.Seconds()))
	case whole < time.Hour:
		return fmt.Sprintf("%d min %d s", int(whole.Minutes()), int(whole.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %d min", int(whole.Hours()), int(whole.Minutes())%60)
	}
}
