package userimport

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// An Identifier is the login ID that rows are matched with users by.
type Identifier string

// The login IDs that the User Import API can match by, by the names of the
// attributes that hold them.
const (
	Email    Identifier = "email"
	Phone    Identifier = "phone_number"
	Username Identifier = "preferred_username"
)

// Identifiers are all of them.
func Identifiers() []Identifier { return []Identifier{Email, Phone, Username} }

// LoginIDKey is the key of the login ID in a project's configuration.
func (i Identifier) LoginIDKey() string {
	switch i {
	case Phone:
		return "phone"
	case Username:
		return "username"
	default:
		return "email"
	}
}

// A Record is a row in the form of the User Import API: a JSON object whose numbers
// are [json.Number]. A key that is absent leaves what the user has alone, null
// removes it, and so it is with the keys of an address.
type Record map[string]any

// JSON is the record as Authgear takes it, compact, with its keys in order, so
// that equal records have equal JSON. Null that Authgear would refuse is left out:
// that of flags and times, and of a part of an address, which an update removes by
// leaving it out.
func (r Record) JSON() ([]byte, error) {
	sent := make(map[string]any, len(r))
	for field, value := range r {
		if address, is := value.(map[string]any); is && field == "address" {
			value = withoutNull(address)
		}
		if value != nil || !isIrremovable(field) {
			sent[field] = value
		}
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(sent); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte{'\n'}), nil
}

// LoginID is the record's value of a login ID; empty where it has none, or
// removes it.
func (r Record) LoginID(kind Identifier) string {
	text, _ := r[string(kind)].(string)
	return text
}

// Unreadable says whether the record sets what nobody can read back: passwords
// and second factors. Such a record is never the same as what Authgear has.
func (r Record) Unreadable() bool {
	_, mfa := r["mfa"]
	return mfa
}

// isIrremovable says whether Authgear refuses null for a field.
func isIrremovable(field string) bool {
	switch field {
	case "email_verified", "phone_number_verified", "disabled", "account_valid_from", "account_valid_until":
		return true
	default:
		return false
	}
}

// Fields are the record's keys, sorted.
func (r Record) Fields() []string { return slices.Sorted(maps.Keys(r)) }
