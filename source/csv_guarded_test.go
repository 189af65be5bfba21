package source_test

import (
	"strings"
	"testing"

	"usersync/source"
	usersync "usersync/sync"
)

// An unchecked file is one to read on in.
func TestUncheckedCSV(t *testing.T) {
	t.Parallel()
	path := writeCSV(t, csvHeader+csvAnn+",,,\n"+csvAnn+",,,\n")
	users := 0
	for _, err := range source.NewCSV(path).Unchecked().Users(t.Context(), usersync.FieldSet{}, &usersync.Census{}) {
		if err != nil {
			t.Fatal(err)
		}
		users++
	}
	if users != 2 {
		t.Errorf("%d users", users)
	}
}

// What single columns cannot tell is not compared, and guards are taken off.
func TestCSVScopeAndGuards(t *testing.T) {
	t.Parallel()
	path := writeCSV(t, "sub,email,custom_attributes.a\n"+csvAnn+",'=ann,7\n")
	scope, err := source.NewGuardedCSV(path).Scope(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(scope.Names(), " "); got != "email custom_attributes.a" {
		t.Errorf("the file is said to hold %s", got)
	}
	attributes, _ := usersync.AllFields().Lookup("custom_attributes")
	email, _ := usersync.AllFields().Lookup("email")
	spelled := usersync.NewUser(usersync.ID{})
	spelled.Set(attributes, map[string]any{"a": "7"})
	var census usersync.Census
	for u, err := range source.NewGuardedCSV(path).Users(t.Context(), scope.Fields, &census) {
		if err != nil {
			t.Fatal(err)
		}
		if differing := usersync.Diff(scope.Of(u), scope.Of(spelled), usersync.FieldsNamed([]string{"custom_attributes"})); len(differing) > 0 {
			t.Error("the text 7 differs from what the file says")
		}
		if u.Get(email) != "=ann" {
			t.Errorf("the guard is still there: %v", u.Get(email))
		}
	}
	if !census.Complete {
		t.Error("nothing was read")
	}
}
