package usersync_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	usersync "usersync/sync"
)

func scopeOf(t *testing.T, names string) usersync.Scope {
	t.Helper()
	if names == "*" {
		return usersync.Whole(usersync.AllFields())
	}
	scope, err := usersync.ParseScope(strings.Fields(names))
	if err != nil {
		t.Fatal(err)
	}
	return scope
}

func TestScopes(t *testing.T) {
	t.Parallel()
	u := usersync.NewUser(usersync.ID{1})
	u.Set(field(t, "email"), "ann@example.com")
	u.Set(field(t, "address"), map[string]any{"country": "HK", "region": "x"})
	u.Set(field(t, "custom_attributes"), map[string]any{"a": "1", "b": "2", "c": "3", "x.y": "4"})
	seen := func(s usersync.Scope) string {
		var got []string
		for f := range s.Fields.All() {
			switch value := s.Of(u).Get(f).(type) {
			case string:
				if value != "" {
					got = append(got, value)
				}
			case map[string]any:
				for _, inner := range value {
					got = append(got, inner.(string))
				}
			}
		}
		slices.Sort(got)
		return strings.Join(got, " ")
	}
	whole := "1 2 3 4 HK ann@example.com x"
	for _, test := range []struct {
		name string
		got  usersync.Scope
		want string
	}{
		{"everything", scopeOf(t, "*"), whole},
		{"nothing", scopeOf(t, "sub"), ""},
		{"fields", scopeOf(t, "email address.*"), "HK ann@example.com x"},
		{"keys", scopeOf(t, "custom_attributes.a address.country custom_attributes.x.y"), "1 4 HK"},
		{"keys and the whole", scopeOf(t, "custom_attributes.a custom_attributes"), "1 2 3 4"},
		{"keys of both", scopeOf(t, "custom_attributes.a custom_attributes.b").Intersect(scopeOf(t, "custom_attributes.b custom_attributes.c")), "2"},
		{"no keys of both", scopeOf(t, "custom_attributes.a").Intersect(scopeOf(t, "custom_attributes.b")), ""},
		{"keys of the whole", scopeOf(t, "*").Intersect(scopeOf(t, "custom_attributes.a")), "1"},
		{"the whole of keys", scopeOf(t, "custom_attributes.a").Intersect(scopeOf(t, "*")), "1"},
		{"without a field", scopeOf(t, "*").Without(scopeOf(t, "custom_attributes address")), "ann@example.com"},
		{"without keys", scopeOf(t, "*").Without(scopeOf(t, "custom_attributes.a custom_attributes.b")), "3 4 HK ann@example.com x"},
		{"without keys twice", scopeOf(t, "*").Without(scopeOf(t, "custom_attributes.a")).Without(scopeOf(t, "custom_attributes.b")), "3 4 HK ann@example.com x"},
		{"without what is not there", scopeOf(t, "email").Without(scopeOf(t, "custom_attributes.a")), "ann@example.com"},
		{"keys without keys", scopeOf(t, "custom_attributes.a custom_attributes.b").Without(scopeOf(t, "custom_attributes.a")), "2"},
		{"keys without the same", scopeOf(t, "custom_attributes.a").Without(scopeOf(t, "custom_attributes.a")), ""},
		{"but and keys", scopeOf(t, "*").Without(scopeOf(t, "custom_attributes.a")).Intersect(scopeOf(t, "custom_attributes.a custom_attributes.b")), "2"},
	} {
		if got := seen(test.got); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if test.got.Everything() != (test.want == whole) {
			t.Errorf("%s: everything is %v", test.name, test.got.Everything())
		}
	}
	names := scopeOf(t, "custom_attributes.b email custom_attributes.a sub").Names()
	if difference := cmp.Diff([]string{"email", "custom_attributes.b", "custom_attributes.a"}, names); difference != "" {
		t.Error(difference)
	}
	if u.ID != scopeOf(t, "sub").Of(u).ID {
		t.Error("the id was lost")
	}
}

func TestScopeOfAFile(t *testing.T) {
	t.Parallel()
	parts := "sub address.formatted address.street_address address.locality address.region address.postal_code"
	for names, want := range map[string]string{
		"sub email custom_attributes":     "email,custom_attributes",
		"sub email custom_attributes.a.b": "email,custom_attributes.a.b",
		parts:                             "address.formatted,address.street_address,address.locality,address.region,address.postal_code",
		parts + " address.country":        "address",
	} {
		header, err := usersync.ParseExportHeader(strings.Fields(names))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(header.Scope().Names(), ","); got != want {
			t.Errorf("%s: got %s, want %s", names, got, want)
		}
	}
}

func TestParseScopeRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shoe_size", "email.x", "address.planet", "", "roles.x", "-email"} {
		if _, err := usersync.ParseScope([]string{name}); err == nil || !strings.Contains(err.Error(), `there is no field "`+name+`"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Through cells, what they cannot tell apart is the same, and nothing else.
func TestScopeAsCells(t *testing.T) {
	t.Parallel()
	header, err := usersync.ParseExportHeader([]string{"sub", "custom_attributes.a", "custom_attributes.b", "address.country"})
	if err != nil {
		t.Fatal(err)
	}
	cells := header.Scope().AsCells()
	attributes := field(t, "custom_attributes")
	with := func(values map[string]any) *usersync.User {
		u := usersync.NewUser(usersync.ID{1})
		u.Set(attributes, values)
		u.Set(field(t, "address"), map[string]any{"country": "7"})
		return u
	}
	texts := with(map[string]any{"a": "7", "b": "", "c": "7"})
	values := with(map[string]any{"a": json.Number("7"), "c": json.Number("7")})
	others := with(map[string]any{"a": "8", "b": nil})
	whole := usersync.Whole(usersync.AllFields())
	for name, test := range map[string]struct {
		scope usersync.Scope
		a, b  *usersync.User
		same  bool
	}{
		"as cells":             {cells, texts, values, true},
		"on either side":       {whole.Intersect(cells), texts, values, true},
		"and narrower":         {cells.Without(usersync.Whole(usersync.FieldsNamed([]string{"address"}))), texts, values, true},
		"exactly":              {header.Scope(), texts, values, false},
		"not of other values":  {cells, texts, others, false},
		"not of whole objects": {whole.AsCells(), texts, values, false},
	} {
		differing := usersync.Diff(test.scope.Of(test.a), test.scope.Of(test.b), test.scope.Fields)
		if (len(differing) == 0) != test.same {
			t.Errorf("%s: %d fields differ", name, len(differing))
		}
	}
	if country := cells.Of(texts).Get(field(t, "address")); !cmp.Equal(country, map[string]any{"country": "7"}) {
		t.Errorf("a part of an address is a text: %v", country)
	}
}
