//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTime is how long a server may take to answer, on a machine that is busy
// with other tests.
const startTime = 60 * time.Second

// superuser is who owns the throwaway cluster; the address of [URL] logs in so.
const superuser = "postgres"

// A Server is a throwaway cluster in a folder of its own, reachable by a unix
// socket in that folder alone.
type Server struct {
	binaries string
	dir      string
	account  *account
	janitor  *janitor
	settings []string
	process  *process // nil while stopped
}

// Start is a server for one test alone, which may stop, kill and reconfigure it;
// settings are given as NAME=VALUE. It takes about a second and is removed after
// the test. TEST_DATABASE_URL has no say here: nobody's server is stopped.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	server, err := newServer(settings...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := server.remove(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	server.Start(t)
	return server
}

// newServer makes a cluster and does not start it.
func newServer(settings ...string) (*Server, error) {
	binaries, err := findOrInstall()
	if err != nil {
		return nil, err
	}
	account, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := account.temporaryFolder()
	if err != nil {
		return nil, err
	}
	janitor, err := newJanitor(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{binaries: binaries, dir: dir, account: account, janitor: janitor, settings: settings}
	if err := s.initialise(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

func (s *Server) initialise() error {
	command := exec.Command(filepath.Join(s.binaries, "initdb"), "--pgdata", s.DataDir(), "--username", superuser, //nolint:gosec // the folder is the one that was found
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	command.Dir = s.dir
	command.Env = append(os.Environ(), "LC_ALL=C")
	command.SysProcAttr = s.account.attributes()
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make a cluster: initdb: %w\n%s", err, output)
	}
	return nil
}

// URL is the server's address, as its superuser and in its default database.
func (s *Server) URL() string {
	return (&url.URL{
		Scheme: "postgres", User: url.User(superuser), Path: "/postgres",
		RawQuery: url.Values{"host": {s.dir}}.Encode(),
	}).String()
}

// DataDir is where the server's files are, pg_hba.conf among them.
func (s *Server) DataDir() string { return filepath.Join(s.dir, "data") }

// Start starts a server that was stopped or killed and waits until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Stop shuts the server down in order, ending every connection.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGINT); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Crash makes the server stop as if the machine had lost its power, but for what
// the operating system still holds: the next Start recovers from the log.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGQUIT); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

func (s *Server) start() error {
	if s.process != nil {
		return nil
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	defer closeQuietly(log)
	arguments := []string{"-D", s.DataDir()}
	for _, setting := range append([]string{
		"listen_addresses=", "unix_socket_directories=" + s.dir, "max_connections=300",
		// Nothing here needs to survive the machine: a test that is about that
		// sets its own.
		"fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"shared_buffers=32MB", "log_min_messages=warning", "timezone=UTC",
	}, s.settings...) {
		arguments = append(arguments, "-c", setting)
	}
	command := exec.Command(filepath.Join(s.binaries, "postgres"), arguments...) //nolint:gosec // as above
	command.Dir = s.dir
	command.Env = append(os.Environ(), "LC_ALL=C")
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = s.account.attributes()
	dieWithParent(command.SysProcAttr)
	s.process, err = startProcess(command)
	if err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	return s.await()
}

// await polls until the server answers or has ended.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.process.ended:
			s.process = nil
			return fmt.Errorf("start server: it ended at once:\n%s", s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("start server: no answer in %v: %w\n%s", startTime, err, s.logTail())
		case <-time.After(pause):
		}
	}
}

func (s *Server) stop(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	stopped := s.process
	s.process = nil
	return stopped.end(signal)
}

// remove stops the server, for good, and removes all it left on disk.
func (s *Server) remove() error {
	return errors.Join(s.stop(syscall.SIGQUIT), s.janitor.dismiss())
}

func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

func (s *Server) logTail() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-4000):]))
}

// closeQuietly closes what was only read, or handed to a child: nothing is lost
// if that fails.
func closeQuietly(c io.Closer) { _ = c.Close() }
