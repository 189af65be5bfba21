package userimport_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func newMapping(t testing.TB, columns []string, cfg userimport.MappingConfig) *userimport.Mapping {
	t.Helper()
	if cfg.Identifier == "" {
		cfg.Identifier = userimport.Email
	}
	mapping, err := userimport.NewMapping(columns, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return mapping
}

// cells is a row of a CSV file.
func cells(texts ...string) userimport.Row {
	row := userimport.Row{Number: 3, Line: 7}
	for _, text := range texts {
		row.Values = append(row.Values, userimport.Value{Text: text})
	}
	return row
}

func recordJSON(t testing.TB, record userimport.Record) string {
	t.Helper()
	data, err := record.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func clean(t testing.TB, mapping *userimport.Mapping, row userimport.Row) string {
	t.Helper()
	record, problems := mapping.Record(row)
	for _, problem := range problems {
		t.Errorf("a problem: %s", problem)
	}
	return recordJSON(t, record)
}

func TestColumnsAreMatchedHoweverTheyAreSpelled(t *testing.T) {
	t.Parallel()
	columns := []string{" E-Mail", "Given Name", "FAMILY_NAME", "address.Postal-Code", "Custom Attributes.Member_ID", "phoneNumber", "TOTP", "MFA.totp.secret", "Password Hash"}
	mapping := newMapping(t, columns, userimport.MappingConfig{Ignore: []string{"TOTP"}, Map: map[string]string{"phoneNumber": "custom_attributes.phone"}})
	want := []userimport.Target{
		{Column: " E-Mail", Field: "email"},
		{Column: "Given Name", Field: "given_name"},
		{Column: "FAMILY_NAME", Field: "family_name"},
		{Column: "address.Postal-Code", Field: "address.postal_code"},
		{Column: "Custom Attributes.Member_ID", Field: "custom_attributes.Member_ID"},
		{Column: "phoneNumber", Field: "custom_attributes.phone"},
		{Column: "MFA.totp.secret", Field: "mfa.totp.secret"},
		{Column: "Password Hash", Field: "password_hash"},
	}
	if diff := cmp.Diff(want, mapping.Targets()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"TOTP"}, mapping.LeftOut()); diff != "" {
		t.Error(diff)
	}
	hash := "$2b$12$" + strings.Repeat("a", 53)
	got := clean(t, mapping, cells("ann@example.com", "Ann", "Example", "999077", "M1", "none", "x", "GEZDGNBVGY3TQOJQ", hash))
	want2 := `{"address":{"postal_code":"999077"},"custom_attributes":{"Member_ID":"M1","phone":"none"},"email":"ann@example.com","family_name":"Example","given_name":"Ann","mfa":{"totp":{"secret":"GEZDGNBVGY3TQOJQ"}},"password":{"password_hash":"` + hash + `","type":"bcrypt"}}`
	if got != want2 {
		t.Errorf("got\n%s, want\n%s", got, want2)
	}
}

func TestWhatIsWrongWithColumnsIsSaidAllAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		columns []string
		cfg     userimport.MappingConfig
		unknown []userimport.UnknownColumn
		says    []string
	}{
		"unknown columns": {
			columns: []string{"email", "E-Mial", "First Name", "Phone", "Frobnication", "id"},
			unknown: []userimport.UnknownColumn{{"E-Mial", "email"}, {"First Name", "given_name"}, {"Phone", "phone_number"}, {"Frobnication", ""}, {"id", ""}},
			says:    []string{`--map 'First Name=given_name'`, `--ignore-column 'Phone'`, `'Frobnication=FIELD'`, "FIELD is one that usersync import template has, or custom_attributes.NAME"},
		},
		"what only sounds alike": {
			columns: []string{"email", "Nachname", "Vorname", "Notes", "Nom", "E-Mail-Adresse", "birthdtae", "verified", "Firmenname", "Region", "Rollen"},
			unknown: []userimport.UnknownColumn{
				{"Nachname", ""},
				{"Vorname", ""},
				{"Notes", ""},
				{"Nom", ""},
				{"E-Mail-Adresse", "email"},
				{"birthdtae", "birthdate"},
				{"verified", "email_verified"},
				{"Firmenname", ""},
				{"Region", "address.region"},
				{"Rollen", ""},
			},
		},
		"an apostrophe": {
			columns: []string{"email", "it's odd"},
			unknown: []userimport.UnknownColumn{{"it's odd", ""}},
			says:    []string{`--ignore-column 'it'\''s odd'`},
		},
		"no identifier": {
			columns: []string{"Given Name", "mobile"}, cfg: userimport.MappingConfig{Map: map[string]string{"mobile": "phone_number"}},
			says: []string{"no column fills email", "Given Name, mobile", "--map 'COLUMN=email'"},
		},
		"one field twice": {
			columns: []string{"email", "E-Mail", "password_hash", "password.password_hash"},
			says:    []string{"column 'email' and column 'E-Mail' both fill email", "column 'password_hash' and column 'password.password_hash' both"},
		},
		"set beside a column": {
			columns: []string{"email", "email_verified"}, cfg: userimport.MappingConfig{Set: map[string]string{"email_verified": "true"}},
			says: []string{"column 'email_verified' and --set email_verified both fill"},
		},
		"set for the identifier": {
			columns: []string{"email"}, cfg: userimport.MappingConfig{Set: map[string]string{"email": "ann@example.com"}},
			says: []string{"every row would be the same user"},
		},
		"a wrong constant": {
			columns: []string{"email"}, cfg: userimport.MappingConfig{Set: map[string]string{"locale": "de_AT_", "email_verifed": "true"}},
			says: []string{"--set locale: a language is", "there is no field \"email_verifed\"; email_verified is nearest"},
		},
		"options without their columns": {
			columns: []string{"email"}, cfg: userimport.MappingConfig{Map: map[string]string{"Mail": "email", "email": "e_mial"}, Ignore: []string{"Fax"}},
			says: []string{"--map 'Mail=email': there is no column", "--ignore-column 'Fax'", "there is no field \"e_mial\"; email is nearest"},
		},
		"no such rule": {
			columns: []string{"email"}, cfg: userimport.MappingConfig{Identifier: "sub", Empty: "drop", Preset: "okta", DefaultRegion: "XX"},
			says: []string{`identifier "sub"`, `"drop"`, `preset "okta": there are auth0, clerk, cognito`, `region "XX"`},
		},
		"a type that there is not": {
			columns: []string{"email", "custom_attributes.points:float"},
			unknown: []userimport.UnknownColumn{{"custom_attributes.points:float", ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.cfg.Identifier == "" {
				test.cfg.Identifier = userimport.Email
			}
			_, err := userimport.NewMapping(test.columns, test.cfg)
			var wrong *userimport.MappingError
			if !errors.As(err, &wrong) {
				t.Fatalf("no MappingError but %v", err)
			}
			if diff := cmp.Diff(test.unknown, wrong.Unknown); diff != "" {
				t.Error(diff)
			}
			for _, part := range test.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q:\n%v", part, err)
				}
			}
		})
	}
}

func TestConstantsReachEveryRow(t *testing.T) {
	t.Parallel()
	mapping := newMapping(t, []string{"email"}, userimport.MappingConfig{
		Set: map[string]string{"email_verified": "yes", "roles": "viewer", "address.country": "HK", "custom_attributes.batch:integer": "7"},
	})
	want := `{"address":{"country":"HK"},"custom_attributes":{"batch":7},"email":"ann@example.com","email_verified":true,"roles":["viewer"]}`
	if got := clean(t, mapping, cells("ann@example.com")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A file that usersync exports imports as it is.
func TestOwnExportImports(t *testing.T) {
	t.Parallel()
	set := usersync.AllFields()
	user, err := usersync.UserFromJSON([]byte(`{"sub":"3f2504e0-4f89-41d3-9a0c-0305e82c3301",
		"email":"ann@example.com","email_verified":true,"phone_number":"+85298765432","phone_number_verified":false,
		"preferred_username":"ann","name":"Ann, Example","given_name":" Ann","birthdate":"0000-12-31","zoneinfo":"Asia/Hong_Kong","locale":"zh-HK",
		"picture":"authgearimages:///myapp/1","website":"https://example.com/u/0","address":{"country":"HK"},
		"custom_attributes":{"tier":"pro","employee_number":7},"roles":["admin","editor"],"groups":["sales"],
		"disabled":true,"created_at":"2026-11-23T07:33:39.153051Z","last_login_at":"2026-11-23T07:33:39Z",
		"account_valid_from":"2026-01-01T00:00:00Z","identities":[{"type":"login_id"}],"biometric_count":1}`), set)
	if err != nil {
		t.Fatal(err)
	}
	row, err := user.Cells(set)
	if err != nil {
		t.Fatal(err)
	}
	columns := append(usersync.Columns(set), usersync.DeletedColumn)
	mapping := newMapping(t, columns, userimport.MappingConfig{})
	if left := mapping.LeftOut(); !slices.Contains(left, "sub") || !slices.Contains(left, "identities") || slices.Contains(left, "email") {
		t.Errorf("left out are %v", left)
	}
	want := `{"account_valid_from":"2026-01-01T00:00:00Z","address":{"country":"HK"},"birthdate":"0000-12-31","custom_attributes":{"employee_number":7,"tier":"pro"},"disabled":true,"email":"ann@example.com","email_verified":true,"given_name":" Ann","groups":["sales"],"locale":"zh-HK","name":"Ann, Example","phone_number":"+85298765432","phone_number_verified":false,"picture":"authgearimages:///myapp/1","preferred_username":"ann","roles":["admin","editor"],"website":"https://example.com/u/0","zoneinfo":"Asia/Hong_Kong"}`
	if got := clean(t, mapping, cells(append(row, "")...)); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	gone := cells(append(row, "2026-11-23T07:33:39Z")...)
	if _, problems := mapping.Record(gone); !userimport.Rejects(problems) {
		t.Error("a user who was deleted would come back")
	}
	mapping = newMapping(t, columns, userimport.MappingConfig{Ignore: []string{usersync.DeletedColumn}})
	if _, problems := mapping.Record(gone); userimport.Rejects(problems) {
		t.Errorf("the deleted are wanted, and refused: %v", problems)
	}
}

func TestAuthgearsOwnExportIsLeftOutByName(t *testing.T) {
	t.Parallel()
	columns := []string{"email", "sub", "mfa.emails", "mfa.phone_numbers", "mfa.totps", "delete_at", "passkey_count", "other_attributes.x", "mfa"}
	mapping := newMapping(t, columns, userimport.MappingConfig{})
	if diff := cmp.Diff(columns[1:8], mapping.LeftOut()); diff != "" {
		t.Error(diff)
	}
	row := cells("ann@example.com", "x", "", "", "", "", "1", "")
	row.Values = append(row.Values, userimport.Value{JSON: json.RawMessage("{}")})
	if got := clean(t, mapping, row); got != `{"email":"ann@example.com"}` {
		t.Errorf("got %s", got)
	}
}
