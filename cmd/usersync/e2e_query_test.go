//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"usersync/adminapi"
)

// everyRead has a document for each field of the emulator's Query type.
func everyRead(v *village) map[string]string {
	ann := adminapi.NodeID(v.ids["ann"])
	return map[string]string{
		"node":                        fmt.Sprintf(`{ node(id: %q) { id ... on User { formattedName createdAt } } }`, ann),
		"nodes":                       fmt.Sprintf(`{ nodes(ids: [%q, "VXNlcjpub25l"]) { id } }`, ann),
		"users":                       `{ users(first: 2, sortBy: CREATED_AT, sortDirection: ASC) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id roles { edges { node { key } } } } } } }`,
		"roles":                       `{ roles { edges { node { key name } } } }`,
		"groups":                      `{ groups(first: 1) { totalCount edges { node { key } } } }`,
		"auditLogs":                   `{ auditLogs(first: 1, sortDirection: ASC, activityTypes: [USER_DISABLED]) { totalCount edges { node { activityType createdAt user { id } } } } }`,
		"getUsersByStandardAttribute": `{ getUsersByStandardAttribute(attributeName: "email", attributeValue: "ANN@example.com") { id standardAttributes } }`,
		"getUserByLoginID":            `{ getUserByLoginID(loginIDKey: "username", loginIDValue: "ann") { id customAttributes } }`,
		"getUserByOAuth":              `{ getUserByOAuth(oauthProviderAlias: "google", oauthProviderUserID: "g-1") { id } }`,
	}
}

// TestQueryReads each thing that can be read.
func TestQueryReads(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	fields := v.runPiped(t, nil, `{ __schema { queryType { fields { name } } } }`, "query", "-f", "-").wantCode(t, exitOK)
	reads := everyRead(v)
	for name := range reads {
		if !strings.Contains(fields.stdout, `{"name":"`+name+`"}`) {
			t.Errorf("the emulator has no %s", name)
		}
	}
	if count := strings.Count(fields.stdout, `"name"`); count != len(reads) {
		t.Errorf("%d fields of Query, and %d tried", count, len(reads))
	}
	var transcript strings.Builder
	for _, name := range slices.Sorted(maps.Keys(reads)) {
		got := v.runPiped(t, nil, reads[name], "query", "-f", "-").wantCode(t, exitOK)
		if got.stderr != "" || strings.Count(got.stdout, "\n") != 1 {
			t.Errorf("%s: %+v", name, got)
		}
		var data map[string]any
		if err := json.Unmarshal([]byte(got.stdout), &data); err != nil || len(data) != 1 || data[name] == nil {
			t.Errorf("%s: %s, %v", name, got.stdout, err)
		}
		transcript.WriteString(reads[name] + "\n" + got.stdout + "\n")
	}
	golden(t, "query", transcript.String())
}

// TestQueryVariables come from flags and from a file.
func TestQueryVariables(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	document := writeFile(t, "q.graphql", "\ufeff"+`
query Other { roles { totalCount } }
query Users($first: Int!, $order: SortDirection, $roles: [String!], $word: String) {
  users(first: $first, sortDirection: $order, roleKeys: $roles, searchKeyword: $word) { edges { node { id } } }
}`)
	file := writeFile(t, "vars.json", `{"first": 1, "roles": ["editor"]}`)
	want := `{"users":{"edges":[{"node":{"id":"` + adminapi.NodeID(v.ids["ann"]) + `"}}]}}` + "\n"
	for _, args := range [][]string{
		{"--var", "first=1", "--var", "order=ASC", "--var", `roles=["editor"]`},
		{"--var", "first=1", "--var", "order=ASC", "--var", "roles=editor"},
		{"--vars", file, "--var", "order=ASC"},
		{"--vars", file, "--var", "order=DESC", "--var", "word=ann"},
	} {
		got := v.run(t, nil, append([]string{"query", "-f", document, "--operation", "Users"}, args...)...).wantCode(t, exitOK)
		if got.stdout != want || got.stderr != "" {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

// TestQueryRefuses what may change something, and what it cannot judge, before
// anything is sent.
func TestQueryRefuses(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	remove := fmt.Sprintf(`mutation Remove { deleteUser(input: {userID: %q}) { deletedUserID } }`, adminapi.NodeID(v.ids["bob"]))
	tests := []struct {
		document, want string
		args           []string
	}{
		{remove, "this is a mutation", nil},
		{"query Q { roles { totalCount } }\n" + remove, "this is a mutation", []string{"--operation", "Remove"}},
		{"subscription S { users { totalCount } }", "this is a subscription, and only queries are known to change nothing", nil},
		{"query Q { roles { totalCount } }\n" + remove, "Name it by --operation", nil},
		{"query Q { roles { totalCount }\n" + remove, "Nothing was sent", nil},
		{"query Q { roles { totalCount } }\n" + remove, `no operation "R"`, []string{"--operation", "R"}},
		{"{ roles { totalCount } }\n" + remove, "one without a name, Remove", nil},
		{"query Remove { roles { totalCount } }\n" + remove, `2 operations "Remove"`, []string{"--operation", "Remove"}},
		{"fragment f on User { id }", "no operation in it", nil},
		{"query Q {\n  roles { totalCount }\n", "standard input: read GraphQL document: line 3, column 1: ", nil},
		{"query Q { roles { totalCount } }", "no variable", []string{"--var", "a=b"}},
		{"", "no operation in it", []string{"--allow-mutations"}},
		{"{ roles { totalCount } }", "cannot both be standard input", []string{"--vars", "-"}},
	}
	for _, test := range tests {
		got := v.runPiped(t, nil, test.document, append([]string{"query", "-f", "-"}, test.args...)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, test.want) || got.stdout != "" {
			t.Errorf("%s: %+v", test.document, got)
		}
	}
	if got := v.run(t, nil, "query", "-f", filepath.Join(t.TempDir(), "none.graphql")); got.code != exitUsage {
		t.Errorf("%+v", got)
	}
	if got := v.run(t, nil, "query"); got.code != exitUsage || !strings.Contains(got.stderr, "--file") {
		t.Errorf("%+v", got)
	}
	if _, there := v.Project().Get(v.ids["bob"]); v.Requests() != 0 || !there {
		t.Errorf("%d requests", v.Requests())
	}
	got := v.runPiped(t, nil, remove, "query", "-f", "-", "--allow-mutations").wantCode(t, exitOK)
	if _, there := v.Project().Get(v.ids["bob"]); v.Requests() != 1 || there || !strings.Contains(got.stdout, "deletedUserID") {
		t.Errorf("%d requests: %+v", v.Requests(), got)
	}
}

// TestQueryErrors are told with reason and place, beside the data that there is.
func TestQueryErrors(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	tests := []struct {
		document, stdout, stderr string
	}{
		{
			`{ good: roles { totalCount } users(after: "x") { totalCount } }`, `{"good":{"totalCount":2},"users":null}` + "\n",
			"usersync: users: invalid pagination cursor (Invalid/InvalidCursor)\n",
		},
		{`{ users { count } }`, "", `usersync: line 1, column 11: Cannot query field "count" on type "UserConnection".`},
		{`{ getUserByLoginID(loginIDKey: "none", loginIDValue: "x") { id } }`, `{"getUserByLoginID":null}` + "\n", "GetUsersInvalidArgument"},
	}
	for _, test := range tests {
		got := v.runPiped(t, nil, test.document, "query", "-f", "-").wantCode(t, exitFailed)
		if got.stdout != test.stdout || !strings.Contains(got.stderr, test.stderr) {
			t.Errorf("%s: %+v", test.document, got)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":null,"errors":[{"message":"Variable \"$n\" got invalid value \"x\".\nExpected type \"Int\".\u001b[2J","locations":[{"line":1,"column":9}]}]}`)
	}))
	t.Cleanup(server.Close)
	got := v.runPiped(t, []string{"AUTHGEAR_ENDPOINT=" + server.URL}, "{ roles { totalCount } }", "query", "-f", "-").wantCode(t, exitFailed)
	if want := `usersync: line 1, column 9: Variable "$n" got invalid value "x". Expected type "Int".\u001b[2J` + "\n"; got.stderr != want {
		t.Errorf("%+v", got)
	}
	got = v.run(t, []string{"AUTHGEAR_APP_ID=other"}, "query", "-f", writeFile(t, "q.graphql", "{roles{totalCount}}"))
	if got.code != exitUnauthorized || got.stdout != "" || !strings.Contains(got.stderr, "refused the credentials") {
		t.Errorf("%+v", got)
	}
}

// TestQueryMutationOnce: a change is not repeated, whatever befell it, and people
// are told that it may have been made.
func TestQueryMutationOnce(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	requests := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- string(body)
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	environ := []string{"AUTHGEAR_ENDPOINT=" + server.URL, "USERSYNC_MAX_RETRIES=3"}
	got := v.runPiped(t, environ, `mutation { deleteUser(input: {userID: "x"}) { deletedUserID } }`, "query", "-f", "-", "--allow-mutations").wantCode(t, exitTemporary)
	if len(requests) != 1 || !strings.Contains(got.stderr, "not known whether it was done") {
		t.Errorf("%d requests: %+v", len(requests), got)
	}
}

// TestSchema prints the schema or writes it to a file, the same every time, and
// finds nothing that is not valid there.
func TestSchema(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	printed := v.run(t, nil, "schema").wantCode(t, exitOK)
	path := filepath.Join(t.TempDir(), "schema.graphql")
	written := v.run(t, nil, "schema", "--out", path, "--check").wantCode(t, exitOK)
	content, err := os.ReadFile(path)
	if err != nil || string(content) != printed.stdout || !strings.Contains(printed.stdout, "type User implements Entity & Node {") {
		t.Errorf("%v: %s", err, content)
	}
	if dash := v.run(t, nil, "schema", "--out", "-").wantCode(t, exitOK); dash.stdout != printed.stdout {
		t.Errorf("--out -: %s", dash.stdout)
	}
	v.run(t, nil, "schema", "--out", "-", "--check").wantCode(t, exitUsage)
	golden(t, "schema-check", written.stdout)
	var document struct {
		Valid      bool
		Operations []struct {
			Name     string
			Valid    bool
			Problems []string
		}
		New, Gone []string
		Changed   []any
	}
	asJSON := v.run(t, nil, "schema", "--check", "--json").wantCode(t, exitOK)
	if err := json.Unmarshal([]byte(asJSON.stdout), &document); err != nil {
		t.Fatal(err)
	}
	if !document.Valid || len(document.Operations) != len(adminapi.Operations()) || len(document.New)+len(document.Changed) != 0 || !slices.Contains(document.Gone, "AccountLockout") {
		t.Errorf("%s", asJSON.stdout)
	}
	for i, operation := range adminapi.Operations() {
		if got := document.Operations[i]; got.Name != operation.Name || !got.Valid || got.Problems == nil {
			t.Errorf("%+v", got)
		}
	}
	if got := v.run(t, nil, "schema", "--json"); got.code != exitUsage {
		t.Errorf("%+v", got)
	}
	if got := v.run(t, nil, "schema", "--out", filepath.Join(path, "x")); got.code != exitFailed || strings.Contains(got.stderr, "panic") {
		t.Errorf("%+v", got)
	}
}

// TestSchemaOfAnotherServer, on which usersync cannot work: it says on what.
func TestSchemaOfAnotherServer(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"__schema":{"queryType":{"name":"Query"},"types":[
			{"kind":"OBJECT","name":"Query","fields":[{"name":"users","args":[{"name":"first","type":{"kind":"SCALAR","name":"String"}}],"type":{"kind":"OBJECT","name":"Users"}},
				{"name":"teams","args":[],"type":{"kind":"SCALAR","name":"Int"}}]},
			{"kind":"OBJECT","name":"Users","fields":[{"name":"totalCount","args":[],"type":{"kind":"SCALAR","name":"Int"}}]}]}}}`)
	}))
	t.Cleanup(server.Close)
	environ := []string{"AUTHGEAR_ENDPOINT=" + server.URL}
	got := v.run(t, environ, "schema", "--check").wantCode(t, exitFailed)
	golden(t, "schema-check-other", got.stdout)
	if !strings.Contains(got.stderr, "another release of usersync") {
		t.Errorf("%s", got.stderr)
	}
	asJSON := v.run(t, environ, "schema", "--check", "--json").wantCode(t, exitFailed)
	for _, want := range []string{
		`"valid":false,"operations":[{"name":"UsersyncUsers","valid":false,"problems":["`,
		`{"name":"UsersyncTotalCount","valid":false,"problems":["`, `"new":["Query.teams",`, `{"name":"Query.users","was":"UserConnection","is":"Users"}`,
	} {
		if !strings.Contains(asJSON.stdout, want) {
			t.Errorf("no %q in %s", want, asJSON.stdout)
		}
	}
}
