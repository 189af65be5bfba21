package userimport

import (
	"slices"

	usersync "usersync/sync"
)

// claims are which row each user is meant by, in some 23 bytes a user, where a map
// takes twice that: 5 million users are 115 MB.
type claims struct {
	// buckets hold the users whose ids end in the same bits, sorted.
	buckets [1 << claimBits][]claim
}

const claimBits = 12

type claim struct {
	user usersync.ID
	row  uint32
}

// take claims a user for a row, unless another row has them, which it then tells.
func (c *claims) take(user usersync.ID, row int) (other int, taken bool) {
	last := len(user) - 1
	bucket := &c.buckets[(int(user[last-1])<<8|int(user[last]))%len(c.buckets)]
	i, taken := slices.BinarySearchFunc(*bucket, user, func(entry claim, id usersync.ID) int { return compareIDs(entry.user, id) })
	if taken {
		return int((*bucket)[i].row), true
	}
	*bucket = slices.Insert(*bucket, i, claim{user, uint32(row)}) //nolint:gosec // no table has so many rows
	return 0, false
}
