package userimport

import (
	"time"

	usersync "usersync/sync"
)

// SeenOf is what an [Item]'s Seen is of a user who was read: the fingerprint over
// [Settable].
func SeenOf(user *usersync.User) usersync.Fingerprint { return fingerprint(user) }

// EffectAt is [EffectOf] of a user who was read at a time, by Authgear's clock: by
// it an account that is disabled within its valid period is told from one that is
// outside of it.
func EffectAt(record Record, user *usersync.User, identifier Identifier, at time.Time) Effect {
	c := &comparing{record: record, user: user, identifier: identifier, at: at}
	c.compare()
	return c.effect
}
