package source_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
)

// Few users are looked at, unless a wanted attribute is on none of them: then the
// oldest, and then all, until it is seen.
func TestDirectorySeesCustomAttributes(t *testing.T) {
	t.Parallel()
	directory, project, transport := emulatedDirectory(t, 1)
	const people = 1500
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range people {
		attributes := map[string]any{}
		switch i {
		case 100:
			attributes["old"] = true
		case 750:
			attributes["middle"] = "x"
		case people - 500:
			attributes["list"], attributes["object"], attributes["gone"] = []any{1}, map[string]any{"a": 1}, nil
		case people - 7:
			attributes["n"] = "seven"
		case people - 1:
			attributes["n"] = 7
		}
		create(t, project, emulator.User{
			CreatedAt: begin.Add(time.Duration(i) * time.Hour), CustomAttributes: attributes,
			Identities: []emulator.Identity{emulator.UsernameIdentity(fmt.Sprintf("p%d", i))},
		})
	}
	newest := map[string]string{"n": "number,string", "list": "array", "object": "object"}
	ends := map[string]string{"n": "number,string", "list": "array", "object": "object", "old": "boolean"}
	all := map[string]string{"n": "number,string", "list": "array", "object": "object", "old": "boolean", "middle": "string"}
	for _, test := range []struct {
		wanted   []string
		types    map[string]string
		users    int
		requests int64
	}{
		{nil, newest, 500, 5},
		{[]string{"n", "list"}, newest, 500, 5},
		{[]string{"n", "old"}, ends, 1000, 10},
		{[]string{"middle", "old"}, all, 1300, 13}, // 750 is on the third page after the newest
		{[]string{"gone"}, all, people, 21},        // the last page was full
	} {
		before := transport.total.Load()
		types, users, err := directory.CustomAttributes(t.Context(), test.wanted)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.types, types); diff != "" {
			t.Errorf("%v: %s", test.wanted, diff)
		}
		if requests := transport.total.Load() - before; users != test.users || requests != test.requests {
			t.Errorf("%v: %d users by %d requests, not %d by %d", test.wanted, users, requests, test.users, test.requests)
		}
	}
}

// Of few users the newest are among the oldest, and none is counted twice.
func TestDirectoryCountsSampledUsersOnce(t *testing.T) {
	t.Parallel()
	directory, project, transport := emulatedDirectory(t, 1)
	for i := range 700 {
		attributes := map[string]any{}
		if i == 0 {
			attributes["old"] = "x"
		}
		create(t, project, emulator.User{
			CreatedAt: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC), CustomAttributes: attributes,
			Identities: []emulator.Identity{emulator.UsernameIdentity(fmt.Sprintf("p%d", i))},
		})
	}
	transport.total.Store(0)
	types, users, err := directory.CustomAttributes(t.Context(), []string{"old"})
	if err != nil || types["old"] != "string" || users != 700 || transport.total.Load() != 10 {
		t.Errorf("%v of %d users by %d requests, %v", types, users, transport.total.Load(), err)
	}
}

// A search that finds nothing ends, and one among few asks for nobody twice.
func TestDirectorySearchForCustomAttributesEnds(t *testing.T) {
	t.Parallel()
	directory, project, transport := emulatedDirectory(t, 1)
	if types, users, err := directory.CustomAttributes(t.Context(), []string{"none"}); err != nil || len(types)+users > 0 {
		t.Errorf("of nobody: %v, %d, %v", types, users, err)
	}
	createMany(t, project, 150)
	transport.total.Store(0)
	if types, users, err := directory.CustomAttributes(t.Context(), []string{"none"}); err != nil || len(types) > 0 || users != 150 || transport.total.Load() != 2 {
		t.Errorf("of 150 users: %v of %d by %d requests, %v", types, users, transport.total.Load(), err)
	}
	node := fmt.Sprintf(`{"cursor":"x","node":{"id":%q,"createdAt":"2026-01-02T03:04:05Z","customAttributes":{}}}`, adminapi.NodeID(plainID(1).String()))
	page := `{"data":{"users":{"edges":[` + strings.Repeat(node+",", 99) + node + `],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}`
	transport.total.Store(0)
	transport.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write([]byte(page)); err != nil {
			t.Error(err)
		}
	})
	if types, users, err := directory.CustomAttributes(t.Context(), []string{"none"}); err != nil || len(types) > 0 || users != 1 || transport.total.Load() != 200 {
		t.Errorf("of very many users: %v of %d by %d requests, %v", types, users, transport.total.Load(), err)
	}
}
