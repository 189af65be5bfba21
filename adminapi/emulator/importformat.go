package emulator

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
)

// checkFormat tells whether a text has a format, in the server's own words
// *(source: validation/formats.go)*.
func checkFormat(format, value string) error {
	switch format {
	case "email":
		return checkEmail(value)
	case "phone":
		return checkPhone(value)
	case "uri":
		return checkURI(value)
	case "x_picture":
		return checkPicture(value)
	case "birthdate":
		return checkBirthdate(value)
	case "timezone":
		return checkZone(value)
	case "bcp47":
		return checkLocale(value)
	case "date-time":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return errors.New("date-time must be in rfc3339 format")
		}
	case "iso3166-1-alpha-2":
		if region, err := language.ParseRegion(value); err != nil || len(value) != 2 || region.String() != value || !region.IsCountry() {
			return fmt.Errorf("invalid ISO 3166-1 alpha-2 code: %#v", value)
		}
	}
	return nil
}

func checkEmail(value string) error {
	address, err := mail.ParseAddress(value)
	if err != nil {
		return fmt.Errorf("invalid email address: %w", err)
	}
	if address.Name != "" {
		return errors.New("invalid email address")
	}
	return nil
}

// phoneNumber is what is tried as a phone number at all.
var phoneNumber = regexp.MustCompile(`^ *\+[0-9 \-]*$`)

// checkPhone wants a number that exists, in E.164, as projects do by default.
func checkPhone(value string) error {
	errForm := errors.New("not in E.164 format")
	if !phoneNumber.MatchString(value) {
		return errForm
	}
	number, err := phonenumbers.Parse(value, "")
	switch {
	case err != nil:
		return errForm
	case !phonenumbers.IsPossibleNumber(number) || !phonenumbers.IsValidNumber(number):
		return errors.New("invalid phone number")
	case phonenumbers.Format(number, phonenumbers.E164) != value:
		return errForm
	}
	return nil
}

func checkURI(value string) error {
	u, err := url.Parse(value)
	if err != nil {
		return err
	}
	if u.Scheme == "" || u.Host == "" {
		return errors.New("input URL must be absolute")
	}
	return checkPath(u.EscapedPath())
}

func checkPicture(value string) error {
	u, err := url.Parse(value)
	if err != nil {
		return err
	}
	switch u.Scheme {
	case "http", "https":
		return checkURI(value)
	case "authgearimages":
		if u.Host != "" {
			return errors.New("authgearimages URI does not have host")
		}
		return checkPath(u.EscapedPath())
	default:
		return fmt.Errorf("invalid scheme: %v", u.Scheme)
	}
}

// checkPath wants an absolute path without detours; none at all is the root.
func checkPath(p string) error {
	if p == "" {
		return nil
	}
	cleaned := path.Clean(p)
	if strings.HasSuffix(p, "/") && !strings.HasSuffix(cleaned, "/") {
		cleaned += "/"
	}
	if !path.IsAbs(p) || cleaned != p {
		return fmt.Errorf("invalid path: %v", p)
	}
	return nil
}

func checkBirthdate(value string) error {
	for _, layout := range []string{time.DateOnly, "0000-01-02", "--01-02", "2006"} {
		if _, err := time.Parse(layout, value); err == nil {
			return nil
		}
	}
	return fmt.Errorf("invalid birthdate: %#v", value)
}

func checkZone(value string) error {
	if !strings.Contains(value, "/") {
		return fmt.Errorf("valid timezone name has at least 1 slash: %#v", value)
	}
	if _, err := time.LoadLocation(value); err != nil {
		return fmt.Errorf("invalid timezone name: %w", err)
	}
	return nil
}

func checkLocale(value string) error {
	tag, err := language.Parse(value)
	if err != nil {
		return fmt.Errorf("invalid BCP 47 tag: %w", err)
	}
	if canonical := tag.String(); value != canonical {
		return fmt.Errorf("non-canonical BCP 47 tag: %v != %v", value, canonical)
	}
	return nil
}
