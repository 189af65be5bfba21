package emulator

import "time"

// disabledAt tells what GraphQL shows as isDisabled at an instant
// *(source: account_status.go)*.
func (u *User) disabledAt(now time.Time) bool {
	if u.Anonymized || u.Disabled {
		return true
	}
	if u.AccountValidFrom != nil && now.Before(*u.AccountValidFrom) {
		return true
	}
	if u.AccountValidUntil != nil && !now.Before(*u.AccountValidUntil) {
		return true
	}
	from, until := u.temporarilyDisabled(now)
	return from != nil && !now.Before(*from) && now.Before(*until)
}

// temporarilyDisabled returns the period, or nils once it has passed: the
// server forgets it then.
func (u *User) temporarilyDisabled(now time.Time) (from, until *time.Time) {
	from, until = u.TemporarilyDisabledFrom, u.TemporarilyDisabledUntil
	if from != nil && until != nil && now.After(*from) && now.After(*until) {
		return nil, nil
	}
	return from, until
}

// statusName names the state that forbids a transition, for the error's words.
func (u *User) statusName(now time.Time) string {
	from, until := u.temporarilyDisabled(now)
	switch {
	case u.Anonymized:
		return "anonymized"
	case u.Disabled && u.DeleteAt != nil && u.Deactivated:
		return "scheduled_deletion_deactivated"
	case u.Disabled && u.DeleteAt != nil:
		return "scheduled_deletion_disabled"
	case u.Disabled && u.AnonymizeAt != nil:
		return "scheduled_anonymization_disabled"
	case u.Disabled:
		return "disabled"
	case from != nil && until != nil && !now.Before(*from) && now.Before(*until):
		return "disabled_temporarily"
	default:
		return "normal"
	}
}

// clearStatus makes the account normal again; every transition starts so.
func (u *User) clearStatus() {
	u.Disabled, u.Deactivated = false, false
	u.DisableReason, u.DeleteReason = nil, nil
	u.TemporarilyDisabledFrom, u.TemporarilyDisabledUntil = nil, nil
	u.DeleteAt, u.AnonymizeAt = nil, nil
}

// invalidTransition refuses a change of status, e.g. disabling twice.
func invalidTransition(from, to string) *apiError {
	return &apiError{
		Name: "Invalid", Reason: "InvalidAccountStatusTransition",
		Message: "invalid account status transition: " + from + " -> " + to,
		Info:    map[string]any{"from": from, "to": to},
	}
}
