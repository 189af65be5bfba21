package userimport_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/sync/userimport"
)

// What is wrong is counted by column and rule, a row once, and what most rows have
// comes first.
func TestProblemCounts(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,birthdate,gender",
		"a@example.com,1.2.1990,", "same@example.com,1.2.1991,", "SAME@example.com,,", "Same@example.com,3.4.1992,", "b@example.com,,")
	var planned []userimport.PlannedRow
	i.Explain = func(row userimport.PlannedRow) { planned = append(planned, row) }
	report, err := i.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []userimport.ProblemCount{
		{Column: "birthdate", Rule: "a date is written YYYY-MM-DD", Rows: 3, FirstRow: 1, FirstLine: 2},
		{Column: "email", Rule: "stands in more than one row", Rows: 3, FirstRow: 2, FirstLine: 3},
	}
	if diff := cmp.Diff(want, report.Problems); diff != "" {
		t.Error(diff)
	}
	for row, others := range map[int]string{2: "also on lines 4 and 5", 3: "also on lines 3 and 5", 4: "also on lines 3 and 4"} {
		problems := planned[row-1].Problems
		if text := problems[len(problems)-1].Text(); !strings.Contains(text, "stands in more than one row: "+others+" (leave") {
			t.Errorf("row %d: %s", row, text)
		}
	}
}

// However many rows share a login ID, each names a few of the others, and how many
// more there are.
func TestManyDuplicatesAreCounted(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email", strings.Split(strings.Repeat("same@example.com\n", 40)+"other@example.com", "\n")...)
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reason := i.account.results[30].Reason; !strings.Contains(reason, "also on lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 29 more (") {
		t.Error(reason)
	}
}

// Rules that quote the file do not make the count grow with it.
func TestProblemCountsAreBounded(t *testing.T) {
	t.Parallel()
	var rows []string
	for row := range 300 {
		rows = append(rows, fmt.Sprintf("a%d@example.com,role%d", row, row))
	}
	report, err := newImporting(t, "email,roles", rows...).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first := report.Problems[0]; len(report.Problems) != 201 || first.Rule != "something else" || first.Rows != 100 || first.FirstRow != 201 {
		t.Errorf("%d kinds, the first %+v", len(report.Problems), first)
	}
}
