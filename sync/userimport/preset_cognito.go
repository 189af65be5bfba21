package userimport

import (
	"encoding/json"
	"strings"
)

// cognito understands rows under the CSV header of a user pool, which is that of
// its import files and what exporters write: OpenID Connect's names, as Authgear
// has them, the pool's own attributes behind custom:, and what the API says of a
// user besides. Cognito hands out no passwords. Its own usernames are made up in
// many pools, and come along only where users are matched by them.
func cognito(identifier Identifier) *preset {
	p := &preset{
		columns: []presetColumn{
			{name: "address", field: "address", take: cognitoAddress},
			{name: "Enabled", field: "disabled", take: cognitoEnabled},
			{name: "cognito:mfa_enabled", take: cognitoMFA},
		},
		leftOut: []string{
			"cognito:username", "username", "sub", "updatedat", "userstatus", "usercreatedate", "userlastmodifieddate",
			"mfaoptions", "preferredmfasetting", "usermfasettinglist", "identities", "cognito:userstatus", "cognito:groups",
		},
		attributes: "custom:",
	}
	if identifier == Username {
		p.columns = append(p.columns,
			presetColumn{name: "preferred_username", field: "preferred_username", take: cognitoUsername},
			presetColumn{name: "cognito:username", field: "preferred_username", yields: "preferred_username"},
			presetColumn{name: "Username", field: "preferred_username", yields: "preferred_username"},
		)
	}
	return p
}

// cognitoUsername takes the pool's own username where there is no other.
func cognitoUsername(row presetRow, value Value) (Value, string) {
	for _, name := range []string{"cognito:username", "Username"} {
		if value.IsEmpty() {
			value = row.value(name)
		}
	}
	return value, ""
}

// cognitoAddress reads an address that is text or, as OpenID Connect has it, JSON.
func cognitoAddress(_ presetRow, value Value) (Value, string) {
	text := strings.TrimSpace(value.Text)
	if value.IsEmpty() || value.JSON != nil || strings.HasPrefix(text, "{") {
		return value, ""
	}
	formatted, err := json.Marshal(map[string]string{"formatted": value.Text})
	if err != nil {
		return Value{Absent: true}, "the address cannot come along"
	}
	return Value{JSON: formatted}, ""
}

// cognitoEnabled turns the flag round; who is enabled is left alone.
func cognitoEnabled(_ presetRow, value Value) (Value, string) {
	enabled, f := checkBool(value)
	switch {
	case f != nil:
		return value, ""
	case enabled == true:
		return Value{Absent: true}, ""
	default:
		return jsonTrue(), ""
	}
}

func cognitoMFA(_ presetRow, value Value) (Value, string) {
	if enabled, f := checkBool(value); f != nil || enabled != true {
		return Value{Absent: true}, ""
	}
	return Value{Absent: true}, "the second factor cannot come along: the user sets it up again"
}
