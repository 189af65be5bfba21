package userimport

import (
	"strings"
	"time"
)

// flags compares what a record says by true and false.
func (c *comparing) flags() {
	c.verified(Email, "email_verified")
	c.verified(Phone, "phone_number_verified")
	c.disabled()
}

// irremovable tells of what the row would remove and no import can.
func (c *comparing) irremovable(row Record) {
	for _, field := range row.Fields() {
		if row[field] != nil || !isIrremovable(field) {
			continue
		}
		switch has := value(c.user, field).(type) {
		case bool:
			login, verified := strings.CutSuffix(field, "_verified")
			if has && !(verified && c.changes(login)) { // it goes with the login ID
				c.ineffective(field, true, nil, "an import cannot remove it; write false")
			}
		case time.Time:
			c.ineffective(field, has.Format(time.RFC3339Nano), nil, "an import cannot remove it")
		}
	}
}

// disabled compares whether the account is disabled. Authgear shows an account
// as disabled as well while it is outside of its valid period, is to be deleted
// or anonymised, or is disabled for a time, and refuses changes between some of
// these with no more than a warning (read in its source, account_status.go).
func (c *comparing) disabled() {
	to, has := c.record["disabled"].(bool)
	if !has {
		return
	}
	from := value(c.user, "disabled") == true
	scheduled := value(c.user, "delete_at") != nil || value(c.user, "anonymize_at") != nil
	until, temporary := value(c.user, "temporarily_disabled_until").(time.Time)
	switch {
	case !from && to:
		c.change("disabled", false, true)
	case !from, scheduled && to:
		c.had = append(c.had, "disabled")
	case scheduled:
		c.ineffective("disabled", true, false, "the account is due to be deleted or anonymised")
	case temporary && to:
		c.change("disabled", "until "+until.Format(time.RFC3339), true)
	case !c.isValid():
		c.unreadable("whether an account with a valid period is disabled besides")
	case !to:
		c.change("disabled", true, false)
	default:
		c.had = append(c.had, "disabled")
	}
}

// clockSkew is how far apart Authgear's clock and ours may be: what Authgear
// forgives in tokens.
const clockSkew = 5 * time.Minute

// isValid says whether the account is surely within its valid period, so that it
// is not disabled by that. Nobody knows where the time is not told.
func (c *comparing) isValid() bool {
	from, begins := value(c.user, "account_valid_from").(time.Time)
	until, ends := value(c.user, "account_valid_until").(time.Time)
	if !begins && !ends {
		return true
	}
	return !c.at.IsZero() &&
		(!begins || !c.at.Add(-clockSkew).Before(from)) &&
		(!ends || c.at.Add(clockSkew).Before(until))
}

// period compares the time in which the account is valid, and sees whether
// Authgear would take what comes of it: it refuses a period that ends before it
// begins, or does not hold the whole time for which the account is disabled.
func (c *comparing) period() {
	from, changesFrom := c.periodEnd("account_valid_from")
	until, changesUntil := c.periodEnd("account_valid_until")
	if !changesFrom && !changesUntil {
		return
	}
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		c.refuse("account_valid_until would not be after account_valid_from")
	}
	if to, said := c.record["disabled"].(bool); said && (to || value(c.user, "disabled") == true) {
		return // disabling for a time may end by that
	}
	begins, _ := value(c.user, "temporarily_disabled_from").(time.Time)
	ends, disabled := value(c.user, "temporarily_disabled_until").(time.Time)
	if disabled && (!from.IsZero() && !from.Before(begins) || !until.IsZero() && !ends.Before(until)) {
		c.refuse("the account is disabled for a time that would not be within its valid period")
	}
}

// periodEnd compares one end of the valid period, and is what comes of it: the
// zero time where there is no such end.
func (c *comparing) periodEnd(field string) (end time.Time, changes bool) {
	known, _ := value(c.user, field).(time.Time)
	said, has := c.record[field].(string)
	if !has {
		return known, false
	}
	to, err := time.Parse(time.RFC3339, said)
	// A time that cannot be read never comes here: the record is rejected before.
	// Authgear's database keeps microseconds.
	if err != nil || !known.IsZero() && to.Sub(known).Abs() <= time.Microsecond {
		return known, false
	}
	var old any
	if !known.IsZero() {
		old = known.Format(time.RFC3339Nano)
	}
	c.change(field, old, said)
	return to, true
}
