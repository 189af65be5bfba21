//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
)

// shape is a JSON document's keys, sorted, with the types of their values.
func shape(value any) string {
	switch v := value.(type) {
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, key+" "+shape(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case string:
		return "text"
	case float64:
		return "number"
	case bool:
		return "bool"
	case nil:
		return "null"
	case []any:
		return "list"
	default:
		return fmt.Sprintf("%T", v)
	}
}

// TestJSONIsOneObject with the keys that were promised, however the run ends.
func TestJSONIsOneObject(t *testing.T) {
	t.Parallel()
	const keys = "{budgets list, census %s, changes {created number, deleted number, discarded number, forgotten number, restored number, rewritten number, taken_out number, unchanged number, undecided number, updated number}, dry_run bool, duration_seconds number, error %s, fields_added null, fields_dropped null, finished_at text, mode text, mode_reason text, project {app_id text, endpoint text}, run_id text, source {pages number, requests number, retries number, total_count_end %s, total_count_start %s, users number}, started_at text, status text, watermark %s}"
	const census = "{complete bool, gaps list, head_pass_finds number, null_nodes number, repeats number, rounds number}"
	read := fmt.Sprintf(keys, census, "null", "number", "number", "text")
	unread := fmt.Sprintf(keys, "null", "text", "null", "null", "null")
	e := newEmulated(t, 120)
	tests := []struct {
		name, environ string
		args          []string
		code          int
		shape, status string
	}{
		{"done", "X=", nil, exitOK, read, "ok"},
		{"dry run", "X=", []string{"--dry-run"}, exitOK, read, "ok"},
		{"quiet", "X=", []string{"--quiet"}, exitOK, read, "ok"},
		{"refused credentials", "AUTHGEAR_APP_ID=x", nil, exitUnauthorized, unread, "failed"},
		{"dead database", "X=", []string{"--to", "postgres://app@127.0.0.1:1/app"}, exitTemporary, unread, "failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"sync", "--to", "users.csv", "--json"}, test.args...)
			got := runBinary(t, append(e.environ(), test.environ), args...).wantCode(t, test.code)
			decoder := json.NewDecoder(strings.NewReader(got.stdout))
			var document map[string]any
			if err := decoder.Decode(&document); err != nil {
				t.Fatal(err)
			}
			if _, err := decoder.Token(); err != io.EOF {
				t.Errorf("more than one object: %s", got.stdout)
			}
			if got := shape(document); got != test.shape {
				t.Errorf("got  %s\nwant %s", got, test.shape)
			}
			if document["status"] != test.status || document["mode"] != "full" {
				t.Errorf("%v", document)
			}
			if said, is := document["error"].(string); is && !strings.Contains(got.stderr, said) {
				t.Errorf("standard error says something else than %q: %s", said, got.stderr)
			}
		})
	}
}

func TestNothingToDoTouchesNothing(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 120), newMirror(t)
	runBinary(t, e.environ(), "sync", "--to", mirror).wantCode(t, exitOK)
	before := snapshotOf(t, mirror)
	got := runBinary(t, e.environ(), "sync", "--to", mirror, "--quiet").wantCode(t, exitOK)
	if got.stdout != "" || got.stderr != "" {
		t.Errorf("a quiet run said %+v", got)
	}
	if snapshotOf(t, mirror) != before {
		t.Error("the mirror was touched")
	}
}

// TestDayIntoPostgres follows a day's changes into the tables, by way of
// DATABASE_URL.
func TestDayIntoPostgres(t *testing.T) {
	t.Parallel()
	e, schema := newEmulated(t, 400), pgtest.Schema(t)
	environ := append(e.environ(), "DATABASE_URL="+pgtest.URL(t), "USERSYNC_TO=postgres", "USERSYNC_SCHEMA="+schema)
	runBinary(t, environ, "sync").wantCode(t, exitOK)
	day, err := emulator.Day(e.Project(), 7)
	if err != nil {
		t.Fatal(err)
	}
	planned := runBinary(t, environ, "sync", "--json", "--dry-run").wantCode(t, exitOK)
	done := runBinary(t, environ, "sync", "--json").wantCode(t, exitOK)
	want := fmt.Sprintf(`"changes":{"created":%d,"updated":%d,"deleted":%d,"restored":0,"unchanged":%d,`,
		day.Joined, day.Updated(), day.Left, e.Project().Len()-day.Joined-day.Updated())
	for _, got := range []ran{planned, done} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("want %s, got %s", want, got.stdout)
		}
	}
	conn := pgtest.Conn(t)
	emails := make(map[string]string)
	rows, err := conn.Query(t.Context(), "select sub::text, coalesce(email, '') from "+pgx.Identifier{schema, "active_users"}.Sanitize())
	if err != nil {
		t.Fatal(err)
	}
	var sub, email string
	if _, err := pgx.ForEachRow(rows, []any{&sub, &email}, func() error { emails[sub] = email; return nil }); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(emails, e.emails()) {
		t.Errorf("%d users in the mirror, %d in the project", len(emails), e.Project().Len())
	}
}

// TestDryRunLists who changes and how, and writes nothing.
func TestDryRunLists(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 20), newMirror(t)
	runBinary(t, e.environ(), "sync", "--to", mirror).wantCode(t, exitOK)
	before := snapshotOf(t, mirror)
	ids := slices.Sorted(maps.Keys(e.emails()))
	for id, edit := range map[string]func(*emulator.User){
		ids[0]: func(u *emulator.User) { u.StandardAttributes["nickname"] = "Zoë \x1b[31m" },
		ids[1]: func(u *emulator.User) { delete(u.StandardAttributes, "nickname") },
	} {
		if err := e.Project().Update(id, edit); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Project().Delete(ids[2]); err != nil {
		t.Fatal(err)
	}
	got := runBinary(t, e.environ(), "sync", "--to", mirror, "--dry-run", "-v", "--max-delete", "5").wantCode(t, exitOK)
	for _, want := range []string{"update " + ids[0] + "\n", `→ "Zoë \u001b[31m"`, "delete " + ids[2] + "\n", "to delete    1\n"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in %s", want, got.stdout)
		}
	}
	if snapshotOf(t, mirror) != before {
		t.Error("the mirror was touched")
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 20), newMirror(t)
	runBinary(t, e.environ(), "sync", "--to", mirror, "--fields", "sub,email,roles").wantCode(t, exitOK)
	if header, _, _ := strings.Cut(snapshotOf(t, mirror).content, "\n"); header != "sub,email,roles,created_at,is_anonymized" {
		t.Errorf("the header is %s", header)
	}
	runBinary(t, e.environ(), "sync", "--to", mirror, "--fields", "-identities").wantCode(t, exitOK)
	if header, _, _ := strings.Cut(snapshotOf(t, mirror).content, "\n"); strings.Contains(header, "identities") || !strings.Contains(header, "groups") {
		t.Errorf("the header is %s", header)
	}
	e.wantMirrored(t, mirror)
}

// TestSettingsFromEverywhere runs with a key in the configuration file.
func TestSettingsFromEverywhere(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 20), newMirror(t)
	key := strings.ReplaceAll(strings.TrimSpace(string(e.PrivateKeyPEM())), "\n", "\n  ")
	config := writeFile(t, "usersync.yaml", "endpoint: "+e.url+"/_api/admin/graphql/\napp-id: wrong\nkey-id: key-1\nkey: |\n  "+key+"\nto: "+mirror+"\nfields: [email]\n")
	got := runBinary(t, []string{"AUTHGEAR_APP_ID=myapp"}, "sync", "--config", config, "--fields", "email,name").wantCode(t, exitOK)
	if header, _, _ := strings.Cut(snapshotOf(t, mirror).content, "\n"); header != "sub,email,name,created_at,is_anonymized" {
		t.Errorf("the header is %s", header)
	}
	if strings.Contains(got.stdout+got.stderr, "PRIVATE") {
		t.Errorf("%+v", got)
	}
}

// TestLinkedVersion is what a release says it is, to people and to servers.
func TestLinkedVersion(t *testing.T) {
	t.Parallel()
	got := runBinary(t, nil, "version").wantCode(t, exitOK)
	if !strings.HasPrefix(got.stdout, "usersync ") || !strings.Contains(got.stdout, "built with go") {
		t.Errorf("%+v", got)
	}
}

// TestFullDisk: a result that cannot be written is not passed over.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer func() { _ = full.Close() }()
	e, mirror := newEmulated(t, 3), newMirror(t)
	a := newApp(e.environ(), strings.NewReader(""), full, io.Discard)
	if code := a.run(t.Context(), []string{"sync", "--to", mirror}); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

// TestLogOfARun says what a night is remembered by, and the rest to who asks.
func TestLogOfARun(t *testing.T) {
	t.Parallel()
	b := newBench(t, "csv", 5)
	for level, all := range map[string]bool{"info": false, "debug": true} {
		got := b.usersync(t, exitOK, "sync", "--log-level", level)
		if !strings.Contains(got.stderr, `msg="sweep done" users=5`) || strings.Contains(got.stderr, "written_anew") != all {
			t.Errorf("%s: %s", level, got.stderr)
		}
	}
}
