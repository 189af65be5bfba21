package userimport_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/sync/userimport"
)

// What an empty cell becomes under each rule, in each field where that differs.
func TestEmptyCells(t *testing.T) {
	t.Parallel()
	columns := []string{
		"email", "phone_number", "email_verified", "phone_number_verified", "name", "address.country", "address.region", "roles", "groups",
		"disabled", "account_valid_from", "account_valid_until",
		"custom_attributes.tier", "password_hash", "mfa.email", "mfa.totp.secret", "custom_attributes",
	}
	empty := make([]string, len(columns)-1)
	nulls := userimport.Row{Values: []userimport.Value{{Text: "ann@example.com"}}}
	absent := userimport.Row{Values: []userimport.Value{{Text: "ann@example.com"}}}
	for range empty {
		nulls.Values = append(nulls.Values, userimport.Value{JSON: json.RawMessage("null")})
		absent.Values = append(absent.Values, userimport.Value{Absent: true})
	}
	const alone = `{"email":"ann@example.com"}`
	for rule, want := range map[userimport.EmptyRule]string{
		"":                   alone,
		userimport.EmptyKeep: alone,
		userimport.EmptyNull: `{"address":null,"custom_attributes":{"tier":null},"email":"ann@example.com","groups":[],"mfa":{"email":null},"name":null,"phone_number":null,"roles":[]}`,
	} {
		mapping := newMapping(t, columns, userimport.MappingConfig{Empty: rule})
		for kind, row := range map[string]userimport.Row{"empty": cells(append([]string{"ann@example.com"}, empty...)...), "null": nulls} {
			record, problems := mapping.Record(row)
			if got := recordJSON(t, record); got != want {
				t.Errorf("%s, %q: got\n%s, want\n%s", kind, rule, got, want)
			}
			if len(problems) > 0 {
				t.Errorf("%s, %q: %v", kind, rule, problems)
			}
		}
		if got := clean(t, mapping, absent); got != alone {
			t.Errorf("absent, %q: got %s", rule, got)
		}
	}
	mapping := newMapping(t, columns, userimport.MappingConfig{Empty: userimport.EmptyError})
	if _, problems := mapping.Record(nulls); len(problems) != len(empty) || problems[0].Column != "phone_number" || problems[0].Rule != "the cell is empty" {
		t.Errorf("problems are %v", problems)
	}
	if got := clean(t, mapping, absent); got != alone {
		t.Errorf("absent, error: got %s", got)
	}
}

// Empty parts of an address are told from those that a row has no cells for.
func TestEmptyPartsOfAnAddress(t *testing.T) {
	t.Parallel()
	type parts = map[string]any
	every := func(country any) parts {
		return parts{"formatted": nil, "street_address": nil, "locality": nil, "region": nil, "postal_code": nil, "country": country}
	}
	tests := map[string]struct {
		rule    userimport.EmptyRule
		columns []string
		cells   []string
		want    any
	}{
		"one is empty":           {userimport.EmptyNull, []string{"address.country", "address.region"}, []string{"HK", ""}, parts{"country": "HK", "region": nil}},
		"all are empty":          {userimport.EmptyNull, []string{"address.country", "address.region"}, []string{"", ""}, parts{"country": nil, "region": nil}},
		"one is to be kept":      {userimport.EmptyKeep, []string{"address.country", "address.region"}, []string{"HK", ""}, parts{"country": "HK"}},
		"all are to be kept":     {userimport.EmptyKeep, []string{"address.country", "address.region"}, []string{"", ""}, nil},
		"the whole is empty":     {userimport.EmptyNull, []string{"address"}, []string{""}, nil},
		"the whole and one part": {userimport.EmptyNull, []string{"address", "address.country"}, []string{"", "HK"}, every("HK")},
		"one part and the whole": {userimport.EmptyNull, []string{"address.country", "address"}, []string{"HK", "{}"}, every("HK")},
		"parts of the whole":     {userimport.EmptyNull, []string{"address"}, []string{`{"country":"HK","region":null}`}, parts{"country": "HK", "region": nil}},
	}
	for name, test := range tests {
		mapping := newMapping(t, append([]string{"email"}, test.columns...), userimport.MappingConfig{Empty: test.rule})
		record, problems := mapping.Record(cells(append([]string{"ann@example.com"}, test.cells...)...))
		if diff := cmp.Diff(test.want, record["address"]); diff != "" || len(problems) > 0 {
			t.Errorf("%s: %v, %s", name, problems, diff)
		}
	}
}

// An identifier that is empty in any way is one problem, and never null.
func TestRowWithoutIdentifier(t *testing.T) {
	t.Parallel()
	for _, rule := range []userimport.EmptyRule{userimport.EmptyKeep, userimport.EmptyNull, userimport.EmptyError} {
		mapping := newMapping(t, []string{"name", "E-Mail"}, userimport.MappingConfig{Empty: rule})
		for _, value := range []userimport.Value{{Absent: true}, {Text: ""}, {Text: " \t"}, {JSON: json.RawMessage("null")}} {
			row := userimport.Row{Number: 1, Line: 2, Values: []userimport.Value{{Text: "Ann"}, value}}
			record, problems := mapping.Record(row)
			if _, there := record["email"]; there || len(problems) != 1 || problems[0].Warning || problems[0].Column != "E-Mail" {
				t.Errorf("%s %+v: %v, %v", rule, value, record, problems)
			}
		}
		if record, problems := mapping.Record(userimport.Row{}); !userimport.Rejects(problems) {
			t.Errorf("a row of nothing is %v", record)
		}
	}
}

// Without knowledge of the project, attributes are what Authgear can have at all.
func TestAttributesOfUnknownProjects(t *testing.T) {
	t.Parallel()
	mapping := newMapping(t, []string{"email", "custom_attributes.a"}, userimport.MappingConfig{})
	for raw, want := range map[string]string{"7.0": `{"a":7.0}`, "true": "", "[1]": "", `{"b":1}`: ""} {
		row := cells("ann@example.com", "")
		row.Values[1] = userimport.Value{JSON: json.RawMessage(raw)}
		record, problems := mapping.Record(row)
		if userimport.Rejects(problems) != (want == "") {
			t.Errorf("%s: %v", raw, problems)
		}
		if want != "" && recordJSON(t, userimport.Record{"": record["custom_attributes"]}) != `{"":`+want+`}` {
			t.Errorf("%s became %v", raw, record)
		}
	}
}

func TestKnow(t *testing.T) {
	t.Parallel()
	columns := []string{"email", "custom_attributes.tier", "custom_attributes.points", "custom_attributes.level:integer"}
	cfg := userimport.MappingConfig{Set: map[string]string{"roles": "edtor", "custom_attributes.batch": "b"}}
	mapping := newMapping(t, columns, cfg)
	row := cells("ann@example.com", "pro", "7", "3")
	want := `{"custom_attributes":{"batch":"b","level":3,"points":"7","tier":"pro"},"email":"ann@example.com","roles":["edtor"]}`
	if got := clean(t, mapping, row); got != want {
		t.Errorf("before the project is known: %s", got)
	}
	project := userimport.Project{Roles: []string{"editor"}, CustomAttributes: map[string]string{"tier": "string"}}
	var said []string
	for _, problem := range mapping.Know(project) {
		said = append(said, problem.Column)
		if problem.Warning {
			t.Errorf("only a warning: %v", problem)
		}
	}
	if got := strings.Join(said, " "); got != "custom_attributes.points custom_attributes.level:integer custom_attributes.batch roles" {
		t.Errorf("wrong are %s", got)
	}
	if _, problems := mapping.Record(row); len(problems) != 4 || !userimport.Rejects(problems) {
		t.Errorf("the row has %v", problems)
	}

	project.AllowUnknown = true
	project.Roles = append(project.Roles, "edtor")
	mapping = newMapping(t, columns, cfg)
	problems := mapping.Know(project)
	const unseen = ": nobody has this custom attribute yet: Authgear drops it if the project does not know it, and its rows are then updates every time"
	texts := []string{
		"custom_attributes.points" + unseen + " (its cells are sent as texts; if it is a number, map the column to custom_attributes.points:number)",
		"custom_attributes.level:integer" + unseen,
	}
	var got []string
	for _, problem := range problems {
		if got = append(got, problem.Text()); !problem.Warning {
			t.Errorf("more than a warning: %v", problem)
		}
	}
	if diff := cmp.Diff(texts, got); diff != "" {
		t.Error(diff)
	}
	if got := clean(t, mapping, row); got != want {
		t.Errorf("allowed: %s", got)
	}
}
