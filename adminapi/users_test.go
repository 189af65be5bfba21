package adminapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
)

func TestUsersAsksForWhatIsWanted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query     adminapi.UsersQuery
		variables map[string]any
		contains  []string
		lacks     []string
	}{
		"nothing special": {
			variables: map[string]any{"first": 100.0},
			contains:  []string{"id createdAt }"},
			lacks:     []string{"totalCount", "roles {", "roles{", "standardAttributes"},
		},
		"everything": {
			query: adminapi.UsersQuery{
				First: 7, After: "b2Zmc2V0OjA", SortBy: adminapi.SortByCreatedAt, SortDirection: adminapi.SortDescending,
				SearchKeyword: "ann", RoleKeys: []string{"admin"}, GroupKeys: []string{"hr", "it"},
				Fields: adminapi.AllUserFields, TotalCount: true,
			},
			variables: map[string]any{
				"first": 7.0, "after": "b2Zmc2V0OjA", "sortBy": "CREATED_AT", "sortDirection": "DESC", "searchKeyword": "ann",
				"roleKeys": []any{"admin"}, "groupKeys": []any{"hr", "it"},
			},
			contains: []string{"totalCount\n    pageInfo", "identities{", "roles{", "groups{", "verifiedClaims{name value}", "mfaGracePeriodEndAt"},
		},
		"one field left out": {
			query:     adminapi.UsersQuery{Fields: adminapi.AllUserFields.Without(adminapi.FieldIdentities | adminapi.FieldRoles)},
			variables: map[string]any{"first": 100.0},
			contains:  []string{"groups{", "verifiedClaims{"},
			lacks:     []string{"identities{", "roles{"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got := readSent(t, r)
				if got.OperationName != "UsersyncUsers" || !strings.HasPrefix(got.Query, "query UsersyncUsers(") {
					t.Errorf("operation %q of %q", got.OperationName, got.Query)
				}
				if diff := cmp.Diff(c.variables, got.Variables); diff != "" {
					t.Errorf("variables (-want +got):\n%s", diff)
				}
				for _, part := range c.contains {
					if !strings.Contains(got.Query, part) {
						t.Errorf("%q is not in\n%s", part, got.Query)
					}
				}
				for _, part := range c.lacks {
					if strings.Contains(got.Query, part) {
						t.Errorf("%q is in\n%s", part, got.Query)
					}
				}
				if r.Header.Get("User-Agent") != "usersync/test" || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("headers %v", r.Header)
				}
				writeJSON(w, `{"data":{"users":{"pageInfo":{"hasNextPage":false},"edges":[]}}}`)
			})
			if _, err := client.Users(t.Context(), c.query); c.query.Fields == 0 && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUsersRefusesImpossiblePages(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	for _, first := range []int{-1, 101} {
		if _, err := client.Users(t.Context(), adminapi.UsersQuery{First: first}); err == nil {
			t.Errorf("first %d: no error", first)
		}
	}
}

func TestUsersDecodesExactly(t *testing.T) {
	t.Parallel()
	const node = `{"id":"VXNlcjo0ZGY3NjgyMy03MmNlLTQ2NjUtYjg3My02MWJkMjc4YTc1MDU",
		"createdAt":"2026-11-23T07:53:52.07Z","updatedAt":"2026-11-23T08:53:52.0744461+01:00","lastLoginAt":null,
		"isAnonymous":true,"isDisabled":true,"isDeactivated":true,"isAnonymized":true,
		"disableReason":"","deleteReason":"asked for","deleteAt":"2027-01-01T00:00:00Z",
		"standardAttributes":{"updated_at":9007199254740993},"customAttributes":{"ratio":0.10000000000000000001,"none":null,"big":1e400},
		"verifiedClaims":[{"name":"email","value":"ann@example.com"}],
		"identities":{"totalCount":1,"edges":[{"node":{"id":"SWRlbnRpdHk6MDI0OWZhZjctMTdmMi00Yjc0LTkxZTgtNDdjZGJhY2MyMTk2","type":"OAUTH","createdAt":"2026-11-23T07:53:52Z","updatedAt":"2026-11-23T07:53:52Z","claims":{"n":12345678901234567890}}}]},
		"roles":{"totalCount":2,"edges":[{"node":{"key":"editor"}},{"node":{"key":"admin"}}]},
		"groups":{"totalCount":0,"edges":[]}}`
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Mon, 23 Nov 2026 09:00:00 GMT")
		writeJSON(w, `{"data":{"users":{"totalCount":3,"pageInfo":{"hasNextPage":true,"endCursor":"b2Zmc2V0OjI"},
			"edges":[{"cursor":"b2Zmc2V0OjA","node":`+node+`},{"cursor":"b2Zmc2V0OjE","node":null},null]}}}`)
	})
	page, err := client.Users(t.Context(), adminapi.UsersQuery{Fields: adminapi.AllUserFields})
	if err != nil {
		t.Fatal(err)
	}
	created := time.Date(2026, 11, 23, 7, 53, 52, 0, time.UTC)
	want := &adminapi.UserPage{
		HasNextPage: true, EndCursor: adminapi.OffsetCursor(2), TotalCount: new(3),
		Date: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Edges: []adminapi.UserEdge{
			{Cursor: adminapi.OffsetCursor(0), Node: &adminapi.User{
				ID: annID, CreatedAt: created.Add(70 * time.Millisecond), UpdatedAt: created.Add(74446100),
				IsAnonymous: true, IsDisabled: true, IsDeactivated: true, IsAnonymized: true,
				DisableReason: new(""), DeleteReason: new("asked for"),
				DeleteAt:           new(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)),
				StandardAttributes: map[string]any{"updated_at": json.Number("9007199254740993")},
				CustomAttributes: map[string]any{
					"ratio": json.Number("0.10000000000000000001"), "none": nil, "big": json.Number("1e400"),
				},
				VerifiedClaims: []adminapi.Claim{{Name: "email", Value: "ann@example.com"}},
				Identities: []adminapi.Identity{{
					ID: "0249faf7-17f2-4b74-91e8-47cdbacc2196", Type: "OAUTH", CreatedAt: created, UpdatedAt: created,
					Claims: map[string]any{"n": json.Number("12345678901234567890")},
				}},
				Roles: []string{"editor", "admin"}, Groups: []string{},
			}},
			{Cursor: adminapi.OffsetCursor(1)},
			{},
		},
	}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

// What was asked for and did not come is an error, never an empty value.
func TestUsersNoticesWhatIsMissing(t *testing.T) {
	t.Parallel()
	full := `{"id":"` + adminapi.NodeID(annID) + `","createdAt":"2026-11-23T07:53:52Z","standardAttributes":{},"customAttributes":{},
		"verifiedClaims":[],"identities":{"totalCount":0,"edges":[]},"roles":{"totalCount":0,"edges":[]},"groups":{"totalCount":0,"edges":[]}}`
	hundred := strings.TrimSuffix(strings.Repeat(`{"node":{"key":"k"}},`, 100), ",")
	page := func(nodes string) string {
		return `{"data":{"users":{"pageInfo":{"hasNextPage":false},"edges":[{"cursor":"","node":` + nodes + `}]}}}`
	}
	change := func(from, to string) string { return page(strings.Replace(full, from, to, 1)) }
	for name, c := range map[string]struct{ body, want string }{
		"no list":                    {`{"data":{"users":null}}`, "no list of users"},
		"null edges":                 {`{"data":{"users":{"edges":null}}}`, "no list of users"},
		"no page info":               {`{"data":{"users":{"edges":[]}}}`, "whether more users follow"},
		"another answer":             {`{"data":{"__typename":"Query"}}`, "no list of users"},
		"null standard attributes":   {change(`"standardAttributes":{}`, `"standardAttributes":null`), "standardAttributes of user " + annID},
		"no custom attributes":       {change(`"customAttributes":{},`, ``), "customAttributes of user " + annID},
		"null verified claims":       {change(`"verifiedClaims":[]`, `"verifiedClaims":null`), "verifiedClaims of user " + annID},
		"null roles":                 {change(`"roles":{"totalCount":0,"edges":[]}`, `"roles":null`), "roles of user " + annID + " is null"},
		"null groups' edges":         {change(`"groups":{"totalCount":0,"edges":[]}`, `"groups":{"edges":null}`), "groups of user " + annID + " is null"},
		"some of the roles":          {change(`"roles":{"totalCount":0,"edges":[]}`, `"roles":{"totalCount":101,"edges":[`+hundred+`]}`), "holds 100 of 101"},
		"perhaps some of the groups": {change(`"groups":{"totalCount":0,"edges":[]}`, `"groups":{"edges":[`+hundred+`]}`), "may go on"},
		"null edge":                  {change(`"roles":{"totalCount":0,"edges":[]}`, `"roles":{"totalCount":1,"edges":[null]}`), "roles of user " + annID + " has a null"},
		"null node":                  {change(`"identities":{"totalCount":0,"edges":[]}`, `"identities":{"totalCount":1,"edges":[{"node":null}]}`), "identities of user " + annID + " has a null"},
		"identity without ID":        {change(`"identities":{"totalCount":0,"edges":[]}`, `"identities":{"totalCount":1,"edges":[{"node":{}}]}`), "identities of user " + annID},
		"role without key":           {change(`"roles":{"totalCount":0,"edges":[]}`, `"roles":{"totalCount":1,"edges":[{"node":{}}]}`), "without a key"},
		"another kind of node":       {page(`{"id":"` + "Um9sZTowMjQ5ZmFmNy0xN2YyLTRiNzQtOTFlOC00N2NkYmFjYzIxOTY" + `"}`), "a Role, not a User"},
		"no id":                      {page(`{}`), "node ID"},
		"a number for a name":        {change(`"standardAttributes"`, `"formattedName":85298000011,"standardAttributes"`), "formattedName is a JSON number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answer(c.body))
			got, err := client.Users(t.Context(), adminapi.UsersQuery{Fields: adminapi.AllUserFields})
			if got != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and %v, want an error that says %q", got, err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "85298000011") {
				t.Errorf("the error repeats a value: %v", err)
			}
		})
	}
}

// All roles are taken, however many, when the server's own count confirms it.
func TestUsersTakesManyRoles(t *testing.T) {
	t.Parallel()
	edges := strings.TrimSuffix(strings.Repeat(`{"node":{"key":"k"}},`, 250), ",")
	client := serve(t, answer(`{"data":{"users":{"pageInfo":{"hasNextPage":false},"edges":[{"cursor":"","node":{"id":"`+adminapi.NodeID(annID)+`","roles":{"totalCount":250,"edges":[`+edges+`]}}}]}}}`))
	page, err := client.Users(t.Context(), adminapi.UsersQuery{Fields: adminapi.FieldRoles})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(page.Edges[0].Node.Roles); got != 250 {
		t.Errorf("%d roles", got)
	}
}

func TestTotalCount(t *testing.T) {
	t.Parallel()
	count, err := serve(t, answer(countAnswer)).TotalCount(t.Context())
	if err != nil || count != 7 {
		t.Errorf("got %d %v", count, err)
	}
	for _, body := range []string{`{"data":{"users":{"totalCount":null}}}`, `{"data":{"users":null}}`} {
		if _, err := serve(t, answer(body)).TotalCount(t.Context()); err == nil {
			t.Errorf("%s: no error", body)
		}
	}
}
