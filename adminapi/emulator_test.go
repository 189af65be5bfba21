package adminapi_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
)

// startEmulator serves a made-up project below basePath.
func startEmulator(t *testing.T, users int) (*emulator.Server, adminapi.Config) {
	t.Helper()
	em, err := emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-one", Key: &rsaKey(t, testKeyPEM()).PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	emulator.Generate(em.Project(), users, 1, time.Now())
	server := httptest.NewServer(http.StripPrefix(basePath, em))
	t.Cleanup(server.Close)
	return em, config(t, server.URL+basePath, nil)
}

// sweep reads all pages and returns the users by id.
func sweep(t *testing.T, client *adminapi.Client, fields adminapi.UserFields) map[string]*adminapi.User {
	t.Helper()
	users := map[string]*adminapi.User{}
	query := adminapi.UsersQuery{SortBy: adminapi.SortByCreatedAt, SortDirection: adminapi.SortDescending, Fields: fields}
	for {
		page, err := client.Users(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, edge := range page.Edges {
			users[edge.Node.ID] = edge.Node
		}
		if !page.HasNextPage {
			return users
		}
		query.After = page.EndCursor
	}
}

// Through every sort of passing trouble, all users are read, and read exactly.
func TestSweepThroughFaults(t *testing.T) {
	t.Parallel()
	em, cfg := startEmulator(t, 1050)
	cfg.MaxRetries, cfg.Timeout = 12, time.Minute
	client := newClient(t, cfg)
	want := sweep(t, client, adminapi.AllUserFields)
	if len(want) != em.Project().Len() {
		t.Fatalf("%d users of %d", len(want), em.Project().Len())
	}
	before := client.Stats()
	em.SetFaults(emulator.Faults{
		Seed: 2, Latency: .1, LatencyFor: 10 * time.Millisecond, TooManyRequestsBare: .07, InternalError: .07, BadGateway: .07,
		Unavailable: .07, WrongContentType: .07, DroppedConnection: .07, TruncatedBody: .07, SlowBody: .05, SlowBodyFor: 20 * time.Millisecond,
		PartialData: .07,
	})
	got := sweep(t, client, adminapi.AllUserFields)
	if retries := client.Stats().Retries - before.Retries; retries == 0 {
		t.Error("nothing went wrong: the test shows nothing")
	}
	if !maps.EqualFunc(want, got, equalUsers) {
		t.Error("the users read are not the same")
	}
	ids := slices.Collect(maps.Keys(want))
	byID, err := client.UsersByID(t.Context(), ids, adminapi.AllUserFields)
	if err != nil {
		t.Fatal(err)
	}
	for i, user := range byID {
		if user == nil || !equalUsers(user, want[ids[i]]) {
			t.Errorf("user %s, read by id, is not the same", ids[i])
		}
	}
}

// The server's real ways of refusing credentials, each found out by the client.
func TestEmulatorRefusesCredentials(t *testing.T) {
	t.Parallel()
	_, cfg := startEmulator(t, 1)
	stranger, err := adminapi.ParseKey([]byte(pkcs8(t, newRSAKey(t))))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*adminapi.Config)
		want   string
	}{
		"wrong key":    {func(c *adminapi.Config) { c.Key = stranger }, stranger.Thumbprint()},
		"wrong key ID": {func(c *adminapi.Config) { c.KeyID = "key-two" }, `key ID ("key-two")`},
		"wrong app ID": {func(c *adminapi.Config) { c.AppID = "other" }, `app ID ("other")`},
		"clock ahead": {func(c *adminapi.Config) {
			c.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
		}, "ahead of the server's"},
		"clock behind": {func(c *adminapi.Config) {
			c.Now = func() time.Time { return time.Now().Add(-time.Hour) }
		}, "behind the server's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := cfg
			c.change(&cfg)
			_, err := newClient(t, cfg).TotalCount(t.Context())
			if e, ok := errors.AsType[*adminapi.Error](err); !ok || !e.Unauthorized() || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
	cfg.Now = func() time.Time { return time.Now().Add(4 * time.Minute) } // the server accepts five
	if _, err := newClient(t, cfg).TotalCount(t.Context()); err != nil {
		t.Error(err)
	}
}
