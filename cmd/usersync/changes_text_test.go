package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

// person is a user with some values, given as JSON.
func person(t *testing.T, values string) *usersync.User {
	t.Helper()
	u, err := usersync.UserFromJSON([]byte(`{"sub":"0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b",`+values+`}`), usersync.AllFields())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func changed(t *testing.T, before, after string) usersync.Change {
	t.Helper()
	c := usersync.Change{Op: usersync.Update, Before: person(t, before), After: person(t, after)}
	c.ID = c.After.ID
	c.Fields = usersync.Diff(c.Before, c.After, usersync.AllFields())
	return c
}

func listed(c usersync.Change, width int) string {
	var text strings.Builder
	w := &changeWriter{out: &text, fields: usersync.AllFields(), width: width}
	w.write(c)
	return text.String()
}

func TestChangesAreListed(t *testing.T) {
	t.Parallel()
	before := `"email":"ann@example.com","roles":["admin"],"disabled":false,"created_at":"2026-01-02T03:04:05Z","address":{"country":"NL"},"passkey_count":0`
	after := `"email":"ann.b@example.com","roles":["admin","editor"],"disabled":true,"created_at":"2026-01-02T03:04:05Z","nickname":"<Ann> & co","passkey_count":2`
	update := changed(t, before, after)
	whole := usersync.Change{Op: usersync.Create, ID: update.ID, After: update.After}
	gone := usersync.Change{Op: usersync.Delete, ID: update.ID, Before: update.Before}
	golden(t, "changes", listed(update, 0)+listed(whole, 0)+listed(gone, 0))
	golden(t, "changes-narrow", listed(update, 10))
}

// TestLongValuesShowWhereTheyDiffer, whatever stands before and after.
func TestLongValuesShowWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("o", 90)
	for name, c := range map[string]struct{ before, after, want string }{
		"in the middle": {`"` + long + `1` + long + `"`, `"` + long + `2` + long + `"`, `…oooooo1ooooooooooo… → …oooooo2ooooooooooo…`},
		"at the end":    {`"` + long + `1"`, `"` + long + `22"`, `…oooooo1" → …oooooo22"`},
		"at the start":  {`"1` + long + `"`, `"2` + long + `"`, `"1ooooooooooooooooo… → "2ooooooooooooooooo…`},
		"longer":        {`"` + long + `"`, `"` + long + `oo"`, `…oooooo" → …oooooooo"`},
		"one is short":  {`"short"`, `"short` + long + `"`, `"short" → "shortooooooooooooo…`},
		"just wide":     {`"1ooooooooooooooooo"`, `"2oooooooooooooooooo"`, `"1ooooooooooooooooo" → "2ooooooooooooooooo…`},
		"wide letters":  {`"` + strings.Repeat("é", 30) + `a"`, `"` + strings.Repeat("é", 30) + `ö"`, `…ééééééa" → …ééééééö"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text := listed(changed(t, `"name":`+c.before, `"name":`+c.after), 20); !strings.HasSuffix(text, "  "+c.want+"\n") {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}

// TestChangesCannotCommandATerminal: values are strangers', and must neither
// move the cursor nor turn the direction of writing.
func TestChangesCannotCommandATerminal(t *testing.T) {
	t.Parallel()
	nasty := "a\x1b[2Jb\u009b31mc\u202ed\ne\x00f\x7fg\U000e0001h"
	quoted, err := json.Marshal(nasty)
	if err != nil {
		t.Fatal(err)
	}
	text := listed(changed(t, `"name":"x"`, `"name":`+string(quoted)+`,"custom_attributes":{`+string(quoted)+`:[`+string(quoted)+`]},"roles":[`+string(quoted)+`]`), 0)
	for _, r := range strings.ReplaceAll(text, "\n", "") {
		if r < ' ' || r == 0x7f || r == 0x9b || r == 0x202e || r == 0xe0001 {
			t.Fatalf("%q holds %U", text, r)
		}
	}
	if lines := strings.Count(text, "\n"); lines != 4 {
		t.Errorf("%d lines in %q", lines, text)
	}
	if !strings.Contains(text, `"a\u001b[2Jb\u009b31mc\u202ed\ne\u0000f\u007fg\U000e0001h"`) {
		t.Errorf("got %s", text)
	}
}

func TestReportText(t *testing.T) {
	t.Parallel()
	report := &usersync.Report{
		RunID: "20261123-031500-q7m2ka", Status: usersync.StatusOK, DurationSeconds: 83.4,
		Source:  usersync.SourceReport{Users: 20651, Pages: 216, Requests: 219, Retries: 2},
		Changes: usersync.Counts{Created: 3, Updated: 12, Deleted: 1, Restored: 0, Unchanged: 20635},
	}
	report.Mode, report.ModeReason, report.Census = usersync.ModeFull, "the last complete sweep is too long ago", &usersync.CensusReport{Complete: true}
	text := placesText("myapp at https://myapp.authgear.cloud", "postgres://app@db.example.com/app") + reportText(report)
	report.DryRun, report.ModeReason, report.Changes.Undecided, report.Changes.Rewritten = true, "the source counts 20,651 users, and the mirror would have 18,200", 3, 20638
	report.Changes.Forgotten, report.Changes.Discarded, report.Changes.TakenOut = 2, 40, 1
	report.FieldsAdded, report.FieldsDropped = []string{"roles", "groups"}, []string{"locale"}
	report.Census = &usersync.CensusReport{Gaps: gaps(12)}
	text += "\n" + reportText(report)
	*report = usersync.Report{Mode: usersync.ModeIncremental, RunID: "20261123-031500-q7m2ka", Source: usersync.SourceReport{Users: 7, Requests: 1}, Changes: usersync.Counts{Unchanged: 7}, DurationSeconds: 0.04}
	golden(t, "report", text+"\n"+reportText(report))
}

// gaps are ranges of each form, then more of one.
func gaps(n int) []usersync.GapReport {
	at := func(second int) *time.Time {
		t := time.Date(2026, 1, 2, 3, 4, second, 500_000_000, time.UTC)
		return &t
	}
	list := []usersync.GapReport{{From: at(50)}, {From: at(40), Until: at(45)}, {From: at(30), Until: at(30)}, {Until: at(20)}, {}}
	for len(list) < n {
		list = append(list, usersync.GapReport{From: at(1), Until: at(1)})
	}
	return list[:n]
}

func TestRunsText(t *testing.T) {
	t.Parallel()
	failed := "ask for 98 users by id: Authgear answered 500. Try again later"
	started := time.Date(2026, 11, 23, 3, 15, 0, 0, time.UTC)
	project := usersync.Project{Endpoint: "https://myapp.authgear.cloud", AppID: "myapp"}
	refusal := "refused, nothing was changed: 1,240 of the mirror's 20,651 users are gone from Authgear, and --max-delete 5% allows 1,032"
	reports := []*usersync.Report{
		{RunID: "20261125-031500-zzzzzz", Mode: usersync.ModeIncremental, Status: usersync.StatusOK, Changes: usersync.Counts{Created: 1}, DurationSeconds: 1.2},
		{
			RunID: "20261124-031500-abcdef", Mode: usersync.ModeFull, Status: usersync.StatusRefused, Project: project, StartedAt: started, DurationSeconds: 61,
			Source: usersync.SourceReport{Users: 19411, Requests: 219}, Changes: usersync.Counts{Deleted: 1240, Unchanged: 19411}, Census: &usersync.CensusReport{Complete: true}, Error: &refusal,
			Budgets: []usersync.Budget{{Name: "max-delete", Figure: 1240, Allowed: 1032}, {Name: "max-change", Allowed: 10325}, {Name: "loss of email", Figure: 30, Allowed: 19, Approved: true}},
		},
		{RunID: "20261123-031500-q7m2ka", Mode: usersync.ModeFull, Status: usersync.StatusFailed, Project: project, StartedAt: started, Error: &failed},
		{RunID: "20261122-031500-q7m2ka", Mode: usersync.ModeFull, Status: usersync.StatusOK, Changes: usersync.Counts{Created: 20651}, Census: &usersync.CensusReport{}, DurationSeconds: 3700},
	}
	noted := &usersync.Report{
		RunID: "20261121-120000-q7m2ka", Mode: usersync.ModeImport, Status: usersync.StatusOK, Project: project, StartedAt: started,
		ModeReason: "an import of 120 rows was noted",
	}
	reports = append(reports, noted)
	text := runsTable(reports) + "\n" + runsTable(nil)
	someone := person(t, `"name":"Ann"`).ID
	text += "\n" + runText(&runDetail{Report: reports[1], Refused: []usersync.ID{someone, someone}})
	text += "\n" + runText(&runDetail{Report: reports[2]})
	text += "\n" + runText(&runDetail{Report: noted})
	golden(t, "runs", text)
}

func TestWordsForNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 20651: "20,651", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for seconds, want := range map[float64]string{0: "0.0 s", 0.04: "0.0 s", 9.94: "9.9 s", 9.96: "10 s", 59.6: "1 min 0 s", 83.4: "1 min 23 s", 3599.7: "1 h 0 min", 4000: "1 h 6 min"} {
		if got := spent(seconds); got != want {
			t.Errorf("%g: %s, want %s", seconds, got, want)
		}
	}
	for d, want := range map[time.Duration]string{5 * time.Minute: "5m", time.Hour: "1h", 90 * time.Second: "1m30s", 30 * time.Second: "30s", 0: "0s"} {
		if got := shortDuration(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}
