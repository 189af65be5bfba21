//go:build unix

package main

import (
	"context"
	"encoding/pem"
	"errors"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
)

// TestDoctorSaysWhatSyncWould: whatever is amiss, its exit code is the one that
// sync then ends with, and the page says what it is.
func TestDoctorSaysWhatSyncWould(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 5)
	busy := newEmulated(t, 5)
	busy.SetFaults(emulator.Faults{Unavailable: 1})
	_, powerless := pgtest.Role(t)
	damaged := newMirror(t)
	if err := os.WriteFile(damaged, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	publicKey := writeFile(t, "public.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
	const mirror = "a new file"
	for name, c := range map[string]struct {
		environ []string
		to      []string
		code    int
		want    string
	}{
		"no such folder":     {nil, []string{"nowhere/users.csv"}, exitUsage, "✗ folder"},
		"no place":           {nil, []string{"users.json"}, exitUsage, "✗ to"},
		"damaged file":       {nil, []string{damaged}, exitFailed, "✗ file"},
		"no permission":      {nil, []string{powerless, "--schema", pgtest.Schema(t)}, exitUsage, "may not make the schema"},
		"no such database":   {nil, []string{pgtest.WithDatabase(t, pgtest.URL(t), "nosuchdatabase")}, exitUsage, "nosuchdatabase"},
		"no tables":          {nil, []string{pgtest.URL(t), "--schema", pgtest.Schema(t), "--no-migrate"}, exitUsage, "✗ tables"},
		"nobody there":       {[]string{"AUTHGEAR_ENDPOINT=http://127.0.0.1:1"}, []string{mirror, "--max-retries", "1"}, exitTemporary, "✗ address"},
		"not encrypted":      {[]string{"AUTHGEAR_ENDPOINT=http://myapp.example.com"}, []string{mirror}, exitUsage, "✗ endpoint"},
		"busy":               {[]string{"AUTHGEAR_ENDPOINT=" + busy.url}, []string{mirror, "--max-retries", "1"}, exitTemporary, "✗ credentials"},
		"no key file":        {[]string{"AUTHGEAR_ADMIN_API_KEY_FILE=/does/not/exist.pem"}, []string{mirror}, exitUsage, "/does/not/exist.pem"},
		"public key":         {[]string{"AUTHGEAR_ADMIN_API_KEY_FILE=" + publicKey}, []string{mirror}, exitUsage, "found a public key"},
		"key as a file name": {[]string{"AUTHGEAR_ADMIN_API_KEY_FILE=-----BEGIN PRIVATE KEY----- hush"}, []string{mirror}, exitUsage, "✗ key-file"},
		"two keys":           {[]string{"AUTHGEAR_ADMIN_API_KEY=hush"}, []string{mirror}, exitUsage, "given twice"},
		"in another folder":  {[]string{"AUTHGEAR_ENDPOINT=" + e.url + "/auth"}, []string{mirror}, exitFailed, "→ Check the endpoint: the Admin API may not be there"},
		"several": { // sync opens its mirror before it asks Authgear
			[]string{"AUTHGEAR_APP_ID=other"}, []string{"postgres://app:hush@127.0.0.1:1/app"}, exitTemporary, "✗ credentials",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ, args := append(e.environ(), c.environ...), append([]string{"--to"}, c.to...)
			if args[1] == mirror {
				args[1] = newMirror(t)
			}
			got := runBinary(t, environ, append([]string{"doctor"}, args...)...).wantCode(t, c.code)
			if !strings.Contains(got.stdout, c.want) || strings.Contains(got.stdout+got.stderr, "hush") {
				t.Errorf("want %q, got %+v", c.want, got)
			}
			wantHints(t, got.stdout)
			wantSameCode(t, c.code, environ, args...)
		})
	}
}

// wantHints fails the test unless below every failure stands what to do.
func wantHints(t *testing.T, page string) {
	t.Helper()
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  ✗ ") && !strings.HasPrefix(strings.TrimSpace(lines[i+1]), "→ ") {
			t.Errorf("nothing is to be done about it: %s", line)
		}
	}
}

// TestDoctorOnKeys that sign nothing, each with what it is.
func TestDoctorOnKeys(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an encrypted private key":   "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"a public key":               "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"something that is not PEM":  "hush-hush",
		"nothing, it is empty":       "",
		"an EC (elliptic curve) key": "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEmulated(t, 0)
			environ := append(e.environ(), "AUTHGEAR_ADMIN_API_KEY_FILE="+writeFile(t, "key.pem", text))
			got := runBinary(t, environ, "doctor").wantCode(t, exitUsage)
			if !strings.Contains(got.stdout, "found "+name) || !strings.Contains(got.stdout, "→ Take the file that Authgear's portal hands out") || strings.Contains(got.stdout, "hush") || e.Requests() != 1 {
				t.Errorf("%d requests: %+v", e.Requests(), got)
			}
			wantHints(t, got.stdout)
		})
	}
}

// TestDoctorOfAnEndpointThatHangs is over after the time that a request may take,
// and so it is where only the pages of users hang.
func TestDoctorOfAnEndpointThatHangs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from int64 // the first request that hangs
		want []string
	}{
		"from the first request on": {1, []string{"✗ address             no answer within 300ms", "- import              not looked at: see address"}},
		"pages of users":            {4, []string{"✗ page of ids", "- page of scalars     not looked at: see page of ids", "- page of all fields  not looked at: see page of ids"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEmulated(t, 5)
			e.holdAt(t, c.from)
			began := time.Now()
			got := runBinary(t, e.environ(), "doctor", "--timeout", "300ms", "--max-retries", "0").wantCode(t, exitTemporary)
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			for _, want := range c.want {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("no %q in %s", want, got.stdout)
				}
			}
			wantHints(t, got.stdout)
		})
	}
}

// TestDoctorBesideARun says who holds the mirror.
func TestDoctorBesideARun(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 50)
			b.usersync(t, exitOK, "sync")
			arrived, release := b.holdAt(t, 2)
			running := start(t, []string{"USERSYNC_CONFIG=" + b.config}, "sync", "--mode", "full")
			await(t, "the run's second request", arrived)
			b.SetBeforeRequest(nil)
			got := b.usersync(t, exitLocked, "doctor")
			if !strings.Contains(got.stdout, "✗ lock                the mirror is held by run 2") || !strings.Contains(got.stdout, "✓ last run") {
				t.Errorf("%+v", got)
			}
			if got := b.usersync(t, exitOK, "doctor", "--wait-lock", "1m"); !strings.Contains(got.stdout, "! lock") {
				t.Errorf("%+v", got)
			}
			b.usersync(t, exitLocked, "sync")
			release()
			running.wait(t).wantCode(t, exitOK)
			b.usersync(t, exitOK, "doctor")
		})
	}
}

// TestDoctorKnowsTheMirrorsProject.
func TestDoctorKnowsTheMirrorsProject(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 20)
			b.usersync(t, exitOK, "sync")
			b.configure(t, b.elsewhere(t))
			if got := b.usersync(t, exitRefused, "doctor"); !strings.Contains(got.stdout, "✗ project             the mirror holds the users of myapp at "+b.url) {
				t.Errorf("%+v", got)
			}
			b.usersync(t, exitRefused, "sync")
			if got := b.usersync(t, exitOK, "doctor", "--adopt"); !strings.Contains(got.stdout, "! project") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestDoctorLooksBack at runs that did not go well.
func TestDoctorLooksBack(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 60)
			b.usersync(t, exitOK, "sync")
			b.remove(t, 30)
			b.usersync(t, exitRefused, "sync")
			got := b.usersync(t, exitOK, "doctor")
			for _, want := range []string{"! last run", "ended refused", "the last complete one began", "30 of the mirror's 60 users are gone"} {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("no %q in %s", want, got.stdout)
				}
			}
		})
	}
}

// TestDoctorOnPermissions of a user who may write the tables and no more, and of
// one who lacks something.
func TestDoctorOnPermissions(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 20)
	b.usersync(t, exitOK, "sync")
	role, address := pgtest.Role(t)
	schema, name := pgx.Identifier{b.schema}.Sanitize(), pgx.Identifier{role}.Sanitize()
	grant := func(statement string) {
		t.Helper()
		if _, err := b.conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--to", address, "--schema", b.schema, "--no-migrate"}
	check := func(code int, want string, more ...string) {
		t.Helper()
		got := runBinary(t, b.environ(), append(append([]string{"doctor"}, args...), more...)...).wantCode(t, code)
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in %s", want, got.stdout)
		}
		wantSameCode(t, code, b.environ(), append(args, more...)...)
	}
	check(exitUsage, "permission denied for schema")
	grant("grant usage on schema " + schema + " to " + name)
	check(exitUsage, "permission denied for table mirror_version")
	grant("grant select on all tables in schema " + schema + " to " + name)
	check(exitUsage, "the user may not INSERT on users; UPDATE on users; INSERT on user_changes; INSERT on runs; UPDATE on runs; UPDATE on mirror")
	grant("grant insert, update on all tables in schema " + schema + " to " + name)
	check(exitOK, "✓ permissions")
	b.remove(t, 1)
	check(exitUsage, "the user may not DELETE on users; DELETE on user_changes", "--on-delete", "purge", "--mode", "full", "--max-delete", "1")
	grant("alter table " + schema + ".users enable row level security")
	check(exitUsage, "row security")
}

// TestDoctorOverTLS trusts whom the machine trusts, as sync does.
func TestDoctorOverTLS(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 5), newMirror(t)
	server := httptest.NewUnstartedServer(e.Server)
	server.Config.ErrorLog = log.New(t.Output(), "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	environ := append(e.environ(), "AUTHGEAR_ENDPOINT="+server.URL)
	got := runBinary(t, environ, "doctor", "--to", mirror).wantCode(t, exitFailed)
	if !strings.Contains(got.stdout, "✗ TLS") || !strings.Contains(got.stdout, "certificate authorities") {
		t.Errorf("%+v", got)
	}
	wantSameCode(t, exitFailed, environ, "--to", mirror)
	authority := writeFile(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	got = runBinary(t, append(environ, "SSL_CERT_FILE="+authority), "doctor", "--to", mirror).wantCode(t, exitOK)
	if !strings.Contains(got.stdout, "✓ TLS                 the certificate is valid until 2084-01-29 16:00:00 UTC, for ") {
		t.Errorf("%+v", got)
	}
	// Whoever speaks no TLS is not taken for the server.
	plain := append(e.environ(), "AUTHGEAR_ENDPOINT="+strings.Replace(e.url, "http:", "https:", 1))
	got = runBinary(t, plain, "doctor", "--to", mirror).wantCode(t, exitFailed)
	if !strings.Contains(got.stdout, "✗ TLS") || !strings.Contains(got.stdout, "does not speak TLS") {
		t.Errorf("%+v", got)
	}
}

// TestDoctorIsStopped at once, with what it has found so far.
func TestDoctorIsStopped(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 5), newMirror(t)
	arrived, _ := e.holdAt(t, 2)
	running := start(t, e.environ(), "doctor", "--to", mirror)
	await(t, "the second request", arrived)
	sent := time.Now()
	running.signal(t, syscall.SIGINT)
	got := running.wait(t).wantCode(t, exitSignal+int(syscall.SIGINT))
	if took := time.Since(sent); took > 2*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	if !strings.Contains(got.stdout, "✓ clock") || strings.Contains(got.stdout, "credentials") || !strings.Contains(got.stderr, "interrupted by Ctrl-C (SIGINT). Nothing was changed") {
		t.Errorf("%+v", got)
	}
	if entries, err := os.ReadDir(filepath.Dir(mirror)); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestExaminationIsBounded: a check that hangs is given up, and the next is made.
func TestExaminationIsBounded(t *testing.T) {
	t.Parallel()
	e := &examination{limit: 20 * time.Millisecond}
	hanging := func(ctx context.Context) finding {
		<-ctx.Done()
		return failure(ctx.Err())
	}
	for _, c := range []check{
		{name: "hangs", look: hanging},
		{name: "needs it", after: []string{"hangs"}, look: hanging},
		{name: "needs that", after: []string{"needs it"}, look: hanging},
		{name: "advice", advice: true, look: hanging},
		{name: "fine", after: []string{"advice"}, look: func(context.Context) finding { return well("fine") }},
	} {
		if err := e.check(t.Context(), groupAuthgear, c); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []findingStatus{statusFailed, statusSkipped, statusSkipped, statusWarning, statusOK} {
		if e.findings[i].Status != want {
			t.Errorf("%+v, want %s", e.findings[i], want)
		}
	}
	if e.code() != exitTemporary || e.findings[0].Detail != "no result within 20ms" || e.findings[2].Detail != "not looked at: see hangs" {
		t.Errorf("code %d: %+v", e.code(), e.findings)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := e.check(ended, groupAuthgear, check{name: "too late", look: hanging}); !errors.Is(err, context.Canceled) || len(e.findings) != 5 {
		t.Errorf("%v after %d", err, len(e.findings))
	}
}

// TestDoctorReadsConfig: a file of settings that holds a secret is for its owner
// alone, as the key is.
func TestDoctorReadsConfig(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 3)
	secret := strings.Replace(b.databaseURL(t), "postgres://", "postgres://somebody:secret@", 1)
	for text, want := range map[string]string{
		"database-url: " + secret + "\n":  "! config permissions  the file holds a secret (database-url) and others can read it (mode 0644)",
		"endpoint: https://example.com\n": "✓ config permissions  others can read nothing that is secret in ",
	} {
		path := writeFile(t, "usersync.yaml", text)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		got := runBinary(t, nil, "doctor", "--config", path)
		if !strings.Contains(got.stdout, want) || strings.Contains(got.stdout+got.stderr, ":secret@") || strings.HasPrefix(want, "!") && !strings.Contains(got.stdout, "→ chmod 600 "+path) {
			t.Errorf("%+v", got)
		}
	}
}

// TestDoctorWarns of what stops no run.
func TestDoctorWarns(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 250)
	e.Project().SetAuditLog(false)
	e.Project().SetLoginIDs("email")
	if err := os.Chmod(e.keyFile, 0o640); err != nil {
		t.Fatal(err)
	}
	got := runBinary(t, e.environ(), "doctor", "--to", pgtest.URL(t), "--schema", pgtest.Schema(t), "--max-duration", "1ms").wantCode(t, exitOK)
	for _, want := range []string{
		"! key permissions     other users of this machine can read or change the file (mode 0640)", "→ chmod 600 " + e.keyFile,
		"! speed", "--max-duration is 1ms", "! audit log           it is empty",
		"✓ import              users can be imported by email; not by phone_number, preferred_username", "3 warnings: usersync sync would work.",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in %s", want, got.stdout)
		}
	}
	got = runBinary(t, e.environ(), "doctor", "--fields", "sub", "--rate", "10").wantCode(t, exitOK)
	if !strings.Contains(got.stdout, "→ It is --rate that keeps it to 10: a higher one may be faster") || strings.Contains(got.stdout, "--concurrency 1 ") {
		t.Errorf("%+v", got)
	}
	empty := newEmulated(t, 0)
	got = runBinary(t, empty.environ(), "doctor").wantCode(t, exitOK)
	if !strings.Contains(got.stdout, "! users               the project has none") || !strings.Contains(got.stdout, "1 warning, as far as Authgear goes.") {
		t.Errorf("%+v", got)
	}
}
