package emulator

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
)

// uuid is a user's id in 16 bytes: a million users are kept by it, and their
// spelling (36 bytes) is only made when someone asks.
type uuid [16]byte

// parseUUID reads the canonical lower or upper case form with hyphens.
func parseUUID(s string) (uuid, error) {
	var id uuid
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, fmt.Errorf("read id %q: not a UUID", s)
	}
	compact := make([]byte, 0, 32)
	compact = append(compact, s[0:8]...)
	compact = append(compact, s[9:13]...)
	compact = append(compact, s[14:18]...)
	compact = append(compact, s[19:23]...)
	compact = append(compact, s[24:36]...)
	if _, err := hex.Decode(id[:], compact); err != nil {
		return uuid{}, fmt.Errorf("read id %q: not a UUID", s)
	}
	return id, nil
}

// newUUID makes a version 4 UUID from a seeded source, so that a run can be repeated.
func newUUID(r *rand.Rand) uuid {
	var id uuid
	hi, lo := r.Uint64(), r.Uint64()
	for i := range 8 {
		id[i] = byte(hi >> (8 * i))
		id[8+i] = byte(lo >> (8 * i))
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

func (id uuid) String() string {
	var out [36]byte
	hex.Encode(out[0:8], id[0:4])
	out[8] = '-'
	hex.Encode(out[9:13], id[4:6])
	out[13] = '-'
	hex.Encode(out[14:18], id[6:8])
	out[18] = '-'
	hex.Encode(out[19:23], id[8:10])
	out[23] = '-'
	hex.Encode(out[24:36], id[10:16])
	return string(out[:])
}
