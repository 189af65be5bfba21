package userimport

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// clerk understands the CSV file that Clerk's dashboard exports. A user has
// several addresses and numbers there, with | or , between them, and one of each
// here: the primary one.
func clerk() *preset {
	return &preset{
		columns: []presetColumn{
			{name: "first_name", field: "given_name"},
			{name: "last_name", field: "family_name"},
			{name: "username", field: "preferred_username"},
			{name: "primary_email_address", field: "email", take: clerkPrimary(Email, "verified_email_addresses", "unverified_email_addresses")},
			{name: "verified_email_addresses", field: "email_verified", take: clerkVerified(Email, "primary_email_address")},
			{name: "unverified_email_addresses", helps: true},
			{name: "primary_phone_number", field: "phone_number", take: clerkPrimary(Phone, "verified_phone_numbers", "unverified_phone_numbers")},
			{name: "verified_phone_numbers", field: "phone_number_verified", take: clerkVerified(Phone, "primary_phone_number")},
			{name: "unverified_phone_numbers", helps: true},
			{name: "totp_secret", field: "mfa.totp.secret"},
			{name: "password_digest", field: "password_hash", take: func(row presetRow, value Value) (Value, string) {
				return bcryptOnly(row.value("password_hasher").Text, value)
			}},
			{name: "password_hasher", helps: true},
			{name: "image_url", field: "picture"},
			{name: "banned", field: "disabled", take: onlyTrue},
		},
		leftOut: []string{
			"id", "externalid", "createdat", "updatedat", "lastsigninat", "lastactiveat", "locked", "backupcodes", "backupcodesenabled",
			"publicmetadata", "publicmetadata.", "privatemetadata", "privatemetadata.", "unsafemetadata", "unsafemetadata.",
			"passkeys", "web3wallets", "externalaccounts",
		},
	}
}

// clerkPrimary takes the primary value, or the first that there is, and counts
// those that stay behind.
func clerkPrimary(kind Identifier, verified, unverified string) takeFunc {
	return func(row presetRow, value Value) (Value, string) {
		all := append(clerkList(row.value(verified)), clerkList(row.value(unverified))...)
		if value.IsEmpty() && len(all) > 0 {
			value = Value{Text: all[0]}
		}
		others := slices.DeleteFunc(all, func(other string) bool { return kind.Normalize(other) == kind.Normalize(value.Text) })
		if len(others) == 0 {
			return value, ""
		}
		return value, fmt.Sprintf("%d more of the kind cannot come along: a user has one %s", len(others), kind)
	}
}

// clerkVerified says whether the value that comes along is among those that are
// verified; nothing if it is not, which is how a new user begins.
func clerkVerified(kind Identifier, primary string) takeFunc {
	return func(row presetRow, value Value) (Value, string) {
		verified := clerkList(value)
		first := row.value(primary)
		if first.IsEmpty() && len(verified) > 0 {
			return jsonTrue(), ""
		}
		if slices.ContainsFunc(verified, func(one string) bool { return kind.Normalize(one) == kind.Normalize(first.Text) }) {
			return jsonTrue(), ""
		}
		return Value{Absent: true}, ""
	}
}

// clerkList are the values of a cell that holds several.
func clerkList(value Value) []string {
	var list []string
	if err := json.Unmarshal([]byte(value.String()), &list); err != nil {
		list = strings.FieldsFunc(value.Text, func(r rune) bool { return r == '|' || r == ',' })
	}
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return slices.DeleteFunc(list, func(one string) bool { return one == "" })
}
