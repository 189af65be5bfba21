package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// How many rows of each kind a plan shows, and how many kinds of problems.
const (
	examples     = 5
	problemKinds = 10
)

// planSamples are the first rows of a plan that come to each outcome, and the
// first problems; or all rows, as they come, on a listing.
type planSamples struct {
	all      bool
	listed   bool // there is something on the listing
	listing  io.Writer
	err      error // the first that writing met
	rows     map[userimport.Outcome][]userimport.PlannedRow
	problems []userimport.Problem
	found    int // problems, shown or not
}

func (s *planSamples) add(row userimport.PlannedRow) {
	if s.rows == nil {
		s.rows = make(map[userimport.Outcome][]userimport.PlannedRow)
	}
	s.found += len(row.Problems)
	if s.all {
		s.listed = true
		if s.err == nil {
			_, s.err = io.WriteString(s.listing, plannedText(row))
		}
		return
	}
	if len(s.rows[row.Outcome]) < examples {
		s.rows[row.Outcome] = append(s.rows[row.Outcome], row)
	}
	for _, problem := range row.Problems {
		s.addProblem(problem)
	}
}

// addProblem keeps a problem as an example: one of another kind rather than the last
// that shows what an earlier one does.
func (s *planSamples) addProblem(problem userimport.Problem) {
	if len(s.problems) < examples {
		s.problems = append(s.problems, problem)
		return
	}
	isOneOf := func(problems []userimport.Problem, one userimport.Problem) bool {
		return slices.ContainsFunc(problems, func(other userimport.Problem) bool {
			return other.Column == one.Column && other.Rule == one.Rule
		})
	}
	if isOneOf(s.problems, problem) {
		return
	}
	for i := len(s.problems) - 1; i > 0; i-- {
		if isOneOf(s.problems[:i], s.problems[i]) {
			s.problems = append(slices.Delete(s.problems, i, i+1), problem)
			return
		}
	}
}

// plannedText is all about one row.
func plannedText(row userimport.PlannedRow) string {
	return plannedAs(row, "  "+plannedWords(row.Outcome))
}

// plannedAs is plannedText with what is said of the outcome.
func plannedAs(row userimport.PlannedRow, outcome string) string {
	text := userimport.Where(row.Row, row.Line) + outcome
	if row.LoginID != "" {
		text += "  " + printable(row.LoginID)
	}
	if row.User != (usersync.ID{}) {
		text += "  " + row.User.String()
	}
	if row.Reason != "" {
		text += ": " + printable(row.Reason)
	}
	lines := []string{text}
	for _, difference := range row.Differences {
		lines = append(lines, printable(difference.String()))
	}
	for _, problem := range row.Problems {
		lines = append(lines, printable(problem.Text()))
	}
	for _, note := range slices.Concat(row.Warnings, row.Notes) {
		lines = append(lines, printable(note))
	}
	return strings.Join(lines, "\n    ") + "\n"
}

// plannedWords say what is to become of a row.
func plannedWords(outcome userimport.Outcome) string {
	switch outcome {
	case userimport.Created:
		return "to create"
	case userimport.Updated:
		return "to update"
	case userimport.Skipped:
		return "to skip"
	case userimport.Conflict:
		return "in conflict"
	default:
		return string(outcome)
	}
}

// text is the examples, under a heading for each outcome that has any.
func (s *planSamples) text(plan *userimport.Plan) string {
	var text strings.Builder
	for _, outcome := range userimport.Outcomes() {
		rows := s.rows[outcome]
		if len(rows) == 0 || outcome == userimport.Rejected { // their problems follow
			continue
		}
		fmt.Fprintf(&text, "\n%s\n", heading("Rows "+plannedWords(outcome), len(rows), plan.Outcomes[outcome]))
		for _, row := range rows {
			row.Problems = nil // they follow
			for line := range strings.Lines(plannedAs(row, "")) {
				text.WriteString(hanging("  "+strings.TrimSuffix(line, "\n"), textWidth) + "\n")
			}
		}
	}
	if len(s.problems) < s.found {
		text.WriteString(problemsText(plan.Problems))
	}
	if len(s.problems) > 0 {
		fmt.Fprintf(&text, "\n%s\n", problemsHeading(len(s.problems), s.found))
		for _, problem := range s.problems {
			warning := ""
			if problem.Warning {
				warning = "warning: "
			}
			text.WriteString(hanging("  "+warning+printable(problem.String()), textWidth) + "\n")
		}
	}
	return text.String()
}

// problemsText sums up what is wrong, for those who mend it in the file as a whole.
func problemsText(counts []userimport.ProblemCount) string {
	if len(counts) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("\nWhat is wrong, by column:\n")
	for i, count := range counts {
		if i == problemKinds {
			fmt.Fprintf(&text, "  … and %s\n", counted(len(counts)-i, "kind"))
			break
		}
		line := "  "
		if count.Warning {
			line += "warning: "
		}
		if count.Column != "" {
			line += printable(count.Column) + ": "
		}
		line += fmt.Sprintf("%s, %s, first %s", printable(count.Rule), counted(count.Rows, "row"), userimport.Where(count.FirstRow, count.FirstLine))
		text.WriteString(hanging(line, textWidth) + "\n")
	}
	return text.String()
}

// hanging breaks a line between words where it is too wide, and indents what
// follows further than the line itself. Words stay as they are and as far apart.
func hanging(line string, width int) string {
	bare := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(bare)]
	var text strings.Builder
	text.WriteString(indent)
	column := len(indent)
	for i, word := range strings.Split(bare, " ") {
		switch taken := cellWidth(word); {
		case i == 0:
			column += taken
		case column+1+taken > width && word != "":
			text.WriteString("\n" + indent + "  ")
			column = len(indent) + 2 + taken
		default:
			text.WriteString(" ")
			column += 1 + taken
		}
		text.WriteString(word)
	}
	return text.String()
}

// problemsHeading says whether what follows is all; if not, it is some of each kind.
func problemsHeading(shown, all int) string {
	if shown < all {
		return fmt.Sprintf("Problems, %d of %s as examples (-v lists all):", shown, grouped(all))
	}
	return "Problems:"
}

// heading says whether what follows is all of it.
func heading(name string, shown, all int) string {
	if shown < all {
		return fmt.Sprintf("%s, the first %d of %s (-v lists all):", name, shown, grouped(all))
	}
	return name + ":"
}
