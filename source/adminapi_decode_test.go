package source_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	usersync "usersync/sync"
)

// richUser has a value for every field, and what the Admin API's schema allows
// and projects seldom have.
const richUser = `{
	"id": "VXNlcjo0ZGY3NjgyMy03MmNlLTQ2NjUtYjg3My02MWJkMjc4YTc1MDU",
	"createdAt": "2026-01-02T03:04:05.123456Z",
	"updatedAt": "2026-02-02T03:04:05Z",
	"lastLoginAt": "2026-03-02T03:04:05.5Z",
	"isAnonymous": true, "isDisabled": true, "disableReason": "spam", "isDeactivated": true,
	"deleteAt": "2026-04-02T00:00:00Z", "deleteReason": "asked to", "isAnonymized": true,
	"anonymizeAt": "2026-05-02T00:00:00Z",
	"temporarilyDisabledFrom": "2026-06-02T00:00:00Z", "temporarilyDisabledUntil": "2026-07-02T00:00:00Z",
	"accountValidFrom": "2026-08-02T00:00:00Z", "accountValidUntil": "2026-09-02T00:00:00Z",
	"mfaGracePeriodEndAt": "2026-10-02T00:00:00Z",
	"formattedName": "Ann Example", "endUserAccountID": "ann@example.com",
	"standardAttributes": {
		"preferred_username": "ann", "email": "ann@example.com", "phone_number": "+85298000000",
		"email_verified": true, "phone_number_verified": true, "name": "Ann Example", "given_name": "Ann",
		"family_name": "Example", "middle_name": "B.", "nickname": "A", "profile": "https://example.com/ann",
		"picture": "https://example.com/ann.png", "website": "https://ann.example.com", "gender": "female",
		"birthdate": "0000-02-29", "zoneinfo": "Asia/Hong_Kong", "locale": "zh-Hant-HK",
		"address": {"country": "HK", "locality": "", "region": null, "street_address": "1 Main St", "planet": "Mars", "postal_code": 999077},
		"updated_at": 1769999999, "shoe_size": 38.50, "loves": null
	},
	"customAttributes": {"big": 9007199254740993, "deep": {"list": [1, 2.0, null, ""]}, "none": null},
	"verifiedClaims": [{"name": "email", "value": "ann@example.com"}],
	"roles": {"edges": [{"node": {"key": "zebra"}}, {"node": {"key": "admin"}}]},
	"groups": {"edges": [{"node": {"key": "staff"}}]},
	"identities": {"edges": [
		{"node": {"id": "SWRlbnRpdHk6MQ", "type": "OAUTH", "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "claims": {
			"email": "ann@gmail.example.com",
			"https://authgear.com/claims/oauth/provider_alias": "google",
			"https://authgear.com/claims/oauth/provider_type": "google",
			"https://authgear.com/claims/oauth/subject_id": "1098765432",
			"https://authgear.com/claims/oauth/profile": {"sub": "1098765432", "n": 9007199254740993}}}},
		{"node": {"id": "SWRlbnRpdHk6Mg", "type": "LDAP", "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "claims": {
			"https://authgear.com/claims/ldap/server_name": "ldap",
			"https://authgear.com/claims/ldap/last_login_username": null,
			"https://authgear.com/claims/ldap/user_id_attribute_name": "uid",
			"https://authgear.com/claims/ldap/user_id_attribute_value": "ann",
			"https://authgear.com/claims/ldap/raw_user_id_attribute_value": "YW5u",
			"https://authgear.com/claims/ldap/attributes": {"uid": ["ann"]},
			"https://authgear.com/claims/ldap/raw_attributes": {"uid": ["YW5u"]}}}},
		{"node": {"id": "SWRlbnRpdHk6Mw", "type": "BIOMETRIC", "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "claims": {
			"https://authgear.com/claims/biometric/key_id": "k"}}},
		{"node": {"id": "SWRlbnRpdHk6NA", "type": "PASSKEY", "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "claims": {}}},
		{"node": {"id": "SWRlbnRpdHk6NQ", "type": "PASSKEY", "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "claims": {}}},
		{"node": {"id": "SWRlbnRpdHk6Ng", "type": "ANONYMOUS", "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "claims": {
			"https://authgear.com/claims/anonymous/key_id": "kid"}}},
		{"node": {"id": "SWRlbnRpdHk6Nw", "type": "LOGIN_ID", "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "claims": {
			"https://authgear.com/claims/login_id/type": "email",
			"https://authgear.com/claims/login_id/key": "email",
			"https://authgear.com/claims/login_id/value": "ann@example.com",
			"https://authgear.com/claims/login_id/original_value": "Ann@Example.com",
			"email": "ann@example.com"}}}
	]}
}`

// asRead is how a user comes out of the source, field by field.
func asRead(t *testing.T, node string) *usersync.User {
	t.Helper()
	users, _ := readAll(t, readFrom(t, newCannedServer(t, []json.RawMessage{json.RawMessage(node)}), 1), usersync.AllFields())
	for _, u := range users {
		return u
	}
	t.Fatal("nobody was read")
	return nil
}

func TestEveryFieldIsRead(t *testing.T) {
	t.Parallel()
	at := func(month time.Month) time.Time { return time.Date(2026, month, 2, 0, 0, 0, 0, time.UTC) }
	type object = map[string]any
	want := object{
		"preferred_username":    "ann",
		"email":                 "ann@example.com",
		"phone_number":          "+85298000000",
		"email_verified":        true,
		"phone_number_verified": true,
		"name":                  "Ann Example",
		"given_name":            "Ann",
		"family_name":           "Example",
		"middle_name":           "B.",
		"nickname":              "A",
		"profile":               "https://example.com/ann",
		"picture":               "https://example.com/ann.png",
		"website":               "https://ann.example.com",
		"gender":                "female",
		"birthdate":             "0000-02-29",
		"zoneinfo":              "Asia/Hong_Kong",
		"locale":                "zh-Hant-HK",
		"address":               object{"country": "HK", "street_address": "1 Main St"},
		"custom_attributes": object{
			"big":  json.Number("9007199254740993"),
			"deep": object{"list": []any{json.Number("1"), json.Number("2.0"), nil, ""}},
			"none": nil,
		},
		"roles":                      []string{"zebra", "admin"},
		"groups":                     []string{"staff"},
		"disabled":                   true,
		"created_at":                 time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC),
		"delete_at":                  at(4),
		"last_login_at":              time.Date(2026, 3, 2, 3, 4, 5, 500000000, time.UTC),
		"is_anonymized":              true,
		"anonymize_at":               at(5),
		"temporarily_disabled_from":  at(6),
		"temporarily_disabled_until": at(7),
		"account_valid_from":         at(8),
		"account_valid_until":        at(9),
		"identities": []any{
			object{
				"type": "oauth",
				"oauth": object{
					"provider_alias": "google", "provider_type": "google", "provider_subject_id": "1098765432",
					"user_profile": object{"sub": "1098765432", "n": json.Number("9007199254740993")},
				},
				"claims": object{"email": "ann@gmail.example.com"},
			},
			object{
				"type": "ldap",
				"ldap": object{
					"server_name": "ldap", "user_id_attribute_name": "uid", "user_id_attribute_value": "ann",
					"attributes": object{"uid": []any{"YW5u"}},
				},
			},
			object{"type": "anonymous", "claims": object{"https://authgear.com/claims/anonymous/key_id": "kid"}},
			object{
				"type": "login_id",
				"login_id": object{
					"key": "email", "type": "email", "value": "ann@example.com", "original_value": "Ann@Example.com",
				},
				"claims": object{"email": "ann@example.com"},
			},
		},
		"biometric_count":         int64(1),
		"passkey_count":           int64(2),
		"updated_at":              time.Date(2026, 2, 2, 3, 4, 5, 0, time.UTC),
		"is_anonymous":            true,
		"is_deactivated":          true,
		"disable_reason":          "spam",
		"delete_reason":           "asked to",
		"mfa_grace_period_end_at": at(10),
		"formatted_name":          "Ann Example",
		"end_user_account_id":     "ann@example.com",
		"verified_claims":         []any{object{"name": "email", "value": "ann@example.com"}},
		"other_attributes": object{
			"address": object{"planet": "Mars", "postal_code": json.Number("999077")}, "shoe_size": json.Number("38.50"), "loves": nil,
		},
	}
	u := asRead(t, richUser)
	got := make(object)
	for f := range usersync.AllFields().All() {
		if !u.Has(f) {
			t.Errorf("%s is not read", f.Name)
		}
		got[f.Name] = u.Get(f)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// Nothing that Authgear once let into the standard attributes is lost, whatever
// its type.
func TestUnfitStandardAttributesAreKept(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		attributes string
		others     string // null for none
	}{
		"nothing":                   {`{}`, `null`},
		"nulls":                     {`{"name": null, "email_verified": null, "address": null}`, `null`},
		"empty":                     {`{"name": "", "address": {}}`, `null`},
		"number for a text":         {`{"name": 1.50}`, `{"name": 1.50}`},
		"text for a boolean":        {`{"email_verified": "true"}`, `{"email_verified": "true"}`},
		"boolean for a text":        {`{"email": false}`, `{"email": false}`},
		"text for an object":        {`{"address": "Mars"}`, `{"address": "Mars"}`},
		"list for an object":        {`{"address": ["Mars"]}`, `{"address": ["Mars"]}`},
		"object for a text":         {`{"name": {"first": "Ann"}}`, `{"name": {"first": "Ann"}}`},
		"object in a part":          {`{"address": {"country": {"code": "HK"}}}`, `{"address": {"country": {"code": "HK"}}}`},
		"null in an unknown part":   {`{"address": {"planet": null, "country": null}}`, `{"address": {"planet": null}}`},
		"update time of any type":   {`{"updated_at": "today"}`, `null`},
		"a field that is no claim":  {`{"custom_attributes": {"a": 1}, "roles": ["x"]}`, `{"custom_attributes": {"a": 1}, "roles": ["x"]}`},
		"the name of the field":     {`{"other_attributes": {"a": 1}}`, `{"other_attributes": {"a": 1}}`},
		"known and unknown mingled": {`{"name": "Ann", "x": "y", "address": {"country": "HK", "x": 1}}`, `{"x": "y", "address": {"x": 1}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start, end := strings.Index(richUser, `{
		"preferred_username"`), strings.Index(richUser, `,
	"customAttributes"`)
			u := asRead(t, richUser[:start]+test.attributes+richUser[end:])
			others, found := usersync.AllFields().Lookup("other_attributes")
			if !found {
				t.Fatal("there is no field for others")
			}
			got, err := json.Marshal(u.Get(others))
			if err != nil {
				t.Fatal(err)
			}
			if same(t, string(got)) != same(t, test.others) {
				t.Errorf("others are %s, want %s", got, test.others)
			}
		})
	}
}

// same spells equal JSON equally.
func same(t *testing.T, text string) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	spelled, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(spelled)
}
