package main

import (
	"strings"
	"testing"

	"usersync/sync/userimport"
)

// TestHanging: lines fit and are told apart from the next, and no word is changed,
// nor how far it is from the next.
func TestHanging(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":                       "",
		"  short":                "  short",
		"  line 2, a cell: no":   "  line 2, a\n    cell: no",
		"    a: \"x  y\"":        "    a: \"x  y\"",
		"  unbreakable-and-long": "  unbreakable-and-long",
		"  é é é é é é":          "  é é é é é é",
	} {
		if got := hanging(line, 13); got != want {
			t.Errorf("%q became %q, not %q", line, got, want)
		}
	}
	const long = "  line 2, Name \"Ann  Lee\": a rule that is long (and a hint that is even longer)"
	if got := strings.Join(strings.Split(hanging(long, 30), "\n    "), " "); got != long {
		t.Errorf("%q became %q", long, got)
	}
}

// TestPlanSumsUpProblems: those of most rows first, and examples of each kind.
func TestPlanSumsUpProblems(t *testing.T) {
	t.Parallel()
	var samples planSamples
	for row := 1; row <= 400; row++ {
		problems := []userimport.Problem{{Row: row, Line: row + 1, Column: "Geburtsdatum", Value: "1.2.1990", Rule: "a date is written YYYY-MM-DD"}}
		if row%100 == 0 {
			problems = append(problems, userimport.Problem{Row: row, Line: row + 1, Column: "Mail", Value: "x", Rule: "an email address is asked for"})
		}
		samples.add(userimport.PlannedRow{Row: row, Line: row + 1, Outcome: userimport.Rejected, Problems: problems})
	}
	counts := []userimport.ProblemCount{
		{Column: "Geburtsdatum", Rule: "a date is written YYYY-MM-DD", Rows: 400, FirstRow: 1, FirstLine: 2},
		{Column: "Mail", Rule: "an email address is asked for", Rows: 4, FirstRow: 100, FirstLine: 101},
	}
	text := samples.text(&userimport.Plan{Problems: counts})
	for _, want := range []string{
		"What is wrong, by column:\n  Geburtsdatum: a date is written YYYY-MM-DD, 400 rows, first line 2\n  Mail: an email address is asked for, 4 rows, first line 101\n\n",
		"Problems, 5 of 404 as examples (-v lists all):\n  line 2, ", "  line 5, ", "  line 101, Mail \"x\"",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for range 12 {
		counts = append(counts, counts[1])
	}
	if text := problemsText(counts); strings.Count(text, "\n") != 13 || !strings.HasSuffix(text, "  … and 4 kinds\n") {
		t.Errorf("many kinds are\n%s", text)
	}
}
