package userimport

import (
	"slices"

	usersync "usersync/sync"
)

// An update is a row that is to change somebody, who must not have changed since.
type update struct {
	row  uint32
	user usersync.ID
	seen usersync.Fingerprint // of the user when the row was planned
}

// updates are those of a plan, in the order of the rows: 36 bytes each, in pieces,
// as room for millions in one would be taken twice while it grows.
type updates struct{ pieces [][]update }

const updatesInPiece = 4096

// add takes the update by the next row that is one.
func (u *updates) add(row int, user usersync.ID, seen usersync.Fingerprint) {
	if last := len(u.pieces) - 1; last < 0 || len(u.pieces[last]) == updatesInPiece {
		u.pieces = append(u.pieces, make([]update, 0, updatesInPiece))
	}
	last := &u.pieces[len(u.pieces)-1]
	*last = append(*last, update{row: uint32(row), user: user, seen: seen}) //nolint:gosec // no table has so many rows
}

// of is that of a row which is to change somebody.
func (u *updates) of(row int) update {
	byRow := func(entry update, row int) int { return int(entry.row) - row }
	i, first := slices.BinarySearchFunc(u.pieces, row, func(piece []update, row int) int { return byRow(piece[0], row) })
	if !first {
		i--
	}
	at, _ := slices.BinarySearchFunc(u.pieces[i], row, byRow)
	return u.pieces[i][at]
}

// same says whether a user is as the plan saw it.
func (u update) same(user *usersync.User) bool { return user != nil && SeenOf(user) == u.seen }
