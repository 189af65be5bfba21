//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
)

func TestCodeDone(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 130), newMirror(t)
	got := runBinary(t, e.environ(), "sync", "--to", mirror).wantCode(t, exitOK)
	e.wantMirrored(t, mirror)
	if !strings.Contains(got.stdout, "created     130\n") || strings.Contains(got.stderr, "usersync:") {
		t.Errorf("%+v", got)
	}
}

func TestCodeFailed(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 3), newMirror(t)
	if err := os.WriteFile(mirror, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := runBinary(t, e.environ(), "sync", "--to", mirror).wantCode(t, exitFailed)
	if !strings.Contains(got.stderr, "usersync: ") || got.stdout != "" {
		t.Errorf("%+v", got)
	}
}

// TestCodeUsage tries what people get wrong. Each gets a sentence that names it,
// and nothing is printed on standard output.
func TestCodeUsage(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 3)
	_, powerless := pgtest.Role(t)
	publicKey := writeFile(t, "public.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
	noUsers, utf16 := writeFile(t, "people.csv", "email\nann@example.com\n"), writeFile(t, "wide.csv", "\xff\xfes\x00u\x00b\x00\r\x00\n\x00")
	ok := []string{"--to", "users.csv"}
	tests := []struct {
		name    string
		environ []string
		args    []string
		want    string
	}{
		{"unknown command", nil, []string{"synk"}, `there is no command "usersync synk" (did you mean sync?)`},
		{"unknown subcommand", nil, []string{"migrate", "down"}, `there is no command "usersync migrate down"`},
		{"argument", nil, []string{"sync", "users.csv"}, `takes no arguments, only flags: "users.csv". See: usersync sync --help`},
		{"unknown flag", nil, append([]string{"sync", "--max-deletes", "3"}, ok...), "no flag --max-deletes (did you mean --max-delete?). See: usersync sync --help"},
		{"unknown letter", nil, append([]string{"sync", "-x"}, ok...), "'x' in -x. See: usersync sync --help"},
		{"flag without value", nil, []string{"sync", "--to"}, "--to. See: usersync sync --help"},
		{"flag's value", nil, append([]string{"sync", "--max-delete", "lots"}, ok...), `--max-delete is "lots"`},
		{"variable's value", []string{"USERSYNC_CONCURRENCY=0"}, append([]string{"sync"}, ok...), `USERSYNC_CONCURRENCY is "0": must be a whole number, 1 or more`},
		{"unknown field", nil, append([]string{"sync", "--fields", "emial"}, ok...), `no field "emial" (did you mean email?)`},
		{"fields both ways", nil, append([]string{"sync", "--fields", "email,-roles"}, ok...), "name either what to keep or"},
		{"no scheme", []string{"USERSYNC_ENDPOINT=myapp.authgear.cloud"}, append([]string{"sync"}, ok...), "write https://"},
		{"not encrypted", []string{"USERSYNC_ENDPOINT=http://myapp.authgear.cloud"}, append([]string{"sync"}, ok...), "https://"},
		{"no key file", []string{"AUTHGEAR_ADMIN_API_KEY_FILE=/does/not/exist.pem"}, append([]string{"sync"}, ok...), "/does/not/exist.pem: no such file"},
		{"public key", []string{"AUTHGEAR_ADMIN_API_KEY_FILE=" + publicKey}, append([]string{"sync"}, ok...), "public key"},
		{"key as a file name", []string{"AUTHGEAR_ADMIN_API_KEY_FILE=-----BEGIN PRIVATE KEY-----"}, append([]string{"sync"}, ok...), "AUTHGEAR_ADMIN_API_KEY_FILE holds a key, not the name of its file"},
		{"two keys", []string{"AUTHGEAR_ADMIN_API_KEY=x"}, append([]string{"sync"}, ok...), "given twice, by AUTHGEAR_ADMIN_API_KEY_FILE and by AUTHGEAR_ADMIN_API_KEY"},
		{"no such place", nil, []string{"sync", "--to", "users.json"}, `"users.json" is no place for a mirror`},
		{"no such folder", nil, []string{"sync", "--to", "nowhere/users.csv"}, "there is no folder"},
		{"a folder", nil, []string{"sync", "--to", t.TempDir() + "/../"}, "no place for a mirror"},
		{"no DATABASE_URL", nil, []string{"sync", "--to", "postgres"}, "DATABASE_URL, which is not set"},
		{"schema", nil, []string{"sync", "--to", "postgres://h/d", "--schema", "pg_x"}, `--schema "pg_x"`},
		{"no such database", nil, []string{"sync", "--to", pgtest.WithDatabase(t, pgtest.URL(t), "nosuchdatabase")}, "nosuchdatabase"},
		{"no permission", nil, []string{"sync", "--to", powerless, "--schema", pgtest.Schema(t)}, "permission"},
		{"exit code alone", nil, append([]string{"sync", "--exit-code"}, ok...), "--exit-code tells what a dry run found"},
		{"JSON and list", nil, append([]string{"sync", "--json", "-v"}, ok...), "--json prints one object"},
		{"repair without reading", nil, append([]string{"sync", "--repair", "--mode", "incremental"}, ok...), "--repair compares everybody"},
		{"mode", nil, append([]string{"sync", "--mode", "fast"}, ok...), `--mode is "fast": must be one of full, incremental, auto`},
		{"keep in Postgres", nil, []string{"sync", "--to", "postgres://h/d", "--keep-deleted"}, "--keep-deleted is for CSV files"},
		{"keep and purge", nil, append([]string{"sync", "--keep-deleted", "--on-delete", "purge"}, ok...), "--on-delete purge removes"},
		{"history of a file", nil, append([]string{"sync", "--history-days", "3"}, ok...), "a CSV file has none"},
		{"nobody to forget", nil, append([]string{"forget"}, ok...), "needs the IDs of those to forget. See: usersync forget --help"},
		{"unknown run", nil, append([]string{"runs", "shwo"}, ok...), `there is no command "usersync runs shwo" (did you mean show?)`},
		{"help on nothing", nil, []string{"help", "nosuch"}, `there is no command "usersync nosuch"`},
		{"help on no command's command", nil, []string{"help", "users", "serch"}, `there is no command "usersync users serch" (did you mean search?)`},
		{"help below a command", nil, []string{"help", "sync", "now"}, `there is no command "usersync sync now"`},
		{"completion of no shell", nil, []string{"completion", "fsh"}, `there is no command "usersync completion fsh" (did you mean fish?)`},
		{"completion of too much", nil, []string{"completion", "bash", "zsh"}, "takes no arguments"},
		{"no users to compare", nil, []string{"diff", noUsers, noUsers, "--key", "email"}, `no column "sub", so this is not the header of a file of users. Its rows need the users' IDs also where --key email says who is the same`},
		{"another encoding", nil, []string{"diff", utf16, utf16}, "the file is in UTF-16: save it as UTF-8"},
		{"verify quietly aloud", nil, append([]string{"verify", "-q", "-v"}, ok...), "cannot both be"},
		{"verify nothing", nil, []string{"verify", "--to", "nothing.csv"}, "there is no mirror nothing.csv"},
		{"quiet and list", nil, append([]string{"sync", "-q", "-v"}, ok...), "cannot both be"},
		{"config", nil, append([]string{"sync", "--config", "nowhere.yaml"}, ok...), "nowhere.yaml"},
		{"migrate a file", nil, []string{"migrate", "up", "--to", "users.csv"}, "a CSV file has no tables"},
		{"emulator's port", nil, []string{"emulator", "--listen", "nowhere:port"}, "--listen"},
		{"emulator's data", nil, []string{"emulator", "--listen", "127.0.0.1:0", "--data", "nowhere.ndjson"}, "nowhere.ndjson"},
		{"emulator both ways", nil, []string{"emulator", "--data", "x", "--users", "3"}, "--data and --users"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := runBinary(t, append(e.environ(), test.environ...), test.args...).wantCode(t, exitUsage)
			if got.stdout != "" || !strings.Contains(got.stderr, "usersync: ") || !strings.Contains(got.stderr, test.want) {
				t.Errorf("want %q, got %+v", test.want, got)
			}
			if strings.Contains(got.stderr, "Usage:") {
				t.Errorf("a page of usage buries the sentence: %s", got.stderr)
			}
		})
	}
	if e.Requests() != 0 {
		t.Errorf("%d requests were sent all the same", e.Requests())
	}
}

// TestCodeUsageListsAllThatIsMissing: nobody should find out one by one.
func TestCodeUsageListsAllThatIsMissing(t *testing.T) {
	t.Parallel()
	golden(t, "missing", runBinary(t, nil, "sync").wantCode(t, exitUsage).stderr)
	golden(t, "missing-one", runBinary(t, []string{"AUTHGEAR_APP_ID=a", "AUTHGEAR_ADMIN_API_KEY=x"}, "token").wantCode(t, exitUsage).stderr)
	got := runBinary(t, nil, "export", "--from", "users.csv").wantCode(t, exitUsage).stderr
	if !strings.Contains(got, "--out") || strings.Contains(got, "portal") {
		t.Errorf("nothing of Authgear's is missing: %s", got)
	}
}

func TestCodeDifferences(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 5), newMirror(t)
	got := runBinary(t, e.environ(), "sync", "--to", mirror, "--dry-run", "--exit-code", "--log-level", "warn").wantCode(t, exitDifferences)
	if got.stderr != "" || len(filesBeside(t, mirror)) != 0 {
		t.Errorf("%+v, files %q", got, filesBeside(t, mirror))
	}
	runBinary(t, e.environ(), "sync", "--to", mirror, "--dry-run").wantCode(t, exitOK)
	runBinary(t, e.environ(), "sync", "--to", mirror).wantCode(t, exitOK)
	runBinary(t, e.environ(), "sync", "--to", mirror, "--dry-run", "--exit-code").wantCode(t, exitOK)
}

func TestCodeRefused(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 100), newMirror(t)
	runBinary(t, e.environ(), "sync", "--to", mirror).wantCode(t, exitOK)
	before := snapshotOf(t, mirror)
	ids := e.emails()
	for id := range ids {
		if e.Project().Len() == 80 {
			break
		}
		if err := e.Project().Delete(id); err != nil {
			t.Fatal(err)
		}
	}
	got := runBinary(t, e.environ(), "sync", "--to", mirror).wantCode(t, exitRefused)
	if !strings.Contains(got.stderr, "20 of the mirror's 100 users are gone") || !strings.Contains(got.stdout, "to delete   20\n") || !strings.Contains(got.stdout, "Refused, nothing was changed. ") || !strings.Contains(got.stderr, "--approve "+runID(t, got.stderr)) || snapshotOf(t, mirror) != before {
		t.Errorf("%+v", got)
	}
	for id := range e.emails() {
		if err := e.Project().Delete(id); err != nil {
			t.Fatal(err)
		}
	}
	got = runBinary(t, e.environ(), "sync", "--to", mirror, "--json", "--max-delete", "100%").wantCode(t, exitRefused)
	var report struct{ Status, Error string }
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatal(err)
	}
	if report.Status != "refused" || !strings.Contains(report.Error, "--allow-empty") || snapshotOf(t, mirror) != before {
		t.Errorf("%+v", got)
	}
	runBinary(t, e.environ(), "sync", "--to", mirror, "--max-delete", "100%", "--allow-empty").wantCode(t, exitOK)
	e.wantMirrored(t, mirror)
}

// TestCodeLocked holds a run in the middle and starts another on the same mirror.
func TestCodeLocked(t *testing.T) {
	t.Parallel()
	for name, to := range mirrors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEmulated(t, 50)
			arrived, release := e.holdAt(t, 2)
			first := start(t, e.environ(), append([]string{"sync"}, to...)...)
			await(t, "the first run's second request", arrived)
			second := runBinary(t, e.environ(), append([]string{"sync", "--json"}, to...)...).wantCode(t, exitLocked)
			if !strings.Contains(second.stderr, "another run holds the mirror") || !strings.Contains(second.stdout, `"status":"failed"`) {
				t.Errorf("%+v", second)
			}
			release()
			first.wait(t).wantCode(t, exitOK)
			runBinary(t, e.environ(), append([]string{"sync"}, to...)...).wantCode(t, exitOK)
		})
	}
}

// mirrors are the flags for a new mirror of each kind.
func mirrors(t *testing.T) map[string][]string {
	t.Helper()
	return map[string][]string{
		"csv":      {"--to", newMirror(t)},
		"postgres": {"--to", pgtest.URL(t), "--schema", pgtest.Schema(t)},
	}
}

// TestCodeUnauthorized: whatever is wrong with the credentials, Authgear answers
// the same; the message has to let a person find out.
func TestCodeUnauthorized(t *testing.T) {
	t.Parallel()
	other, err := emulator.New(emulator.Config{AppID: "x", KeyID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	otherKey := writeFile(t, "other.pem", string(other.PrivateKeyPEM()))
	tests := []struct {
		name    string
		environ string
		ahead   time.Duration
		want    []string
	}{
		{"key", "AUTHGEAR_ADMIN_API_KEY_FILE=" + otherKey, 0, []string{"private key belongs to that key ID", "SHA-256"}},
		{"key ID", "AUTHGEAR_ADMIN_API_KEY_ID=key-2", 0, []string{`the key ID ("key-2")`}},
		{"app ID", "AUTHGEAR_APP_ID=otherapp", 0, []string{`the app ID ("otherapp")`}},
		{"clock behind", "X=", 10 * time.Minute, []string{"clock", "m", "behind"}},
		{"clock ahead", "X=", -10 * time.Minute, []string{"clock", "m", "ahead"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, mirror := newEmulated(t, 3), newMirror(t)
			e.ahead.Store(int64(test.ahead))
			got := runBinary(t, append(e.environ(), test.environ), "sync", "--to", mirror).wantCode(t, exitUnauthorized)
			for _, want := range append(test.want, "endpoint", e.url) {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("no %q in %s", want, got.stderr)
				}
			}
			if strings.Contains(got.stderr, "eyJ") || !slices.Equal(filesBeside(t, mirror), []string{"users.csv.runs.ndjson"}) {
				t.Errorf("%+v, files %q", got, filesBeside(t, mirror))
			}
		})
	}
}

func TestCodeTemporary(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 3)
	dead := "http://127.0.0.1:1"
	tests := []struct {
		name, endpoint, to, want string
	}{
		{"dead endpoint", dead, "users.csv", "check the endpoint and the network"},
		{"dead database", e.url, "postgres://app@127.0.0.1:1/app", "Check the host and the port"},
		{"no socket", e.url, "postgres:///app?host=" + t.TempDir(), "socket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			got := runBinary(t, append(e.environ(), "AUTHGEAR_ENDPOINT="+test.endpoint),
				"sync", "--to", test.to, "--timeout", "3s", "--json").wantCode(t, exitTemporary)
			if !strings.Contains(got.stderr, test.want) || !strings.Contains(got.stdout, `"status":"failed"`) {
				t.Errorf("%+v", got)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	// An endpoint that takes connections and never answers.
	t.Run("silent endpoint", func(t *testing.T) {
		t.Parallel()
		silent := newEmulated(t, 3)
		silent.holdAt(t, 1)
		began := time.Now()
		got := runBinary(t, silent.environ(), "sync", "--to", filepath.Join(t.TempDir(), "users.csv"), "--timeout", "2s").wantCode(t, exitTemporary)
		if took := time.Since(began); !strings.Contains(got.stderr, "2 attempts") || took > 4*time.Second {
			t.Errorf("after %v: %+v", took, got)
		}
	})
}
