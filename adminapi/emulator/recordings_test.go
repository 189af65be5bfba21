package emulator_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"usersync/adminapi/emulator"
)

// recording is one exchange with a real Authgear server.
type recording struct {
	Name    string
	Request struct {
		Authorization string
		Body          struct {
			Query     *string
			Variables map[string]any
			RawBytes  int `json:"raw_bytes"`
		}
	}
	Response struct {
		Status      int
		ContentType string `json:"content_type"`
		Body        string
	}
}

func readRecordings(t *testing.T) []recording {
	t.Helper()
	files, err := filepath.Glob("testdata/recordings/*.json")
	must(t, err)
	if len(files) < 30 {
		t.Fatalf("only %d recordings", len(files))
	}
	var all []recording
	for _, file := range files {
		data, err := os.ReadFile(file)
		must(t, err)
		var r recording
		must(t, json.Unmarshal(data, &r))
		all = append(all, r)
	}
	return all
}

// TestFaithfulToRecordings asks the emulator what the real server was asked,
// about a project in the same state, and compares status, content type, errors
// and the shape of the data; pages of users are compared to the last value.
func TestFaithfulToRecordings(t *testing.T) {
	t.Parallel()
	for _, r := range readRecordings(t) {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.Project().SetStableTies(true)
			prepare(t, b, r)
			contentType, body := requestBody(t, r)
			got, err := b.send(authorization(t, b, r.Request.Authorization), contentType, body)
			must(t, err)
			if got.status != r.Response.Status {
				t.Errorf("status %d, recorded %d: %s", got.status, r.Response.Status, got.body)
			}
			if got.contentType != r.Response.ContentType {
				t.Errorf("content type %q, recorded %q", got.contentType, r.Response.ContentType)
			}
			if !strings.HasPrefix(r.Response.ContentType, "application/json") {
				if string(got.body) != r.Response.Body {
					t.Errorf("body %q, recorded %q", got.body, r.Response.Body)
				}
				return
			}
			compareJSON(t, r.Name, got.body, []byte(r.Response.Body))
		})
	}
}

func compareJSON(t *testing.T, name string, got, want []byte) {
	t.Helper()
	g, w := decodeObject(t, got), decodeObject(t, want)
	for _, o := range []map[string]any{g, w} {
		if e, ok := o["error"].(map[string]any); ok {
			if !trackingIDs(e["tracking_id"]) {
				t.Errorf("tracking id %v", e["tracking_id"])
			}
			delete(e, "tracking_id")
		}
	}
	for _, key := range []string{"error", "errors"} {
		if diff := cmp.Diff(w[key], g[key]); diff != "" {
			t.Errorf("%s (-recorded +got):\n%s", key, diff)
		}
	}
	if diff := cmp.Diff(shape(w["data"]), shape(g["data"])); diff != "" {
		t.Errorf("shape of data (-recorded +got):\n%s", diff)
	}
	exact := []string{
		"users-page-3", "users-page-rich", "users-first-1000-is-capped", "users-first-zero",
		"users-search", "get-user-by-login-id", "get-users-by-email", "nodes-two-users-and-unknown",
	}
	if slices.Contains(exact, name) {
		if diff := cmp.Diff(ignoringTotal(w["data"]), ignoringTotal(g["data"])); diff != "" {
			t.Errorf("data (-recorded +got):\n%s", diff)
		}
	}
}

func decodeObject(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var o map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&o); err != nil {
		t.Fatalf("decode %q: %v", data, err)
	}
	return o
}

func trackingIDs(v any) bool {
	s, _ := v.(string)
	return len(s) == 49 && s[32] == '-'
}

// shape replaces values by their types, so that what is left is the keys, the
// nulls, the lengths of lists and the spelling of times.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = shape(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = shape(v[i])
		}
		return out
	case nil:
		return nil
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return "time ending in " + v[len(v)-1:]
		}
		return "string"
	default:
		return fmt.Sprintf("%T", v)
	}
}

// ignoringTotal drops the number of all users, which here are fewer.
func ignoringTotal(v any) any {
	data, _ := v.(map[string]any)
	users, ok := data["users"].(map[string]any)
	if !ok {
		return v
	}
	return map[string]any{"users": without(users, "totalCount")}
}

func requestBody(t *testing.T, r recording) (contentType string, body []byte) {
	t.Helper()
	switch r.Name {
	case "wrong-content-type":
		return "text/plain", []byte(strings.Repeat("x", r.Request.Body.RawBytes))
	case "malformed-json":
		return "application/json", []byte(`{"query":"{__`)
	case "graphql-body-over-1MiB":
		return "application/json", []byte(strings.Repeat(" ", r.Request.Body.RawBytes))
	}
	body, err := json.Marshal(map[string]any{"query": r.Request.Body.Query, "variables": r.Request.Body.Variables})
	must(t, err)
	return "application/json", body
}

func authorization(t *testing.T, b *bundle, how string) string {
	t.Helper()
	switch how {
	case "valid":
		return b.bearer(nil)
	case "none":
		return ""
	case "aud is another app":
		return b.bearer(func(_ *jwt.Token, c jwt.MapClaims) { c["aud"] = "another" })
	case "no kid header":
		return b.bearer(func(token *jwt.Token, _ jwt.MapClaims) { delete(token.Header, "kid") })
	case "scheme written 'bearer'":
		return strings.Replace(b.bearer(nil), "Bearer", "bearer", 1)
	case "expired 6 minutes ago":
		return b.bearer(func(_ *jwt.Token, c jwt.MapClaims) { c["exp"] = b.clock.Now().Add(-6 * time.Minute).Unix() })
	default:
		t.Fatalf("unknown authorization %q", how)
		return ""
	}
}

// prepare brings the project into the state in which the recording was made,
// as far as the answer tells it.
func prepare(t *testing.T, b *bundle, r recording) {
	t.Helper()
	p := b.Project()
	switch r.Name {
	case "roles", "groups":
		addRecordedRoles(t, p)
	case "audit-logs":
		addRecordedRoles(t, p)
		b.create("more@example.com")
	case "audit-logs-range":
		prepareAuditRange(t, b)
	case "users-page-3":
		createRecorded(t, b, r, 5001)
	case "users-page-rich":
		createRecorded(t, b, r, 19991)
	case "users-first-1000-is-capped", "users-first-zero", "users-cursor-garbage", "users-last-unsupported", "users-page-past-end":
		emulator.Generate(p, 200, 1, b.clock.Now())
	case "nodes-two-users-and-unknown":
		createRecorded(t, b, r, 0)
	case "users-search", "users-search-role", "get-user-by-login-id", "get-users-by-email",
		"get-users-by-email-uppercase", "mutation-create-existing":
		_, err := p.LoadFile("testdata/export-cut.ndjson")
		must(t, err)
		setRecordedUpdate(t, b)
	}
}

func addRecordedRoles(t *testing.T, p *emulator.Project) {
	t.Helper()
	for key, name := range map[string]string{"admin": "Admin", "editor": "Editor", "viewer": "Viewer"} {
		must(t, p.AddRole(key, name))
	}
	for key, name := range map[string]string{"engineering": "Engineering", "hr": "Hr", "sales": "Sales"} {
		must(t, p.AddGroup(key, name))
	}
	must(t, p.AssignRolesToGroup("engineering", "editor"))
}

// setRecordedUpdate gives user000011 the updatedAt that exports do not tell,
// and leaves only one administrator.
func setRecordedUpdate(t *testing.T, b *bundle) {
	t.Helper()
	for u := range b.Project().All() {
		switch u.StandardAttributes["preferred_username"] {
		case "user000011":
			must(t, b.Project().Update(u.ID, func(u *emulator.User) { u.UpdatedAt = time.Unix(1795419219, 0) }))
		case "user000020":
		default:
			if slices.Contains(u.Roles, "admin") {
				must(t, b.Project().UnassignRoles(u.ID, "admin"))
			}
		}
	}
}

func prepareAuditRange(t *testing.T, b *bundle) {
	t.Helper()
	gone, kept := b.create("lag@lag.example.net"), b.create("b@example.com")
	b.clock.Add(time.Minute)
	b.must(`mutation($id:ID!){updateUser(input:{userID:$id,standardAttributes:"{\"name\":\"Z\"}"}){user{id}}}`, map[string]any{"id": nodeID(kept)})
	b.clock.Add(time.Minute)
	b.must(`mutation($id:ID!){deleteUser(input:{userID:$id}){deletedUserID}}`, map[string]any{"id": nodeID(gone)})
}

// createRecorded makes the users of a recorded answer, with as many newer ones
// before them as the recorded cursor says.
func createRecorded(t *testing.T, b *bundle, r recording, newer int) {
	t.Helper()
	answer := decodeResult(t, []byte(r.Response.Body))
	nodes, _ := answer.Data["nodes"].([]any)
	if users, ok := answer.Data["users"].(map[string]any); ok {
		for _, e := range users["edges"].([]any) {
			nodes = append(nodes, e.(map[string]any)["node"])
		}
	}
	for _, n := range nodes {
		if node, ok := n.(map[string]any); ok {
			_, err := b.Project().Unaudited().Create(userOfNode(t, node))
			must(t, err)
		}
	}
	// A filler's creation lies up to three years before the time given.
	emulator.Generate(b.Project(), newer, 1, b.clock.Now().AddDate(10, 0, 0))
}

func nodeID(id string) string { return base64.RawURLEncoding.EncodeToString([]byte("User:" + id)) }
