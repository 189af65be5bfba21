package usersync_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	usersync "usersync/sync"
)

func hexOf(f usersync.Fingerprint) string { return hex.EncodeToString(f[:]) }

func TestParseFields(t *testing.T) {
	t.Parallel()
	all := usersync.AllFields().Names()
	times := []string{"temporarily_disabled_from", "temporarily_disabled_until", "account_valid_from", "account_valid_until"}
	without := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return slices.Contains(names, n) })
	}
	for name, c := range map[string]struct {
		names string
		want  []string
		err   string
	}{
		"none is all":            {"", all, ""},
		"keep":                   {"sub,groups,email", []string{"email", "groups", "created_at", "is_anonymized"}, ""},
		"leave one out":          {"-email", without("email"), ""},
		"with identities":        {"-identities", without("identities", "biometric_count", "passkey_count"), ""},
		"disabled":               {"disabled", slices.Concat([]string{"disabled", "created_at", "is_anonymized"}, times), ""},
		"disabled stays":         {"-email,-account_valid_from,-temporarily_disabled_until", without("email"), ""},
		"without disabled":       {"-disabled", without("disabled"), ""},
		"… and without a time":   {"-disabled,-account_valid_from", without("disabled", "account_valid_from"), ""},
		"a time alone":           {"account_valid_until", []string{"created_at", "is_anonymized", "account_valid_until"}, ""},
		"unknown":                {"emial", nil, `there is no field "emial"`},
		"mixture":                {"email,-groups", nil, "either"},
		"without id":             {"-sub", nil, "sub cannot be left out"},
		"without time":           {"-created_at", nil, "created_at cannot be left out"},
		"without the anonymised": {"-email,-is_anonymized", nil, "is_anonymized cannot be left out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var names []string
			if c.names != "" {
				names = strings.Split(c.names, ",")
			}
			set, err := usersync.ParseFields(names)
			switch {
			case c.err == "" && err != nil:
				t.Fatal(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Fatalf("got error %v, want one with %q", err, c.err)
			case !slices.Equal(set.Names(), c.want) && c.err == "":
				t.Errorf("got %v, want %v", set.Names(), c.want)
			}
		})
	}
}

func TestFieldsNamedPassesOverTheUnknown(t *testing.T) {
	t.Parallel()
	got := usersync.FieldsNamed([]string{"groups", "a field of the future", "email"}).Names()
	if want := []string{"email", "groups"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFieldTableIsSound(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"sub": true}
	for f := range usersync.AllFields().All() {
		if f.Kind == 0 || f.From == "" || f.Doc == "" || strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: kind, origin or description is missing", f.Name)
		}
		if seen[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		seen[f.Name] = true
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		n, want int
	}{
		{"5%", 0, 0},
		{"5%", 1, 1},
		{"5%", 10, 1},
		{"5%", 30, 2},
		{"5%", 190, 10},
		{"5%", 250, 12},
		{"5%", 20651, 1032},
		{"0.1%", 20651, 20},
		{"0%", 1000, 0},
		{"100%", 7, 7},
		{"0", 1000, 0},
		{"20", 3, 20},
	} {
		limit, err := usersync.ParseLimit(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := limit.Of(c.n); got != c.want {
			t.Errorf("%s of %d: got %d, want %d", c.text, c.n, got, c.want)
		}
	}
	for _, text := range []string{"", "%", "-1", "-1%", "101%", "NaN%", "five", "5 %", "1.5"} {
		if limit, err := usersync.ParseLimit(text); err == nil {
			t.Errorf("%q was read as %s", text, limit)
		}
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	id, err := usersync.ParseID(strings.ToUpper(ann))
	if err != nil || id.String() != ann {
		t.Errorf("got %s, %v", id, err)
	}
	for _, text := range []string{"", "x", ann + "0", strings.ReplaceAll(ann, "-", "x"), "zf2504e0-4f89-41d3-9a0c-0305e82c3301", "3f2504e04f89-41d3-9a0c-0305e82c33010"} {
		if id, err := usersync.ParseID(text); err == nil {
			t.Errorf("%q was read as %s", text, id)
		}
	}
}
