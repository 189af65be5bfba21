package emulator

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// nodeID is the id of a thing in GraphQL: unpadded base64url of "Kind:id".
func nodeID(kind, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + id))
}

// parseNodeID takes a node id apart; ok is false when it is malformed.
func parseNodeID(s string) (kind, id string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", "", false
	}
	parts := strings.Split(string(raw), ":")
	if len(parts) < 2 || !utf8.ValidString(parts[1]) {
		return "", "", false
	}
	return parts[0], parts[1], true
}
