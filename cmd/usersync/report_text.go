package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	usersync "usersync/sync"
)

// placesText says from where to where a run goes.
func placesText(from, to string) string {
	return fmt.Sprintf("from        %s\nto          %s\n\n", from, to)
}

// reportText is a finished run's report for people.
func reportText(report *usersync.Report) string {
	verbs := [4]string{"created", "updated", "deleted", "restored"}
	if report.DryRun {
		verbs = [4]string{"to create", "to update", "to delete", "to restore"}
	}
	changes := report.Changes
	rows := []struct {
		name  string
		users int
	}{
		{"read", report.Source.Users},
		{verbs[0], changes.Created},
		{verbs[1], changes.Updated},
		{verbs[2], changes.Deleted},
		{verbs[3], changes.Restored},
		{"unchanged", changes.Unchanged},
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(grouped(row.users)))
	}
	var text strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&text, "%-10s  %*s\n", row.name, width, grouped(row.users))
	}
	closing := "Done"
	switch {
	case report.DryRun:
		closing = "Dry run, nothing was changed"
	case !changes.Any():
		closing = "Nothing had changed"
	}
	fmt.Fprintf(&text, "\n%s. It took %s and %s. Run %s.\n", closing,
		spent(report.DurationSeconds), counted(int(report.Source.Requests), "request"), report.RunID)
	return text.String()
}

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
