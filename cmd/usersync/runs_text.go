package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	usersync "usersync/sync"
)

// runsTable has a line for each run.
func runsTable(reports []*usersync.Report) string {
	if len(reports) == 0 {
		return "No runs yet.\n"
	}
	rows := [][]string{{"RUN", "MODE", "STATUS", "NEW", "CHANGED", "GONE", "BACK"}}
	for _, report := range reports {
		status := string(report.Status)
		if report.Status == usersync.StatusOK && report.Census != nil && !report.Census.Complete {
			status = "incomplete"
		}
		changes := report.Changes
		row := []string{report.RunID, report.Mode, status}
		for _, users := range []int{changes.Created, changes.Updated, changes.Deleted, changes.Restored} {
			figure := grouped(users)
			if report.Status != usersync.StatusOK || report.Mode == usersync.ModeImport {
				figure = "-" // nothing was changed
			}
			row = append(row, figure)
		}
		rows = append(rows, row)
	}
	return aligned(rows, 3)
}

// aligned writes rows as columns that are as wide as they must be, those from
// the given one on flush right.
func aligned(rows [][]string, firstRight int) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i >= firstRight {
				cell, padding = padding+cell, ""
			}
			line.WriteString(cell + padding + "  ")
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return text.String()
}

// runText is all about one run.
func runText(run *runDetail) string {
	var text strings.Builder
	fmt.Fprintf(&text, "run         %s\n", run.RunID)
	if run.Mode != usersync.ModeForget {
		fmt.Fprintf(&text, "from        %s\n", run.Project)
	}
	fmt.Fprintf(&text, "status      %s\nstarted     %s\ntook        %s\n",
		statusWords(run.Status), run.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC"), spent(run.DurationSeconds))
	text.WriteString(proofText(run.Report) + fieldsText(run.Report))
	if run.Mode != usersync.ModeForget && run.Mode != usersync.ModeImport {
		text.WriteString("\n" + countsText(run.Report))
	}
	if len(run.Budgets) > 0 {
		text.WriteString("\n" + budgetsTable(run.Budgets))
	}
	if run.Error != nil {
		text.WriteString("\n" + wrap(*run.Error, textWidth, "") + "\n")
	}
	if len(run.Refused) > 0 {
		fmt.Fprintf(&text, "\nIt was refused for the sake of %s:\n", counted(len(run.Refused), "user"))
		for _, id := range run.Refused {
			text.WriteString("  " + id.String() + "\n")
		}
	}
	return text.String()
}

func statusWords(status usersync.Status) string {
	if status == usersync.StatusOK {
		return "ok"
	}
	return string(status) + ": nothing was changed, and what follows is what it had found"
}

func budgetsTable(budgets []usersync.Budget) string {
	rows := [][]string{{"LIMIT", "VERDICT", "USERS", "ALLOWED"}}
	for _, b := range budgets {
		verdict := "kept"
		switch {
		case b.Approved:
			verdict = "exceeded, approved"
		case b.Figure > b.Allowed:
			verdict = "exceeded"
		}
		rows = append(rows, []string{b.Name, verdict, grouped(b.Figure), grouped(b.Allowed)})
	}
	return aligned(rows, 2)
}
