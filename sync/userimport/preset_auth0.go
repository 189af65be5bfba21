package userimport

import (
	"encoding/json"
	"strings"
)

// auth0 understands what Auth0 hands out: the bulk export of users and that of
// the import/export extension, as CSV or NDJSON; the NDJSON of password hashes
// that its support makes, in which the address may stand among identifiers
// alone; and the form that its own bulk import takes.
func auth0() *preset {
	return &preset{
		columns: []presetColumn{
			{name: "email", field: "email", take: auth0Email},
			{name: "email_verified", field: "email_verified", take: auth0Verified},
			{name: "phone_verified", field: "phone_number_verified"},
			{name: "username", field: "preferred_username"},
			{name: "blocked", field: "disabled", take: onlyTrue},
			{name: "passwordHash", field: "password_hash", take: func(_ presetRow, value Value) (Value, string) { return bcryptOnly("", value) }},
			{name: "custom_password_hash.hash.value", field: "password_hash", take: func(row presetRow, value Value) (Value, string) {
				return bcryptOnly(row.value("custom_password_hash.algorithm").Text, value)
			}},
			{name: "custom_password_hash.algorithm", helps: true},
			{name: "custom_password_hash.hash.encoding", helps: true},
			{name: "identifiers", helps: true},
			{name: "user_id", take: auth0Login},
		},
		leftOut: []string{
			"id", "id.", "altid", "tenant", "connection", "provider", "tmpisunique",
			"createdat", "updatedat", "lastlogin", "lastip", "loginscount", "lastpasswordreset",
			"passwordsetdate", "passwordsetdate.", "multifactor", "multifactor[", "multifactorlastmodified", "guardianauthenticators",
			"identities", "identities.", "identities[", "usermetadata", "usermetadata.", "appmetadata", "appmetadata.",
			"mfafactors", "screenname",
		},
		escaped: func(row presetRow) bool {
			return strings.HasPrefix(row.value("email").Text, "'") || strings.HasPrefix(row.value("user_id").Text, "'")
		},
	}
}

// auth0Identifier is an identifier of the password export.
type auth0Identifier struct {
	Type     string `json:"type"`
	Value    string `json:"value"`
	Verified bool   `json:"verified"`
}

// auth0Address is the email address among the identifiers.
func auth0Address(row presetRow) (auth0Identifier, bool) {
	var identifiers []auth0Identifier
	if err := json.Unmarshal([]byte(row.value("identifiers").String()), &identifiers); err != nil {
		return auth0Identifier{}, false
	}
	for _, identifier := range identifiers {
		if identifier.Type == "email" && identifier.Value != "" {
			return identifier, true
		}
	}
	return auth0Identifier{}, false
}

func auth0Email(row presetRow, value Value) (Value, string) {
	if address, found := auth0Address(row); found && value.IsEmpty() {
		return Value{Text: address.Value}, ""
	}
	return value, ""
}

func auth0Verified(row presetRow, value Value) (Value, string) {
	if address, found := auth0Address(row); found && address.Verified && value.IsEmpty() {
		return jsonTrue(), ""
	}
	return value, ""
}

// auth0Login says what login does not come along: user IDs begin with what people
// log in by, and only Auth0's own database has passwords.
func auth0Login(_ presetRow, value Value) (Value, string) {
	provider, _, found := strings.Cut(value.Text, "|")
	if !found || provider == "auth0" || provider == "email" || provider == "sms" {
		return Value{Absent: true}, ""
	}
	return Value{Absent: true}, "the login by " + shortened(provider) + " cannot come along: the user links it again"
}
