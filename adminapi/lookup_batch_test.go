package adminapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
)

func ids(users []*adminapi.User) []string {
	var list []string
	for _, user := range users {
		list = append(list, user.ID)
	}
	return list
}

// Values travel as variables, and answers come to the values that were asked for.
func TestUsersByAttributes(t *testing.T) {
	t.Parallel()
	values := []string{"ann@example.com", `b"){id}}`, "nobody@example.com"}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := readSent(t, r)
		want := map[string]any{"attribute": "email", "v0": values[0], "v1": values[1], "v2": values[2]}
		if diff := cmp.Diff(want, got.Variables); diff != "" || got.OperationName != "UsersyncUsersByAttributes" {
			t.Errorf("operation %s, variables (-want +got):\n%s", got.OperationName, diff)
		}
		for _, value := range values {
			if strings.Contains(got.Query, value) {
				t.Errorf("the document holds the value %s", value)
			}
		}
		writeJSON(w, `{"data":{"a2":[],"a1":[`+node(bobID)+`,`+node(annID)+`],"a0":[`+node(annID)+`]}}`)
	})
	matches, err := client.UsersByAttributes(t.Context(), "email", values, 0)
	if err != nil || len(matches) != 3 {
		t.Fatalf("got %v, %v", matches, err)
	}
	for i, want := range [][]string{{annID}, {bobID, annID}, nil} {
		if got := ids(matches[i].Users); !slices.Equal(got, want) || matches[i].Invalid {
			t.Errorf("value %d: %v", i, matches[i])
		}
	}
	if client.Stats().Requests != 1 {
		t.Errorf("%d requests", client.Stats().Requests)
	}
}

// The server names one value that it does not take and answers nothing else;
// the others are asked for again.
func TestUsersByAttributesInvalid(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		vars := readSent(t, r).Variables
		answer := make([]string, 0, len(vars))
		for i := 0; vars[fmt.Sprintf("v%d", i)] != nil; i++ {
			switch vars[fmt.Sprintf("v%d", i)] {
			case "bad":
				writeJSON(w, fmt.Sprintf(`{"data":null,"errors":[{"message":"invalid attributeValue","path":["a%d"],"extensions":{"errorName":"Invalid","reason":"GetUsersInvalidArgument"}}]}`, i))
				return
			case "ann":
				answer = append(answer, fmt.Sprintf(`"a%d":[%s]`, i, node(annID)))
			default:
				answer = append(answer, fmt.Sprintf(`"a%d":[]`, i))
			}
		}
		writeJSON(w, `{"data":{`+strings.Join(answer, ",")+`}}`)
	})
	for _, c := range []struct {
		values   string
		requests int64
	}{
		{"ann", 1},
		{"bad", 1},
		{"bad bad bad", 3},
		{"ann bad x ann", 2},
		{"bad ann bad x ann bad", 4},
	} {
		before := client.Stats().Requests
		values := strings.Fields(c.values)
		matches, err := client.UsersByAttributes(t.Context(), "preferred_username", values, 0)
		if err != nil || len(matches) != len(values) {
			t.Errorf("%s: %v, %v", c.values, matches, err)
			continue
		}
		for i, value := range values {
			if m := matches[i]; m.Invalid != (value == "bad") || (len(m.Users) == 1) != (value == "ann") {
				t.Errorf("%s: value %d: %v", c.values, i, m)
			}
		}
		if got := client.Stats().Requests - before; got != c.requests {
			t.Errorf("%s: %d requests, want %d", c.values, got, c.requests)
		}
	}
}

// Whatever else is wrong is wrong for all.
func TestUsersByAttributesTrustNothingElse(t *testing.T) {
	t.Parallel()
	failure := func(name, reason, path string) string {
		return `{"data":null,"errors":[{"message":"m","path":[` + path + `],"extensions":{"errorName":"` + name + `","reason":"` + reason + `"}}]}`
	}
	for name, body := range map[string]string{
		"one missing":          `{"data":{"a0":[]}}`,
		"one null":             `{"data":{"a0":[],"a1":null}}`,
		"a null user":          `{"data":{"a0":[],"a1":[null]}}`,
		"not a user":           `{"data":{"a0":[],"a1":[{"id":"x"}]}}`,
		"another reason":       failure("Invalid", "InvalidQuery", `"a1"`),
		"passing trouble":      failure("InternalError", "UnexpectedError", `"a1"`),
		"no path":              failure("Invalid", "GetUsersInvalidArgument", ``),
		"another alias":        failure("Invalid", "GetUsersInvalidArgument", `"a2"`),
		"a negative alias":     failure("Invalid", "GetUsersInvalidArgument", `"a-1"`),
		"no alias":             failure("Invalid", "GetUsersInvalidArgument", `"x0"`),
		"a number":             failure("Invalid", "GetUsersInvalidArgument", `0`),
		"an error beside data": `{"data":{"a0":[],"a1":[]},"errors":[{"message":"boom","path":["a1",0],"locations":[{"line":1,"column":2}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answer(body))
			matches, err := client.UsersByAttributes(t.Context(), "email", []string{"x", "y"}, 0)
			if _, ok := errors.AsType[*adminapi.Error](err); matches != nil || !ok || client.Stats().Requests != 1 {
				t.Errorf("got %v, %v", matches, err)
			}
		})
	}
}

// Requests stay far below the server's limit of 1 MiB, however long the values.
func TestUsersByAttributesOfLongValues(t *testing.T) {
	t.Parallel()
	var longest atomic.Int64
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		longest.Store(max(longest.Load(), r.ContentLength))
		vars := readSent(t, r).Variables
		var answer []string
		for i := range len(vars) - 1 {
			answer = append(answer, fmt.Sprintf(`"a%d":[]`, i))
		}
		writeJSON(w, `{"data":{`+strings.Join(answer, ",")+`}}`)
	})
	values := slices.Repeat([]string{strings.Repeat("\x01", 8<<10)}, adminapi.MaxAliases)
	matches, err := client.UsersByAttributes(t.Context(), "email", values, adminapi.AllUserFields)
	if err != nil || len(matches) != len(values) {
		t.Errorf("%d matches, %v", len(matches), err)
	}
	if client.Stats().Requests != 7 || longest.Load() > 1<<20 {
		t.Errorf("%d requests of up to %d bytes", client.Stats().Requests, longest.Load())
	}
	if _, err := client.UsersByAttributes(t.Context(), "email", []string{strings.Repeat("x", 1<<18), "x"}, 0); err != nil {
		t.Error(err)
	}
}

func TestUsersByAttributesNotSent(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	if _, err := client.UsersByAttributes(t.Context(), "email", make([]string, adminapi.MaxAliases+1), 0); err == nil {
		t.Error("too many: no error")
	}
	if _, err := client.UsersByAttributes(t.Context(), "name", []string{"Ann"}, 0); err == nil {
		t.Error("another attribute: no error")
	}
	if matches, err := client.UsersByAttributes(t.Context(), "email", nil, 0); len(matches) != 0 || err != nil {
		t.Errorf("nothing: %v, %v", matches, err)
	}
}

// The engine of the emulator is Authgear's own, and does with invalid values what
// that does.
func TestUsersByAttributesOfTheEmulator(t *testing.T) {
	t.Parallel()
	_, cfg := startEmulator(t, 120)
	client := newClient(t, cfg)
	everybody := sweep(t, client, adminapi.FieldStandardAttributes)
	var values, want []string
	for id, user := range everybody {
		if email, ok := user.StandardAttributes["email"].(string); ok && len(values) < adminapi.MaxAliases-3 {
			values, want = append(values, strings.ToUpper(email)), append(want, id)
		}
	}
	values = slices.Concat([]string{"no address"}, values, []string{"nor this", "nobody@example.com"})
	before := client.Stats().Requests
	matches, err := client.UsersByAttributes(t.Context(), "email", values, adminapi.AllUserFields)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range want {
		if !slices.Contains(ids(matches[i+1].Users), id) {
			t.Errorf("user %s is not found by email", id)
		}
	}
	last := len(values) - 1
	if !matches[0].Invalid || !matches[last-1].Invalid || matches[last].Invalid || len(matches[last].Users) > 0 {
		t.Errorf("got %v, %v, %v", matches[0], matches[last-1], matches[last])
	}
	if got := client.Stats().Requests - before; got != 3 {
		t.Errorf("%d requests", got)
	}
	_, err = client.UserByLoginID(t.Context(), "nosuch", "x", 0)
	if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.Reason != adminapi.ReasonInvalidArgument || e.Message != "invalid Login ID key" {
		t.Errorf("unknown key: %v", err)
	}
}
