//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"usersync/migrations/pgtest"
)

// TestToken uses the token as a program of any other make would.
func TestToken(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 12)
	environ := []string{"AUTHGEAR_APP_ID=myapp", "AUTHGEAR_ADMIN_API_KEY_ID=key-1", "AUTHGEAR_ADMIN_API_KEY=" + string(e.PrivateKeyPEM())}
	got := runBinary(t, environ, "token").wantCode(t, exitOK)
	token, whole := strings.CutSuffix(got.stdout, "\n")
	if !whole || strings.Count(token, ".") != 2 || got.stderr != "" {
		t.Fatalf("%+v", got)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+"/_api/admin/graphql", strings.NewReader(`{"query":"{users(first:1){totalCount}}"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), `"totalCount":12`) {
		t.Errorf("%d %s, %v", response.StatusCode, body, err)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	e, schema := newEmulated(t, 3), pgtest.Schema(t)
	environ := append(e.environ(), "DATABASE_URL="+pgtest.URL(t), "USERSYNC_TO=postgres", "USERSYNC_SCHEMA="+schema)
	// What changes from release to release and from test to test.
	steady := func(r ran) string { return strings.ReplaceAll(r.stdout, schema, "SCHEMA") }
	transcript := "before:\n" + steady(runBinary(t, environ, "migrate", "status").wantCode(t, exitOK))
	refused := runBinary(t, environ, "sync", "--no-migrate")
	if refused.code == exitOK || !strings.Contains(refused.stderr, "usersync migrate up") {
		t.Errorf("without tables: %+v", refused)
	}
	transcript += "up:\n" + steady(runBinary(t, environ, "migrate", "up").wantCode(t, exitOK))
	transcript += "again:\n" + steady(runBinary(t, environ, "migrate", "up").wantCode(t, exitOK))
	transcript += "after:\n" + steady(runBinary(t, environ, "migrate", "status").wantCode(t, exitOK))
	golden(t, "migrate", transcript)
	runBinary(t, environ, "sync", "--no-migrate").wantCode(t, exitOK)
}

// TestEmulatorServes from its first line to its end, used as it says.
func TestEmulatorServes(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "it's new")
			running := startEmulator(t, "--users", "25", "--seed", "3", "--dir", dir)
			for _, name := range []string{"private-key.pem", "env.sh"} {
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v, %v", name, info, err)
				}
			}
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%v, %v", info, err)
			}
			mirror := newMirror(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			shell := exec.CommandContext(ctx, "sh", "-c", `. "$0" && exec "$1" sync --to "$2"`, filepath.Join(dir, "env.sh"), binary, mirror)
			shell.Env = []string{"PATH=" + os.Getenv("PATH")}
			if output, err := shell.CombinedOutput(); err != nil || len(csvEmails(t, mirror)) != 25 {
				t.Errorf("%v: %s", err, output)
			}
			running.signal(t, signal)
			running.wait(t).wantCode(t, exitOK)
		})
	}
}

// startEmulator starts one on a free port and waits until it says that it is ready.
func startEmulator(t *testing.T, args ...string) *started {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &started{command: exec.CommandContext(ctx, binary, append([]string{"emulator", "--listen", "127.0.0.1:0"}, args...)...)}
	s.command.Env = []string{"TMPDIR=" + t.TempDir()}
	s.command.Stdout, s.command.Stderr = writer, &s.stderr
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		s.stdout.WriteString(lines.Text() + "\n")
		if lines.Text() == "ready" {
			return s
		}
	}
	t.Fatalf("it is not ready: %s%s", &s.stdout, &s.stderr)
	return nil
}

// TestEmulatorLeavesNothing where it was not told where to write.
func TestEmulatorLeavesNothing(t *testing.T) {
	t.Parallel()
	running := startEmulator(t, "--users", "1")
	_, rest, _ := strings.Cut(running.stdout.String(), "settings are in ")
	dir, _, _ := strings.Cut(rest, "\n")
	if _, err := os.Stat(filepath.Join(dir, "env.sh")); err != nil {
		t.Fatal(err)
	}
	running.signal(t, syscall.SIGTERM)
	running.wait(t).wantCode(t, exitOK)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

// TestEmulatorLoads users from a file in the form of Authgear's exports.
func TestEmulatorLoads(t *testing.T) {
	t.Parallel()
	data := writeFile(t, "export.ndjson", `{"sub":"0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b","created_at":"2026-01-02T03:04:05Z","email":"ann@example.com"}`+"\n")
	running := startEmulator(t, "--data", data)
	if !strings.Contains(running.stdout.String(), "project of 1 user is at") {
		t.Errorf("%s", &running.stdout)
	}
	running.signal(t, syscall.SIGTERM)
	running.wait(t).wantCode(t, exitOK)
}
