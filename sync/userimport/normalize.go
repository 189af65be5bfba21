package userimport

import (
	"errors"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// Normalize is a login ID as Authgear keeps them apart, by the settings that
// projects have to begin with (the server's pkg/lib/authn/identity/loginid):
// email addresses and usernames in small letters, their forms of Unicode made
// one; phone numbers as E.164. Two values are the same login ID if these are
// equal. A value that is no login ID is normalised as far as possible.
func (i Identifier) Normalize(value string) string {
	value = strings.TrimSpace(value)
	var normalized string
	var err error
	switch i {
	case Phone:
		normalized, err = normalizePhone(value)
	case Username:
		normalized, err = normalizeUsername(value)
	default:
		normalized, err = normalizeEmail(value)
	}
	if err != nil {
		return strings.ToLower(value)
	}
	return normalized
}

func normalizeEmail(value string) (string, error) {
	at := strings.LastIndexByte(value, '@')
	if at < 0 {
		return "", errors.New("no @")
	}
	if isPrintableASCII(value) {
		return strings.ToLower(value), nil
	}
	fold := precis.NewFreeform(precis.FoldCase())
	local, err := fold.String(norm.NFKC.String(value[:at]))
	if err != nil {
		return "", err
	}
	domain, err := fold.String(value[at+1:])
	if err != nil {
		return "", err
	}
	return local + "@" + punycodeDomain(domain), nil
}

func normalizeUsername(value string) (string, error) {
	if isPrintableASCII(value) {
		return strings.ToLower(value), nil
	}
	return precis.NewIdentifier(precis.FoldCase()).String(norm.NFKC.String(value))
}

func normalizePhone(value string) (string, error) {
	// What is E.164 already is the most of what is asked, and parsing is slow.
	digits, found := strings.CutPrefix(value, "+")
	if found && !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return value, nil
	}
	number, err := phonenumbers.Parse(value, "")
	if err != nil {
		return "", err
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

// isPrintableASCII says whether there is nothing in a text that PRECIS could mind.
func isPrintableASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '!' || r > '~' })
}
