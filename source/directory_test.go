package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A handlerTransport answers requests by a handler, without a network.
type handlerTransport struct {
	handler http.Handler
	takes   time.Duration
	active  atomic.Int64
	most    atomic.Int64 // at a time
	total   atomic.Int64
}

func (h *handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	h.total.Add(1)
	active := h.active.Add(1)
	defer h.active.Add(-1)
	for {
		most := h.most.Load()
		if active <= most || h.most.CompareAndSwap(most, active) {
			break
		}
	}
	select {
	case <-time.After(h.takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	recorder := httptest.NewRecorder()
	h.handler.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// emulatedDirectory is a directory of an emulated project.
func emulatedDirectory(t *testing.T, concurrency int) (*source.Directory, *emulator.Project, *handlerTransport) {
	t.Helper()
	client, project, transport := emulatedClient(t)
	return source.NewDirectory(client, concurrency), project, transport
}

func emulatedClient(t *testing.T) (*adminapi.Client, *emulator.Project, *handlerTransport) {
	t.Helper()
	server, err := emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-one"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := adminapi.ParseKey(server.PrivateKeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	transport := &handlerTransport{handler: server}
	client, err := adminapi.New(adminapi.Config{Endpoint: "http://localhost", AppID: "myapp", KeyID: "key-one", Key: key, Base: transport})
	if err != nil {
		t.Fatal(err)
	}
	return client, server.Project(), transport
}

func create(t *testing.T, project *emulator.Project, user emulator.User) usersync.ID {
	t.Helper()
	created, err := project.Create(user)
	if err != nil {
		t.Fatal(err)
	}
	id, err := usersync.ParseID(created)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// createMany are users with numbered login IDs.
func createMany(t *testing.T, project *emulator.Project, count int) []usersync.ID {
	t.Helper()
	ids := make([]usersync.ID, count)
	for i := range ids {
		ids[i] = create(t, project, emulator.User{Identities: []emulator.Identity{
			emulator.EmailIdentity(fmt.Sprintf("p%d@example.com", i)),
			emulator.PhoneIdentity(fmt.Sprintf("+8529800%04d", i)),
			emulator.UsernameIdentity(fmt.Sprintf("p%d", i)),
		}})
	}
	return ids
}

func TestDirectoryFinds(t *testing.T) {
	t.Parallel()
	directory, project, _ := emulatedDirectory(t, 2)
	ids := createMany(t, project, 3)
	tests := map[userimport.Identifier]struct {
		values []string
		want   []userimport.Found
	}{
		userimport.Email: {
			[]string{"P1@EXAMPLE.COM", "nobody@example.com", "no address", "p0@example.com", "p0@example.com"},
			[]userimport.Found{{IDs: ids[1:2]}, {}, {Invalid: true}, {IDs: ids[:1]}, {IDs: ids[:1]}},
		},
		userimport.Phone:    {[]string{"12", "+85298000002"}, []userimport.Found{{Invalid: true}, {IDs: ids[2:]}}},
		userimport.Username: {[]string{"p2", "P0", "p"}, []userimport.Found{{IDs: ids[2:]}, {IDs: ids[:1]}, {}}},
	}
	for kind, test := range tests {
		found, err := directory.Find(t.Context(), kind, test.values)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, found); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
	if found, err := directory.Find(t.Context(), userimport.Email, nil); err != nil || len(found) != 0 {
		t.Errorf("nobody asked for, and found are %v, %v", found, err)
	}
}

// Authgear names those who share a value in no order.
func TestDirectoryFindsWhoShare(t *testing.T) {
	t.Parallel()
	directory, _, transport := emulatedDirectory(t, 1)
	transport.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		two, one := adminapi.NodeID(plainID(2).String()), adminapi.NodeID(plainID(1).String())
		if _, err := fmt.Fprintf(w, `{"data":{"a0":[{"id":%q,"createdAt":"2026-01-02T03:04:05Z"},{"id":%q,"createdAt":"2026-01-02T03:04:05Z"}]}}`, two, one); err != nil {
			t.Error(err)
		}
	})
	found, err := directory.Find(t.Context(), userimport.Email, []string{"shared@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]userimport.Found{{IDs: []usersync.ID{plainID(1), plainID(2)}}}, found); diff != "" {
		t.Error(diff)
	}
}

// However much is asked for at once, no more requests than allowed are on their
// way, and answers come in order.
func TestDirectoryKeepsToItsConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		directory, project, transport := emulatedDirectory(t, 3)
		const count = 650 // 7 requests
		ids := createMany(t, project, count)
		values := make([]string, count)
		for i := range values {
			values[i] = fmt.Sprintf("P%d@example.com", i)
		}
		transport.takes = time.Second
		began := time.Now()
		found, err := directory.Find(t.Context(), userimport.Email, values)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range found {
			if !slices.Equal(f.IDs, ids[i:i+1]) {
				t.Errorf("value %d is %v's", i, f.IDs)
			}
		}
		if most, total, took := transport.most.Load(), transport.total.Load(), time.Since(began); most != 3 || total != 7 || took != 3*time.Second {
			t.Errorf("%d requests, %d at a time, took %s", total, most, took)
		}
	})
}

func TestDirectoryStopsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		directory, _, transport := emulatedDirectory(t, 1)
		transport.takes = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		values := make([]string, 1000)
		for i := range values {
			values[i] = fmt.Sprintf("p%d@example.com", i)
		}
		if _, err := directory.Find(ctx, userimport.Email, values); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		if total := transport.total.Load(); total != 1 {
			t.Errorf("%d requests were sent", total)
		}
	})
}

// Users come with all that a record can set, in order, nil for those who are not there.
func TestDirectoryReadsUsers(t *testing.T) {
	t.Parallel()
	directory, project, _ := emulatedDirectory(t, 0)
	for _, err := range []error{project.AddRole("admin", "Admin"), project.AddGroup("staff", "Staff")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	until := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	id := create(t, project, emulator.User{
		Identities:         []emulator.Identity{emulator.EmailIdentity("Ann@example.com"), emulator.PhoneIdentity("+85298765432")},
		StandardAttributes: map[string]any{"name": "Ann", "address": map[string]any{"country": "HK"}},
		CustomAttributes:   map[string]any{"tier": "pro"},
		VerifiedClaims:     []emulator.Claim{{Name: "email", Value: "ann@example.com"}},
		Roles:              []string{"admin"}, Groups: []string{"staff"}, Disabled: true, AccountValidUntil: &until,
	})
	unknown := usersync.ID{1}
	users, err := directory.Users(t.Context(), []usersync.ID{unknown, id})
	if err != nil {
		t.Fatal(err)
	}
	if len(users) != 2 || users[0] != nil || users[1] == nil || users[1].ID != id {
		t.Fatalf("read were %v", users)
	}
	record := userimport.Record{
		"email": "ann@example.com", "email_verified": true, "phone_number": "+85298765432", "name": "Ann",
		"address": map[string]any{"country": "HK"}, "custom_attributes": map[string]any{"tier": "pro"},
		"roles": []any{"admin"}, "groups": []any{"staff"}, "account_valid_until": "2040-01-02T03:04:05Z",
	}
	effect := userimport.EffectAt(record, users[1], userimport.Email, time.Time{})
	if len(effect.Missing()) > 0 || effect.Refusal != "" || len(effect.Notes) > 0 {
		t.Errorf("the effect is %+v", effect)
	}
}

// Which login IDs a project has is found out without any of its users.
func TestDirectoryKnowsLoginIDs(t *testing.T) {
	t.Parallel()
	directory, project, _ := emulatedDirectory(t, 1)
	for _, enabled := range [][]string{{"email", "phone", "username"}, {"email"}, {"phone"}, {"username"}} {
		project.SetLoginIDs(enabled...)
		for _, kind := range userimport.Identifiers() {
			allowed, err := directory.Allowed(t.Context(), kind)
			if err != nil {
				t.Fatal(err)
			}
			if want := slices.Contains(enabled, kind.LoginIDKey()); allowed != want {
				t.Errorf("with %v: %s is allowed: %v", enabled, kind, allowed)
			}
		}
	}
}

// Authgear has one reason for a login ID that the project does not have and for a
// value that is none; other errors say nothing about either.
func TestDirectoryTellsKeysFromValues(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		errors  string
		allowed bool
		fails   bool
	}{
		"key":   {`[{"message":"invalid Login ID key","path":["getUserByLoginID"],"extensions":{"errorName":"Invalid","reason":"GetUsersInvalidArgument"}}]`, false, false},
		"value": {`[{"message":"invalid Login ID value","path":["getUserByLoginID"],"extensions":{"errorName":"Invalid","reason":"GetUsersInvalidArgument"}}]`, true, false},
		"other": {`[{"message":"no","path":["getUserByLoginID"],"extensions":{"errorName":"Forbidden","reason":"Other"}}]`, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory, _, transport := emulatedDirectory(t, 1)
			transport.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if _, err := fmt.Fprintf(w, `{"data":{"getUserByLoginID":null},"errors":%s}`, test.errors); err != nil {
					t.Error(err)
				}
			})
			allowed, err := directory.Allowed(t.Context(), userimport.Username)
			if allowed != test.allowed || (err != nil) != test.fails {
				t.Errorf("allowed %v, %v", allowed, err)
			}
		})
	}
}

func TestDirectoryReadsRolesAndGroups(t *testing.T) {
	t.Parallel()
	directory, project, _ := emulatedDirectory(t, 1)
	var wantRoles, wantGroups []string
	for i := range 150 { // two pages
		role, group := fmt.Sprintf("role%03d", i), fmt.Sprintf("group%03d", i)
		for _, err := range []error{project.AddRole(role, role), project.AddGroup(group, group)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		wantRoles, wantGroups = append(wantRoles, role), append(wantGroups, group)
	}
	for name, test := range map[string]struct {
		read func(context.Context) ([]string, error)
		want []string
	}{"roles": {directory.Roles, wantRoles}, "groups": {directory.Groups, wantGroups}} {
		keys, err := test.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(keys)
		if diff := cmp.Diff(test.want, keys); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
