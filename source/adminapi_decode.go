package source

import (
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// A reader reads one field's value from a user as the Admin API sends it: of the
// Go type that the field's kind names, or nil for none.
type reader func(*adminapi.User) any

// A decoder turns users as the Admin API sends them into the engine's, which
// have the names and forms of Authgear's export.
type decoder struct {
	steps []step
}

type step struct {
	field *usersync.Field
	read  reader
}

func newDecoder(set usersync.FieldSet) decoder {
	named := readers()
	var d decoder
	for f := range set.All() {
		read, found := named[f.Name]
		if !found && f.From == standardAttributes {
			read = standard(f)
		}
		d.steps = append(d.steps, step{f, read})
	}
	return d
}

// decode reads a user. It fails on an id that is no UUID, which it shows.
func (d decoder) decode(u *adminapi.User) (*usersync.User, error) {
	id, err := usersync.ParseID(u.ID)
	if err != nil {
		return nil, err
	}
	decoded := usersync.NewUser(id)
	for _, step := range d.steps {
		if value := step.read(u); value != nil {
			decoded.Set(step.field, value)
		}
	}
	return decoded, nil
}

func (d decoder) decodeAll(users []*adminapi.User) ([]*usersync.User, error) {
	decoded := make([]*usersync.User, len(users))
	for i, u := range users {
		if u == nil {
			continue
		}
		var err error
		if decoded[i], err = d.decode(u); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

// readers has an entry for every field that is not the standard attribute of the
// same name.
func readers() map[string]reader {
	return map[string]reader{
		"custom_attributes":          func(u *adminapi.User) any { return u.CustomAttributes },
		"roles":                      func(u *adminapi.User) any { return u.Roles },
		"groups":                     func(u *adminapi.User) any { return u.Groups },
		"disabled":                   func(u *adminapi.User) any { return u.IsDisabled },
		"created_at":                 func(u *adminapi.User) any { return u.CreatedAt },
		"delete_at":                  func(u *adminapi.User) any { return pointed(u.DeleteAt) },
		"last_login_at":              func(u *adminapi.User) any { return pointed(u.LastLoginAt) },
		"is_anonymized":              func(u *adminapi.User) any { return u.IsAnonymized },
		"anonymize_at":               func(u *adminapi.User) any { return pointed(u.AnonymizeAt) },
		"temporarily_disabled_from":  func(u *adminapi.User) any { return pointed(u.TemporarilyDisabledFrom) },
		"temporarily_disabled_until": func(u *adminapi.User) any { return pointed(u.TemporarilyDisabledUntil) },
		"account_valid_from":         func(u *adminapi.User) any { return pointed(u.AccountValidFrom) },
		"account_valid_until":        func(u *adminapi.User) any { return pointed(u.AccountValidUntil) },
		"identities":                 identities,
		"biometric_count":            identityCount(biometric),
		"passkey_count":              identityCount(passkey),
		"updated_at":                 func(u *adminapi.User) any { return u.UpdatedAt },
		"is_anonymous":               func(u *adminapi.User) any { return u.IsAnonymous },
		"is_deactivated":             func(u *adminapi.User) any { return u.IsDeactivated },
		"disable_reason":             func(u *adminapi.User) any { return pointed(u.DisableReason) },
		"delete_reason":              func(u *adminapi.User) any { return pointed(u.DeleteReason) },
		"mfa_grace_period_end_at":    func(u *adminapi.User) any { return pointed(u.MFAGracePeriodEndAt) },
		"formatted_name":             func(u *adminapi.User) any { return pointed(u.FormattedName) },
		"end_user_account_id":        func(u *adminapi.User) any { return pointed(u.EndUserAccountID) },
		"verified_claims":            verifiedClaims,
		otherAttributes:              others,
	}
}

func pointed[T string | time.Time](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

func verifiedClaims(u *adminapi.User) any {
	var list []any
	for _, claim := range u.VerifiedClaims {
		list = append(list, map[string]any{"name": claim.Name, "value": claim.Value})
	}
	return list
}
