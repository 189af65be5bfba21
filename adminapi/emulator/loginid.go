package emulator

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// loginIDKeys are the login IDs that a project can have; each key is also its
// type. A project has all of them enabled until SetLoginIDs says otherwise.
func loginIDKeys() []string { return []string{"email", "phone", "username"} }

// oauthAliases are the OAuth providers that the emulated project has set up.
func oauthAliases() []string {
	return []string{"google", "apple", "facebook", "github", "linkedin", "wechat"}
}

// normalizeLoginID brings a login ID into the form by which it is unique:
// email and username are case-folded and NFKC-normalised by PRECIS, as the
// real server does; phone numbers lose their punctuation.
func normalizeLoginID(loginIDType, value string) (string, error) {
	switch loginIDType {
	case "email":
		return normalizeEmail(value)
	case "phone":
		return normalizePhone(value)
	default:
		out, err := precis.NewIdentifier(precis.FoldCase()).String(norm.NFKC.String(value))
		if err != nil {
			return "", fmt.Errorf("fold username: %w", err)
		}
		return out, nil
	}
}

func normalizeEmail(value string) (string, error) {
	at := strings.LastIndexByte(value, '@')
	if at < 0 {
		return "", fmt.Errorf("read email address: no @")
	}
	fold := precis.NewFreeform(precis.FoldCase())
	local, err := fold.String(norm.NFKC.String(value[:at]))
	if err != nil {
		return "", fmt.Errorf("fold email address: %w", err)
	}
	domain, err := fold.String(value[at+1:])
	if err != nil {
		return "", fmt.Errorf("fold email domain: %w", err)
	}
	return local + "@" + domain, nil
}

// normalizePhone accepts E.164 with the usual separators. The real server
// knows every country's numbering plan; here a plausible length is enough.
func normalizePhone(value string) (string, error) {
	number := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(value)
	digits, found := strings.CutPrefix(number, "+")
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if !found || len(digits) < 7 || len(digits) > 15 || strings.ContainsFunc(digits, notDigit) {
		return "", fmt.Errorf("read phone number: not in E.164 form")
	}
	return number, nil
}

// loginIDTypeOfAttribute tells which login ID a standard attribute is backed by.
func loginIDTypeOfAttribute(attribute string) (string, bool) {
	i := slices.IndexFunc(loginIDKeys(), func(key string) bool { return loginIDClaim(key) == attribute })
	if i < 0 {
		return "", false
	}
	return loginIDKeys()[i], true
}

// loginIDEnabled tells whether people of the project can have such a login ID.
func (s *store) loginIDEnabled(key string) bool { return slices.Contains(s.loginIDs, key) }
