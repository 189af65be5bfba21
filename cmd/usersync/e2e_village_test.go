//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
)

// A village is a project of a few people whom tests know by name, in which it is
// always noon unless a test moves the clock.
type village struct {
	*emulator.Server
	url, keyFile string
	later        atomic.Int64 // nanoseconds since noon
	ids          map[string]string
}

func (v *village) now() time.Time {
	return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Add(time.Duration(v.later.Load()))
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{ids: make(map[string]string)}
	var err error
	if v.Server, err = emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-1", Seed: 1, Now: v.now}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(v.Server)
	t.Cleanup(server.Close)
	v.url, v.keyFile = server.URL, writeFile(t, "private-key.pem", string(v.PrivateKeyPEM()))
	day := func(n int) time.Time { return v.now().AddDate(0, 0, n) }
	login := day(-1)
	for i, user := range []emulator.User{
		{
			Identities: []emulator.Identity{
				emulator.EmailIdentity("ann@example.com"), emulator.PhoneIdentity("+85298000001"), emulator.UsernameIdentity("ann"),
				emulator.OAuthIdentity("google", "g-1", map[string]any{"email": "ann@example.com"}),
				emulator.PasskeyIdentity("p-1", "Ann's phone"), emulator.BiometricIdentity("b-1", "iPhone"),
			},
			StandardAttributes: map[string]any{
				"email": "ann@example.com", "phone_number": "+85298000001", "preferred_username": "ann", "name": "Ann \x1b[31m Lee",
				"address": map[string]any{"country": "HK", "locality": "Kowloon"}, "locale": "en-HK", "favourite": "blue",
			},
			CustomAttributes: map[string]any{"member_id": "M-1", "points": json.Number("12345678901234567890"), "tags": []any{"a", "b"}},
			VerifiedClaims:   []emulator.Claim{{Name: "email", Value: "ann@example.com"}},
			Roles:            []string{"editor", "admin"}, Groups: []string{"sales"}, LastLoginAt: &login, PreviousLoginAt: &login,
		},
		{Identities: []emulator.Identity{emulator.EmailIdentity("bob@example.com")}, Roles: []string{"editor"}},
		{Identities: []emulator.Identity{emulator.UsernameIdentity("lee")}, StandardAttributes: map[string]any{"name": "李小龍"}},
		{Identities: []emulator.Identity{emulator.OAuthIdentity("google", "g-2", map[string]any{"email": "carol@example.com"})}},
		{Identities: []emulator.Identity{emulator.AnonymousIdentity("a-1")}},
	} {
		user.ID = fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", i+1)
		user.CreatedAt, user.UpdatedAt = day(-10+i), day(-10+i)
		id, err := v.Project().Create(user)
		if err != nil {
			t.Fatal(err)
		}
		v.ids[[]string{"ann", "bob", "lee", "carol", "nobody"}[i]] = id
	}
	if err := v.Project().SetDisabled(v.ids["bob"], true, "spam"); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *village) environ() []string {
	return []string{
		"AUTHGEAR_ENDPOINT=" + v.url, "AUTHGEAR_APP_ID=myapp",
		"AUTHGEAR_ADMIN_API_KEY_ID=key-1", "AUTHGEAR_ADMIN_API_KEY_FILE=" + v.keyFile,
		"USERSYNC_RATE=0", "USERSYNC_MAX_RETRIES=0",
	}
}

// run runs the program in this process, at the village's time.
func (v *village) run(t *testing.T, environ []string, args ...string) ran {
	t.Helper()
	return v.runPiped(t, environ, "", args...)
}

func (v *village) runPiped(t *testing.T, environ []string, stdin string, args ...string) ran {
	t.Helper()
	var stdout, stderr strings.Builder
	a := newApp(append(v.environ(), environ...), strings.NewReader(stdin), &stdout, &stderr)
	a.now = v.now
	code := a.run(t.Context(), args)
	return ran{code, stdout.String(), stderr.String()}
}

// transcript is what several invocations print, for a golden file.
func (v *village) transcript(t *testing.T, environ []string, invocations ...[]string) string {
	t.Helper()
	var text strings.Builder
	for _, args := range invocations {
		got := v.run(t, environ, args...)
		fmt.Fprintf(&text, "$ usersync %s\n%s", strings.Join(args, " "), got.stdout)
		if got.stderr != "" {
			text.WriteString("standard error: " + got.stderr)
		}
		if got.code != exitOK {
			fmt.Fprintf(&text, "exit code %d\n", got.code)
		}
		text.WriteString("\n")
	}
	return text.String()
}

func (v *village) client(t *testing.T) *adminapi.Client {
	t.Helper()
	key, err := adminapi.ParseKey(v.PrivateKeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	client, err := adminapi.New(adminapi.Config{Endpoint: v.url, AppID: "myapp", KeyID: "key-1", Key: key, Now: v.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}
