//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"usersync/adminapi/emulator"
)

// TestDiffListsExactlyWhatChanged since the export.
func TestDiffListsExactlyWhatChanged(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 150)
	path := filepath.Join(t.TempDir(), "users.ndjson.gz")
	runBinary(t, e.environ(), "export", "--out", path).wantCode(t, exitOK)
	if got := runBinary(t, e.environ(), "diff", path, "authgear", "--json").wantCode(t, exitOK); got.stdout != "" {
		t.Errorf("nothing changed: %+v", got)
	}
	var ids []string
	for u := range e.Project().All() {
		ids = append(ids, u.ID)
	}
	newcomer, err := e.Project().Create(emulator.User{CustomAttributes: map[string]any{"tier": "new"}})
	want := map[string]string{newcomer: "create", ids[3]: "update", ids[70]: "delete", ids[149]: "update"}
	err = errors.Join(err,
		e.Project().Delete(ids[70]),
		e.Project().Update(ids[3], func(u *emulator.User) {
			u.StandardAttributes["nickname"], u.CustomAttributes["tier"] = "<Nick>", "changed"
		}),
		e.Project().SetDisabled(ids[149], true, "because"),
	)
	if err != nil {
		t.Fatal(err)
	}
	got := runBinary(t, e.environ(), "diff", path, "authgear", "--json").wantCode(t, exitDifferences)
	var order []string
	for line := range strings.Lines(got.stdout) {
		var found struct {
			Op, Sub string
			Fields  map[string]struct{ Old, New any }
		}
		if err := json.Unmarshal([]byte(line), &found); err != nil {
			t.Fatal(err)
		}
		order = append(order, found.Sub)
		if want[found.Sub] != found.Op {
			t.Errorf("%s", line)
		}
		switch found.Sub {
		case ids[3]:
			if change := found.Fields["nickname"]; change.New != "<Nick>" || found.Fields["custom_attributes.tier"].New != "changed" {
				t.Errorf("%s", line)
			}
		case ids[149]:
			if change := found.Fields["disabled"]; change.Old != false || change.New != true || found.Fields["disable_reason"].New != "because" {
				t.Errorf("%s", line)
			}
		case newcomer:
			if change := found.Fields["custom_attributes.tier"]; change.Old != nil || change.New != "new" {
				t.Errorf("%s", line)
			}
		}
		delete(want, found.Sub)
	}
	if len(want) > 0 || len(order) != 4 || !slices.IsSorted(order) {
		t.Errorf("not found: %v, order %v", want, order)
	}
	ignoring := []string{"diff", path, "authgear", "--fields", "disabled,custom_attributes.tier", "--ignore", "custom_attributes.tier", "--summary", "--json"}
	got = runBinary(t, e.environ(), ignoring...).wantCode(t, exitDifferences)
	if !strings.Contains(got.stdout, `"created":1,"updated":1,"deleted":1,"alike":148,"fields":{"disabled":1}`) {
		t.Errorf("%+v", got)
	}
}

// TestDiffKeyIsNotTheSigningKey, which goes by a like name in the environment.
func TestDiffKeyIsNotTheSigningKey(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 0)
	a := writeFile(t, "a.csv", "sub,email\n00000000-0000-4000-8000-000000000001,ann@example.com\n")
	b := writeFile(t, "b.csv", "sub,email\n00000000-0000-4000-8000-000000000002,ann@example.com\n")
	environ := []string{"AUTHGEAR_ADMIN_API_KEY=" + string(e.PrivateKeyPEM()), "AUTHGEAR_APP_ID=myapp", "AUTHGEAR_ADMIN_API_KEY_ID=key-1", "AUTHGEAR_ENDPOINT=" + e.url}
	runBinary(t, environ, "diff", a, b).wantCode(t, exitDifferences)
	runBinary(t, environ, "diff", a, b, "--key", "email").wantCode(t, exitOK)
	runBinary(t, append(environ, "USERSYNC_DIFF_KEY=email"), "diff", a, b).wantCode(t, exitOK)
	// With one of them on the command line the other is what it was.
	runBinary(t, environ, "diff", a, "authgear", "--key", "email").wantCode(t, exitDifferences)
}
