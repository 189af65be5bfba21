package userimport

import (
	"net/mail"
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// What a project takes as login IDs by default. It can be set otherwise, so that
// what is beyond is sent with a warning.
const (
	longestEmail    = 320
	longestUsername = 40
)

var plainUsername = regexp.MustCompile(`^[a-zA-Z0-9_.-]*$`)

// checkEmail asks what the server asks (net/mail, and that it can be normalised),
// and that there is nothing around the address, which the server would keep.
func checkEmail(_ *Mapping, text string) (any, *fault) {
	const rule = "an email address is asked for"
	address, err := mail.ParseAddress(text)
	if err != nil {
		return nil, &fault{rule: rule, hint: "such as ann@example.com"}
	}
	bare := address.Address
	if address.Name != "" || bare != text && !strings.HasPrefix(text, `"`) {
		return nil, &fault{rule: rule + " alone", hint: "write " + shortened(bare)}
	}
	if _, err := normalizeEmail(text); err != nil {
		return nil, &fault{rule: "an email address has characters that Authgear does not take"}
	}
	if len(text) > longestEmail {
		return text, &fault{rule: "Authgear takes email addresses of up to 320 bytes unless the project is set otherwise", warning: true}
	}
	return text, nil
}

// checkUsername asks what every project asks of a username, and warns of what
// only some take.
func checkUsername(_ *Mapping, text string) (any, *fault) {
	if _, err := normalizeUsername(text); err != nil {
		return nil, &fault{rule: "a username has characters that Authgear does not take, such as spaces", hint: "use letters, digits, _ - and ."}
	}
	switch {
	case len(text) > longestUsername:
		return text, &fault{rule: "Authgear takes usernames of up to 40 bytes unless the project is set otherwise", warning: true}
	case !plainUsername.MatchString(text):
		return text, &fault{rule: "Authgear takes only letters of English, digits, _ - and . in usernames unless the project is set otherwise", warning: true}
	}
	return text, nil
}

// checkPhone makes E.164 of a phone number that exists, by libphonenumber as on
// the server, which takes no other unless the project is set to be lenient.
func checkPhone(m *Mapping, text string) (any, *fault) {
	number, f := parsePhone(m.region, text)
	if f != nil {
		return nil, f
	}
	if !phonenumbers.IsPossibleNumber(number) || !phonenumbers.IsValidNumber(number) {
		return nil, &fault{rule: "there is no such phone number in its country's numbering plan", hint: "check its digits and its country code"}
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

func parsePhone(region, text string) (*phonenumbers.PhoneNumber, *fault) {
	const rule = "a phone number is written with + and its country code"
	if strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && !strings.ContainsRune("+-./() \u00a0\u2011", r)
	}) {
		if isRounded(text) {
			return nil, &fault{rule: rule, hint: "a spreadsheet has rounded it: format the column as text there, and export again"}
		}
		return nil, &fault{rule: rule, hint: "such as +85298765432; extensions cannot be kept"}
	}
	if !strings.HasPrefix(text, "+") && region == "" {
		if international, found := strings.CutPrefix(text, "00"); found && !strings.HasPrefix(international, "0") {
			return nil, &fault{rule: rule, hint: "write +" + shortened(international)}
		}
		return nil, &fault{rule: rule, hint: "add --default-region for numbers without one"}
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil {
		return nil, &fault{rule: rule, hint: "such as +85298765432"}
	}
	return number, nil
}

// isRounded says whether a number is in the form that spreadsheets give to what
// is too long for them, as in 8.52988E+11.
func isRounded(text string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(text), "E+")
	notDigit := func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != ',' }
	return found && mantissa != "" && !strings.ContainsFunc(mantissa+exponent, notDigit)
}
