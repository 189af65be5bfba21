package emulator

import (
	"slices"
	"time"
)

// update changes a user as the record says: what is absent stays, what is null
// goes. Passwords and TOTP are ignored without a word.
func (r *importRecord) update(holder *record, identifier string) error {
	u := holder.load().Clone()
	if err := r.updateIdentities(u, identifier); err != nil {
		return err
	}
	r.updateVerified(u, "email")
	r.updateVerified(u, "phone_number")
	for _, step := range []func(*User) error{r.setAttributes, r.updateStatus, r.setKeys, r.updateFactors} {
		if err := step(u); err != nil {
			return err
		}
	}
	// Attributes are always written again, and so this always moves.
	u.UpdatedAt = r.at
	r.store.completeIdentities(u)
	u.normalize()
	populateAttributes(u)
	r.store.replace(holder, u)
	r.detail.UserID, r.detail.Outcome = u.ID, "updated"
	return nil
}

// updateVerified sets whether a claim counts as verified, and does nothing,
// without a word, unless the record has it just as the user's login ID does.
func (r *importRecord) updateVerified(u *User, name string) {
	verified, ok := r.flag(name + "_verified")
	if !ok {
		return
	}
	value, ok := r.text(name)
	switch {
	case !ok:
		r.warn(name + "_verified has no effect when " + name + " is absent.")
	case value == nil:
		r.warn(name + "_verified has no effect when " + name + " = null.")
	case slices.ContainsFunc(u.Identities, func(i Identity) bool { return i.LoginID != nil && i.ownedClaim(name) == *value }):
		claim := Claim{Name: name, Value: *value}
		has := slices.Contains(u.VerifiedClaims, claim)
		if verified && !has {
			u.VerifiedClaims = append(u.VerifiedClaims, claim)
		}
		if !verified && has {
			u.VerifiedClaims = slices.DeleteFunc(u.VerifiedClaims, func(c Claim) bool { return c == claim })
		}
	}
}

// updateStatus disables or enables; what is not allowed is only a warning.
func (r *importRecord) updateStatus(u *User) error {
	disabled, ok := r.flag("disabled")
	if ok {
		status, target, allowed := u.statusName(r.at), "normal", []string{"disabled", "disabled_temporarily"}
		if disabled {
			target, allowed = "disabled", []string{"normal", "disabled_temporarily"}
		}
		if slices.Contains(allowed, status) {
			u.clearStatus()
			u.Disabled = disabled
		} else {
			if status == "normal" && u.outsideValidity(r.at) {
				status = "outside_valid_period"
			}
			r.warn(invalidTransition(status, target).Message)
		}
	}
	return r.setValidity(u)
}

// outsideValidity tells whether the account may not be used yet, or any more.
func (u *User) outsideValidity(now time.Time) bool {
	return u.AccountValidFrom != nil && now.Before(*u.AccountValidFrom) ||
		u.AccountValidUntil != nil && !now.Before(*u.AccountValidUntil)
}

// setValidity sets from when until when the account may be used.
func (r *importRecord) setValidity(u *User) error {
	from, until := timeField(r.fields, "account_valid_from"), timeField(r.fields, "account_valid_until")
	if from == nil && until == nil {
		return nil
	}
	if from != nil {
		u.AccountValidFrom = from
	}
	if until != nil {
		u.AccountValidUntil = until
	}
	if err := u.checkValidity(); err != nil {
		return err
	}
	if u.Anonymized {
		return invalidTransition("anonymized", "anonymized")
	}
	return nil
}

// checkValidity refuses periods that end before they begin, and a temporarily
// disabled period that reaches out of the valid one
// *(source: account_status.go, checkAllTimestampsAreValid)*.
func (u *User) checkValidity() error {
	refuse := func(cause, message string) error {
		return &apiError{
			Name: "Invalid", Reason: "InvalidAccountStatusTransition", Message: message,
			Info: map[string]any{"cause": map[string]any{"kind": cause}},
		}
	}
	before := func(a, b *time.Time) bool { return a == nil || b == nil || a.Before(*b) }
	switch {
	case !before(u.AccountValidFrom, u.AccountValidUntil):
		return refuse("AccountValidFromShouldBeBeforeAccountValidUntil",
			"the start timestamp of account valid period must be less than the end timestamp of the account valid period")
	case !before(u.AccountValidFrom, u.TemporarilyDisabledFrom):
		return refuse("AccountValidFromShouldBeBeforeTemporarilyDisabledFrom",
			"the start timestamp of account valid period must be less than the start timestamp of temporarily disabled period")
	case !before(u.TemporarilyDisabledUntil, u.AccountValidUntil):
		return refuse("TemporarilyDisabledUntilShouldBeBeforeAccountValidUntil",
			"the end timestamp of temporarily disabled period must be less than the end timestamp of account valid period")
	}
	return nil
}

// updateFactors changes where second factors are sent; null removes them.
func (r *importRecord) updateFactors(u *User) error {
	mfa := objectField(r.fields, "mfa")
	for _, name := range []string{"email", "phone_number"} {
		value, ok := textField(mfa, name)
		if !ok {
			continue
		}
		held := u.factors(name)
		before := *held
		*held = nil
		if value != nil {
			if err := u.setFactor(name, *value); err != nil {
				return err
			}
			if slices.Contains(before, (*held)[0]) {
				*held = before
			}
		}
		u.dropOrphanedClaims()
	}
	return nil
}
