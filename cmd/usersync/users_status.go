package main

import (
	"time"

	usersync "usersync/sync"
)

// statusFields are what an account's status is read from.
func statusFields() []string {
	return []string{
		"disabled", "disable_reason", "is_deactivated", "is_anonymous", "is_anonymized", "anonymize_at", "delete_at", "delete_reason",
		"temporarily_disabled_from", "temporarily_disabled_until", "account_valid_from", "account_valid_until",
	}
}

// accountStatus says in words how an account stands, the weightiest first: that it
// is disabled, and all that is due to happen to it.
func accountStatus(user *usersync.User, now time.Time) []string {
	is := func(name string) bool { return user.Has(fieldNamed(name)) }
	from, until := timeOf(user, "temporarily_disabled_from"), timeOf(user, "temporarily_disabled_until")
	begins, ends := timeOf(user, "account_valid_from"), timeOf(user, "account_valid_until")
	var words []string
	say := func(when bool, word string) {
		if when {
			words = append(words, word)
		}
	}
	say(is("is_anonymized"), "anonymised")
	say(is("is_deactivated"), "deactivated by the user")
	say(is("disabled"), "disabled"+reason(user, "disable_reason"))
	say(!until.IsZero() && !from.After(now) && until.After(now), "until "+minute(until))
	say(from.After(now), "to be disabled from "+minute(from)+" until "+minute(until))
	say(begins.After(now), "not valid before "+minute(begins))
	say(!ends.IsZero() && !ends.After(now), "not valid since "+minute(ends))
	say(ends.After(now), "valid until "+minute(ends))
	say(is("delete_at"), "to be deleted on "+minute(timeOf(user, "delete_at"))+reason(user, "delete_reason"))
	say(is("anonymize_at"), "to be anonymised on "+minute(timeOf(user, "anonymize_at")))
	active := !is("is_anonymized") && !is("is_deactivated") && !is("disabled")
	if active {
		words = append([]string{"active"}, words...)
	}
	say(is("is_anonymous"), "anonymous")
	return words
}

// reason is what somebody wrote as the reason, in brackets.
func reason(user *usersync.User, field string) string {
	if why := textOf(user, field); why != "" {
		return " (" + why + ")"
	}
	return ""
}

// minute spells a moment for people, who plan by minutes.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
