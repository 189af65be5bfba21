package userimport_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// What people cannot sign in by in the project is left out of every record, and
// said once; so is whether it is verified.
func TestLoginIDsThatAreNotEnabled(t *testing.T) {
	t.Parallel()
	const columns = "email,Phone Number,phone_number_verified,preferred_username,name"
	rows := []string{"new@example.com,+85298000009,true,new,N", "p1@example.com,no number,true,P1,B", "p2@example.com,+85298000001,,p2,C"}
	prepared := func() *importing {
		i := newImporting(t, columns, rows...)
		i.desk.users = []*usersync.User{person(t, 1), person(t, 2)}
		i.desk.notAllowed = []userimport.Identifier{userimport.Phone}
		return i
	}
	first := prepared()
	second := prepared()
	second.desk.notAllowed = nil // meanwhile somebody enabled it
	for name, i := range map[string]*importing{"first": first, "going on": second} {
		if name == "going on" {
			i.Learned = &userimport.Project{NoLoginIDs: []userimport.Identifier{userimport.Phone}}
		}
		report, err := i.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := i.outcomes(), "created unchanged updated"; got != want {
			t.Errorf("%s: the rows came to %q, not %q", name, got, want)
		}
		for _, item := range i.post.sent {
			if fields := strings.Join(item.Record.Fields(), " "); fields != "email name preferred_username" {
				t.Errorf("%s: row %d is sent with %s", name, item.Row, fields)
			}
		}
		want := "Phone Number: the project has not enabled this login ID, so that the column is left out, as Authgear would do (enable it in the project before the import if it is to come along)"
		if len(i.plan.Notes) != 2 || i.plan.Notes[0] != want || !strings.HasPrefix(i.plan.Notes[1], "phone_number_verified: ") {
			t.Errorf("%s: the notes are %q", name, i.plan.Notes)
		}
		left := []string{"Phone Number is left out: the project has not enabled this login ID"}
		if notes := i.account.results[3].Notes; !slices.Equal(notes, left) || len(i.account.results[1].Notes) != 2 {
			t.Errorf("%s: the rows' notes are %q and %q", name, i.account.results[1].Notes, notes)
		}
		if !slices.Equal(report.Notes, i.plan.Notes) {
			t.Errorf("%s: the report's notes are %q", name, report.Notes)
		}
		if !slices.Equal(i.opened.Project.NoLoginIDs, []userimport.Identifier{userimport.Phone}) {
			t.Errorf("%s: kept is %+v", name, i.opened.Project)
		}
		if len(i.desk.found[userimport.Phone]) > 0 {
			t.Errorf("%s: phone numbers were looked up", name)
		}
	}
	old := prepared()
	old.Learned = &userimport.Project{} // kept by a journal that knows nothing of it
	if _, err := old.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := old.outcomes(), "created rejected conflict"; got != want {
		t.Errorf("going on from before: the rows came to %q, not %q", got, want)
	}
}

// What only the last of many rows have in one column is looked for as well.
func TestCustomAttributesOfAllRowsAreLookedFor(t *testing.T) {
	t.Parallel()
	var rows []string
	for row := range 2000 {
		rows = append(rows, fmt.Sprintf(`a%d@example.com,{"member_id":"1"}`, row))
	}
	i := newImporting(t, "email,custom_attributes", append(rows, `last@example.com,{"tier":"pro"}`)...)
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"member_id", "tier"}, i.desk.wanted); diff != "" {
		t.Error(diff)
	}
}

// A column that is a key of objects is a custom attribute of the rows that have it,
// and of no others.
func TestUnknownAttributeOfObjects(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,custom_attributes.tier", "a@example.com,", "b@example.com,pro", "c@example.com,")
	var err error
	if i.Mapping, err = userimport.NewMapping(i.sheet.Columns(), userimport.MappingConfig{Identifier: userimport.Email, Keys: true}); err != nil {
		t.Fatal(err)
	}
	report, err := i.Run(t.Context())
	if err != nil || i.outcomes() != "created rejected created" {
		t.Fatalf("the rows came to %q, %v", i.outcomes(), err)
	}
	want := []userimport.ProblemCount{{
		Column: "custom_attributes.tier", Rows: 1, FirstRow: 2, FirstLine: 3,
		Rule: "no user has a custom attribute of this name, and Authgear drops those that the project does not know",
	}}
	if diff := cmp.Diff(want, report.Problems); diff != "" {
		t.Error(diff)
	}
}

// Custom attributes are looked for by the names that the header has, and by those
// that the rows have in one column, where these say something.
func TestCustomAttributesThatAreLookedFor(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,custom_attributes.tier,custom_attributes.points:number,custom_attributes",
		`a@example.com,pro,7,{"member_id":"1"}`, `b@example.com,,,{"since":1}`, `c@example.com,,,{"none":null}`, `d@example.com,,,`)
	i.desk.sampled = 600
	_, err := i.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "custom_attributes.tier: none of the 600 users looked at has a custom attribute of this name") {
		t.Errorf("the import ends with %v", err)
	}
	if diff := cmp.Diff([]string{"tier", "points", "member_id", "since"}, i.desk.wanted); diff != "" {
		t.Error(diff)
	}
	i.AllowUnknownAttributes = true
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"tier", "member_id", "since"}, i.desk.wanted); diff != "" {
		t.Error(diff)
	}
	var said []string
	for _, note := range i.plan.Notes {
		column, rule, _ := strings.Cut(note, ": ")
		if said = append(said, column); !strings.HasPrefix(rule, "nobody has this custom attribute yet") {
			t.Errorf("noted is %s", note)
		}
	}
	if diff := cmp.Diff([]string{"custom_attributes.tier", "custom_attributes.points:number", "custom_attributes.since"}, said); diff != "" {
		t.Error(diff)
	}
	if i.opened.Project.Sampled != 600 {
		t.Errorf("kept is %+v", i.opened.Project)
	}
}
