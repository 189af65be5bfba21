//go:build unix

package main

import (
	"encoding/csv"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

// An emulated is a project of a test's own, served over HTTP.
type emulated struct {
	*emulator.Server
	url     string
	keyFile string
	ahead   atomic.Int64 // how far its clock is ahead, in nanoseconds
}

func newEmulated(t *testing.T, users int) *emulated {
	t.Helper()
	e := &emulated{}
	var err error
	e.Server, err = emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-1", Now: func() time.Time {
		return time.Now().Add(time.Duration(e.ahead.Load()))
	}})
	if err != nil {
		t.Fatal(err)
	}
	emulator.Generate(e.Project(), users, 1, time.Now())
	server := httptest.NewUnstartedServer(e.Server)
	server.Config.ErrorLog = log.New(t.Output(), "", 0)
	server.Start()
	t.Cleanup(server.Close)
	e.url = server.URL
	e.keyFile = writeFile(t, "private-key.pem", string(e.PrivateKeyPEM()))
	return e
}

// environ is what a person would have in the environment.
func (e *emulated) environ() []string {
	return []string{
		"AUTHGEAR_ENDPOINT=" + e.url, "AUTHGEAR_APP_ID=myapp",
		"AUTHGEAR_ADMIN_API_KEY_ID=key-1", "AUTHGEAR_ADMIN_API_KEY_FILE=" + e.keyFile,
		"USERSYNC_RATE=0",
	}
}

// holdAt makes every request from the nth on wait, until release is called or the
// test is over. The channel is closed when the first of them arrives.
func (e *emulated) holdAt(t *testing.T, n int64) (arrived <-chan struct{}, release func()) {
	t.Helper()
	came, released := make(chan struct{}), make(chan struct{})
	var count atomic.Int64
	var closed atomic.Bool
	release = func() {
		if closed.CompareAndSwap(false, true) {
			close(released)
		}
	}
	e.SetBeforeRequest(func(r *http.Request) {
		number := count.Add(1)
		if number == n {
			close(came)
		}
		if number >= n {
			select {
			case <-released:
			case <-r.Context().Done():
			}
		}
	})
	t.Cleanup(release)
	return came, release
}

// await fails the test when something does not happen in time.
func await(t *testing.T, what string, happened <-chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(patience):
		t.Fatalf("%s did not happen", what)
	}
}

// emails are the project's users, by id.
func (e *emulated) emails() map[string]string {
	emails := make(map[string]string)
	for u := range e.Project().All() {
		email, _ := u.StandardAttributes["email"].(string)
		emails[u.ID] = email
	}
	return emails
}

// csvEmails are a mirror's users, by id.
func csvEmails(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sub, email := slices.Index(rows[0], "sub"), slices.Index(rows[0], "email")
	emails := make(map[string]string)
	for _, row := range rows[1:] {
		emails[row[sub]] = row[email]
	}
	if len(emails) != len(rows)-1 {
		t.Errorf("%d rows of %d users", len(rows)-1, len(emails))
	}
	return emails
}

func (e *emulated) wantMirrored(t *testing.T, path string) {
	t.Helper()
	if want, got := e.emails(), csvEmails(t, path); !maps.Equal(want, got) {
		t.Errorf("the mirror has %d users, the project %d, or they differ in their email", len(got), len(want))
	}
}

// newMirror is a path for a CSV mirror that is not there yet.
func newMirror(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "users.csv")
}

// filesBeside are the names of the files in a mirror's folder, hidden ones but
// the lock included.
func filesBeside(t *testing.T, mirror string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(mirror))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".lock") {
			names = append(names, entry.Name())
		}
	}
	return names
}

// A snapshot is a file as it is: what must not have changed.
type snapshot struct {
	content  string
	modified time.Time
}

func snapshotOf(t *testing.T, path string) snapshot {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot{string(content), info.ModTime()}
}
