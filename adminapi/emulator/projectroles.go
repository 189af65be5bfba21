package emulator

// AddRole makes a role; the key is what users show, the name may be empty. It
// fails when the key is taken or malformed (letters, digits, ':' and '_', at
// most 40).
func (p *Project) AddRole(key, name string) error { return p.addKeyed("role", key, name) }

// AddGroup makes a group, like AddRole.
func (p *Project) AddGroup(key, name string) error { return p.addKeyed("group", key, name) }

func (p *Project) addKeyed(kind, key, name string) error {
	return p.change(func(s *store) error {
		_, err := s.addKeyed(kind, key, name, "")
		return err
	})
}

// AssignRolesToGroup gives a group roles, which its members do not show as
// their own.
func (p *Project) AssignRolesToGroup(groupKey string, roleKeys ...string) error {
	return p.change(func(s *store) error {
		group := s.groups.byKey(groupKey)
		if group == nil {
			return keyedNotFound("group")
		}
		if unknown := s.roles.unknown(roleKeys); len(unknown) > 0 {
			return unknownKeys("RoleUnknownKeys", "unknown role keys", unknown)
		}
		changed := *group
		changed.roles = s.roles.ids(roleKeys)
		s.setKeyed("group", group, &changed)
		s.log(adminEvent("add_group_to_roles"), "", map[string]any{"group_id": group.id, "role_ids": changed.roles})
		return nil
	})
}

// RenameRole gives a role another key, which its holders show from then on.
func (p *Project) RenameRole(key, newKey string) error { return p.renameKeyed("role", key, newKey) }

// RenameGroup gives a group another key, like RenameRole.
func (p *Project) RenameGroup(key, newKey string) error { return p.renameKeyed("group", key, newKey) }

func (p *Project) renameKeyed(kind, key, newKey string) error {
	return p.change(func(s *store) error {
		row := s.table(kind).byKey(key)
		if row == nil {
			return keyedNotFound(kind)
		}
		_, err := s.updateKeyed(kind, row.id, func(k *keyed) { k.key = newKey })
		return err
	})
}

// DeleteRole removes a role, from its holders too.
func (p *Project) DeleteRole(key string) error { return p.deleteKeyed("role", key) }

// DeleteGroup removes a group, from its members too.
func (p *Project) DeleteGroup(key string) error { return p.deleteKeyed("group", key) }

func (p *Project) deleteKeyed(kind, key string) error {
	return p.change(func(s *store) error {
		row := s.table(kind).byKey(key)
		if row == nil {
			return keyedNotFound(kind)
		}
		return s.deleteKeyed(kind, row.id)
	})
}
