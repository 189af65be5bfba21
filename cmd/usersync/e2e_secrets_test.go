//go:build unix

package main

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
)

// TestPasswordIsNeverShown grep's everything that comes out of runs that were
// given a password in each way, and everything that they wrote about themselves.
func TestPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	const password = "hush-hush"
	withPassword := func(address string) string {
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		parsed.User = url.UserPassword(parsed.User.Username(), password)
		return parsed.String()
	}
	good := withPassword(pgtest.URL(t))
	bad := []string{
		withPassword(pgtest.WithDatabase(t, pgtest.URL(t), "nosuchdatabase")),
		"postgres://app:" + password + "@127.0.0.1:1/app",
		"postgres://app:" + password + "/x@127.0.0.1:1/app",
		"postgres://app:" + password + "@127.0.0.1:port/app",
		"postgres://app@127.0.0.1:1/app?password=" + password,
		"postgres://app@127.0.0.1:1/app?sslmode=nonsense&password=" + password,
		"postgres://app@127.0.0.1:1/app?sslrootcert=/nowhere&sslpassword=" + password,
		"mysql://app:" + password + "@127.0.0.1/app",
		"host=127.0.0.1 password=" + password,
	}
	e, schema := newEmulated(t, 10), pgtest.Schema(t)
	for _, address := range append(bad, good) {
		config := writeFile(t, "usersync.yaml", "to: "+`"`+address+`"`+"\nschema: "+schema+"\n")
		if err := os.Chmod(config, 0o644); err != nil {
			t.Fatal(err)
		}
		common := []string{"sync", "--schema", schema, "--log-level", "debug"}
		for way, got := range map[string]ran{
			"argument":      runBinary(t, e.environ(), append(common, "--to", address, "--json")...),
			"DATABASE_URL":  runBinary(t, append(e.environ(), "DATABASE_URL="+address), append(common, "--to", "postgres")...),
			"USERSYNC_TO":   runBinary(t, append(e.environ(), "USERSYNC_TO="+address), append(common, "--log-format", "json")...),
			"configuration": runBinary(t, e.environ(), append(common, "--config", config)...),
			"migrate":       runBinary(t, e.environ(), "migrate", "status", "--schema", schema, "--to", address),
		} {
			if strings.Contains(got.stdout+got.stderr, "hush") {
				t.Errorf("by %s: %+v", way, got)
			}
			if wanted := address == good; wanted != (got.code == exitOK) {
				t.Errorf("by %s: %+v", way, got)
			}
			warned := strings.Contains(got.stderr, "DATABASE_URL") && strings.Contains(got.stderr, "PGPASSFILE") && strings.Contains(got.stderr, "PGPASSWORD")
			if byArgument := way == "argument" || way == "migrate"; address == good && warned != byArgument {
				t.Errorf("by %s: warned: %t, %s", way, warned, got.stderr)
			}
		}
	}
	var ledger string
	if err := pgtest.Conn(t).QueryRow(t.Context(), "select string_agg(r::text, '') from "+pgx.Identifier{schema, "runs"}.Sanitize()+" r").Scan(&ledger); err != nil {
		t.Fatal(err)
	}
	if ledger == "" || strings.Contains(ledger, "hush") {
		t.Errorf("the ledger holds %s", ledger)
	}
}

// TestPeopleAndKeysAreNotLogged, however much is logged and whatever goes wrong.
func TestPeopleAndKeysAreNotLogged(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 60), newMirror(t)
	e.SetFaults(faultsAt(0.05, 0, 3))
	got := runBinary(t, e.environ(), "sync", "--to", mirror, "--log-level", "debug", "--max-retries", "30").wantCode(t, exitOK)
	for _, secret := range []string{"eyJ", "PRIVATE", "@example.", "+1"} {
		if strings.Contains(got.stderr, secret) || strings.Contains(got.stdout, secret) {
			t.Errorf("%q was shown: %+v", secret, got)
		}
	}
}

func TestKeyFileThatOthersCanRead(t *testing.T) {
	t.Parallel()
	e, mirror := newEmulated(t, 3), newMirror(t)
	if err := os.Chmod(e.keyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	got := runBinary(t, e.environ(), "sync", "--to", mirror, "--quiet").wantCode(t, exitOK)
	if !strings.Contains(got.stderr, "chmod 600") || !strings.Contains(got.stderr, e.keyFile) {
		t.Errorf("%+v", got)
	}
}
