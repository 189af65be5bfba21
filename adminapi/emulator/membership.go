package emulator

import "slices"

// assign gives a user roles (or groups). Keys the user has already stay where
// they are, an unknown key refuses the whole.
func (s *store) assign(kind, userID string, keys []string) error {
	if unknown := s.table(kind).unknown(keys); len(unknown) > 0 {
		return unknownKeys(title(kind)+"UnknownKeys", "unknown "+kind+" keys", unknown)
	}
	_, err := s.update(userID, func(u *User) error {
		held := u.keys(kind)
		for _, key := range keys {
			if !slices.Contains(held, key) {
				held = append(held, key)
			}
		}
		u.setKeys(kind, held)
		return nil
	})
	return err
}

// unassign takes roles (or groups) from a user; those not held do not matter.
func (s *store) unassign(kind, userID string, keys []string) error {
	if unknown := s.table(kind).unknown(keys); len(unknown) > 0 {
		return unknownKeys(title(kind)+"UnknownKeys", "unknown "+kind+" keys", unknown)
	}
	_, err := s.update(userID, func(u *User) error {
		u.setKeys(kind, slices.DeleteFunc(u.keys(kind), func(k string) bool { return slices.Contains(keys, k) }))
		return nil
	})
	return err
}

// assignMany gives one role (or group) to several users, or takes it away, and
// leaves one event for all of them.
func (s *store) assignMany(kind, key string, userIDs []string, give bool) error {
	row := s.table(kind).byKey(key)
	if row == nil {
		return keyedNotFound(kind)
	}
	var unknown []string
	for _, id := range userIDs {
		if _, err := s.find(id); err != nil {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return &apiError{
			Name: "NotFound", Reason: "UserUnknownKeys", Message: "unknown user ids",
			Info: map[string]any{"ids": unknown},
		}
	}
	change, mutation := s.assign, "add_"+kind+"_to_users"
	if !give {
		change, mutation = s.unassign, "remove_"+kind+"_from_users"
	}
	quiet := s.quiet
	s.quiet = true // the users' own events are not written, only the one below
	defer func() { s.quiet = quiet }()
	for _, id := range userIDs {
		if err := change(kind, id, []string{key}); err != nil {
			return err
		}
	}
	s.quiet = quiet
	payload := map[string]any{"user_ids": userIDs}
	if kind == "role" {
		payload["role_key"] = key
	} else {
		payload["group_id"] = row.id
	}
	s.log(adminEvent(mutation), "", payload)
	return nil
}
