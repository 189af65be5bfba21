package adminapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"usersync/adminapi"
)

// pageOf is a page of users of whom only the last digit of their ids matters.
func pageOf(end string, next bool, digits ...string) string {
	var edges []string
	for _, digit := range digits {
		id := adminapi.NodeID("4df76823-72ce-4665-b873-61bd278a750" + digit)
		edges = append(edges, fmt.Sprintf(`{"cursor":"x","node":{"id":%q,"createdAt":"2026-01-01T00:00:00Z"}}`, id))
	}
	return fmt.Sprintf(`{"data":{"users":{"pageInfo":{"hasNextPage":%v,"endCursor":%q},"edges":[%s]}}}`, next, end, strings.Join(edges, ","))
}

func TestListUsers(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"":  pageOf("a", true, "1", "2"),
		"a": pageOf("b", true, "2", "3"), // somebody was created meanwhile
		"b": strings.Replace(pageOf("c", true, "4"), `[{`, `[null,{"cursor":"y","node":null},{`, 1),
	}
	tests := []struct {
		name, last, want string
		end              error
	}{
		{"ends", pageOf("d", false, "5"), "1 2 3 4 5", nil},
		{"ends with nobody", pageOf("", false), "1 2 3 4", nil},
		{"the endless page of a search", pageOf("", true), "1 2 3 4", adminapi.ErrDeadEnd},
		{"a page that leads to itself", pageOf("c", true, "5"), "1 2 3 4 5", adminapi.ErrDeadEnd},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				got := readSent(t, r)
				if got.Variables["searchKeyword"] != "ann" || got.Variables["first"] != 2.0 {
					t.Errorf("sent %v", got.Variables)
				}
				after, _ := got.Variables["after"].(string)
				page, known := pages[after]
				if !known {
					page = test.last
				}
				writeJSON(w, page)
			})
			var got []string
			var end error
			for user, err := range client.ListUsers(t.Context(), adminapi.UsersQuery{First: 2, SearchKeyword: "ann"}) {
				if end = err; err == nil {
					got = append(got, user.ID[len(user.ID)-1:])
				}
			}
			if listed := strings.Join(got, " "); listed != test.want || requests.Load() != 4 || !errors.Is(end, test.end) {
				t.Errorf("got %s with %d requests, and %v", listed, requests.Load(), end)
			}
		})
	}
}

// TestListUsersStops at an error, and where nobody listens any more.
func TestListUsersStops(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			writeJSON(w, pageOf("a", true, "1", "2"))
			return
		}
		writeJSON(w, `{"errors":[{"message":"no","extensions":{"errorName":"Invalid","reason":"InvalidCursor"}}]}`)
	})
	users, failures := 0, 0
	for _, err := range client.ListUsers(t.Context(), adminapi.UsersQuery{}) {
		if err == nil {
			users++
			continue
		}
		failures++
		if failure, is := errors.AsType[*adminapi.Error](err); !is || failure.Reason != "InvalidCursor" {
			t.Error(err)
		}
	}
	if users != 2 || failures != 1 {
		t.Errorf("%d users, %d errors", users, failures)
	}
	requests.Store(0)
	for _, err := range client.ListUsers(t.Context(), adminapi.UsersQuery{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if requests.Load() != 1 {
		t.Errorf("%d requests", requests.Load())
	}
}
