package adminapi_test

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
)

// recording is one exchange with a running Authgear server.
type recording struct {
	Response struct {
		Status      int    `json:"status"`
		ContentType string `json:"content_type"`
		Body        string `json:"body"`
	} `json:"response"`
}

func nodeIDOf(kind, uuid string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + uuid))
}

func readRecording(t testing.TB, name string) recording {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "recordings", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var rec recording
	if err := json.Unmarshal(raw, &rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

func (r recording) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", r.Response.ContentType)
	w.WriteHeader(r.Response.Status)
	_, _ = io.WriteString(w, r.Response.Body)
}

// replay is a client whose server answers everything with the recording.
func replay(t *testing.T, name string) *adminapi.Client {
	t.Helper()
	rec := readRecording(t, name)
	return serve(t, func(w http.ResponseWriter, _ *http.Request) { rec.write(w) })
}

// What the server was seen to refuse is an *Error with all that it said.
func TestRecordedErrors(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]adminapi.Error{
		"auth-expired":                 {Status: 403},
		"auth-none":                    {Status: 403},
		"auth-wrong-audience":          {Status: 403},
		"error-empty-query":            {Status: 200, Message: "Must provide an operation."},
		"error-syntax":                 {Status: 500, Name: "InternalError", Reason: "UnexpectedError", Message: "unexpected error occurred", TrackingID: "25b49f60146073c2cb469086dafea923-f820094fc2232b4f"},
		"error-unknown-field":          {Status: 200, Message: `Cannot query field "nosuch" on type "User".`},
		"get-user-by-login-id-bad-key": {Status: 200, Name: "Invalid", Reason: "GetUsersInvalidArgument", Message: "invalid Login ID key"},
		"graphql-body-over-1MiB":       {Status: 413, Name: "RequestEntityTooLarge", Reason: "RequestEntityTooLarge", Message: "http: request body too large", TrackingID: "8d7b5d407ac12b80c6e2a65aefe3a6ce-156e37756b9ed841"},
		"malformed-json":               {Status: 400, Name: "BadRequest", Reason: "InvalidJSON", Message: "unexpected end of JSON input", TrackingID: "716d199a1f06d41f414a6d39a9b292ca-41e04b777c31b1ef"},
		"mutation-create-existing":     {Status: 200, Name: "Invalid", Reason: "InvariantViolated", Message: "identity already exists"},
		"mutation-delete-unknown":      {Status: 200, Name: "NotFound", Reason: "UserNotFound", Message: "user not found"},
		"mutations-six-in-one":         {Status: 400, Name: "BadRequest", Reason: "BadRequest", Message: "too many mutation fields in one request: got 6, limit is 5", TrackingID: "4e5ce6c83f8f8c9e5b40983721954efd-7c188748346da160"},
		"users-cursor-garbage":         {Status: 200, Name: "Invalid", Reason: "InvalidCursor", Message: "invalid pagination cursor"},
		"users-last-unsupported":       {Status: 200, Name: "BadRequest", Reason: "InvalidQuery", Message: "unsupported pagination"},
		"wrong-content-type":           {Status: 415, Message: `the server answered 415 Unsupported Media Type "invalid content type: text/plain"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := replay(t, name).Users(t.Context(), adminapi.UsersQuery{})
			got, ok := errors.AsType[*adminapi.Error](err)
			if !ok {
				t.Fatalf("%v is not an *Error", err)
			}
			if got.Status != want.Status || got.Name != want.Name || got.Reason != want.Reason || got.TrackingID != want.TrackingID {
				t.Errorf("got %v", got)
			}
			if want.Message != "" && got.Message != want.Message {
				t.Errorf("message %q, want %q", got.Message, want.Message)
			}
			if got.Operation != "UsersyncUsers" || got.Attempts < 1 {
				t.Errorf("operation %q, attempts %d", got.Operation, got.Attempts)
			}
			if got.Unauthorized() != (want.Status == 403) || got.Retryable() != (want.Status == 500) {
				t.Errorf("unauthorized %t, retryable %t", got.Unauthorized(), got.Retryable())
			}
		})
	}
}

func TestRecordedErrorDetails(t *testing.T) {
	t.Parallel()
	_, err := replay(t, "malformed-json").TotalCount(t.Context())
	if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.Info["byte_offset"] != json.Number("13") {
		t.Errorf("details of a status: %v", err)
	}
	_, err = replay(t, "mutation-create-existing").TotalCount(t.Context())
	e, ok := errors.AsType[*adminapi.Error](err)
	if !ok {
		t.Fatal(err)
	}
	if cause, _ := e.Info["cause"].(map[string]any); cause["kind"] != "DuplicatedIdentity" {
		t.Errorf("details of a GraphQL error: %v", e.Info)
	}
}

func TestRecordedPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields  adminapi.UserFields
		edges   int
		next    bool
		end     string
		total   int // -1: null
		nodes   bool
		firstID string
	}{
		"users-first-1000-is-capped": {edges: 100, next: true, end: adminapi.OffsetCursor(99), total: -1},
		"users-first-zero":           {next: true, total: -1},
		"users-page-past-end":        {total: 20645},
		"users-page-3":               {fields: adminapi.AllUserFields, edges: 3, next: true, end: adminapi.OffsetCursor(5003), total: 20645, nodes: true, firstID: "99d16506-0263-4ba7-80e3-b68b3749ae6c"},
		"users-page-rich":            {fields: adminapi.AllUserFields, edges: 5, next: true, end: adminapi.OffsetCursor(19995), total: 20645, nodes: true, firstID: "a44bf54c-a0f4-41fd-91f8-a435ef7ded7e"},
		"users-search":               {fields: adminapi.FieldStandardAttributes, edges: 1, end: "2026-11-23T07:33:39.596301Z", total: -1, nodes: true, firstID: "1cbf8db8-f095-4b0a-8eb0-24e37e93557b"},
		"users-search-role":          {fields: adminapi.FieldRoles, edges: 1, end: "2026-11-23T07:33:39.911772Z", total: -1, nodes: true, firstID: "dd07b769-822d-4416-a7f1-bb0fe7d3d13a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := replay(t, name).Users(t.Context(), adminapi.UsersQuery{Fields: c.fields})
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Edges) != c.edges || page.HasNextPage != c.next || page.EndCursor != c.end {
				t.Errorf("%d edges, next %t, end %q", len(page.Edges), page.HasNextPage, page.EndCursor)
			}
			if c.total == -1 && page.TotalCount != nil || c.total >= 0 && (page.TotalCount == nil || *page.TotalCount != c.total) {
				t.Errorf("total %v", page.TotalCount)
			}
			for _, edge := range page.Edges {
				if (edge.Node != nil) != c.nodes {
					t.Errorf("edge %s has a node: %t", edge.Cursor, edge.Node != nil)
				}
			}
			if c.nodes && page.Edges[0].Node.ID != c.firstID {
				t.Errorf("first user %s", page.Edges[0].Node.ID)
			}
		})
	}
}

func TestRecordedUser(t *testing.T) {
	t.Parallel()
	page, err := replay(t, "users-page-rich").Users(t.Context(), adminapi.UsersQuery{Fields: adminapi.AllUserFields})
	if err != nil {
		t.Fatal(err)
	}
	u := page.Edges[0].Node
	if want := time.Date(2026, 11, 23, 7, 34, 4, 419867000, time.UTC); !u.CreatedAt.Equal(want) {
		t.Errorf("created at %s", u.CreatedAt)
	}
	if u.LastLoginAt != nil || u.FormattedName == nil || *u.FormattedName != "User Number 658" {
		t.Errorf("last login %v, name %v", u.LastLoginAt, u.FormattedName)
	}
	if u.CustomAttributes["employee_number"] != json.Number("658") || u.StandardAttributes["updated_at"] != json.Number("1795419244") {
		t.Errorf("attributes %v %v", u.CustomAttributes, u.StandardAttributes)
	}
	if len(u.Roles) != 1 || u.Roles[0] != "editor" || len(u.Groups) != 1 || u.Groups[0] != "sales" {
		t.Errorf("roles %v, groups %v", u.Roles, u.Groups)
	}
	if len(u.VerifiedClaims) != 1 || u.VerifiedClaims[0] != (adminapi.Claim{Name: "email", Value: "user000658@example.com"}) {
		t.Errorf("verified claims %v", u.VerifiedClaims)
	}
	if len(u.Identities) != 3 || u.Identities[1].ID != "73529de0-ad6b-4fae-8f34-f001603c60d0" || u.Identities[1].Type != "LOGIN_ID" ||
		u.Identities[1].Claims["phone_number"] != "+85298000658" {
		t.Errorf("identities %v", u.Identities)
	}
}

func TestRecordedLookups(t *testing.T) {
	t.Parallel()
	const found = "1cbf8db8-f095-4b0a-8eb0-24e37e93557b"
	ctx := t.Context()
	for _, name := range []string{"get-users-by-email", "get-users-by-email-uppercase"} {
		users, err := replay(t, name).UsersByAttribute(ctx, "email", "x", adminapi.FieldStandardAttributes)
		if err != nil || len(users) != 1 || users[0].ID != found || users[0].StandardAttributes["email"] != "user000011@example.com" {
			t.Errorf("%s: %v %v", name, users, err)
		}
	}
	user, err := replay(t, "get-user-by-login-id").UserByLoginID(ctx, "username", "x", 0)
	if err != nil || user.ID != found {
		t.Errorf("%v %v", user, err)
	}
	ids := []string{annID, "00000000-0000-4000-8000-000000000000", bobID}
	users, err := replay(t, "nodes-two-users-and-unknown").UsersByID(ctx, ids, adminapi.FieldStandardAttributes|adminapi.FieldUpdatedAt)
	if err != nil || len(users) != 3 || users[0] == nil || users[1] != nil || users[2] == nil {
		t.Errorf("%v %v", users, err)
	}
	var keys []string
	for role, err := range replay(t, "roles").Roles(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, role.Key)
	}
	for group, err := range replay(t, "groups").Groups(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, group.Key)
	}
	if got := strings.Join(keys, " "); got != "admin editor viewer engineering hr sales" {
		t.Errorf("keys %s", got)
	}
}

// The first two pages and the last of a sweep with all fields.
func TestRecordedSweep(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("testdata", "recordings", "sweep-three-pages.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 4<<20)
	seen := map[string]bool{}
	for lines.Scan() {
		page, err := serve(t, answer(lines.Text())).Users(t.Context(), adminapi.UsersQuery{Fields: adminapi.AllUserFields})
		if err != nil {
			t.Fatal(err)
		}
		last := time.Time{}
		for i, edge := range page.Edges {
			if n, err := adminapi.ParseOffsetCursor(edge.Cursor); err != nil || n%100 != i {
				t.Errorf("edge %d has cursor %d %v", i, n, err)
			}
			u := edge.Node
			if u == nil || seen[u.ID] || u.CreatedAt.IsZero() || u.UpdatedAt.IsZero() || u.Roles == nil || u.Groups == nil || u.StandardAttributes == nil {
				t.Fatalf("edge %d is not whole", i)
			}
			if i > 0 && u.CreatedAt.After(last) {
				t.Errorf("user %s is out of order", u.ID)
			}
			seen[u.ID], last = true, u.CreatedAt
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 251 {
		t.Errorf("%d users", len(seen))
	}
}
