package emulator

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Changes of users, each inside a transaction. The events that a change leaves
// in the audit log are found by comparing the user before and after.

// create stores a new user and returns the id.
func (s *store) create(u *User) (string, error) {
	u = u.Clone()
	now := s.clock()
	if u.ID == "" {
		u.ID = newUUID(s.random).String()
	}
	if u.CreatedAt.IsZero() {
		u.CreatedAt = now
	}
	if u.UpdatedAt.IsZero() {
		u.UpdatedAt = u.CreatedAt
	}
	s.completeIdentities(u)
	u.normalize()
	if err := s.checkDuplicates(u); err != nil {
		return "", err
	}
	populateAttributes(u)
	if err := s.ensureKeys(u); err != nil {
		return "", err
	}
	if err := s.add(u); err != nil {
		return "", err
	}
	s.logUser("user.created", u, map[string]any{"identities": identityForms(u.Identities)})
	return u.ID, nil
}

// update changes a user by edit and moves UpdatedAt when that must move. An
// error of edit is returned as it is.
func (s *store) update(id string, edit func(*User) error) (*User, error) {
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	before := r.load()
	after := before.Clone()
	if err := edit(after); err != nil {
		return nil, err
	}
	if after.ID != before.ID || !after.CreatedAt.Equal(before.CreatedAt) {
		return nil, fmt.Errorf("update user %s: id and creation time never change", id)
	}
	s.completeIdentities(after)
	after.normalize()
	if err := s.ensureKeys(after); err != nil {
		return nil, err
	}
	profileEdited := profileDiffers(before, after)
	if !reflect.DeepEqual(before.Identities, after.Identities) {
		if err := s.checkDuplicates(after); err != nil {
			return nil, err
		}
		populateAttributes(after)
	}
	if after.UpdatedAt.Equal(before.UpdatedAt) && movesUpdatedAt(before, after) {
		after.UpdatedAt = s.clock()
	}
	s.replace(r, after)
	if profileEdited && before.Anonymized == after.Anonymized {
		// Attributes that only follow their identities leave no such event.
		s.logUser("user.profile.updated", after, nil)
	}
	s.logDifference(before, after)
	return after, nil
}

// movesUpdatedAt tells whether attributes or the disabled or deletion status
// differ. Roles, groups, identities, verified claims and logins do not count.
func movesUpdatedAt(a, b *User) bool {
	return profileDiffers(a, b) || !reflect.DeepEqual(statusOf(a), statusOf(b))
}

func profileDiffers(a, b *User) bool {
	return !reflect.DeepEqual(a.StandardAttributes, b.StandardAttributes) ||
		!reflect.DeepEqual(a.CustomAttributes, b.CustomAttributes)
}

// statusOf is a copy with nothing but the account's status.
func statusOf(u *User) User {
	return User{
		Disabled: u.Disabled, Deactivated: u.Deactivated, DisableReason: u.DisableReason,
		TemporarilyDisabledFrom: u.TemporarilyDisabledFrom, TemporarilyDisabledUntil: u.TemporarilyDisabledUntil,
		AccountValidFrom: u.AccountValidFrom, AccountValidUntil: u.AccountValidUntil,
		DeleteAt: u.DeleteAt, DeleteReason: u.DeleteReason, AnonymizeAt: u.AnonymizeAt, Anonymized: u.Anonymized,
	}
}

// delete takes a user out for good.
func (s *store) delete(id string) (*User, error) {
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	u := r.load()
	s.drop(r)
	s.haunt(u)
	s.logUser("user.deleted", u, nil)
	return u, nil
}

// completeIdentities gives new identities an id and times.
func (s *store) completeIdentities(u *User) {
	for i := range u.Identities {
		identity := &u.Identities[i]
		if identity.ID == "" {
			identity.ID = newUUID(s.random).String()
		}
		if identity.CreatedAt.IsZero() {
			identity.CreatedAt = s.clock()
		}
		if identity.UpdatedAt.IsZero() {
			identity.UpdatedAt = identity.CreatedAt
		}
		identity.CreatedAt, identity.UpdatedAt = databaseTime(identity.CreatedAt), databaseTime(identity.UpdatedAt)
	}
}

// checkDuplicates refuses a user one of whose claims another user owns.
func (s *store) checkDuplicates(u *User) error {
	for _, key := range claimsOf(u.Identities) {
		for _, holder := range s.holders(key) {
			other := holder.load()
			if other.ID == u.ID {
				continue
			}
			return duplicated(identityHolding(u, key), identityHolding(other, key))
		}
	}
	return nil
}

func identityHolding(u *User, key string) *Identity {
	for i := range u.Identities {
		if slices.Contains(claimsOf(u.Identities[i:i+1]), key) {
			return &u.Identities[i]
		}
	}
	return &Identity{}
}

// duplicated tells of both identities what kind they are, not whose.
func duplicated(incoming, existing *Identity) *apiError {
	info := map[string]any{}
	describe := func(which string, i *Identity) {
		info["IdentityType"+which] = strings.ToLower(string(i.Type))
		if i.LoginID != nil {
			info["LoginIDType"+which] = i.LoginID.Type
		}
		if i.OAuth != nil {
			info["OAuthProviderType"+which] = i.OAuth.ProviderType
		}
	}
	describe("Incoming", incoming)
	describe("Existing", existing)
	return invariantViolated("DuplicatedIdentity", "identity already exists", info)
}

// populateAttributes keeps email, phone_number and preferred_username among
// what the identities own, as the real server does after every change of
// identities: a value that nobody owns goes, a missing one is taken from the
// newest identity that has it.
func populateAttributes(u *User) {
	for _, name := range []string{"email", "phone_number", "preferred_username"} {
		var owned []string
		for _, i := range slices.Backward(u.Identities) {
			if value := i.ownedClaim(name); value != "" {
				owned = append(owned, value)
			}
		}
		if value, ok := u.StandardAttributes[name].(string); ok && slices.Contains(owned, value) {
			continue
		}
		delete(u.StandardAttributes, name)
		if len(owned) > 0 {
			u.StandardAttributes[name] = owned[0]
		}
	}
}
