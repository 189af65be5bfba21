package usersync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

func TestJSONGivesTheSameUserBack(t *testing.T) {
	t.Parallel()
	all := usersync.AllFields()
	rapid.Check(t, func(t *rapid.T) {
		u := usertest.Wild(all).Draw(t, "user")
		text, err := u.AppendJSON(nil, all.All())
		if err != nil {
			t.Fatal(err)
		}
		back, err := usersync.UserFromJSON(text, all)
		if err != nil {
			t.Fatal(err)
		}
		expectSame(t, u, back)
	})
}

func TestCellsGiveTheSameUserBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOf(rapid.SampledFrom(usersync.AllFields().Names())).Draw(t, "fields")
		set, err := usersync.ParseFields(names)
		if err != nil {
			t.Fatal(err)
		}
		columns := usersync.Columns(set)
		u := usertest.Wild(set).Draw(t, "user")
		given := usersync.Record{User: u}
		cells, err := u.Cells(set)
		if rapid.Bool().Draw(t, "deleted ones are kept") {
			columns = append(columns, usersync.DeletedColumn)
			given.DeletedAt = rapid.SampledFrom([]time.Time{{}, time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)}).Draw(t, "deleted at")
			cells, err = given.Cells(set)
		}
		if err != nil {
			t.Fatal(err)
		}
		// Somebody may have moved the columns.
		order := rapid.Permutation(columns).Draw(t, "order")
		moved := make([]string, len(order))
		for i, column := range order {
			moved[i] = cells[slices.Index(columns, column)]
		}
		header, err := usersync.ParseHeader(order)
		if err != nil {
			t.Fatal(err)
		}
		if !header.Fields.Equal(set) {
			t.Fatalf("the header has %v", header.Fields.Names())
		}
		record, err := header.Record(moved)
		if err != nil {
			t.Fatal(err)
		}
		expectSame(t, u, record.User)
		if !record.DeletedAt.Equal(given.DeletedAt) || record.Gone() != given.Gone() {
			t.Fatalf("deleted at %v, want %v", record.DeletedAt, given.DeletedAt)
		}
	})
}

func expectSame(t *rapid.T, want, got *usersync.User) {
	t.Helper()
	all := usersync.AllFields()
	if differing := usersync.Diff(want, got, all); len(differing) > 0 || want.ID != got.ID {
		t.Fatalf("users %s and %s differ in %d fields", want.ID, got.ID, len(differing))
	}
	// Comparing ignores spelling; what is read back must have even that.
	a, errA := want.AppendJSON(nil, all.All())
	b, errB := got.AppendJSON(nil, all.All())
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Fatalf("%v %v\nwant %s\ngot  %s", errA, errB, a, b)
	}
}

func TestColumnsAreThoseOfAuthgearsExport(t *testing.T) {
	t.Parallel()
	got := strings.Join(usersync.Columns(usersync.AllFields()), " ")
	// The columns of the User Export API's CSV by default, and those it has when
	// asked: family_name, custom_attributes.
	const exported = "sub preferred_username email phone_number email_verified phone_number_verified " +
		"name given_name family_name middle_name nickname profile picture website gender birthdate zoneinfo locale " +
		"address.formatted address.street_address address.locality address.region address.postal_code address.country " +
		"custom_attributes roles groups disabled created_at delete_at last_login_at is_anonymized anonymize_at " +
		"temporarily_disabled_from temporarily_disabled_until account_valid_from account_valid_until " +
		"identities biometric_count passkey_count"
	if !strings.HasPrefix(got, exported+" updated_at ") {
		t.Errorf("got  %s\nwant %s …", got, exported)
	}
}

func TestWrongFilesAreNamedByColumn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ header, row, want string }{
		"unknown column":    {"sub,e-mail", "", `column "e-mail"`},
		"column twice":      {"sub,email,email", "", `column "email" is there twice`},
		"half an address":   {"sub,address.country", "", `column "address.formatted" is missing`},
		"no id":             {"email", "", `column "sub" is missing`},
		"bad id":            {"sub,email", "7,x", "column sub"},
		"bad boolean":       {"sub,disabled", ann + ",yes", "column disabled: neither true nor false"},
		"bad number":        {"sub,passkey_count", ann + ",two", "column passkey_count: not a whole number"},
		"bad time":          {"sub,created_at", ann + ",yesterday", "column created_at: not a time"},
		"bad deletion":      {"sub,_deleted_at", ann + ",yes", "column _deleted_at: not a time"},
		"deleted at zero":   {"sub,_deleted_at", ann + ",0001-01-01T00:00:00Z", "column _deleted_at: not a time"},
		"bad list":          {"sub,roles", ann + ",admin", "column roles: not the JSON"},
		"object for a list": {"sub,roles", ann + ",{}", "column roles: not the JSON"},
		"two values":        {"sub,roles", ann + ",[] []", "column roles: more than one"},
		"too few cells":     {"sub,email", ann, "1 cells under 2 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header, err := usersync.ParseHeader(strings.Split(c.header, ","))
			if err == nil {
				_, err = header.Record(strings.Split(c.row, ","))
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestErrorsShowNobodysData(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"sub":"` + ann + `","email":["secret@example.com"]}`,
		`{"sub":"` + ann + `","disabled":"secret"}`,
		`{"sub":"` + ann + `","created_at":"secret"}`,
		`{"sub":"` + ann + `","custom_attributes":"secret"}`,
		`{"sub":{"secret":1}}`,
	} {
		_, err := usersync.UserFromJSON([]byte(text), usersync.AllFields())
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
