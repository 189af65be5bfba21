package usersync

import (
	"bytes"
	"encoding/hex"
	"errors"
)

// ID identifies a user: the UUID that Authgear calls sub in tokens and exports.
type ID [16]byte

var errNotUUID = errors.New("not a UUID")

// ParseID reads the usual 36-character spelling of a UUID, in either case. The
// error does not show the text, which may be anything of anybody's.
func ParseID(text string) (ID, error) {
	var id ID
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return ID{}, errNotUUID
	}
	digits := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return ID{}, errNotUUID
	}
	return id, nil
}

// String spells the id as Authgear does: lower case, with hyphens.
func (id ID) String() string {
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	text[8] = '-'
	hex.Encode(text[9:13], id[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], id[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], id[8:10])
	text[23] = '-'
	hex.Encode(text[24:], id[10:])
	return string(text[:])
}

// MarshalText spells the id, so that JSON and logs show it readably.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

func compareIDs(a, b ID) int { return bytes.Compare(a[:], b[:]) }
