package userimport_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func TestImport(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "E-Mail,name,birthdate",
		"p1@example.com,A,", "p2@example.com,B,", "new@example.com,C,", "bad@example.com,D,31/12/1990", "NEW2@example.com,E,", "new2@example.com,F,")
	i.sheet.columns = "E-Mail,name,birthdate"
	i.desk.users = []*usersync.User{person(t, 1), person(t, 2)}
	report, err := i.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := i.outcomes(), "updated unchanged created rejected rejected rejected"; got != want {
		t.Errorf("the rows came to %q, not %q", got, want)
	}
	if report.Rows != 6 || report.Outcomes[userimport.Rejected] != 3 || report.Outcomes[userimport.Created] != 1 || report.Spotless() {
		t.Errorf("the report is %+v", report)
	}
	if report.Jobs != 1 || report.Bytes != 2 || report.Status != usersync.StatusOK {
		t.Errorf("the report is %+v", report)
	}
	if reason := i.account.results[5].Reason; reason != `E-Mail "NEW2@example.com": stands in more than one row: also on line 7 (leave one of them in, with all that the user is to have)` {
		t.Errorf("row 5 is rejected because %s", reason)
	}
	if i.plan.Sending() != 2 || i.plan.Estimate.Jobs != 2 {
		t.Errorf("the plan is %+v", i.plan)
	}
}

func TestImportRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*importing){
		"no such login ID": func(i *importing) { i.desk.notAllowed = []userimport.Identifier{userimport.Email} },
		"no rows":          func(i *importing) { i.sheet.rows = nil },
		"unknown attribute": func(i *importing) {
			i.sheet.columns = "email,custom_attributes.nosuch"
			i.Mapping, _ = userimport.NewMapping(i.sheet.Columns(), userimport.MappingConfig{Identifier: userimport.Email})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newImporting(t, "email,name", "a@example.com,A")
			spoil(i)
			report, err := i.Run(t.Context())
			if _, refused := errors.AsType[*userimport.RefusedError](err); !refused || report.Status != usersync.StatusRefused {
				t.Errorf("the import ends as %s with %v", report.Status, err)
			}
			if i.post.emit != nil {
				t.Error("the journal was opened")
			}
		})
	}
}

// TestImportGoesOn: what an earlier run finished with is not sent again, what it
// left open is resumed, and its warnings are said again.
func TestImportGoesOn(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,preferred_username", "a@example.com,jürgen", "b@example.com,b", "c@example.com,c")
	i.post.known = map[int]userimport.Result{1: {Row: 1, Outcome: userimport.Created, Job: "job"}}
	i.post.open = []int{2}
	report, err := i.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := i.outcomes(), "created created created"; got != want {
		t.Errorf("the rows came to %q, not %q", got, want)
	}
	if !slices.Equal(i.post.resumed, []int{2}) || len(i.post.sent) != 1 || i.post.sent[0].Row != 3 {
		t.Errorf("resumed were %v, sent was %+v", i.post.resumed, i.post.sent)
	}
	if i.plan.Done != 1 || i.plan.Open != 1 || i.plan.Sending() != 2 {
		t.Errorf("the plan is %+v", i.plan)
	}
	if !i.account.results[1].Warned() || report.Warnings != 1 {
		t.Errorf("the result is %+v, with %d warnings", i.account.results[1], report.Warnings)
	}
}

// TestImportKeepsRowsApart: nobody is updated by two rows, and nobody who changed
// or went after the rows had been compared.
func TestImportKeepsRowsApart(t *testing.T) {
	t.Parallel()
	google := func() *usersync.User {
		return userOf(t, "{}", fields{"sub": idOf(1).String(), "identities": []any{
			loginID("email", "email", "email", "p1@example.com"),
			fields{"type": "oauth", "claims": fields{"email": "g@example.com"}},
		}})
	}
	renamed := func(user *usersync.User) *usersync.User {
		return userOf(t, "{}", fields{"sub": user.ID.String(), "name": "Z", "identities": []any{loginID("email", "email", "email", "p2@example.com")}})
	}
	i := newImporting(t, "email,name", "p1@example.com,X", "g@example.com,Y", "p2@example.com,X", "p3@example.com,X")
	i.desk.users = []*usersync.User{google(), person(t, 2), person(t, 3)}
	i.desk.edit = func(read int, user *usersync.User) *usersync.User {
		switch {
		case read < 2:
			return user
		case user.ID == idOf(2):
			return renamed(user)
		case user.ID == idOf(3):
			return nil
		default:
			return user
		}
	}
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := i.outcomes(), "updated conflict conflict conflict"; got != want {
		t.Errorf("the rows came to %q, not %q", got, want)
	}
	for row, part := range map[int]string{2: "row 1", 3: "changed", 4: "changed"} {
		if reason := i.account.results[row].Reason; !strings.Contains(reason, part) {
			t.Errorf("row %d is in conflict because %q", row, reason)
		}
	}
}

// TestImportEndsEarly: whatever stops an import, each row has its result, and the
// sender does not take it for finished.
func TestImportEndsEarly(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]struct {
		spoil    func(*importing, context.CancelCauseFunc)
		status   usersync.Status
		says     string
		outcomes string
	}{
		"sending": {
			func(i *importing, _ context.CancelCauseFunc) { i.post.refuses = errBroken },
			usersync.StatusFailed, "line is broken", "created not_sent not_sent",
		},
		"quota": {
			func(i *importing, _ context.CancelCauseFunc) {
				i.post.refuses = &userimport.QuotaError{Period: "day"}
			},
			usersync.StatusFailed, "quota", "created not_sent not_sent",
		},
		"interrupted": {
			func(i *importing, cancel context.CancelCauseFunc) {
				i.post.refuses = context.Canceled
				i.Progress = nil
				cancel(errBroken)
			},
			usersync.StatusInterrupted, "line is broken", "created not_sent not_sent",
		},
		"the table changes": {
			func(i *importing, _ context.CancelCauseFunc) {
				i.sheet.later = []string{"a@example.com,A", "b@example.com,X", "c@example.com,C"}
			},
			usersync.StatusFailed, "the table changed", "created created created",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newImporting(t, "email,name", "a@example.com,A", "b@example.com,B", "c@example.com,C")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			approve := i.Approve
			i.Approve = func(ctx context.Context, plan *userimport.Plan) error {
				stop.spoil(i, cancel)
				return approve(ctx, plan)
			}
			report, err := i.Run(ctx)
			if err == nil || !strings.Contains(err.Error(), stop.says) || report.Status != stop.status {
				t.Errorf("the import ends as %s with %v", report.Status, err)
			}
			if got := i.outcomes(); got != stop.outcomes {
				t.Errorf("the rows came to %q, not %q", got, stop.outcomes)
			}
			if i.post.ended == nil {
				t.Error("the sender was told that all had been handed over")
			}
			if sum := report.Outcomes[userimport.Created] + report.Outcomes[userimport.NotSent]; sum != 3 {
				t.Errorf("the report is %+v", report)
			}
		})
	}
}

// TestImportNotApproved: nothing is sent, and rows have no result.
func TestImportNotApproved(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,name", "a@example.com,A")
	i.Approve = func(context.Context, *userimport.Plan) error { return errBroken }
	if _, err := i.Run(t.Context()); !errors.Is(err, errBroken) || len(i.post.sent) > 0 {
		t.Errorf("%v, sent was %+v", err, i.post.sent)
	}
}

// TestDryRun says what would become of the rows, asks for no approval and opens
// no journal; without a directory everybody is new.
func TestDryRun(t *testing.T) {
	t.Parallel()
	for name, directory := range map[string]bool{"created": false, "updated": true} {
		i := newImporting(t, "email,name", "p1@example.com,A")
		i.desk.users = []*usersync.User{person(t, 1)}
		i.DryRun, i.Open, i.Approve, i.Results = true, nil, nil, nil
		if !directory {
			i.Directory = nil
		}
		report, err := i.Run(t.Context())
		if err != nil || report.Outcomes[userimport.Outcome(name)] != 1 || report.Jobs != 0 || report.Estimate.Jobs != 1 || !report.DryRun {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// TestImportLeavesRowsUnknown: that is no error, but not the end either.
func TestImportLeavesRowsUnknown(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,name", "a@example.com,A", "b@example.com,B")
	i.post.known = map[int]userimport.Result{1: {Row: 1, Outcome: userimport.Unknown}}
	report, err := i.Run(t.Context())
	if err != nil || report.Status != userimport.StatusIncomplete || report.Spotless() {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestSpotless: a warning is for whoever has imported; before, it is nothing to mend.
func TestSpotless(t *testing.T) {
	t.Parallel()
	for _, outcome := range userimport.Outcomes() {
		for _, dryRun := range []bool{false, true} {
			report := userimport.NewReport(dryRun)
			report.Outcomes[outcome] = 1
			if report.Spotless() != outcome.Clean() {
				t.Errorf("%s, in a dry run %t: %t", outcome, dryRun, report.Spotless())
			}
			if report.Warnings = 1; report.Spotless() != (dryRun && outcome.Clean()) {
				t.Errorf("%s with a warning, in a dry run %t: %t", outcome, dryRun, report.Spotless())
			}
		}
	}
}

// TestProblemNamesItsRow by its line, or by its number where lines do not tell.
func TestProblemNamesItsRow(t *testing.T) {
	t.Parallel()
	for want, problem := range map[string]userimport.Problem{
		"line 7, email: r": {Row: 3, Line: 7, Column: "email", Rule: "r"},
		"row 3, email: r":  {Row: 3, Column: "email", Rule: "r"},
		"row 3: r":         {Row: 3, Rule: "r"},
		"email: r":         {Column: "email", Rule: "r"},
	} {
		if got := problem.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestImportRemembersTheProject: what an earlier run learned holds, although the
// rows that it sent make the project look otherwise now.
func TestImportRemembersTheProject(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,custom_attributes.rare", "a@example.com,1")
	i.Learned = &userimport.Project{CustomAttributes: map[string]string{"rare": "number"}}
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	attributes, _ := i.post.sent[0].Record["custom_attributes"].(map[string]any)
	if attributes["rare"] != json.Number("1") || i.opened.Project.CustomAttributes["rare"] != "number" {
		t.Errorf("sent was %+v, kept %+v", i.post.sent, i.opened.Project)
	}
}

// TestRefusedByWhatAnotherImportLearned: the journal of an import of another table
// says that it is one, rather than that the header is wrong.
func TestRefusedByWhatAnotherImportLearned(t *testing.T) {
	t.Parallel()
	for _, other := range []error{errBroken, nil} {
		i := newImporting(t, "email,custom_attributes.rare", "a@example.com,1")
		i.AllowUnknownAttributes = true
		i.Learned = &userimport.Project{} // which does not know of the attribute
		open, opened := i.Open, 0
		i.Open = func(ctx context.Context, opening userimport.Opening) (userimport.Sender, error) {
			opened++
			if opening.Table == (userimport.Digest{}) {
				t.Error("the journal cannot tell of which table it is")
			}
			if other != nil {
				return nil, other
			}
			return open(ctx, opening)
		}
		_, err := i.Run(t.Context())
		if _, refused := errors.AsType[*userimport.RefusedError](err); opened != 1 || refused != (other == nil) || other != nil && !errors.Is(err, other) {
			t.Errorf("opened %d times, %v", opened, err)
		}
		if len(i.post.sent) != 0 {
			t.Errorf("sent was %+v", i.post.sent)
		}
	}
}
