//go:build unix

package main

import (
	"fmt"
	"strings"

	"usersync/sync/userimport"
)

// takenPhones are the numbers of people who are there before.
func takenPhones() []string {
	var numbers []string
	for i := range 10 {
		numbers = append(numbers, fmt.Sprintf("+8529123456%d", i))
	}
	return numbers
}

// A spoiling is a way in which a row can be wrong, and how that must end.
type spoiling struct {
	name    string
	change  func(row map[string]any)
	outcome userimport.Outcome // none is rejected
	reason  string             // what the reason has in it
	// likewise changes the row by another one, which is then rejected too, though
	// nothing was done to it.
	likewise func(row, other map[string]any)
}

// settingOf is a change of one field, and inside one within an object.
func settingOf(field string, value any) func(map[string]any) {
	return func(row map[string]any) { row[field] = value }
}

func inside(field, member string, value any) func(map[string]any) {
	return func(row map[string]any) {
		object, is := row[field].(map[string]any)
		if !is {
			object = make(map[string]any)
			row[field] = object
		}
		object[member] = value
	}
}

func password(kind, hash string) func(map[string]any) {
	return settingOf("password", map[string]any{"type": kind, "password_hash": hash})
}

// spoilings are the ways in which rows of the recorded export are spoilt.
func spoilings() []spoiling {
	const noEmail, address, phone, url = "the row has no email", "an email address is asked for", "a phone number is written with +", "URL"
	taken := takenPhones()
	return []spoiling{
		{name: "no email at all", change: func(row map[string]any) { delete(row, "email") }, reason: noEmail},
		{name: "null for an email", change: settingOf("email", nil), reason: noEmail},
		{name: "an empty email", change: settingOf("email", ""), reason: noEmail},
		{name: "spaces for an email", change: settingOf("email", "  "), reason: noEmail},
		{name: "an email without @", change: settingOf("email", "somebody.example.com"), reason: address},
		{name: "an email with a name", change: settingOf("email", "Some Body <somebody@example.com>"), reason: address},
		{name: "an email with a space", change: settingOf("email", "some body@example.com"), reason: address},
		{name: "an email of a number", change: settingOf("email", 5), reason: "a text is asked for"},
		{name: "another row's email", reason: "in more than one row", likewise: func(row, other map[string]any) {
			row["email"] = strings.ToUpper(other["email"].(string))
		}},
		{name: "another row's phone number", reason: "in more than one row", likewise: func(row, other map[string]any) {
			number := other["phone_number"].(string)
			row["phone_number"] = number[:4] + " " + number[4:8] + "-" + number[8:]
		}},
		{name: "another row's username", reason: "in more than one row", likewise: func(row, other map[string]any) {
			row["preferred_username"] = strings.ToUpper(other["preferred_username"].(string))
		}},
		{name: "somebody else's phone number", outcome: userimport.Conflict, reason: "the phone_number belongs to", change: func(row map[string]any) {
			row["phone_number"] = taken[0]
			taken = taken[1:]
		}},
		{name: "a phone number without its country", change: settingOf("phone_number", "0912 345 678"), reason: "--default-region"},
		{name: "a phone number that was rounded", change: settingOf("phone_number", "8.52980E+10"), reason: "a spreadsheet has rounded it"},
		{name: "a phone number that cannot be", change: settingOf("phone_number", "+85212"), reason: "no such phone number"},
		{name: "a phone number with letters", change: settingOf("phone_number", "+852 CALL ME"), reason: phone},
		{name: "a username with a space", change: settingOf("preferred_username", "some body"), reason: "a username has characters"},
		{name: "a name of a number", change: settingOf("name", 12), reason: "a text is asked for"},
		{name: "a date as people write it", change: settingOf("birthdate", "31/12/1990"), reason: "write 1990-12-31"},
		{name: "a day that there is not", change: settingOf("birthdate", "1990-02-30"), reason: "a date is written YYYY-MM-DD"},
		{name: "an offset for a zone", change: settingOf("zoneinfo", "UTC+8"), reason: "a time zone is a name"},
		{name: "a zone that there is not", change: settingOf("zoneinfo", "Asia/Nowhere"), reason: "a time zone is a name"},
		{name: "a language in words", change: settingOf("locale", "Traditional Chinese"), reason: "BCP 47"},
		{name: "a page without http", change: settingOf("website", "www.example.com"), reason: "write https://www.example.com"},
		{name: "a picture elsewhere", change: settingOf("picture", "ftp://example.com/a.png"), reason: "http or https"},
		{name: "a page with .. in it", change: settingOf("profile", "https://example.com/a/../b"), reason: url},
		{name: "an unsure flag", change: settingOf("email_verified", "maybe"), reason: "true or false is asked for"},
		{name: "a number for a flag", change: settingOf("disabled", 2), reason: "true or false is asked for"},
		{name: "a date for a time", change: settingOf("account_valid_from", "2026-01-31"), reason: "RFC 3339"},
		{name: "an end before the beginning", reason: "account_valid_from is not before", change: func(row map[string]any) {
			row["account_valid_from"], row["account_valid_until"] = "2031-01-01T00:00:00Z", "2030-01-01T00:00:00Z"
		}},
		{name: "an unknown role", change: settingOf("roles", []string{"viewer", "wizard"}), reason: `no role "wizard"`},
		{name: "an unknown group", change: settingOf("groups", "sale"), reason: "sales is nearest"},
		{name: "commas between groups", change: settingOf("groups", "sales,hr"), reason: "write ; between keys"},
		{name: "roles of numbers", change: settingOf("roles", []int{1}), reason: "keys are asked for"},
		{name: "a text for an address", change: settingOf("address", "1 Example Street"), reason: "a JSON object is asked for"},
		{name: "a text for a number", change: inside("custom_attributes", "employee_number", "eleven"), reason: "a number is asked for"},
		{name: "a number for a text", change: inside("custom_attributes", "department", 7), reason: "a text is asked for"},
		{name: "no such tier", change: inside("custom_attributes", "tier", "gold"), outcome: userimport.Failed, reason: "tier"},
		{name: "an argon2 hash", change: password("bcrypt", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"), reason: "argon2"},
		{name: "a password of another kind", change: password("scrypt", "$2b$12$EXAMPLEEXAMPLEEXAMPLE.EXAMPLEEXAMPLEEXAMPLEEXAMPLE.00"), reason: "bcrypt alone"},
		{name: "a TOTP secret that is none", change: inside("mfa", "totp", map[string]any{"secret": "018!"}), reason: "base32"},
		{name: "more than Authgear takes", change: settingOf("nickname", strings.Repeat("long ", 100_000)), reason: "too large"},
	}
}
