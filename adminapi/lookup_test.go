package adminapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
)

func node(id string) string {
	return `{"__typename":"User","id":"` + adminapi.NodeID(id) + `","createdAt":"2026-11-23T07:53:52Z"}`
}

func TestUsersByID(t *testing.T) {
	t.Parallel()
	const gone = "00000000-0000-4000-8000-000000000000"
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := readSent(t, r)
		want := map[string]any{"ids": []any{adminapi.NodeID(bobID), adminapi.NodeID(gone), adminapi.NodeID(annID)}}
		if diff := cmp.Diff(want, got.Variables); diff != "" || got.OperationName != "UsersyncNodes" {
			t.Errorf("operation %s, variables (-want +got):\n%s", got.OperationName, diff)
		}
		writeJSON(w, `{"data":{"nodes":[`+node(bobID)+`,null,`+node(annID)+`]}}`)
	})
	users, err := client.UsersByID(t.Context(), []string{bobID, gone, annID}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(users) != 3 || users[0].ID != bobID || users[1] != nil || users[2].ID != annID {
		t.Errorf("got %v", users)
	}
}

// A null that means a deletion must be told from everything that only looks
// like one.
func TestUsersByIDTrustsNothingElse(t *testing.T) {
	t.Parallel()
	role := `{"__typename":"Role","id":"Um9sZTowMjQ5ZmFmNy0xN2YyLTRiNzQtOTFlOC00N2NkYmFjYzIxOTY"}`
	for name, body := range map[string]string{
		"one too few":        `{"data":{"nodes":[` + node(annID) + `]}}`,
		"one too many":       `{"data":{"nodes":[` + node(annID) + `,null,null]}}`,
		"no list":            `{"data":{"nodes":null}}`,
		"another answer":     `{"data":{"users":{"edges":[]}}}`,
		"another order":      `{"data":{"nodes":[` + node(bobID) + `,` + node(annID) + `]}}`,
		"a role":             `{"data":{"nodes":[` + node(annID) + `,` + role + `]}}`,
		"a role with an ID":  `{"data":{"nodes":[` + strings.Replace(node(annID), `"User"`, `"Role"`, 1) + `,null]}}`,
		"an empty object":    `{"data":{"nodes":[` + node(annID) + `,{}]}}`,
		"an error beside it": `{"data":{"nodes":[` + node(annID) + `,null]},"errors":[{"message":"unexpected error","locations":[]}]}`,
		"no data":            `{"data":null}`,
		"nothing":            `{}`,
		"not a list":         `{"data":{"nodes":{"0":null}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users, err := serve(t, answer(body)).UsersByID(t.Context(), []string{annID, bobID}, 0)
			if users != nil || err == nil {
				t.Errorf("got %v, %v", users, err)
			}
			if _, ok := errors.AsType[*adminapi.Error](err); !ok {
				t.Errorf("%T is not an *Error: %v", err, err)
			}
		})
	}
}

func TestUsersByIDSendsOnlyGoodIDs(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	for name, ids := range map[string][]string{
		"empty":      {annID, ""},
		"upper case": {strings.ToUpper(annID)},
		"no dashes":  {strings.ReplaceAll(annID, "-", "")},
		"braces":     {"{" + annID + "}"},
		"node ID":    {adminapi.NodeID(annID)},
		"not hex":    {"zdf76823-72ce-4665-b873-61bd278a7505"},
		"shifted":    {"4df768237-2ce-4665-b873-61bd278a7505"},
		"too many":   make([]string, adminapi.MaxIDs+1),
	} {
		if _, err := client.UsersByID(t.Context(), ids, 0); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if users, err := client.UsersByID(t.Context(), nil, 0); len(users) != 0 || err != nil {
		t.Errorf("no ids: got %v, %v", users, err)
	}
}

func TestUsersByAttribute(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if diff := cmp.Diff(map[string]any{"attribute": "email", "value": `a"n\n@example.com`}, readSent(t, r).Variables); diff != "" {
			t.Errorf("variables (-want +got):\n%s", diff)
		}
		writeJSON(w, `{"data":{"getUsersByStandardAttribute":[`+node(annID)+`,`+node(bobID)+`]}}`)
	})
	users, err := client.UsersByAttribute(t.Context(), "email", `a"n\n@example.com`, 0)
	if err != nil || len(users) != 2 || users[0].ID != annID || users[1].ID != bobID {
		t.Errorf("got %v, %v", users, err)
	}
	users, err = serve(t, answer(`{"data":{"getUsersByStandardAttribute":[]}}`)).UsersByAttribute(t.Context(), "email", "x", 0)
	if users == nil || len(users) != 0 || err != nil {
		t.Errorf("unknown: got %v, %v", users, err)
	}
	for _, body := range []string{`{"data":{"getUsersByStandardAttribute":null}}`, `{"data":{"getUsersByStandardAttribute":[null]}}`} {
		if _, err := serve(t, answer(body)).UsersByAttribute(t.Context(), "email", "x", 0); err == nil {
			t.Errorf("%s: no error", body)
		}
	}
}

func TestUserByLoginID(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if diff := cmp.Diff(map[string]any{"key": "username", "value": "ann"}, readSent(t, r).Variables); diff != "" {
			t.Errorf("variables (-want +got):\n%s", diff)
		}
		writeJSON(w, `{"data":{"getUserByLoginID":`+node(annID)+`}}`)
	})
	user, err := client.UserByLoginID(t.Context(), "username", "ann", 0)
	if err != nil || user == nil || user.ID != annID {
		t.Errorf("got %v, %v", user, err)
	}
	user, err = serve(t, answer(`{"data":{"getUserByLoginID":null}}`)).UserByLoginID(t.Context(), "username", "ann", 0)
	if user != nil || err != nil {
		t.Errorf("unknown: got %v, %v", user, err)
	}
}

func TestRolesAndGroups(t *testing.T) {
	t.Parallel()
	entry := func(kind, id, key string) string {
		raw, err := json.Marshal(map[string]any{
			"id": nodeIDOf(kind, id), "key": key, "name": strings.ToUpper(key), "description": nil,
			"createdAt": "2026-11-23T07:53:52Z", "updatedAt": "2026-11-23T07:53:52Z",
		})
		if err != nil {
			t.Fatal(err)
		}
		return `{"node":` + string(raw) + `}`
	}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := readSent(t, r)
		field, kind := "roles", "Role"
		if got.OperationName == "UsersyncGroups" {
			field, kind = "groups", "Group"
		}
		page := map[any]string{
			nil:  `{"pageInfo":{"hasNextPage":true,"endCursor":"c1"},"edges":[` + entry(kind, annID, "a") + `,null,{"node":null}]}`,
			"c1": `{"pageInfo":{"hasNextPage":true,"endCursor":"c2"},"edges":[` + entry(kind, bobID, "b") + `]}`,
			"c2": `{"pageInfo":{"hasNextPage":false,"endCursor":""},"edges":[]}`,
		}[got.Variables["after"]]
		writeJSON(w, `{"data":{"`+field+`":`+page+`}}`)
	})
	var seen []string
	for role, err := range client.Roles(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, role.ID+" "+role.Key+" "+*role.Name)
	}
	for group, err := range client.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, group.ID+" "+group.Key)
	}
	want := []string{annID + " a A", bobID + " b B", annID + " a", bobID + " b"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	before := client.Stats().Requests
	for _, err := range client.Roles(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if got := client.Stats().Requests - before; got != 1 {
		t.Errorf("%d requests for the first role", got)
	}
}

func TestRolesEndWithAnError(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no list":       `{"data":{"roles":null}}`,
		"null edges":    `{"data":{"roles":{"edges":null}}}`,
		"no end cursor": `{"data":{"roles":{"pageInfo":{"hasNextPage":true,"endCursor":""},"edges":[]}}}`,
		"same cursor":   `{"data":{"roles":{"pageInfo":{"hasNextPage":true,"endCursor":"c"},"edges":[]}}}`,
		"another kind":  `{"data":{"roles":{"edges":[{"node":{"id":"` + adminapi.NodeID(annID) + `"}}]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps, failed := 0, false
			for _, err := range serve(t, answer(body)).Roles(t.Context()) {
				steps++
				failed = err != nil
			}
			if !failed || steps != 1 {
				t.Errorf("%d steps, the last with an error: %t", steps, failed)
			}
		})
	}
}
