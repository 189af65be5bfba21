package emulator

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/secure/precis"
)

// newLoginID makes a login ID as a person typed it, if the project allows it
// *(source: loginid/checker.go; the list of reserved usernames is not here)*.
func (s *store) newLoginID(key, value string) (Identity, error) {
	value = strings.TrimSpace(value)
	if c := s.checkLoginID(key, value); c != nil {
		c.Location = "/login_id"
		return Identity{}, validationFailed("invalid login ID", []cause{*c})
	}
	if _, err := normalizeLoginID(key, value); err != nil {
		return Identity{}, err
	}
	return loginIDIdentity(key, value), nil
}

// asciiUsername is what usernames are made of in a project that has not changed it.
var asciiUsername = regexp.MustCompile(`^[a-zA-Z0-9_\-.]*$`)

func (s *store) checkLoginID(key, value string) *cause {
	longest := map[string]int{"email": 320, "phone": 40, "username": 40}[key]
	malformed := &cause{Kind: "format", Details: map[string]any{"format": key}}
	switch {
	case !s.loginIDEnabled(key):
		return &cause{Kind: "general", Details: map[string]any{"msg": "login ID key is not allowed"}}
	case len(value) > longest:
		return &cause{Kind: "maxLength", Details: map[string]any{"expected": longest, "actual": len(value)}}
	case value == "":
		return &cause{Kind: "required"}
	case key == "email" && checkEmail(value) != nil, key == "phone" && checkPhone(value) != nil:
		return malformed
	case key == "username":
		if _, err := precis.NewIdentifier(precis.FoldCase()).String(value); err != nil || !asciiUsername.MatchString(value) {
			return malformed
		}
	}
	return nil
}

// checkDuplicate refuses an identity one of whose claims another user has.
func (s *store) checkDuplicate(userID string, identity *Identity) error {
	for _, key := range claimsOf([]Identity{*identity}) {
		for _, holder := range s.holders(key) {
			other := holder.load()
			if other.ID != userID {
				return duplicated(identity, identityHolding(other, key))
			}
		}
	}
	return nil
}

// updateIdentities changes the login IDs other than the identifier.
func (r *importRecord) updateIdentities(u *User, identifier string) error {
	for _, key := range loginIDKeys() {
		name := loginIDClaim(key)
		value, ok := r.text(name)
		if !ok || name == identifier {
			continue
		}
		change := r.setLoginID
		if value == nil {
			change, value = r.removeLoginID, new(string)
		}
		if err := change(u, key, *value); err != nil {
			return err
		}
	}
	return nil
}

// setLoginID changes the user's login ID of a key, or adds one.
func (r *importRecord) setLoginID(u *User, key, value string) error {
	identity, err := r.store.newLoginID(key, value)
	if err != nil {
		return err
	}
	if err := r.store.checkDuplicate(u.ID, &identity); err != nil {
		return err
	}
	identity.CreatedAt, identity.UpdatedAt = r.at, r.at
	at := slices.IndexFunc(u.Identities, func(i Identity) bool { return i.LoginID != nil && i.LoginID.Key == key })
	if at < 0 {
		u.Identities = append(u.Identities, identity)
		return nil
	}
	identity.ID, identity.CreatedAt = u.Identities[at].ID, u.Identities[at].CreatedAt
	u.Identities[at] = identity
	u.dropOrphanedClaims()
	return nil
}

// removeLoginID takes the user's login ID of a key away. As everywhere, nobody
// may be left with a login ID and nothing to log in with
// *(source: coordinator.go, IdentityDelete)*.
func (r *importRecord) removeLoginID(u *User, key, _ string) error {
	before := len(u.Identities)
	u.Identities = slices.DeleteFunc(u.Identities, func(i Identity) bool { return i.LoginID != nil && i.LoginID.Key == key })
	if len(u.Identities) == before {
		return nil
	}
	u.dropOrphanedClaims()
	identifiable := func(i Identity) bool { return i.Type == IdentityLoginID || i.Type == IdentityOAuth }
	if !slices.ContainsFunc(u.Identities, identifiable) {
		return invariantViolated("RemoveLastIdentity", "cannot remove last identity", nil)
	}
	passkey := func(i Identity) bool { return i.Type == IdentityPasskey }
	if !u.NoAuthenticator || slices.ContainsFunc(u.Identities, passkey) {
		return nil
	}
	for _, i := range u.Identities {
		if i.LoginID != nil {
			return invariantViolated("RemoveLastPrimaryAuthenticator",
				"cannot remove last primary authenticator for identity", map[string]any{"identity_id": i.ID})
		}
	}
	return nil
}

// dropOrphanedClaims forgets that claims were verified which the user has no
// more, neither as an identity nor as a second factor.
func (u *User) dropOrphanedClaims() {
	u.VerifiedClaims = slices.DeleteFunc(u.VerifiedClaims, func(c Claim) bool {
		owned := func(i Identity) bool { return i.ownedClaim(c.Name) == c.Value }
		return !slices.Contains(*u.factors(c.Name), c.Value) && !slices.ContainsFunc(u.Identities, owned)
	})
}
