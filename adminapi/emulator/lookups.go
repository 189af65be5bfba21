package emulator

import "slices"

// usersByAttribute finds those who own a normalised email, phone number or
// username; there can be several where an OAuth account brought the claim.
func (s *store) usersByAttribute(attribute, value string) ([]*User, error) {
	loginIDType, ok := loginIDTypeOfAttribute(attribute)
	if !ok {
		return nil, invalidLookup("attributeName must be email, phone_number or preferred_username")
	}
	normalized, err := normalizeLoginID(loginIDType, value)
	if err != nil {
		return nil, invalidLookup("invalid attributeValue")
	}
	users := []*User{}
	for _, r := range s.holders(claimKey(attribute, normalized)) {
		users = append(users, r.load())
	}
	return users, nil
}

// userByLoginID returns nil when nobody has the login ID.
func (s *store) userByLoginID(key, value string) (*User, error) {
	if !s.loginIDEnabled(key) {
		return nil, invalidLookup("invalid Login ID key")
	}
	normalized, err := normalizeLoginID(key, value)
	if err != nil {
		return nil, invalidLookup("invalid Login ID value")
	}
	for _, r := range s.holders(claimKey(loginIDClaim(key), normalized)) {
		u := r.load()
		owns := func(i Identity) bool {
			return i.LoginID != nil && i.LoginID.Key == key && i.LoginID.Value == normalized
		}
		if slices.ContainsFunc(u.Identities, owns) {
			return u, nil
		}
	}
	return nil, nil
}

// userByOAuth returns nil when nobody has connected the account.
func (s *store) userByOAuth(alias, subject string) (*User, error) {
	if !slices.Contains(oauthAliases(), alias) {
		return nil, invalidLookup("invalid OAuth provider alias")
	}
	for _, r := range s.holders(oauthKey(alias, subject)) {
		return r.load(), nil
	}
	return nil, nil
}

// users returns the present state of users by id, nil for those who are gone.
func (s *store) users(ids []uuid) []*User {
	out := make([]*User, len(ids))
	for i, id := range ids {
		if r, ok := s.byID[id]; ok {
			out[i] = r.load()
		}
	}
	return out
}
