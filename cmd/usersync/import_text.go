package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// presentPlan shows the plan to the person at the terminal, and to a log in a
// line.
func (a *app) presentPlan(job *importJob) error {
	if a.stderr.isTerminal() {
		if _, err := io.WriteString(a.stderr, job.planText()); err != nil {
			return fmt.Errorf("show the plan: %w", err)
		}
		return nil
	}
	plan := job.plan
	attributes := []any{"rows", plan.Rows, "sending", plan.Sending()}
	for _, outcome := range userimport.Outcomes() {
		if rows := plan.Outcomes[outcome]; rows > 0 {
			attributes = append(attributes, string(outcome), rows)
		}
	}
	a.logger.Info("planned", attributes...)
	for _, note := range plan.Notes {
		a.logger.Warn(note)
	}
	return nil
}

// planText is what the import would do, for people.
func (job *importJob) planText() string {
	text := job.whereText() + job.columnsText() + "\n" + job.plannedCounts() + job.notesText() +
		job.samples.text(job.plan) + job.estimateText()
	if job.samples.listed {
		text = "\n" + text
	}
	return text
}

// whereText says from where to where the rows go.
func (job *importJob) whereText() string {
	to := "nowhere: Authgear is not asked"
	if job.client != nil {
		to = job.project.String()
	}
	users := "users who exist are skipped"
	if job.options.upsert {
		users = "users who exist are updated"
	}
	return placesText(job.in.describe(), to) + fmt.Sprintf("matched by  %s; %s\n", job.options.identifier, users)
}

// columnsText says what goes where.
func (job *importJob) columnsText() string {
	var text strings.Builder
	label := "columns"
	for _, target := range job.mapping.Targets() {
		goes := printable(target.Column) + " → " + target.Field
		switch target.Column {
		case "":
			goes = "every row → " + target.Field
		case target.Field:
			goes = target.Field
		}
		fmt.Fprintf(&text, "%-11s %s\n", label, goes)
		label = ""
	}
	if left := job.mapping.LeftOut(); len(left) > 0 {
		const indent = "            "
		text.WriteString("left out    " + wrap(printable(strings.Join(left, ", ")), textWidth-len(indent), indent) + "\n")
	}
	return text.String()
}

func (job *importJob) plannedCounts() string {
	plan := job.plan
	rows := []usersRow{{name: "rows", users: plan.Rows}}
	for _, outcome := range []userimport.Outcome{
		userimport.Created, userimport.Updated, userimport.Unchanged, userimport.Skipped, userimport.Conflict, userimport.Rejected,
	} {
		rows = append(rows, usersRow{plannedWords(outcome), plan.Outcomes[outcome], job.plannedNote(outcome)})
	}
	if plan.Warnings > 0 {
		rows = append(rows, usersRow{"warnings", plan.Warnings, haveText(plan.Warnings)})
	}
	if plan.Open > 0 {
		rows = append(rows, usersRow{"under way", plan.Open, "sent by an earlier run; what came of it will be found out"})
	}
	if plan.Done > 0 {
		rows = append(rows, usersRow{"done", plan.Done, "of these rows, by an earlier run"})
	}
	return usersTable(rows)
}

// notesText is what to know of all rows.
func (job *importJob) notesText() string {
	const indent = "  "
	var text strings.Builder
	for _, note := range job.plan.Notes {
		text.WriteString("\n" + wrap("Note: "+printable(note), textWidth-len(indent), indent) + "\n")
	}
	return text.String()
}

func haveText(rows int) string {
	if rows == 1 {
		return "of these rows has something to look at"
	}
	return "of these rows have something to look at"
}

// plannedNote says of an outcome what its name leaves to be said, if there is a
// row that it is about.
func (job *importJob) plannedNote(outcome userimport.Outcome) string {
	if job.plan.Outcomes[outcome] == 0 {
		return ""
	}
	switch outcome {
	case userimport.Created:
		if job.client == nil {
			return "unless they exist; Authgear was not asked"
		}
	case userimport.Unchanged:
		return "Authgear has what the rows say"
	case userimport.Skipped:
		return "users who exist; --upsert updates them"
	case userimport.Conflict:
		return "each says why; not sent"
	case userimport.Rejected:
		return "to be mended; not sent"
	default:
	}
	return ""
}

// dryText ends a dry run.
func (job *importJob) dryText(report *userimport.Report) string {
	return fmt.Sprintf("\nDry run, nothing was sent. It took %s and %s.\n", spent(report.DurationSeconds), counted(int(report.Requests), "request"))
}

// estimateText says how much sending takes, about.
func (job *importJob) estimateText() string {
	estimate := &job.plan.Estimate
	if estimate.Jobs == 0 {
		return "\nThere is nothing to send.\n"
	}
	takes := "less than a minute"
	if estimate.Seconds >= time.Minute.Seconds() {
		takes = "about " + spent(estimate.Seconds)
	}
	size := ""
	if estimate.Bytes > 0 { // rows that an earlier run sent are not made again to weigh them
		size = ", " + bytesText(estimate.Bytes)
	}
	text := fmt.Sprintf("Estimate: %s%s and %s, %s. This goes by what one server was seen to do; yours may take much longer, or less.",
		counted(estimate.Jobs, "job"), size, counted(estimate.Requests, "request"), takes)
	return "\n" + wrap(text, textWidth, "") + "\n"
}

// bytesText spells how much data it is: 12 kB, 3.4 MB.
func bytesText(bytes int64) string {
	const kilo = 1000
	if bytes < kilo*kilo {
		return fmt.Sprintf("%d kB", (bytes+kilo-1)/kilo)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(kilo*kilo))
}

// resultText is what became of the rows, for people.
func (job *importJob) resultText(report *userimport.Report) string {
	rows := []usersRow{{name: "rows", users: report.Rows}}
	for _, outcome := range userimport.Outcomes() {
		if count := report.Outcomes[outcome]; count > 0 || outcome == userimport.Created || outcome == userimport.Updated {
			rows = append(rows, usersRow{string(outcome), count, resultNote(outcome, count)})
		}
	}
	if report.Warnings > 0 {
		rows = append(rows, usersRow{"warnings", report.Warnings, haveText(report.Warnings) + ": see _detail"})
	}
	return job.whereText() + "\n" + usersTable(rows) + job.notesText() + "\n" + job.closingText(report) + job.filesText()
}

func resultNote(outcome userimport.Outcome, count int) string {
	if count == 0 {
		return ""
	}
	switch outcome {
	case userimport.Skipped:
		return "users who exist; --upsert updates them"
	case userimport.Conflict:
		return "each says why: see the rejects"
	case userimport.Rejected, userimport.Failed:
		return "to be mended: see the rejects"
	case userimport.Unknown:
		return "run the same command again: it finds out what came of them"
	case userimport.NotSent:
		return "run the same command again"
	default:
		return ""
	}
}

func (job *importJob) closingText(report *userimport.Report) string {
	closing := "Done"
	switch {
	case report.Status == usersync.StatusInterrupted:
		closing = "Interrupted"
	case report.Status == userimport.StatusIncomplete:
		closing = "Done, but it is not known of every row what came of it"
	case report.Outcomes[userimport.Unknown]+report.Outcomes[userimport.NotSent] > 0:
		closing = "Ended early"
	case report.Status != usersync.StatusOK:
		closing = "Every row came to its end, but something went wrong after that"
	case job.plan.Sending() == 0 && job.plan.Done > 0:
		closing = "Nothing was left to be sent"
	case job.plan.Sending() == 0:
		closing = "Nothing was to be sent"
	case !report.Spotless():
		closing = "Done, with rows to look at"
	}
	return wrap(fmt.Sprintf("%s. It took %s, %s and %s.", closing,
		spent(report.DurationSeconds), counted(report.Jobs, "job"), counted(int(report.Requests), "request")), textWidth, "") + "\n"
}

// filesText says what was written, and what is kept.
func (job *importJob) filesText() string {
	var text strings.Builder
	if job.files.results > 0 {
		fmt.Fprintf(&text, "results     %s: %s\n", job.places.results, counted(job.files.results, "row"))
	}
	if job.files.rejects > 0 {
		fmt.Fprintf(&text, "rejects     %s: %s to mend and feed again\nreasons     %s\n",
			job.places.rejects.Path, counted(job.files.rejects, "row"), job.places.rejects.Reasons)
	}
	if job.files.spool != "" {
		fmt.Fprintf(&text, "spool       %s is kept: the same command goes on with its rows\n", job.files.spool)
	}
	if text.Len() == 0 {
		return ""
	}
	return "\n" + text.String()
}
