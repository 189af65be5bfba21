package emulator

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// What GraphQL shows of a user that is not stored as such.

// anonymous tells whether the user never signed up.
func (u *User) anonymous() bool {
	return slices.ContainsFunc(u.Identities, func(i Identity) bool { return i.Type == IdentityAnonymous })
}

// verified tells whether a claim with this value has been verified.
func (u *User) verified(name string, value any) bool {
	text, ok := value.(string)
	return ok && slices.Contains(u.VerifiedClaims, Claim{Name: name, Value: text})
}

// shownAttributes adds what the server derives: email_verified and
// phone_number_verified, each only beside its claim, and updated_at in whole
// seconds since 1970.
func (u *User) shownAttributes() map[string]any {
	out := make(map[string]any, len(u.StandardAttributes)+3)
	maps.Copy(out, u.StandardAttributes)
	for _, name := range []string{"email", "phone_number"} {
		if value, ok := out[name]; ok {
			out[name+"_verified"] = u.verified(name, value)
		}
	}
	out["updated_at"] = u.UpdatedAt.Unix()
	return out
}

func (u *User) attribute(name string) string {
	text, _ := u.StandardAttributes[name].(string)
	return text
}

// formattedName is the name, or the parts of it, with the nickname in
// brackets; "" when there is none of them.
func (u *User) formattedName() string {
	name := u.attribute("name")
	if name == "" {
		name = joinedName(u.attribute("given_name"), u.attribute("middle_name"), u.attribute("family_name"))
	}
	nickname := u.attribute("nickname")
	switch {
	case name == "":
		return nickname
	case nickname == "":
		return name
	default:
		return name + " (" + nickname + ")"
	}
}

// joinedName puts the family name first, without spaces, for Chinese, Japanese
// and Korean. The real server guesses the language; the script is enough here.
func joinedName(given, middle, family string) string {
	parts, separator := []string{given, middle, family}, " "
	if eastAsian(given + middle + family) {
		parts, separator = []string{family, middle, given}, ""
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), separator)
}

func eastAsian(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
	})
}

// endUserAccountID is the first of email, username, phone number and directory
// entry that the user has, or "".
func (u *User) endUserAccountID() string {
	for _, name := range []string{"email", "preferred_username", "phone_number"} {
		if value := u.attribute(name); value != "" {
			return value
		}
	}
	for _, i := range u.Identities {
		if i.Type == IdentityLDAP {
			value, _ := i.Claims[claimPrefix+"ldap/user_id_attribute_value"].(string)
			return value
		}
	}
	return ""
}
