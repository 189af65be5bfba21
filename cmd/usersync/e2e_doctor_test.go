//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
)

// masked is what doctor printed without what differs from run to run.
func masked(text string, names map[string]string) string {
	for name, mask := range names {
		text = strings.ReplaceAll(text, name, mask)
	}
	for _, mask := range [][2]string{
		{`http://127\.0\.0\.1:\d+`, "http://ADDRESS"},
		{`postgres://[^ ,]+`, "postgres://DATABASE"},
		{`\d{8}-\d{6}-[a-z0-9]{6}`, "RUN"},
		{`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? UTC`, "TIME"},
		{`[0-9a-f]{64}`, "SHA-256"},
		{`pages a second: .* at a time`, "pages a second: FIGURES at a time"},
		{`\n +→ --concurrency .*`, ""},
		{`\d+ events?`, "N events"},
		{`PostgreSQL \d+\S*( \([^)]*\))? \(14`, "PostgreSQL VERSION (14"},
		{`(\d+ min )?[\d.]+ m?s\b`, "DURATION"},
	} {
		text = regexp.MustCompile(mask[0]).ReplaceAllString(text, mask[1])
	}
	return text
}

// otherKey is the file of a key that Authgear has never heard of.
func otherKey(t *testing.T) string {
	t.Helper()
	other, err := emulator.New(emulator.Config{AppID: "x", KeyID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "other.pem", string(other.PrivateKeyPEM()))
}

// wantSameCode fails the test unless sync ends with the code that doctor said.
func wantSameCode(t *testing.T, code int, environ []string, args ...string) {
	t.Helper()
	runBinary(t, environ, append([]string{"sync"}, args...)...).wantCode(t, code)
}

func TestDoctorWithNothingSet(t *testing.T) {
	t.Parallel()
	got := runBinary(t, nil, "doctor").wantCode(t, exitUsage)
	wantHints(t, got.stdout)
	golden(t, "doctor-nothing", got.stdout)
	if got.stderr != "" {
		t.Errorf("%+v", got)
	}
	wantSameCode(t, exitUsage, nil)
}

func TestDoctorWithTheWrongKey(t *testing.T) {
	t.Parallel()
	e, mirror, key := newEmulated(t, 250), newMirror(t), otherKey(t)
	environ := append(e.environ(), "AUTHGEAR_ADMIN_API_KEY_FILE="+key)
	got := runBinary(t, environ, "doctor", "--to", mirror).wantCode(t, exitUnauthorized)
	golden(t, "doctor-wrong-key", masked(got.stdout, map[string]string{key: "KEYFILE", filepath.Dir(mirror): "FOLDER"}))
	if files := filesBeside(t, mirror); len(files) != 0 {
		t.Errorf("left behind: %q", files)
	}
	wantSameCode(t, exitUnauthorized, environ, "--to", mirror)
}

func TestDoctorWithTheWrongClock(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 250), newMirror(t)
	e.ahead.Store(int64(11 * time.Minute))
	got := runBinary(t, e.environ(), "doctor", "--to", mirror).wantCode(t, exitUnauthorized)
	golden(t, "doctor-wrong-clock", masked(got.stdout, map[string]string{e.keyFile: "KEYFILE", filepath.Dir(mirror): "FOLDER"}))
	if !strings.Contains(got.stdout, "11 min 0 s behind the server's") && !strings.Contains(got.stdout, "10 min 59 s behind the server's") {
		t.Errorf("%+v", got)
	}
	wantSameCode(t, exitUnauthorized, e.environ(), "--to", mirror)
	e.ahead.Store(int64(-2 * time.Minute))
	got = runBinary(t, e.environ(), "doctor").wantCode(t, exitOK)
	if !strings.Contains(got.stdout, "! clock") || !strings.Contains(got.stdout, "ahead of the server's") || !strings.Contains(got.stdout, "1 warning") {
		t.Errorf("%+v", got)
	}
}

func TestDoctorWithoutADatabase(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 250)
	environ := append(e.environ(), "DATABASE_URL=postgres://app:hush-hush@127.0.0.1:1/app")
	got := runBinary(t, environ, "doctor", "--to", "postgres").wantCode(t, exitTemporary)
	golden(t, "doctor-no-database", masked(got.stdout, map[string]string{e.keyFile: "KEYFILE"}))
	if strings.Contains(got.stdout+got.stderr, "hush") {
		t.Errorf("%+v", got)
	}
	wantSameCode(t, exitTemporary, environ, "--to", "postgres")
}

func TestDoctorWithOldMigrations(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 250)
	b.usersync(t, exitOK, "sync")
	if _, err := b.conn.Exec(t.Context(), "update "+b.table("mirror_version")+" set version = 3"); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{b.keyFile: "KEYFILE", b.schema: "SCHEMA", b.config: "usersync.yaml"}
	golden(t, "doctor-old-migrations", masked(b.usersync(t, exitOK, "doctor").stdout, names))
	golden(t, "doctor-old-migrations-no-migrate", masked(b.usersync(t, exitUsage, "doctor", "--no-migrate").stdout, names))
	b.usersync(t, exitUsage, "sync", "--no-migrate")
	if _, err := b.conn.Exec(t.Context(), "update "+b.table("mirror_version")+" set version = 1000"); err != nil {
		t.Fatal(err)
	}
	if got := b.usersync(t, exitUsage, "doctor"); !strings.Contains(got.stdout, "they have version 1000, and this usersync knows") {
		t.Errorf("%+v", got)
	}
	b.usersync(t, exitUsage, "sync")
}

func TestDoctorWhenAllIsWell(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 250)
			names := map[string]string{b.keyFile: "KEYFILE", b.config: "usersync.yaml"}
			if kind == "csv" {
				names[filepath.Dir(b.path)] = "FOLDER"
			} else {
				names[b.schema] = "SCHEMA"
			}
			golden(t, "doctor-first-"+kind, masked(b.usersync(t, exitOK, "doctor").stdout, names))
			b.wantNothing(t)
			b.usersync(t, exitOK, "sync")
			golden(t, "doctor-well-"+kind, masked(b.usersync(t, exitOK, "doctor").stdout, names))
			if got := b.usersync(t, exitOK, "doctor", "--quiet"); got.stdout+got.stderr != "" {
				t.Errorf("%+v", got)
			}
			b.usersync(t, exitOK, "sync")
		})
	}
}

// wantNothing fails the test if there is anything where the mirror is to be.
func (b *bench) wantNothing(t *testing.T) {
	t.Helper()
	if b.path != "" {
		entries, err := os.ReadDir(filepath.Dir(b.path))
		if err != nil || len(entries) != 0 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
		return
	}
	var found bool
	if err := b.conn.QueryRow(t.Context(), "select exists (select from pg_namespace where nspname = $1)", b.schema).Scan(&found); err != nil || found {
		t.Errorf("the schema is there: %t, %v", found, err)
	}
}

// TestDoctorChangesNothing: all that it sends is queries, and a database that
// refuses to be written to is looked at to the end.
func TestDoctorChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 250)
	b.usersync(t, exitOK, "sync")
	b.SetBeforeRequest(func(r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if r.Method != http.MethodPost || r.URL.Path != "/_api/admin/graphql" || bytes.Contains(body, []byte("mutation")) && !bytes.Contains(body, []byte("mutationType")) {
			t.Errorf("%s %s %s", r.Method, r.URL, body)
		}
	})
	address, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("default_transaction_read_only", "on")
	address.RawQuery = query.Encode()
	for _, schema := range []string{b.schema, pgtest.Schema(t)} {
		got := runBinary(t, b.environ(), "doctor", "--to", address.String(), "--schema", schema).wantCode(t, exitUsage)
		if strings.Count(got.stdout, "✗") != 1 || !strings.Contains(got.stdout, "✗ permissions         the user may not write at all") || !strings.Contains(got.stdout, "→ Use the address of the primary server") {
			t.Errorf("%+v", got)
		}
		wantSameCode(t, exitUsage, b.environ(), "--to", address.String(), "--schema", schema)
	}
}

// TestDoctorShowsNoPassword, wherever it stands.
func TestDoctorShowsNoPassword(t *testing.T) {
	t.Parallel()
	const password = "hush-hush"
	e := newEmulated(t, 5)
	for _, address := range []string{
		"postgres://app:" + password + "@127.0.0.1:1/app", "postgres://app@127.0.0.1:1/app?password=" + password,
		"postgres://app:" + password + "/x@127.0.0.1:1/app", "mysql://app:" + password + "@127.0.0.1/app", "host=127.0.0.1 password=" + password,
	} {
		config := writeFile(t, "usersync.yaml", "to: "+`"`+address+`"`+"\n")
		for way, got := range map[string]ran{
			"argument":      runBinary(t, e.environ(), "doctor", "--to", address, "--log-level", "debug"),
			"DATABASE_URL":  runBinary(t, append(e.environ(), "DATABASE_URL="+address), "doctor", "--to", "postgres", "--json"),
			"configuration": runBinary(t, e.environ(), "doctor", "--config", config),
		} {
			if strings.Contains(got.stdout+got.stderr, "hush") || got.code == exitOK {
				t.Errorf("%s by %s: %+v", address, way, got)
			}
		}
	}
	got := runBinary(t, append(e.environ(), "AUTHGEAR_ENDPOINT=https://ann:"+password+"@127.0.0.1:1"), "doctor").wantCode(t, exitUsage)
	if strings.Contains(got.stdout+got.stderr, "hush") {
		t.Errorf("%+v", got)
	}
}

// TestDoctorInJSON has everything that the page has.
func TestDoctorInJSON(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 5)
	got := runBinary(t, append(e.environ(), "AUTHGEAR_APP_ID=other"), "doctor", "--json").wantCode(t, exitUnauthorized)
	var document struct {
		ExitCode int                 `json:"exit_code"`
		Checks   []map[string]string `json:"checks"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &document); err != nil {
		t.Fatal(err)
	}
	statuses := make(map[string]string)
	for _, c := range document.Checks {
		statuses[c["group"]+"/"+c["name"]] = c["status"]
		if len(c) != 5 || c["detail"] == "" || c["status"] == "failed" && c["hint"] == "" {
			t.Errorf("%q", c)
		}
	}
	for name, want := range map[string]string{
		"settings/app-id": "ok", "settings/to": "skipped", "authgear/clock": "ok", "authgear/credentials": "failed", "authgear/users": "skipped",
	} {
		if statuses[name] != want {
			t.Errorf("%s is %q, want %q", name, statuses[name], want)
		}
	}
	if document.ExitCode != exitUnauthorized || got.stderr != "" {
		t.Errorf("%+v", got)
	}
}

// TestDoctorKnowsSyncsFlags: a job's command line is tried as it is.
func TestDoctorKnowsSyncsFlags(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 5), newMirror(t)
	args := []string{"--to", mirror, "--max-delete", "3%", "--on-delete", "scrub", "--rate", "7"}
	got := runBinary(t, e.environ(), append([]string{"doctor"}, args...)...).wantCode(t, exitOK)
	for _, want := range []string{"✓ max-delete          3% (--max-delete)", "✓ rate                7 (--rate)"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in %s", want, got.stdout)
		}
	}
	for _, wrong := range [][]string{
		{"--history-days", "3"}, {"--repair", "--mode", "incremental"}, {"--fields", "emial"}, {"--schema", "pg_x"},
	} {
		got := runBinary(t, e.environ(), append(append([]string{"doctor"}, args...), wrong...)...).wantCode(t, exitUsage)
		if !strings.Contains(got.stdout, "✗") || got.stderr != "" {
			t.Errorf("%q: %+v", wrong, got)
		}
		wantSameCode(t, exitUsage, e.environ(), append(args, wrong...)...)
	}
	if got := runBinary(t, e.environ(), "doctor", "--to", pgtest.URL(t), "--keep-deleted"); got.code != exitUsage {
		t.Errorf("%+v", got)
	}
}
