package source_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/source"
	usersync "usersync/sync"
)

func TestPeopleGet(t *testing.T) {
	t.Parallel()
	client, project, _ := emulatedClient(t)
	ids := createMany(t, project, 3)
	people := source.NewPeople(client)
	tests := []struct {
		name string
		by   source.Name
		ids  []usersync.ID
	}{
		{ids[1].String(), source.ByID, ids[1:2]},
		{strings.ToUpper(ids[1].String()), source.ByID, ids[1:2]},
		{adminapi.NodeID(ids[1].String()), source.ByID, ids[1:2]},
		{adminapi.NodeID(ids[1].String()) + "=", source.ByID, ids[1:2]},
		{"00000000-0000-4000-8000-000000000000", source.ByID, nil},
		{"P1@Example.com", source.ByEmail, ids[1:2]},
		{"p9@example.com", source.ByEmail, nil},
		{"@", source.ByEmail, nil}, // which the server takes for no email address
		{"+85298000001", source.ByPhone, ids[1:2]},
		{"+852 (9800)-0001", source.ByPhone, ids[1:2]},
		{"\u202a+852\u20119800\u2009\u20130001\u202c", source.ByPhone, ids[1:2]},
		{"+1", source.ByPhone, nil},
		{" p1\u200b ", source.ByUsername, ids[1:2]},
		{"Role:" + ids[1].String(), source.ByUsername, nil},
		{"nobody here", source.ByUsername, nil},
	}
	for _, test := range tests {
		got, err := people.Get(t.Context(), test.name, usersync.AllFields())
		if err != nil {
			t.Errorf("%q: %v", test.name, err)
			continue
		}
		var found []usersync.ID
		for _, user := range got.Users {
			found = append(found, user.ID)
		}
		if fmt.Sprint(found) != fmt.Sprint(test.ids) || got.By != test.by {
			t.Errorf("%q: by %s %v, want by %s %v", test.name, got.By, found, test.by, test.ids)
		}
		if test.by == source.ByID && test.ids != nil && got.ID != test.ids[0] || test.by != source.ByID && got.ID != (usersync.ID{}) {
			t.Errorf("%q: the id is %s", test.name, got.ID)
		}
	}
}

// TestPeopleGetUsernames that look like something else.
func TestPeopleGetUsernames(t *testing.T) {
	t.Parallel()
	client, project, _ := emulatedClient(t)
	for _, username := range []string{"00000000-0000-4000-8000-000000000000", "ann@work", "+1"} {
		id := create(t, project, emulator.User{CreatedAt: time.Now(), Identities: []emulator.Identity{emulator.UsernameIdentity(username)}})
		got, err := source.NewPeople(client).Get(t.Context(), username, usersync.AllFields())
		if err != nil || len(got.Users) != 1 || got.Users[0].ID != id || got.By != source.ByUsername {
			t.Errorf("%s: %+v, %v", username, got, err)
		}
	}
}

// TestPeopleEffectiveRoles are those by groups as well.
func TestPeopleEffectiveRoles(t *testing.T) {
	t.Parallel()
	client, project, _ := emulatedClient(t)
	id := create(t, project, emulator.User{CreatedAt: time.Now(), Roles: []string{"viewer"}, Groups: []string{"sales"}})
	for _, err := range []error{project.AddRole("editor", ""), project.AddRole("admin", ""), project.AssignRolesToGroup("sales", "editor", "admin", "viewer")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	roles, err := source.NewPeople(client).EffectiveRoles(t.Context(), id)
	if err != nil || strings.Join(roles, " ") != "admin editor viewer" {
		t.Errorf("%q, %v", roles, err)
	}
}

// TestPeopleWhoShare a name are all found.
func TestPeopleWhoShare(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		user := func(digit string) string {
			return `{"id":"` + adminapi.NodeID("4df76823-72ce-4665-b873-61bd278a750"+digit) + `","createdAt":"2026-01-01T00:00:00Z"}`
		}
		_, _ = w.Write([]byte(`{"data":{"getUsersByStandardAttribute":[` + user("1") + "," + user("2") + `]}}`))
	})
	got, err := source.NewPeople(clientOf(t, handler)).Get(t.Context(), "ann@example.com", usersync.FieldsNamed([]string{"created_at"}))
	if err != nil || len(got.Users) != 2 || got.Users[0].ID == got.Users[1].ID {
		t.Errorf("%v, %v", got, err)
	}
}

// clientOf is a client of whatever the handler is.
func clientOf(t *testing.T, handler http.Handler) *adminapi.Client {
	t.Helper()
	signing, err := emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-one"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := adminapi.ParseKey(signing.PrivateKeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := adminapi.New(adminapi.Config{Endpoint: server.URL, AppID: "myapp", KeyID: "key-one", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func TestPeopleFailures(t *testing.T) {
	t.Parallel()
	people := source.NewPeople(clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	})))
	for _, name := range []string{"4df76823-72ce-4665-b873-61bd278a7501", "ann@example.com", "+85298000001", "ann"} {
		if got, err := people.Get(t.Context(), name, usersync.AllFields()); err == nil {
			t.Errorf("%q: %v", name, got)
		}
	}
	failures := 0
	for user, err := range people.List(t.Context(), source.Listing{}, usersync.AllFields()) {
		if failures++; err == nil || user != nil {
			t.Errorf("%v", user)
		}
	}
	if failures != 1 {
		t.Errorf("%d errors", failures)
	}
}

func TestPeopleList(t *testing.T) {
	t.Parallel()
	client, project, transport := emulatedClient(t)
	now := time.Now()
	for i, user := range []emulator.User{{Roles: []string{"admin"}}, {Roles: []string{"admin", "editor"}, Groups: []string{"sales"}}, {}, {}} {
		user.CreatedAt = now.Add(-time.Duration(i) * time.Hour)
		login := now.Add(time.Duration(i) * time.Minute)
		user.PreviousLoginAt, user.LastLoginAt = &login, &login
		user.Identities = []emulator.Identity{emulator.UsernameIdentity(fmt.Sprintf("p%d", i))}
		create(t, project, user)
	}
	people := source.NewPeople(client)
	tests := []struct {
		listing  source.Listing
		want     string
		searches bool
	}{
		{source.Listing{}, "p0 p1 p2 p3", false},
		{source.Listing{PageSize: 3}, "p0 p1 p2 p3", false},
		{source.Listing{ByLastLogin: true}, "p3 p2 p1 p0", false},
		{source.Listing{Roles: []string{"admin"}}, "p0 p1", true},
		{source.Listing{Roles: []string{"admin"}, PageSize: 1}, "p0 p1", true},
		{source.Listing{Roles: []string{"admin", "editor"}}, "p1", true},
		{source.Listing{Groups: []string{"sales"}}, "p1", true},
		{source.Listing{Word: "p2"}, "p2", true},
	}
	for _, test := range tests {
		var got []string
		for user, err := range people.List(t.Context(), test.listing, usersync.FieldsNamed([]string{"end_user_account_id"})) {
			if err != nil {
				t.Fatal(err)
			}
			name, _ := user.Get(fieldNamed(t, "end_user_account_id")).(string)
			got = append(got, name)
		}
		if listed := strings.Join(got, " "); listed != test.want || test.listing.Searches() != test.searches {
			t.Errorf("%+v: %s", test.listing, listed)
		}
	}
	before := transport.total.Load()
	for _, err := range people.List(t.Context(), source.Listing{PageSize: 1}, usersync.FieldSet{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if transport.total.Load()-before != 1 {
		t.Error("it reads on when nobody listens")
	}
}

func fieldNamed(t *testing.T, name string) *usersync.Field {
	t.Helper()
	field, found := usersync.AllFields().Lookup(name)
	if !found {
		t.Fatalf("there is no field %s", name)
	}
	return field
}
