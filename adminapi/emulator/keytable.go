package emulator

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// keyed is a role or a group: something with a key that people are assigned to.
// It is replaced, never changed in place, as readers hold on to it.
type keyed struct {
	id, key              string
	name, description    string // "" is null
	createdAt, updatedAt time.Time
	roles                []string // of a group: the ids of its roles
}

// keyTable is the table of roles, or that of groups.
type keyTable struct {
	rows []*keyed // by key
}

// roleGroupKey is what the real server accepts as a key *(source: key.go)*.
var roleGroupKey = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9:_]{0,39}$`)

func (t *keyTable) byKey(key string) *keyed {
	i, found := slices.BinarySearchFunc(t.rows, key, func(r *keyed, k string) int { return strings.Compare(r.key, k) })
	if !found {
		return nil
	}
	return t.rows[i]
}

func (t *keyTable) byID(id string) *keyed {
	i := slices.IndexFunc(t.rows, func(r *keyed) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return t.rows[i]
}

// ids returns the ids of those keys that exist.
func (t *keyTable) ids(keys []string) []string {
	out := []string{}
	for _, key := range keys {
		if row := t.byKey(key); row != nil {
			out = append(out, row.id)
		}
	}
	return out
}

// unknown returns the keys that do not exist.
func (t *keyTable) unknown(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return t.byKey(k) != nil })
}

// set replaces or adds a row; rows is copied, so that readers keep theirs.
func (t *keyTable) set(old, row *keyed) {
	rows := slices.DeleteFunc(slices.Clone(t.rows), func(r *keyed) bool { return r == old })
	if row != nil {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *keyed) int { return strings.Compare(a.key, b.key) })
	t.rows = rows
}

// table returns the table of a kind, "role" or "group".
func (s *store) table(kind string) *keyTable {
	if kind == "group" {
		return &s.groups
	}
	return &s.roles
}

// title is a kind as errors and node ids spell it.
func title(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }

func (s *store) setKeyed(kind string, old, row *keyed) {
	t := s.table(kind)
	rows := t.rows
	t.set(old, row)
	s.undo = append(s.undo, func() { t.rows = rows })
}

// addKeyed makes a role or a group.
func (s *store) addKeyed(kind, key, name, description string) (*keyed, error) {
	row, err := s.makeKeyed(kind, key, s.clock())
	if err != nil {
		return nil, err
	}
	row.name, row.description = name, description
	s.log(adminEvent("create_"+kind), "", map[string]any{kind: row.form()})
	return row, nil
}

// makeKeyed makes a role or a group of a time, and leaves no event.
func (s *store) makeKeyed(kind, key string, at time.Time) (*keyed, error) {
	if err := s.checkKey(kind, key); err != nil {
		return nil, err
	}
	row := &keyed{id: newUUID(s.random).String(), key: key, name: title(key), createdAt: at, updatedAt: at}
	s.setKeyed(kind, nil, row)
	return row, nil
}

func (s *store) checkKey(kind, key string) error {
	if !roleGroupKey.MatchString(key) {
		return &apiError{Name: "Invalid", Reason: "ValidationFailed", Message: "invalid value"}
	}
	if s.table(kind).byKey(key) != nil {
		return &apiError{Name: "BadRequest", Reason: title(kind) + "DuplicateKey", Message: "duplicate " + kind + " key"}
	}
	return nil
}

// updateKeyed changes a role or a group. A new key shows at once on all who
// hold it, and nothing says who they are: the event names nobody.
func (s *store) updateKeyed(kind, id string, edit func(*keyed)) (*keyed, error) {
	old := s.table(kind).byID(id)
	if old == nil {
		return nil, keyedNotFound(kind)
	}
	row := *old
	edit(&row)
	if row.key != old.key {
		if err := s.checkKey(kind, row.key); err != nil {
			return nil, err
		}
		s.rewriteHolders(kind, old.key, row.key)
	}
	row.updatedAt = s.clock()
	s.setKeyed(kind, old, &row)
	s.log(adminEvent("update_"+kind), "", map[string]any{"original_" + kind: old.form(), "new_" + kind: row.form()})
	return &row, nil
}

// deleteKeyed removes a role or a group from the project and from its holders.
func (s *store) deleteKeyed(kind, id string) error {
	row := s.table(kind).byID(id)
	if row == nil {
		return keyedNotFound(kind)
	}
	holders := s.rewriteHolders(kind, row.key, "")
	payload := map[string]any{kind: row.form()}
	if kind == "role" {
		payload["role_user_ids"], payload["role_group_ids"] = holders, s.withoutRole(id)
	} else {
		payload["group_user_ids"], payload["group_role_ids"] = holders, stringsOrEmpty(row.roles)
	}
	s.setKeyed(kind, row, nil)
	s.log(adminEvent("delete_"+kind), "", payload)
	return nil
}

// withoutRole takes a role away from all groups and returns their ids.
func (s *store) withoutRole(roleID string) []string {
	out := []string{}
	for _, group := range slices.Clone(s.groups.rows) {
		if slices.Contains(group.roles, roleID) {
			changed := *group
			changed.roles = slices.DeleteFunc(slices.Clone(group.roles), func(id string) bool { return id == roleID })
			s.setKeyed("group", group, &changed)
			out = append(out, group.id)
		}
	}
	return out
}

// rewriteHolders renames a key on all users who hold it ("" removes it),
// without moving their updatedAt, and returns their ids.
func (s *store) rewriteHolders(kind, key, newKey string) []string {
	ids := []string{}
	for _, r := range slices.Clone(s.order) {
		u := r.load()
		if !slices.Contains(u.keys(kind), key) {
			continue
		}
		changed := u.Clone()
		keys := slices.Clone(u.keys(kind))
		at := slices.Index(keys, key)
		if newKey == "" {
			keys = slices.Delete(keys, at, at+1)
		} else {
			keys[at] = newKey
		}
		changed.setKeys(kind, keys)
		s.replace(r, changed)
		ids = append(ids, u.ID)
	}
	return ids
}

func (u *User) keys(kind string) []string {
	if kind == "group" {
		return u.Groups
	}
	return u.Roles
}

func (u *User) setKeys(kind string, keys []string) {
	if kind == "group" {
		u.Groups = keys
		return
	}
	u.Roles = keys
}

func keyedNotFound(kind string) *apiError {
	return &apiError{Name: "NotFound", Reason: title(kind) + "NotFound", Message: kind + " not found"}
}

// form is the role or group as events carry it.
func (k *keyed) form() map[string]any {
	form := map[string]any{
		"id": k.id, "key": k.key,
		"created_at": timestamp(k.createdAt), "updated_at": timestamp(k.updatedAt),
	}
	optional := map[string]any{"name": k.name, "description": k.description}
	maps.DeleteFunc(optional, func(_ string, v any) bool { return v == "" })
	maps.Copy(form, optional)
	return form
}

// ensureKeys makes the roles and groups that a user holds and the project lacks.
func (s *store) ensureKeys(u *User) error {
	for _, kind := range []string{"role", "group"} {
		for _, key := range s.table(kind).unknown(u.keys(kind)) {
			if _, err := s.addKeyed(kind, key, title(key), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// beforehand is how long ago the roles and groups of people who are loaded were
// made.
const beforehand = 365 * 24 * time.Hour

// ensureKeysBefore is ensureKeys as if it had been done long before, with the
// rows that this left in the audit log: nobody is imported with a role that was
// not made first.
func (s *store) ensureKeysBefore(u *User) error {
	at := s.clock().Add(-beforehand)
	for _, kind := range []string{"role", "group"} {
		for _, key := range s.table(kind).unknown(u.keys(kind)) {
			row, err := s.makeKeyed(kind, key, at)
			if err != nil {
				return err
			}
			s.logAt(at, adminEvent("create_"+kind), "", map[string]any{kind: row.form()})
		}
	}
	return nil
}
