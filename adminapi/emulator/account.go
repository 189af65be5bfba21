package emulator

import (
	"fmt"
	"slices"
	"time"
)

// deletionGrace is how long a scheduled deletion or anonymisation waits; it is
// Authgear's default of 30 days.
const deletionGrace = 30 * 24 * time.Hour

// disable is the transition that setDisabledStatus makes. Without a period it
// has no end; reason may be nil.
func (s *store) disable(id string, reason *string, from, until *time.Time) (*User, error) {
	return s.update(id, func(u *User) error {
		now := s.clock()
		target := "disabled"
		if from != nil || until != nil {
			target = "disabled_temporarily"
		}
		status := u.statusName(now)
		allowed := status == "normal" || status == "disabled_temporarily" ||
			target == "disabled_temporarily" && status == "disabled"
		if !allowed {
			return invalidTransition(status, target)
		}
		if err := checkPeriod(from, until); err != nil {
			return err
		}
		u.clearStatus()
		u.Disabled = target == "disabled"
		u.DisableReason, u.TemporarilyDisabledFrom, u.TemporarilyDisabledUntil = reason, from, until
		return nil
	})
}

func checkPeriod(from, until *time.Time) error {
	if from == nil && until == nil {
		return nil
	}
	if from == nil || until == nil || !from.Before(*until) {
		return &apiError{
			Name: "Invalid", Reason: "InvalidAccountStatusTransition",
			Message: "the start timestamp of temporarily disabled period must be less than the end timestamp of temporarily disabled period",
		}
	}
	return nil
}

func (s *store) reenable(id string) (*User, error) {
	return s.update(id, func(u *User) error {
		status := u.statusName(s.clock())
		if status != "disabled" && status != "disabled_temporarily" {
			return invalidTransition(status, "normal")
		}
		u.clearStatus()
		return nil
	})
}

// scheduleDeletion disables the user and sets the day of deletion.
func (s *store) scheduleDeletion(id, reason string) (*User, error) {
	return s.update(id, func(u *User) error {
		now := s.clock()
		status := u.statusName(now)
		if u.DeleteAt != nil {
			return invalidTransition(status, "scheduled_deletion_disabled")
		}
		u.clearStatus()
		u.Disabled, u.DeleteReason, u.DeleteAt = true, &reason, new(now.Add(deletionGrace))
		return nil
	})
}

func (s *store) unscheduleDeletion(id string) (*User, error) {
	return s.update(id, func(u *User) error {
		if u.DeleteAt == nil {
			return invalidTransition(u.statusName(s.clock()), "normal")
		}
		u.clearStatus()
		return nil
	})
}

// setValidPeriod sets when the account may be used; the API always moves updatedAt with it.
func (s *store) setValidPeriod(id string, from, until *time.Time) (*User, error) {
	return s.update(id, func(u *User) error {
		if u.Anonymized {
			return invalidTransition("anonymized", "normal")
		}
		u.AccountValidFrom, u.AccountValidUntil = from, until
		u.UpdatedAt = s.clock()
		return nil
	})
}

// anonymize takes everything personal from a user; the id and the times stay.
func (s *store) anonymize(id string) (*User, error) {
	return s.update(id, func(u *User) error {
		if u.Anonymized {
			return invalidTransition("anonymized", "anonymized")
		}
		*u = User{
			ID: u.ID, CreatedAt: u.CreatedAt, UpdatedAt: s.clock(),
			LastLoginAt: u.LastLoginAt, PreviousLoginAt: u.PreviousLoginAt,
			AccountValidFrom: u.AccountValidFrom, AccountValidUntil: u.AccountValidUntil,
			Disabled: true, Anonymized: true,
		}
		return nil
	})
}

// replaceProfile sets the attributes as a whole: what is not given is gone.
// nil leaves one of the two alone. Emails, phone numbers and usernames that no
// identity of the user owns are refused; those owned but left out come back.
func (s *store) replaceProfile(id string, standard, custom map[string]any) (*User, error) {
	return s.update(id, func(u *User) error {
		if u.Anonymized {
			return &apiError{Name: "Forbidden", Reason: "AnonymizedUser", Message: "user is anonymized"}
		}
		if standard != nil {
			if err := checkOwned(u, standard); err != nil {
				return err
			}
			u.StandardAttributes = cloneObject(standard)
			populateAttributes(u)
		}
		if custom != nil {
			u.CustomAttributes = cloneObject(custom)
		}
		u.UpdatedAt = s.clock() // moves even when nothing differs
		return nil
	})
}

// checkOwned fails as the real server does, whose own error for this is not
// meant for clients and shows as "unexpected error".
func checkOwned(u *User, standard map[string]any) error {
	for _, name := range []string{"email", "phone_number", "preferred_username"} {
		value, ok := standard[name].(string)
		owns := func(i Identity) bool { return i.ownedClaim(name) == value }
		if ok && !slices.ContainsFunc(u.Identities, owns) {
			return fmt.Errorf("set attribute %s: no identity of the user owns the value", name)
		}
	}
	return nil
}

// setLoginID gives the user's login ID of a key (email, phone, username)
// another value, or a first one. The old value's verification goes with it.
func (s *store) setLoginID(id, key, value string) (*User, error) {
	if !s.loginIDEnabled(key) {
		return nil, fmt.Errorf("set login ID %q: the project has only %v", key, s.loginIDs)
	}
	normalized, err := normalizeLoginID(key, value)
	if err != nil {
		return nil, fmt.Errorf("set login ID %s: %w", key, err)
	}
	return s.update(id, func(u *User) error {
		at := slices.IndexFunc(u.Identities, func(i Identity) bool { return i.LoginID != nil && i.LoginID.Key == key })
		if at < 0 {
			u.Identities = append(u.Identities, loginIDIdentity(key, value))
			return nil
		}
		identity := &u.Identities[at]
		old := Claim{Name: loginIDClaim(key), Value: identity.LoginID.Value}
		u.VerifiedClaims = slices.DeleteFunc(u.VerifiedClaims, func(c Claim) bool { return c == old })
		identity.LoginID.Value, identity.LoginID.OriginalValue = normalized, value
		identity.Claims[loginIDClaim(key)] = normalized
		identity.UpdatedAt = s.clock()
		return nil
	})
}
