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

// irremovable tells of what the record would remove and no import can.
func (c *comparing) irremovable() {
	for _, field := range c.record.Fields() {
		if c.record[field] != nil || !isIrremovable(field) || field == "disabled" && !c.willBeValid() {
			continue // nobody can tell whether there is more to remove than the valid period
		}
		switch has := value(c.user, field).(type) {
		case bool:
			login, verified := strings.CutSuffix(field, "_verified")
			if has && !(verified && (c.changes(login) || c.removes(login))) { // it goes with the login ID
				c.ineffective(field, true, nil, "an import cannot remove it; write false")
			}
		case time.Time:
			c.ineffective(field, has.Format(time.RFC3339Nano), nil, "an import cannot remove it")
		}
	}
}

// removes says whether the record removes a field, as far as Authgear does it.
func (c *comparing) removes(field string) bool {
	to, has := c.record[field]
	return has && to == nil
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
	case !c.isValid() && to && !c.movesPeriod():
		c.had = append(c.had, "disabled")
		c.note("the account shows as disabled, as it is outside of its valid period; whether it is disabled besides cannot be seen, and is left as it is")
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
	from, _ := value(c.user, "account_valid_from").(time.Time)
	until, _ := value(c.user, "account_valid_until").(time.Time)
	return c.isWithin(from, until)
}

// willBeValid is isValid of the period that the record leads to.
func (c *comparing) willBeValid() bool {
	_, from, _ := c.endOf("account_valid_from")
	_, until, _ := c.endOf("account_valid_until")
	return c.isWithin(from, until)
}

// isWithin says whether it is surely within a period; the zero times are no ends.
func (c *comparing) isWithin(from, until time.Time) bool {
	if from.IsZero() && until.IsZero() {
		return true
	}
	return !c.at.IsZero() &&
		(from.IsZero() || !c.at.Add(-clockSkew).Before(from)) &&
		(until.IsZero() || c.at.Add(clockSkew).Before(until))
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

// movesPeriod says whether the record changes the time in which the account is
// valid.
func (c *comparing) movesPeriod() bool {
	_, _, from := c.endOf("account_valid_from")
	_, _, until := c.endOf("account_valid_until")
	return from || until
}

// periodEnd compares one end of the valid period, and is what comes of it: the
// zero time where there is no such end.
func (c *comparing) periodEnd(field string) (end time.Time, changes bool) {
	known, to, changes := c.endOf(field)
	if !changes {
		return known, false
	}
	var old any
	if !known.IsZero() {
		old = known.Format(time.RFC3339Nano)
	}
	c.change(field, old, c.record[field])
	return to, true
}

// endOf is one end of the valid period, as the user has it and as the record says.
func (c *comparing) endOf(field string) (known, to time.Time, changes bool) {
	known, _ = value(c.user, field).(time.Time)
	said, has := c.record[field].(string)
	if !has {
		return known, known, false
	}
	to, err := time.Parse(time.RFC3339, said)
	// A time that cannot be read never comes here: the record is rejected before.
	// Authgear's database keeps microseconds.
	changes = err == nil && (known.IsZero() || to.Sub(known).Abs() > time.Microsecond)
	return known, to, changes
}
