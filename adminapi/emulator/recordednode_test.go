package emulator_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

// userOfNode makes the user whom a GraphQL answer of the real server shows.
func userOfNode(t *testing.T, node map[string]any) emulator.User {
	t.Helper()
	when := func(name string) *time.Time { return timeOf(t, node[name]) }
	text := func(name string) *string {
		s, ok := node[name].(string)
		if !ok {
			return nil
		}
		return &s
	}
	u := emulator.User{
		ID: bareID(t, node["id"]), UpdatedAt: *when("updatedAt"), LastLoginAt: when("lastLoginAt"),
		Disabled: node["isDisabled"] == true, DisableReason: text("disableReason"),
		DeleteAt: when("deleteAt"), DeleteReason: text("deleteReason"),
		AccountValidFrom: when("accountValidFrom"), AccountValidUntil: when("accountValidUntil"),
		Roles: keysOf(node["roles"]), Groups: keysOf(node["groups"]),
	}
	if created := when("createdAt"); created != nil {
		u.CreatedAt = *created
	}
	u.StandardAttributes, _ = node["standardAttributes"].(map[string]any)
	u.CustomAttributes, _ = node["customAttributes"].(map[string]any)
	for _, c := range list(node["verifiedClaims"]) {
		claim := c.(map[string]any)
		u.VerifiedClaims = append(u.VerifiedClaims, emulator.Claim{Name: claim["name"].(string), Value: claim["value"].(string)})
	}
	for _, n := range nodesOf(node["identities"]) {
		u.Identities = append(u.Identities, identityOfNode(t, n))
	}
	if len(u.Identities) == 0 {
		u.Identities = []emulator.Identity{emulator.EmailIdentity(u.StandardAttributes["email"].(string))}
	}
	return u
}

func identityOfNode(t *testing.T, node map[string]any) emulator.Identity {
	t.Helper()
	const own = "https://authgear.com/claims/login_id/"
	claims, loginID := map[string]any{}, emulator.LoginID{}
	for name, value := range node["claims"].(map[string]any) {
		text, _ := value.(string)
		switch name {
		case own + "key":
			loginID.Key = text
		case own + "type":
			loginID.Type = text
		case own + "value":
			loginID.Value = text
		case own + "original_value":
			loginID.OriginalValue = text
		default:
			claims[name] = value
		}
	}
	return emulator.Identity{
		ID: bareID(t, node["id"]), Type: emulator.IdentityType(node["type"].(string)),
		CreatedAt: *timeOf(t, node["createdAt"]), UpdatedAt: *timeOf(t, node["updatedAt"]),
		Claims: claims, LoginID: &loginID,
	}
}

// bareID takes "Kind:" off a node id.
func bareID(t *testing.T, v any) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(v.(string))
	must(t, err)
	_, id, _ := strings.Cut(string(raw), ":")
	return id
}

func timeOf(t *testing.T, v any) *time.Time {
	t.Helper()
	s, ok := v.(string)
	if !ok {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	must(t, err)
	return &at
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func nodesOf(connection any) []map[string]any {
	c, _ := connection.(map[string]any)
	var out []map[string]any
	for _, e := range list(c["edges"]) {
		out = append(out, e.(map[string]any)["node"].(map[string]any))
	}
	return out
}

func keysOf(connection any) []string {
	var keys []string
	for _, n := range nodesOf(connection) {
		keys = append(keys, n["key"].(string))
	}
	return keys
}
