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
	"usersync/migrations/pgtest"
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

// TestDiffOfTwoSchemas of one database.
func TestDiffOfTwoSchemas(t *testing.T) {
	t.Parallel()
	e, old, now := newEmulated(t, 20), pgtest.Schema(t), pgtest.Schema(t)
	environ := append(e.environ(), "DATABASE_URL="+pgtest.URL(t))
	runBinary(t, environ, "sync", "--to", "postgres", "--schema", old).wantCode(t, exitOK)
	for u := range e.Project().All() {
		if err := e.Project().Delete(u.ID); err != nil {
			t.Fatal(err)
		}
		break
	}
	runBinary(t, environ, "sync", "--to", "postgres", "--schema", now).wantCode(t, exitOK)
	got := runBinary(t, environ, "diff", "postgres", "postgres", "--schema", old, "--schema-b", now).wantCode(t, exitDifferences)
	for _, want := range []string{"schema " + old + ", 20 users", "schema " + now + ", 19 users", "to delete    1"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("there is no %q in %s", want, got.stdout)
		}
	}
	runBinary(t, environ, "diff", "postgres", "postgres", "--schema", now).wantCode(t, exitOK)
}

// TestDiffOfGuardedFiles: what guards cells against formulas is no difference.
func TestDiffOfGuardedFiles(t *testing.T) {
	t.Parallel()
	const id = "00000000-0000-4000-8000-000000000001"
	bare := writeFile(t, "bare.ndjson", `{"sub":"`+id+`","name":"=1+1","phone_number":"+85298000000","nickname":"'tis"}`+"\n")
	plain, guarded := filepath.Join(t.TempDir(), "plain.csv"), filepath.Join(t.TempDir(), "guarded.csv")
	runBinary(t, nil, "export", "--from", bare, "--out", plain).wantCode(t, exitOK)
	runBinary(t, nil, "export", "--from", bare, "--out", guarded, "--excel-safe").wantCode(t, exitOK)
	for args, want := range map[string]int{
		bare + " " + guarded:                              exitDifferences,
		bare + " " + guarded + " --excel-safe b":          exitOK,
		guarded + " " + plain + " --excel-safe a":         exitOK,
		guarded + " " + guarded + " --excel-safe both":    exitOK,
		guarded + " " + plain + " --excel-safe both":      exitFailed,
		guarded + " " + bare + " --excel-safe both":       exitUsage,
		guarded + " " + plain + " --excel-safe sometimes": exitUsage,
	} {
		got := runBinary(t, nil, append([]string{"diff"}, strings.Fields(args)...)...).wantCode(t, want)
		if want == exitFailed && (!strings.Contains(got.stderr, "line 2: column phone_number: not guarded") || strings.Contains(got.stderr, "852")) {
			t.Errorf("%s", got.stderr)
		}
	}
}

// TestDiffOfAFileWithDoubles: a CSV file names nobody twice, by whatever key.
func TestDiffOfAFileWithDoubles(t *testing.T) {
	t.Parallel()
	const ann = "00000000-0000-4000-8000-000000000001,ann@example.com\n"
	twice, once := writeFile(t, "twice.csv", "sub,email\n"+ann+ann), writeFile(t, "once.csv", "sub,email\n"+ann)
	for _, args := range [][]string{{"diff", twice, once}, {"diff", once, twice}, {"diff", once, twice, "--key", "email"}} {
		got := runBinary(t, nil, args...).wantCode(t, exitFailed)
		if !strings.Contains(got.stderr, "user 00000000-0000-4000-8000-000000000001 is t") {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

// TestDiffPassesOverForms in which the same value can stand, and over nothing
// else.
func TestDiffPassesOverForms(t *testing.T) {
	t.Parallel()
	line := func(rest string) string { return `{"sub":"00000000-0000-4000-8000-000000000001",` + rest + "}\n" }
	for _, test := range []struct {
		name, a, b string
		want       int
	}{
		{"time zones", `"created_at":"2026-01-02T03:04:05+00:00"`, `"created_at":"2026-01-02T03:04:05Z"`, exitOK},
		{"other zones", `"created_at":"2026-01-02T11:04:05+08:00"`, `"created_at":"2026-01-02T03:04:05.000Z"`, exitOK},
		{"year 1", `"created_at":"0001-01-01T00:00:01Z"`, `"created_at":"0001-01-01T00:00:01+00:00"`, exitOK},
		{"other times", `"created_at":"2026-01-02T03:04:05Z"`, `"created_at":"2026-01-02T03:04:05.000001Z"`, exitDifferences},
		{"spellings of numbers", `"custom_attributes":{"n":1.0,"m":1e2}`, `"custom_attributes":{"m":100,"n":1}`, exitOK},
		{"big integers", `"custom_attributes":{"n":9007199254740993}`, `"custom_attributes":{"n":9007199254740992}`, exitDifferences},
		{"null and empty", `"name":null,"roles":[],"address":{}`, `"name":"","roles":null,"address":{"country":""}`, exitOK},
		{"orders of roles", `"roles":["a","b"]`, `"roles":["b","a"]`, exitOK},
		{"letters", `"email":"Ann@example.com"`, `"email":"ann@example.com"`, exitDifferences},
		{"escapes", `"name":"\u00e9\u0000"`, `"name":"é\u0000"`, exitOK},
		{"a text and a number", `"custom_attributes":{"n":"1"}`, `"custom_attributes":{"n":1}`, exitDifferences},
	} {
		a, b := writeFile(t, "a.ndjson", line(test.a)), writeFile(t, "b.ndjson", line(test.b))
		if got := runBinary(t, nil, "diff", a, b); got.code != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
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
