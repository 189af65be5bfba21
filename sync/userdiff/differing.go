package userdiff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	usersync "usersync/sync"
)

// sides says which of both sides have somebody.
type sides byte

func on(i int) sides { return 1 << i }

// A differing is the keys of those who differ, in order, each with the sides that
// have it.
type differing struct {
	keys   sorter
	filter filter
}

func (d *differing) add(key []byte, found sides) error {
	d.filter.add(key)
	return d.keys.add(record{key: key, value: []byte{byte(found)}})
}

// choose finds who differs among the sorted fingerprints of both sides.
func (c *comparison) choose(ctx context.Context, indexes *[2]sorter) error {
	c.report.A.Users, c.report.B.Users = 0, 0
	var readers [2]*groupReader
	var groups [2]*group
	for i := range readers {
		var err error
		if readers[i], err = newGroupReader(&indexes[i]); err == nil {
			groups[i], err = readers[i].next()
		}
		if err != nil {
			return err
		}
	}
	for groups[0] != nil || groups[1] != nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := least(groups)
		if err := c.judge(now); err != nil {
			return err
		}
		for i, g := range now {
			if g == nil {
				continue
			}
			var err error
			if groups[i], err = readers[i].next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// least is what the sides have under the key that comes first.
func least(groups [2]*group) [2]*group {
	switch {
	case groups[0] == nil || groups[1] == nil:
	case bytes.Compare(groups[0].key, groups[1].key) < 0:
		groups[1] = nil
	case bytes.Compare(groups[0].key, groups[1].key) > 0:
		groups[0] = nil
	}
	return groups
}

// judge says what becomes of those who have a key.
func (c *comparison) judge(groups [2]*group) error {
	var found sides
	shared, keyless := false, false
	for i, g := range groups {
		if g == nil {
			continue
		}
		side, report := c.side(i)
		if side.Once && g.again && c.Key == nil {
			return fmt.Errorf("user %s is twice in %c", usersync.ID(g.key), 'A'+i)
		}
		report.Users += g.users
		found |= on(i)
		shared = shared || g.users > 1
		keyless = len(g.key) == 0
	}
	if !shared && !keyless {
		if found == on(0)|on(1) && bytes.Equal(groups[0].value, groups[1].value) {
			c.report.Alike++
			return nil
		}
		for _, g := range groups {
			if g != nil {
				return c.differing.add(g.key, found)
			}
		}
	}
	for i, g := range groups {
		_, report := c.side(i)
		switch {
		case g == nil:
		case keyless:
			report.Keyless += g.users
		default:
			// A counterpart of several is as little matched as these.
			report.Doubles += g.users
		}
	}
	return nil
}

// A filter tells keys that may have been added from those that have not. It stays
// as large as it is: the more are added, the more others look alike.
type filter struct {
	seed maphash.Seed
	bits []uint64
}

const filterBits = 1 << 25 // 4 MB; of a million keys, one in 33 others looks alike

func (f *filter) place(key []byte) (word int, bit uint64) {
	sum := maphash.Bytes(f.seed, key) % filterBits
	return int(sum / 64), 1 << (sum % 64)
}

func (f *filter) add(key []byte) {
	if f.bits == nil {
		f.seed, f.bits = maphash.MakeSeed(), make([]uint64, filterBits/64)
	}
	word, bit := f.place(key)
	f.bits[word] |= bit
}

func (f *filter) mayHave(key []byte) bool {
	word, bit := f.place(key)
	return f.bits[word]&bit != 0
}

// closing adds to an error those of closing sorters.
func closing(err error, sorters ...*sorter) error {
	for _, s := range sorters {
		err = errors.Join(err, s.close())
	}
	return err
}
