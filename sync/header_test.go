package usersync_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// The header that Authgear's own CSV exports have when no fields are named.
const authgearHeader = "sub,preferred_username,email,phone_number,email_verified,phone_number_verified,name,given_name,middle_name,nickname,profile,picture,website,gender,birthdate,zoneinfo,locale,address.formatted,address.street_address,address.locality,address.region,address.postal_code,address.country,roles,groups,disabled,created_at,delete_at,last_login_at,is_anonymized,anonymize_at,temporarily_disabled_from,temporarily_disabled_until,account_valid_from,account_valid_until,identities,mfa.emails,mfa.phone_numbers,mfa.totps,biometric_count,passkey_count"

func TestAuthgearsOwnHeaderIsUnderstood(t *testing.T) {
	t.Parallel()
	names := strings.Split(authgearHeader, ",")
	header, err := usersync.ParseExportHeader(names)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(header.Fields.Names(), "family_name") || header.Fields.Len() != 32 || !slices.Equal(header.Names(), names) {
		t.Errorf("fields %v", header.Fields.Names())
	}
	cells := make([]string, len(names))
	cells[0] = "00000000-0000-4000-8000-000000000001"
	cells[slices.Index(names, "mfa.totps")] = `[{"secret":"JBSWY3DPEHPK3PXP"}]`
	record, err := header.Record(cells)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := header.Cells(record); err != nil || strings.Contains(strings.Join(back, ""), "JBSWY3DPEHPK3PXP") {
		t.Errorf("a secret came along: %q, %v", back, err)
	}
	if _, err := usersync.ParseHeader(names); err == nil {
		t.Error("a mirror may have such a header")
	}
}

func TestExportHeaderRefuses(t *testing.T) {
	t.Parallel()
	for names, want := range map[string]string{
		"sub,shoe_size":             `column "shoe_size" is not one of usersync's`,
		"sub,email.x":               `column "email.x" is not one of usersync's`,
		"sub,address":               `column "address" is not one of usersync's`,
		"sub,address.planet":        `column "address.planet" is not one of usersync's`,
		"sub,other_attributes.x":    `column "other_attributes.x" is not one of usersync's`,
		"custom_attributes.a,sub,x": `column "x" is not one of usersync's`,
		"sub,custom_attributes.a,custom_attributes.a": `column "custom_attributes.a" is there twice`,
		"sub,custom_attributes,custom_attributes.a":   `columns "custom_attributes" and "custom_attributes.a" hold the same`,
	} {
		if _, err := usersync.ParseExportHeader(strings.Split(names, ",")); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", names, err, want)
		}
	}
}

// What stands in the column of one attribute is what Authgear writes, and what
// reads like another value is taken for that.
func TestAttributeCells(t *testing.T) {
	t.Parallel()
	header, err := usersync.ParseExportHeader([]string{"sub", "custom_attributes.a.b"})
	if err != nil {
		t.Fatal(err)
	}
	f := field(t, "custom_attributes")
	for _, test := range []struct {
		value any
		cell  string
		back  any // nil for the value
	}{
		{"plain", "plain", nil},
		{"7", "7", json.Number("7")},
		{json.Number("7"), "7", nil},
		{json.Number("9007199254740993"), "9007199254740993", nil},
		{json.Number("1.0"), "1.0", nil},
		{"007", "007", nil},
		{"7 ", "7 ", nil},
		{true, "true", nil},
		{"true", "true", true},
		{"null", "null", nil},
		{`"quoted"`, `"quoted"`, nil},
		{`"half`, `"half`, nil},
		{"[1]", "[1]", []any{json.Number("1")}},
		{"[1, 2]", "[1, 2]", nil},
		{`{"k":1,"k":2}`, `{"k":1,"k":2}`, nil},
		{[]any{json.Number("1"), "<&>"}, `[1,"<&>"]`, nil},
		{map[string]any{"k": "v"}, `{"k":"v"}`, nil},
		{"=1+1", "=1+1", nil},
		{" ", " ", nil},
		{"a\nb", "a\nb", nil},
	} {
		u := usersync.NewUser(usersync.ID{1})
		u.Set(f, map[string]any{"a.b": test.value, "other": "x"})
		cells, err := header.Cells(usersync.Record{User: u})
		if err != nil || cells[1] != test.cell {
			t.Errorf("%#v: got %q, %v, want %q", test.value, cells, err, test.cell)
			continue
		}
		back, err := header.Record(cells)
		if test.back == nil {
			test.back = test.value
		}
		if difference := cmp.Diff(map[string]any{"a.b": test.back}, back.User.Get(f)); err != nil || difference != "" {
			t.Errorf("%#v: %v %s", test.value, err, difference)
		}
	}
	u := usersync.NewUser(usersync.ID{1})
	for _, nothing := range []any{nil, ""} {
		u.Set(f, map[string]any{"a.b": nothing})
		if cells, err := header.Cells(usersync.Record{User: u}); err != nil || cells[1] != "" {
			t.Errorf("%#v: got %q, %v", nothing, cells, err)
		}
	}
}

// A user who comes back is as much of what it was as the scope of cells has, and
// is written the same again.

func TestAttributesComeBackFromColumnsOfTheirOwn(t *testing.T) {
	t.Parallel()
	set := usersync.AllFields()
	attributes := field(t, "custom_attributes")
	rapid.Check(t, func(t *rapid.T) {
		u := usertest.Wild(set).Draw(t, "user")
		names := slices.DeleteFunc(usersync.Columns(set), func(name string) bool { return name == attributes.Name })
		for _, key := range slices.Sorted(maps.Keys(u.Get(attributes).(map[string]any))) {
			names = append(names, attributes.Name+"."+key)
		}
		header, err := usersync.ParseExportHeader(names)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := header.Cells(usersync.Record{User: u})
		if err != nil {
			t.Fatal(err)
		}
		text := usersync.AppendRow(usersync.AppendRow(nil, names), cells)
		scanner, err := usersync.NewExportScanner(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := scanner.Next()
		if err != nil {
			t.Fatal(err)
		}
		seen := header.Scope().AsCells().Of(u)
		for f := range set.All() {
			if difference := cmp.Diff(seen.Get(f), back.Get(f)); difference != "" {
				t.Fatalf("%s: %s", f.Name, difference)
			}
		}
		if again, err := header.Cells(usersync.Record{User: back}); err != nil || !slices.Equal(again, cells) {
			t.Fatalf("written again: %q, %v", again, err)
		}
	})
}
