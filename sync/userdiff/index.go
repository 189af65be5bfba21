package userdiff

import (
	"context"
	"fmt"

	usersync "usersync/sync"
)

// index reads a side for fingerprints. Whoever is yielded again counts as it was
// yielded last.
func (c *comparison) index(ctx context.Context, i int) error {
	side, report := c.side(i)
	var census usersync.Census
	var others *strangers // while users go by another key than their ids
	if c.Key != nil {
		others = newStrangers()
	}
	for u, err := range side.Users.Users(ctx, c.fields, &census) {
		if err != nil {
			return err
		}
		k, _, has := c.keyOf(u)
		e := c.entries[k]
		if others != nil {
			e.double[i] = others.meet(k, has, u.ID) || e.double[i]
			report.Users = len(others.met)
		} else if !e.sides[i] {
			report.Users++
		}
		if has {
			e.sides[i], e.prints[i] = true, c.print(u)
			c.entries[k] = e
		}
		c.progress(readingSide(i), report.Users, census.TotalStart)
	}
	report.Complete = census.Complete
	if others != nil {
		report.Keyless, report.Doubles = len(others.keyless), len(others.doubles)
	}
	return nil
}

func readingSide(i int) string { return fmt.Sprintf("reading users of %c", 'A'+i) }

// strangers tells users of one side apart that do not go by their ids.
type strangers struct {
	met, keyless, doubles map[usersync.ID]struct{}
	owners                map[key]usersync.ID
}

func newStrangers() *strangers {
	return &strangers{
		met: make(map[usersync.ID]struct{}), keyless: make(map[usersync.ID]struct{}), doubles: make(map[usersync.ID]struct{}),
		owners: make(map[key]usersync.ID),
	}
}

// meet notes a user, and says whether somebody else of the side has the same key.
func (s *strangers) meet(k key, has bool, id usersync.ID) (double bool) {
	s.met[id] = struct{}{}
	if !has {
		s.keyless[id] = struct{}{}
		return false
	}
	owner, owned := s.owners[k]
	if !owned {
		s.owners[k] = id
		return false
	}
	if owner == id {
		return false // yielded again
	}
	s.doubles[owner], s.doubles[id] = struct{}{}, struct{}{}
	return true
}

// keyOf is a user's key, and the text that it stands for where it is not the id.
func (c *comparison) keyOf(u *usersync.User) (k key, text string, has bool) {
	if c.Key == nil {
		return key(u.ID), "", true
	}
	text, _ = u.Get(c.Key).(string)
	alone := usersync.NewUser(usersync.ID{})
	alone.Set(c.Key, text)
	return key(usersync.FingerprintOf(alone, usersync.FieldsNamed([]string{c.Key.Name}))), text, text != ""
}

// print is the fingerprint of what is compared of a user.
func (c *comparison) print(u *usersync.User) usersync.Fingerprint {
	seen := c.Scope.Of(u)
	if c.Key != nil {
		seen.ID = usersync.ID{} // another project has other ids
	}
	return usersync.FingerprintOf(seen, c.Scope.Fields)
}
