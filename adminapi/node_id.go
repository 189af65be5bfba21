package adminapi

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// kindUser, kindIdentity, kindRole and kindGroup are the kinds of node whose
// identifiers this package reads.
const (
	kindUser     = "User"
	kindIdentity = "Identity"
	kindRole     = "Role"
	kindGroup    = "Group"
)

const offsetPrefix = "offset:"

// NodeID is the GraphQL node ID of the user with the given uuid: unpadded
// base64url of "User:" and the uuid, as a running server was seen to write it.
func NodeID(uuid string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kindUser + ":" + uuid))
}

// ParseNodeID takes a GraphQL node ID apart into the kind of the node ("User",
// "Role", "Identity", …) and its uuid. Neither part is empty without an error.
func ParseNodeID(id string) (kind, uuid string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil {
		return "", "", errors.New("read node ID: it is not unpadded base64url")
	}
	kind, uuid, found := strings.Cut(string(raw), ":")
	if !found || kind == "" || uuid == "" {
		return "", "", errors.New("read node ID: it does not hold KIND:ID")
	}
	return kind, uuid, nil
}

// nodeUUID is the uuid in a node ID that must be of the given kind.
func nodeUUID(id, kind string) (string, error) {
	got, uuid, err := ParseNodeID(id)
	if err != nil {
		return "", err
	}
	if got != kind {
		return "", fmt.Errorf("read node ID: it names a %s, not a %s", got, kind)
	}
	return uuid, nil
}

// OffsetCursor is the cursor of the edge at position n (from 0) of a list:
// unpadded base64url of "offset:" and n, as a running server was seen to write
// it. Given as UsersQuery.After it makes the page begin at position n+1. It is
// of no use in search mode, whose cursors are timestamps.
func OffsetCursor(n int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(offsetPrefix + strconv.Itoa(n)))
}

// ParseOffsetCursor is the position (from 0) of the edge that has the given
// cursor. A cursor of another form, as in search mode, is an error.
func ParseOffsetCursor(s string) (int, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return 0, errors.New("read cursor: it is not unpadded base64url")
	}
	digits, found := strings.CutPrefix(string(raw), offsetPrefix)
	if !found {
		return 0, errors.New("read cursor: it holds no offset")
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || strconv.Itoa(n) != digits {
		return 0, errors.New("read cursor: its offset is not a plain number")
	}
	return n, nil
}

// isUUID tells whether s is a uuid as the server writes them: 36 characters,
// in lower case. The server compares them as text, and answers a clean null
// for any other spelling of an id that exists.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
