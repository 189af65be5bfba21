package usersync

import (
	"crypto/sha256"
	"sync"
)

// FingerprintVersion counts the ways in which fingerprints have been made. A
// mirror stores it beside them; where it differs they are made anew from the
// mirror's columns, so that a new release makes nobody look changed.
const FingerprintVersion = 1

// A Fingerprint stands for all that is known of a user: users with equal
// fingerprints are taken to be equal. It is the first half of a SHA-256, so two
// users among ten million would share one by chance once in 10^24 projects.
type Fingerprint [16]byte

// FingerprintOf is the fingerprint of a user over the fields of a set.
func FingerprintOf(u *User, set FieldSet) Fingerprint {
	buffer := canonicalBuffers.Get().(*[]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer canonicalBuffers.Put(buffer)
	*buffer = appendCanonical((*buffer)[:0], u, set)
	sum := sha256.Sum256(*buffer)
	return Fingerprint(sum[:16])
}

//nolint:gochecknoglobals // a pool is shared by its nature
var canonicalBuffers = sync.Pool{New: func() any { return new([]byte) }}
