//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usersync/migrations/pgtest"
)

// binary is the program as people run it, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv(stubbornVariable) != "" {
		beStubborn()
	}
	os.Exit(withBinary(m))
}

func withBinary(m *testing.M) int {
	dir, err := os.MkdirTemp("", "usersync-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "usersync")
	if output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, output)
		return 1
	}
	return pgtest.Main(leakChecked{m})
}

// leakChecked fails tests that leave something running.
type leakChecked struct{ tests *testing.M }

func (l leakChecked) Run() int {
	before := goleak.IgnoreCurrent() // what looks after the database
	code := l.tests.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(before); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// patience is how long anything in these tests may take before it has failed.
const patience = 2 * time.Minute

// A started is a program that runs.
type started struct {
	command        *exec.Cmd
	stdout, stderr strings.Builder
}

// start runs the binary in a folder of its own with nothing but the given
// environment.
func start(t *testing.T, environ []string, args ...string) *started {
	t.Helper()
	return startPiped(t, environ, "", args...)
}

// startPiped is start with a text on standard input.
func startPiped(t *testing.T, environ []string, stdin string, args ...string) *started {
	t.Helper()
	return startFor(t, patience, environ, stdin, args...)
}

// startFor is startPiped for a program that may take another time.
func startFor(t *testing.T, most time.Duration, environ []string, stdin string, args ...string) *started {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), most)
	t.Cleanup(cancel)
	s := &started{command: exec.CommandContext(ctx, binary, args...)}
	s.command.Dir = t.TempDir()
	s.command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.command.Dir, "TMPDIR=" + s.command.Dir}, environ...)
	s.command.Stdin, s.command.Stdout, s.command.Stderr = strings.NewReader(stdin), &s.stdout, &s.stderr
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// wait is what the program did by its end.
func (s *started) wait(t *testing.T) ran {
	t.Helper()
	err := s.command.Wait()
	if failure, is := errors.AsType[*exec.ExitError](err); err != nil && !is {
		t.Fatalf("%v: %v", err, failure)
	}
	return ran{s.command.ProcessState.ExitCode(), s.stdout.String(), s.stderr.String()}
}

func (s *started) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// runBinary runs the binary to its end.
func runBinary(t *testing.T, environ []string, args ...string) ran {
	t.Helper()
	return start(t, environ, args...).wait(t)
}

// runPiped is runBinary with a text on standard input.
func runPiped(t *testing.T, environ []string, stdin string, args ...string) ran {
	t.Helper()
	return startPiped(t, environ, stdin, args...).wait(t)
}

// wantCode fails the test, with all that was printed, unless the code is right.
func (r ran) wantCode(t *testing.T, code int) ran {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, want %d\nstdout: %s\nstderr: %s", r.code, code, r.stdout, r.stderr)
	}
	return r
}
