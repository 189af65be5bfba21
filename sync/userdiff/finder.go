package userdiff

import (
	"bytes"

	usersync "usersync/sync"
)

// A finder finds users by their keys, asked for in order.
type finder struct {
	groups *groupReader
	group  *group
	fields usersync.FieldSet
}

func newFinder(of *sorter, fields usersync.FieldSet) (*finder, error) {
	groups, err := newGroupReader(of)
	if err != nil {
		return nil, err
	}
	f := &finder{groups: groups, fields: fields}
	f.group, err = groups.next()
	return f, err
}

// find is the user with the key, or nil, and passes over those before.
func (f *finder) find(key []byte) (u *usersync.User, err error) {
	for f.group != nil && bytes.Compare(f.group.key, key) < 0 {
		if f.group, err = f.groups.next(); err != nil {
			return nil, err
		}
	}
	if f.group == nil || !bytes.Equal(f.group.key, key) {
		return nil, nil //nolint:nilnil // nobody
	}
	return usersync.UserFromJSON(f.group.value, f.fields)
}
