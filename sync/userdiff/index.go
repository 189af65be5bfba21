package userdiff

import (
	"bytes"
	"context"
	"fmt"

	usersync "usersync/sync"
)

// index reads a side for fingerprints.
func (c *comparison) index(ctx context.Context, i int, into *sorter) error {
	side, report := c.side(i)
	var census usersync.Census
	for u, err := range side.Users.Users(ctx, c.fields, &census) {
		if err != nil {
			return err
		}
		fingerprint := c.fingerprint(u)
		if err := into.add(record{c.keyOf(u), u.ID, fingerprint[:]}); err != nil {
			return err
		}
		report.Users++
		c.progress(readingSide(i), report.Users, census.TotalStart)
	}
	report.Complete = census.Complete
	return nil
}

func readingSide(i int) string { return fmt.Sprintf("reading users of %c", 'A'+i) }

// keyOf is a user's key; empty for a user without one.
func (c *comparison) keyOf(u *usersync.User) []byte {
	if c.Key == nil {
		return u.ID[:]
	}
	text, _ := u.Get(c.Key).(string)
	return []byte(text)
}

// fingerprint is that of what is compared of a user.
func (c *comparison) fingerprint(u *usersync.User) usersync.Fingerprint {
	seen := c.Scope.Of(u)
	if c.Key != nil {
		seen.ID = usersync.ID{} // another project has other ids
	}
	return usersync.FingerprintOf(seen, c.Scope.Fields)
}

// A group is what one side has under a key.
type group struct {
	key   []byte
	users int    // how many share it
	again bool   // whether one of them is there twice
	value []byte // of the first of them, as it was added first
}

// A groupReader reads records key by key.
type groupReader struct {
	cursor  *cursor
	current record
	more    bool
	group   group
}

func newGroupReader(of *sorter) (*groupReader, error) {
	from, err := of.read()
	if err != nil {
		return nil, err
	}
	g := &groupReader{cursor: from}
	g.current, g.more, err = from.next()
	return g, err
}

// next is the next group, if there is one, until it is called again.
func (g *groupReader) next() (found *group, err error) {
	if !g.more {
		return nil, nil //nolint:nilnil // nobody is left
	}
	g.group.key, g.group.users, g.group.again = append(g.group.key[:0], g.current.key...), 0, false
	var last usersync.ID
	for g.more && bytes.Equal(g.current.key, g.group.key) {
		switch {
		case g.group.users == 0:
			g.group.value = append(g.group.value[:0], g.current.value...)
			fallthrough
		case g.current.id != last:
			last = g.current.id
			g.group.users++
		default:
			g.group.again = true
		}
		if g.current, g.more, err = g.cursor.next(); err != nil {
			return nil, err
		}
	}
	return &g.group, nil
}
