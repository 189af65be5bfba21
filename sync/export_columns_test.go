package usersync_test

import (
	"slices"
	"strings"
	"testing"

	usersync "usersync/sync"
)

func TestSelections(t *testing.T) {
	t.Parallel()
	parts := "address.formatted address.street_address address.locality address.region address.postal_code address.country"
	for _, test := range []struct {
		name, had, fields string
		columns, missing  string
		// of a user with an attribute a, an attribute b and a country, what is exported
		exported string
	}{
		{"all there is", "email address custom_attributes", "", "sub email " + parts + " custom_attributes", "", "a b country"},
		{"all keys there are", "custom_attributes.a address.country", "", "sub address.country custom_attributes.a", "", "a country"},
		{"some", "*", "custom_attributes email", "sub custom_attributes email", "", "a b"},
		{"sub elsewhere", "*", "email sub", "email sub", "", ""},
		{"an address", "*", "address email", "sub " + parts + " email", "", "country"},
		{"keys", "*", "custom_attributes.b address.country", "sub custom_attributes.b address.country", "", "b country"},
		{"without a field", "email address custom_attributes", "-custom_attributes -address", "sub email", "", ""},
		{"without an attribute", "email custom_attributes", "-custom_attributes.a", "sub email custom_attributes", "", "b"},
		{"without attributes", "custom_attributes", "-custom_attributes.a -custom_attributes.b", "sub custom_attributes", "", ""},
		{"without a part", "address", "-address.country -address.formatted", "sub address.street_address address.locality address.region address.postal_code", "", ""},
		{"without one of two", "custom_attributes.a custom_attributes.b", "-custom_attributes.a", "sub custom_attributes.b", "", "b"},
		{"without what is not there", "email", "-custom_attributes.a -name", "sub email", "", ""},
		{"all attributes", "*", "custom_attributes.*", "sub custom_attributes.*", "", "a b"},
		{"all attributes that there are", "custom_attributes.b custom_attributes.a", "custom_attributes.*", "sub custom_attributes.b custom_attributes.a", "", "a b"},
		{"all parts that there are", "address.country address.region", "address.*", "sub address.country address.region", "", "country"},
		{"what is not there", "email custom_attributes.a", "name custom_attributes", "sub name custom_attributes", "name custom_attributes (all but a)", "a"},
		{"another attribute", "custom_attributes.a", "custom_attributes.b", "sub custom_attributes.b", "custom_attributes.b", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			selection, err := usersync.ParseSelection(strings.Fields(test.fields))
			if err != nil {
				t.Fatal(err)
			}
			scope, columns, missing, err := selection.Of(scopeOf(t, test.had))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(columns, " "); got != test.columns {
				t.Errorf("columns: got %s, want %s", got, test.columns)
			}
			if got := strings.Join(missing.Names(), " "); got != test.missing {
				t.Errorf("missing: got %s, want %s", got, test.missing)
			}
			u := usersync.NewUser(usersync.ID{1})
			u.Set(field(t, "custom_attributes"), map[string]any{"a": "1", "b": "2"})
			u.Set(field(t, "address"), map[string]any{"country": "HK"})
			var exported []string
			for name, keys := range map[string][]string{"custom_attributes": {"a", "b"}, "address": {"country"}} {
				object, _ := scope.Of(u).Get(field(t, name)).(map[string]any)
				for _, key := range keys {
					if _, found := object[key]; found {
						exported = append(exported, key)
					}
				}
			}
			slices.Sort(exported)
			if got := strings.Join(exported, " "); got != test.exported {
				t.Errorf("exported: got %s, want %s", got, test.exported)
			}
		})
	}
	for fields, want := range map[string]string{
		"email -name": "name either what to write or, each with a minus, what to leave out",
		"-email name": "name either what to write or, each with a minus, what to leave out",
		"-sub":        "sub cannot be left out: it says whose row it is",
	} {
		if _, err := usersync.ParseSelection(strings.Fields(fields)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", fields, err, want)
		}
	}
}
