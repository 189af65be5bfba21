//go:build unix

package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
	usersync "usersync/sync"
)

// A bench is a project, a mirror of one kind, and a job's file of settings.
type bench struct {
	*emulated
	path   string // of a CSV mirror; empty for Postgres
	schema string // of a Postgres mirror
	conn   *pgx.Conn
	config string
	more   []string // environment
}

// mirrorKinds are the kinds of mirrors that a bench can have.
func mirrorKinds() []string { return []string{"csv", "postgres"} }

// newBench is a bench whose project has so many users.
func newBench(t *testing.T, kind string, users int) *bench {
	t.Helper()
	b := &bench{emulated: newEmulated(t, users)}
	if kind == "csv" {
		b.path = newMirror(t)
	} else {
		b.schema, b.conn = pgtest.Schema(t), pgtest.Conn(t)
	}
	b.configure(t, b.url)
	return b
}

// configure writes the job's file anew, for the project at the address.
func (b *bench) configure(t *testing.T, address string) {
	t.Helper()
	to := "to: " + b.path
	if b.path == "" {
		to = fmt.Sprintf("to: postgres\ndatabase-url: %q\nschema: %s", b.databaseURL(t), b.schema)
	}
	b.config = writeFile(t, "usersync.yaml", fmt.Sprintf("endpoint: %s\napp-id: myapp\nkey-id: key-1\nkey-file: %s\nrate: 0\n%s\n", address, b.keyFile, to))
}

// databaseURL names the sessions of this bench's runs after its schema, so that
// they can be told from those of other tests.
func (b *bench) databaseURL(t *testing.T) string {
	t.Helper()
	address, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("application_name", b.schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// waitForSessions waits until the database has no session of this bench's runs.
// PostgreSQL goes on for a moment with what a killed run had sent, a COMMIT too.
func (b *bench) waitForSessions(t *testing.T) {
	t.Helper()
	if b.path != "" {
		return
	}
	for deadline := time.Now().Add(time.Minute); ; {
		var sessions int
		if err := b.conn.QueryRow(t.Context(), "select count(*) from pg_stat_activity where application_name = $1", b.schema).Scan(&sessions); err != nil {
			t.Fatal(err)
		}
		if sessions == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a minute after its run was killed, the database has %d sessions of it", sessions)
		}
	}
}

// elsewhere serves the same project at another address, and returns that.
func (b *bench) elsewhere(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(b.Server)
	t.Cleanup(server.Close)
	return server.URL
}

// usersync runs the program with the job's settings.
func (b *bench) usersync(t *testing.T, code int, args ...string) ran {
	t.Helper()
	return runBinary(t, append([]string{"USERSYNC_CONFIG=" + b.config}, b.more...), args...).wantCode(t, code)
}

// report runs the program with --json and decodes what it printed.
func (b *bench) report(t *testing.T, code int, args ...string) usersync.Report {
	t.Helper()
	var report usersync.Report
	if err := json.Unmarshal([]byte(b.usersync(t, code, append(args, "--json")...).stdout), &report); err != nil {
		t.Fatal(err)
	}
	return report
}

// mirrored are the emails of those in the mirror who are not gone, by id.
func (b *bench) mirrored(t *testing.T) map[string]string {
	t.Helper()
	if b.path == "" {
		return b.queryPairs(t, "select sub::text, coalesce(email, '') from "+b.table("active_users"))
	}
	emails := make(map[string]string)
	for _, row := range csvRows(t, b.path) {
		if row[usersync.DeletedColumn] == "" {
			emails[row["sub"]] = row["email"]
		}
	}
	return emails
}

// wantExact fails the test unless the mirror has just the project's users.
func (b *bench) wantExact(t *testing.T) {
	t.Helper()
	if got, want := b.mirrored(t), b.emails(); !maps.Equal(got, want) {
		t.Errorf("the mirror has %d users, the project %d, or they differ in their email", len(got), len(want))
	}
}

func (b *bench) table(name string) string { return pgx.Identifier{b.schema, name}.Sanitize() }

func (b *bench) queryPairs(t *testing.T, query string) map[string]string {
	t.Helper()
	pairs := make(map[string]string)
	rows, err := b.conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	var key, value string
	if _, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error { pairs[key] = value; return nil }); err != nil {
		t.Fatal(err)
	}
	return pairs
}

// csvRows are the rows of a file, by the names of their columns.
func csvRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]map[string]string, 0, len(records))
	for _, record := range records[1:] {
		row := make(map[string]string, len(record))
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// ids are those of the project's users, sorted.
func (b *bench) ids() []string { return slices.Sorted(maps.Keys(b.emails())) }

// remove deletes so many users at Authgear.
func (b *bench) remove(t *testing.T, count int) []string {
	t.Helper()
	ids := b.ids()[:count]
	for _, id := range ids {
		if err := b.Project().Delete(id); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// alter changes so many users at Authgear.
func (b *bench) alter(t *testing.T, count int, edit func(u *emulator.User)) {
	t.Helper()
	for _, id := range b.ids()[:count] {
		b.edit(t, id, edit)
	}
}

func (b *bench) edit(t *testing.T, id string, edit func(u *emulator.User)) {
	t.Helper()
	if err := b.Project().Update(id, edit); err != nil {
		t.Fatal(err)
	}
}

func rename(u *emulator.User) { u.StandardAttributes["nickname"] = "somebody else" }

// crowd makes so many users who were all created at the same instant.
func (b *bench) crowd(t *testing.T, count int) {
	t.Helper()
	instant := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range count {
		user := emulator.User{CreatedAt: instant, StandardAttributes: map[string]any{"email": fmt.Sprintf("crowd-%d@example.com", i)}}
		if _, err := b.Project().Create(user); err != nil {
			t.Fatal(err)
		}
	}
}

// tamper changes one user's email in the mirror by hand, and returns its id.
func (b *bench) tamper(t *testing.T) string {
	t.Helper()
	id := b.ids()[0]
	if b.path == "" {
		if _, err := b.conn.Exec(t.Context(), "update "+b.table("users")+" set email = 'tampered@example.com' where sub = $1", id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	content := snapshotOf(t, b.path).content
	tampered := strings.Replace(content, b.emails()[id], "tampered@example.com", 1)
	if tampered == content {
		t.Fatal("the email is not in the file")
	}
	if err := os.WriteFile(b.path, []byte(tampered), 0o600); err != nil {
		t.Fatal(err)
	}
	return id
}

// runID finds the run's ID in a message.
func runID(t *testing.T, message string) string {
	t.Helper()
	id := regexp.MustCompile(`\d{8}-\d{6}-[a-z0-9]{6}`).FindString(message)
	if id == "" {
		t.Fatalf("no run's ID in %q", message)
	}
	return id
}
