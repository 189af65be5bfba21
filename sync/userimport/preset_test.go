package userimport_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/sync/userimport"
)

type presetRow struct {
	cells []string
	want  string
	lost  []string // what cannot come along, a part of each
}

func checkPreset(t *testing.T, mapping *userimport.Mapping, rows []presetRow) {
	t.Helper()
	for _, test := range rows {
		record, problems := mapping.Record(cells(test.cells...))
		if got := recordJSON(t, record); got != test.want {
			t.Errorf("got\n%s, want\n%s", got, test.want)
		}
		if len(problems) != len(test.lost) {
			t.Errorf("%v has %v", test.cells, problems)
			continue
		}
		for i, problem := range problems {
			if !problem.Warning || problem.Line != 7 || !strings.Contains(problem.Rule, test.lost[i]) || problem.Value != "" {
				t.Errorf("%q is said as %+v", test.lost[i], problem)
			}
		}
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"auth0", "clerk", "cognito"}, userimport.Presets()); diff != "" {
		t.Error(diff)
	}
	for _, name := range userimport.Presets() {
		for _, identifier := range userimport.Identifiers() {
			newMapping(t, []string{"email", "phone_number", "preferred_username"}, userimport.MappingConfig{Preset: name, Identifier: identifier})
		}
	}
}

func TestClerk(t *testing.T) {
	t.Parallel()
	header := strings.Split("id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher", ",")
	mapping := newMapping(t, header, userimport.MappingConfig{Preset: "clerk"})
	if diff := cmp.Diff([]string{"id"}, mapping.LeftOut()); diff != "" {
		t.Error(diff)
	}
	checkPreset(t, mapping, []presetRow{
		{
			cells: []string{"user_1", "Ann", "Example", "ann", "Ann@example.com", "+85298765432", "ann@example.com", "", "+85298765432", "", "GEZDGNBVGY3TQOJQ", bcryptHash, "bcrypt"},
			want:  `{"email":"Ann@example.com","email_verified":true,"family_name":"Example","given_name":"Ann","mfa":{"totp":{"secret":"GEZDGNBVGY3TQOJQ"}},"password":{"password_hash":"` + bcryptHash + `","type":"bcrypt"},"phone_number":"+85298765432","phone_number_verified":true,"preferred_username":"ann"}`,
			lost:  []string{},
		},
		{
			cells: []string{"user_2", "", "", "", "bob@example.com", "", "bob2@example.com|bob3@example.com", "bob@example.com", "", "", "", argonHash, "argon2id"},
			want:  `{"email":"bob@example.com"}`,
			lost:  []string{"2 more of the kind cannot come along: a user has one email", "hashed with argon2id"},
		},
		{
			cells: []string{"user_3", "", "", "", "", "", "carl@example.com,carl2@example.com", "", "", "", "", bcryptHash, ""},
			want:  `{"email":"carl@example.com","email_verified":true,"password":{"password_hash":"` + bcryptHash + `","type":"bcrypt"}}`,
			lost:  []string{"1 more"},
		},
		{
			cells: []string{"user_4", "", "", "", "dora@example.com", "", "", "", "", "", "", "5f4dcc3b5aa765d61d8327deb882cf99", ""},
			want:  `{"email":"dora@example.com"}`,
			lost:  []string{"hashed with MD5"},
		},
	})
}

func TestAuth0Export(t *testing.T) {
	t.Parallel()
	header := []string{"user_id", "email", "email_verified", "phone_number", "phone_verified", "username", "name", "blocked", "created_at", "user_metadata.member", "identities[0].connection"}
	mapping := newMapping(t, header, userimport.MappingConfig{Preset: "auth0", Map: map[string]string{"user_metadata.member": "custom_attributes.member_id"}})
	if diff := cmp.Diff([]string{"user_id", "created_at", "identities[0].connection"}, mapping.LeftOut()); diff != "" {
		t.Error(diff)
	}
	checkPreset(t, mapping, []presetRow{
		{
			cells: []string{"'auth0|1", "'ann@example.com", "true", "'+85298765432", "false", "'ann", "''t Hooft", "false", "'2026", "'M1", "'c"},
			want:  `{"custom_attributes":{"member_id":"M1"},"email":"ann@example.com","email_verified":true,"name":"'t Hooft","phone_number":"+85298765432","phone_number_verified":false,"preferred_username":"ann"}`,
		},
		{
			cells: []string{"google-oauth2|2", "bob@example.com", "", "", "", "", "'t Hooft", "true", "", "", ""},
			want:  `{"disabled":true,"email":"bob@example.com","name":"'t Hooft"}`,
			lost:  []string{"the login by google-oauth2 cannot come along"},
		},
	})
	newMapping(t, []string{"Id", "Given Name", "Family Name", "Nickname", "Name", "Email", "Email Verified", "Picture", "Connection", "Created At", "Updated At"}, userimport.MappingConfig{Preset: "auth0"})
}

func TestAuth0Passwords(t *testing.T) {
	t.Parallel()
	header := []string{"_id.$oid", "email_verified", "email", "passwordHash", "password_set_date.$date", "tenant", "connection", "_tmp_is_unique", "identifiers", "alt_id"}
	mapping := newMapping(t, header, userimport.MappingConfig{Preset: "auth0"})
	checkPreset(t, mapping, []presetRow{
		{
			cells: []string{"5dea", "false", "ann@example.com", bcryptHash, "2019", "t", "c", "true", "", "a"},
			want:  `{"email":"ann@example.com","email_verified":false,"password":{"password_hash":"` + bcryptHash + `","type":"bcrypt"}}`,
		},
		{
			cells: []string{"5dea", "", "", argonHash, "", "", "", "", `[{"type":"phone","value":"1"},{"type":"email","value":"bob@example.com","verified":true}]`, ""},
			want:  `{"email":"bob@example.com","email_verified":true}`,
			lost:  []string{"hashed with argon2"},
		},
	})
	imported := newMapping(t, []string{"email", "custom_password_hash.algorithm", "custom_password_hash.hash.value", "app_metadata"}, userimport.MappingConfig{Preset: "auth0"})
	checkPreset(t, imported, []presetRow{
		{cells: []string{"ann@example.com", "bcrypt", bcryptHash, "{}"}, want: `{"email":"ann@example.com","password":{"password_hash":"` + bcryptHash + `","type":"bcrypt"}}`},
		{cells: []string{"ann@example.com", "pbkdf2", "$pbkdf2$x", "{}"}, want: `{"email":"ann@example.com"}`, lost: []string{"hashed with pbkdf2"}},
	})
}

func TestCognito(t *testing.T) {
	t.Parallel()
	header := strings.Split("cognito:username,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,cognito:mfa_enabled,custom:tier", ",")
	row := []string{"3f2504e0", "Ann", "", "", "", "", "", "", "", "", "ann@example.com", "true", "", "", "", "", "", "false", "1 Example Street", "1700000000", "true", "pro"}
	mapping := newMapping(t, header, userimport.MappingConfig{Preset: "cognito"})
	if diff := cmp.Diff([]string{"cognito:username", "updated_at", "cognito:mfa_enabled"}, mapping.LeftOut()); diff != "" {
		t.Error(diff)
	}
	const want = `{"address":{"formatted":"1 Example Street"},"custom_attributes":{"tier":"pro"},"email":"ann@example.com","email_verified":true,"name":"Ann","phone_number_verified":false}`
	checkPreset(t, mapping, []presetRow{{cells: row, want: want, lost: []string{"the second factor cannot come along"}}})

	byName := newMapping(t, header, userimport.MappingConfig{Preset: "cognito", Identifier: userimport.Username})
	row[20] = "false"
	checkPreset(t, byName, []presetRow{{cells: row, want: strings.TrimSuffix(want, "}") + `,"preferred_username":"3f2504e0"}`}})
	row[6] = "ann"
	checkPreset(t, byName, []presetRow{{cells: row, want: strings.TrimSuffix(want, "}") + `,"preferred_username":"ann"}`}})

	listed := newMapping(t, []string{"Username", "Enabled", "UserStatus", "email", "address"}, userimport.MappingConfig{Preset: "cognito", Identifier: userimport.Username})
	checkPreset(t, listed, []presetRow{
		{cells: []string{"ann", "false", "CONFIRMED", "", `{"country":"HK"}`}, want: `{"address":{"country":"HK"},"disabled":true,"preferred_username":"ann"}`},
		{cells: []string{"ann", "True", "CONFIRMED", "", ""}, want: `{"preferred_username":"ann"}`},
	})
}

// What a preset does not know is unknown as ever.
func TestPresetsKeepUnknownColumns(t *testing.T) {
	t.Parallel()
	for _, name := range userimport.Presets() {
		_, err := userimport.NewMapping([]string{"email", "frobnication"}, userimport.MappingConfig{Identifier: userimport.Email, Preset: name})
		if err == nil || !strings.Contains(err.Error(), "frobnication") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// JSON goes through presets as well: lists are arrays there.
func TestClerkFromJSON(t *testing.T) {
	t.Parallel()
	columns := []string{"primary_email_address", "verified_email_addresses", "banned"}
	mapping := newMapping(t, columns, userimport.MappingConfig{Preset: "clerk"})
	row := cells("ann@example.com")
	row.Values = slices.Concat(row.Values, []userimport.Value{{JSON: json.RawMessage(`["ann@example.com"]`)}, {JSON: json.RawMessage("true")}})
	if got := clean(t, mapping, row); got != `{"disabled":true,"email":"ann@example.com","email_verified":true}` {
		t.Errorf("got %s", got)
	}
}
