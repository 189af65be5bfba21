//go:build unix

package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
	"usersync/source"
	usersync "usersync/sync"
)

// TestUsersForPeople is how people are listed, searched and shown.
func TestUsersForPeople(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	golden(t, "users", v.transcript(t, []string{"USERSYNC_LOG_LEVEL=warn"},
		[]string{"users", "list"},
		[]string{"users", "list", "--limit", "2"},
		[]string{"users", "list", "--role", "editor", "--role", "admin"},
		[]string{"users", "list", "--group", "sales", "--search", "ann"},
		[]string{"users", "search", "lee"},
		[]string{"users", "search", "nobody"},
		[]string{"users", "get", "ann@example.com"},
		[]string{"users", "get", v.ids["nobody"]},
		[]string{"users", "get", "Bob@Example.com"},
		[]string{"users", "get", "dave@example.com"},
		[]string{"users", "get", "98000001"},
		[]string{"users", "get", "no phone number", "--json"},
		[]string{"users", "get", "00000000-0000-4000-8000-000000000009", "--csv"},
	))
}

// TestUsersGetFindsByEveryName the one user whom they name.
func TestUsersGetFindsByEveryName(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for _, name := range []string{
		v.ids["ann"], strings.ToUpper(v.ids["ann"]), adminapi.NodeID(v.ids["ann"]),
		"ann@example.com", "ANN@EXAMPLE.COM", "+85298000001", "+852 9800-0001", "ann", "Ann", " ann ",
	} {
		got := v.run(t, nil, "users", "get", name, "--json").wantCode(t, exitOK)
		if !strings.HasPrefix(got.stdout, `{"sub":"`+v.ids["ann"]+`",`) || strings.Count(got.stdout, "\n") != 1 || got.stderr != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestUsersForPrograms: everything about everybody, as an export has it, and only
// that on standard output.
func TestUsersForPrograms(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	asJSON := v.run(t, nil, "users", "list", "--json").wantCode(t, exitOK)
	var exported []*usersync.User
	for line := range strings.Lines(asJSON.stdout) {
		record, err := usersync.ParseExport([]byte(strings.TrimSpace(line)))
		if err != nil {
			t.Fatal(err)
		}
		exported = append(exported, record.User)
	}
	asCSV := v.run(t, nil, "users", "list", "--csv").wantCode(t, exitOK)
	rows, err := csv.NewReader(strings.NewReader(asCSV.stdout)).ReadAll()
	if err != nil || len(rows) != 6 || len(exported) != 5 {
		t.Fatalf("%d rows, %d objects, %v", len(rows), len(exported), err)
	}
	header, err := usersync.ParseHeader(rows[0])
	if err != nil || !header.Fields.Equal(usersync.AllFields()) {
		t.Fatal(err)
	}
	client := v.client(t)
	for i, row := range rows[1:] {
		record, err := header.Record(row)
		if err != nil {
			t.Fatal(err)
		}
		read, err := source.NewAdminAPI(client, source.AdminAPIConfig{}).Lookup(t.Context(), []usersync.ID{record.User.ID}, usersync.AllFields())
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []*usersync.User{record.User, exported[i]} {
			if differing := usersync.Diff(read[0], got, usersync.AllFields()); len(differing) > 0 || got.ID != read[0].ID {
				t.Errorf("user %s differs in %v", got.ID, differing)
			}
		}
	}
	if !strings.Contains(asJSON.stdout, "12345678901234567890") || asJSON.stderr+asCSV.stderr != "" {
		t.Errorf("%+v", asJSON)
	}
	nobody := v.run(t, nil, "users", "search", "nobody", "--csv").wantCode(t, exitOK)
	if nobody.stdout != strings.Join(rows[0], ",")+"\n" || !strings.Contains(nobody.stderr, "lags behind") {
		t.Errorf("%+v", nobody)
	}
}

// TestUsersWhoShareAName are all shown.
func TestUsersWhoShareAName(t *testing.T) {
	t.Parallel()
	both := []knownUser{{user: somebody(1, "ann@example.com", "Ann")}, {user: somebody(2, "ann@example.com", "Anna")}}
	var stdout strings.Builder
	a := newApp(nil, nil, &stdout, nil)
	for o, lines := range map[*usersOptions]int{{}: 2, {json: true}: 2, {csv: true}: 3} {
		stdout.Reset()
		if err := a.printUsers(o, a.usersWriter(o), both); err != nil {
			t.Fatal(err)
		}
		got := 0
		for line := range strings.Lines(stdout.String()) {
			if o.json || o.csv || strings.HasPrefix(line, "account     ann@example.com") {
				got++
			}
		}
		if got != lines {
			t.Errorf("%+v: %s", o, &stdout)
		}
	}
}

// TestUsersLimit asks for no more than it shows, and one to know whether there
// are more.
func TestUsersLimit(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 230)
	for _, test := range []struct {
		limit, users, requests int
		more                   bool
	}{{1, 1, 1, true}, {99, 99, 1, true}, {100, 100, 2, true}, {229, 229, 3, true}, {230, 230, 3, false}, {500, 230, 3, false}, {0, 230, 3, false}} {
		before := e.Requests()
		got := runBinary(t, e.environ(), "users", "list", "--limit", fmt.Sprint(test.limit), "--csv").wantCode(t, exitOK)
		rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if users := len(rows) - 1; users != test.users || e.Requests()-before != int64(test.requests) {
			t.Errorf("--limit %d: %d users with %d requests", test.limit, users, e.Requests()-before)
		}
		if more := strings.Contains(got.stderr, "there are more"); more != test.more {
			t.Errorf("--limit %d: %s", test.limit, got.stderr)
		}
	}
}

// TestUsersSearchEnds where the server would have it go on for ever: with a page
// of people who are gone.
func TestUsersSearchEnds(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 0)
	e.Project().SetSearchLag(time.Hour)
	for i := range 150 {
		id, err := e.Project().Create(emulator.User{
			CreatedAt:  time.Now().Add(-2*time.Hour - time.Duration(i)*time.Second),
			Identities: []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("p%d@example.com", i))},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Project().Delete(id); err != nil {
			t.Fatal(err)
		}
	}
	before := e.Requests()
	got := runBinary(t, e.environ(), "users", "search", "example.com", "--limit", "0").wantCode(t, exitOK)
	if !strings.HasPrefix(got.stdout, "0 users.\nAuthgear led to a page of people who are all gone, and does not say how to go on: there may be more.\nAuthgear's search answered, which lags behind") || e.Requests()-before != 1 {
		t.Errorf("%+v after %d requests", got, e.Requests()-before)
	}
	asJSON := runBinary(t, e.environ(), "users", "search", "example.com", "--limit", "0", "--json").wantCode(t, exitOK)
	if asJSON.stdout != "" || !strings.Contains(asJSON.stderr, "there may be more") || !strings.Contains(asJSON.stderr, "lags behind") {
		t.Errorf("%+v", asJSON)
	}
}

// TestUsersRolesByGroups are shown apart from those that users were given.
func TestUsersRolesByGroups(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for _, err := range []error{v.Project().AddRole("viewer", ""), v.Project().AssignRolesToGroup("sales", "viewer", "admin")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := v.run(t, nil, "users", "get", "ann").wantCode(t, exitOK); !strings.Contains(got.stdout, "roles       admin, editor; by groups: viewer\n") {
		t.Errorf("%+v", got)
	}
	if got := v.run(t, nil, "users", "get", "ann", "--json").wantCode(t, exitOK); !strings.Contains(got.stdout, `,"_effective_roles":["admin","editor","viewer"]}`) {
		t.Errorf("%+v", got)
	}
	before := v.Requests()
	got := v.run(t, nil, "users", "get", "bob@example.com", "--json").wantCode(t, exitOK)
	if !strings.Contains(got.stdout, `,"_effective_roles":["editor"]}`) || v.Requests()-before != 1 {
		t.Errorf("%+v after %d requests", got, v.Requests()-before)
	}
}

// TestUsersOfUnknownKeys are nobody's fault but the key's.
func TestUsersOfUnknownKeys(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for want, args := range map[string][]string{
		`--role: the project has no role "edtior" (did you mean editor?)`: {"--role", "editor", "--role", "edtior"},
		`--group: the project has no group "zzz"`:                         {"--role", "editor", "--group", "zzz", "--csv"},
	} {
		got := v.run(t, nil, append([]string{"users", "list"}, args...)...).wantCode(t, exitUsage)
		if got.stdout != "" || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if got := v.run(t, nil, "users", "search", "nobody", "--role", "editor").wantCode(t, exitOK); !strings.HasPrefix(got.stdout, "0 users.\n") {
		t.Errorf("%+v", got)
	}
}

// TestUsersHistory is what a mirror in Postgres remembers, beside what Authgear
// says or instead of it.
func TestUsersHistory(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	environ := []string{"DATABASE_URL=" + pgtest.URL(t), "USERSYNC_SCHEMA=" + pgtest.Schema(t), "USERSYNC_LOG_LEVEL=error"}
	sync := func() { v.run(t, environ, "sync", "--to", "postgres", "--max-delete", "5").wantCode(t, exitOK) }
	sync()
	v.later.Add(int64(time.Hour))
	for _, err := range []error{
		v.Project().Update(v.ids["ann"], func(u *emulator.User) { u.StandardAttributes["nickname"] = "Annie" }),
		v.Project().UnassignRoles(v.ids["ann"], "admin"), v.Project().Delete(v.ids["bob"]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	sync()
	text := v.transcript(t, environ,
		[]string{"users", "get", "lee", "--to", "postgres"},
		[]string{"users", "get", "ann", "--to", "postgres"},
		[]string{"users", "get", v.ids["bob"], "--to", "postgres"},
		[]string{"users", "get", "00000000-0000-4000-8000-000000000009", "--to", "postgres"},
		[]string{"users", "get", "lee", "--to", "users.csv"},
		[]string{"users", "get", "lee", "--to", "postgres", "--csv"},
	)
	golden(t, "users-history", regexp.MustCompile(`(20261123-1[23]0000)-[a-z0-9]{6}`).ReplaceAllString(text, "$1-xxxxxx"))

	got := v.run(t, environ, "users", "get", v.ids["bob"], "--to", "postgres", "--json").wantCode(t, exitFailed)
	var document struct {
		Sub    string
		Email  *string
		Mirror struct {
			Known     bool
			FirstSeen string                  `json:"first_seen_at"`
			Deleted   string                  `json:"deleted_at"`
			Changes   []usersync.LoggedChange `json:"changes"`
		} `json:"_mirror"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &document); err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, change := range document.Mirror.Changes {
		ops = append(ops, change.Op)
	}
	if document.Sub != v.ids["bob"] || document.Email != nil || !document.Mirror.Known || document.Mirror.FirstSeen != "2026-11-23T12:00:00Z" ||
		document.Mirror.Deleted != "2026-11-23T13:00:00Z" || cmp.Diff([]string{"create", "delete"}, ops) != "" {
		t.Errorf("%s", got.stdout)
	}
}

// TestUsersForgotten: whom a mirror forgot while Authgear has them was not found gone.
func TestUsersForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 3)
	b.usersync(t, exitOK, "sync")
	id := b.ids()[0]
	b.usersync(t, exitOK, "forget", id)
	if got := b.usersync(t, exitOK, "users", "get", id); !strings.Contains(got.stdout, ", forgotten on ") || strings.Contains(got.stdout, "found gone") {
		t.Errorf("%+v", got)
	}
}

// TestUsersWithMirrorOfOthers: a mirror that is set for other commands is used
// where it helps, and is no hindrance.
func TestUsersWithMirrorOfOthers(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for _, to := range []string{"users.csv", "postgres://app@127.0.0.1:1/app"} {
		got := v.run(t, []string{"USERSYNC_TO=" + to}, "users", "get", "lee").wantCode(t, exitOK)
		if !strings.Contains(got.stdout, "account     lee\n") || strings.Contains(got.stdout, "In the mirror") {
			t.Errorf("%s: %+v", to, got)
		}
		if warned := strings.Contains(got.stderr, "no history"); warned != (to != "users.csv") {
			t.Errorf("%s: %s", to, got.stderr)
		}
	}
	v.run(t, nil, "users", "get", "lee", "--to", "postgres://app@127.0.0.1:1/app").wantCode(t, exitTemporary)
}

// TestUsersUsage names what is wrong before anything is sent.
func TestUsersUsage(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for want, args := range map[string][]string{
		"takes one word":                    {"users", "search"},
		"search takes one word":             {"users", "search", " "},
		"takes one ID, email address":       {"users", "get", "a", "b"},
		"takes no arguments":                {"users", "list", "ann"},
		"there is no command":               {"users", "lsit"},
		"--json and --csv cannot both":      {"users", "list", "--json", "--csv"},
		"must be one of created_at":         {"users", "list", "--sort", "name"},
		"a mirror in a file has no change":  {"users", "get", "lee", "--to", "users.csv"},
		"CSV has no place for a user's his": {"users", "get", "lee", "--csv", "--to", "postgres://app@127.0.0.1:1/app"},
	} {
		got := v.run(t, nil, args...)
		if got.code != exitUsage || !strings.Contains(got.stderr, want) || got.stdout != "" {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if v.Requests() != 0 {
		t.Errorf("%d requests", v.Requests())
	}
}

// TestUsersSearchByLogin says why it fails where the server does not.
func TestUsersSearchByLogin(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	got := v.run(t, nil, "users", "search", "example.com", "--sort", "last_login_at")
	if got.code == exitOK || !strings.Contains(got.stderr, "leave --sort out") {
		t.Errorf("%+v", got)
	}
	listed := v.run(t, nil, "users", "list", "--sort", "last_login_at").wantCode(t, exitOK)
	if strings.Count(listed.stdout, "\n") != 8 {
		t.Errorf("%s", listed.stdout)
	}
}

// failingWriter is a full disk.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestUsersFullDisk: a list that cannot be written is not passed over.
func TestUsersFullDisk(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for _, args := range [][]string{
		{"users", "list"},
		{"users", "list", "--json"},
		{"users", "list", "--csv"},
		{"users", "get", "ann"},
		{"users", "get", "ann", "--json"},
		{"schema"},
		{"schema", "--check"},
		{"query", "-f", "-"},
	} {
		a := newApp(v.environ(), strings.NewReader("{users{totalCount}}"), failingWriter{}, &strings.Builder{})
		a.now = v.now
		if code := a.run(t.Context(), args); code != exitFailed {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}

// TestLookingIsInterrupted at once, while the server takes its time.
func TestLookingIsInterrupted(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"users", "list"}, {"users", "get", "ann"}, {"schema"}, {"query", "-f", "-"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			e := newEmulated(t, 3)
			arrived, _ := e.holdAt(t, 1)
			running := startPiped(t, e.environ(), "{users{totalCount}}", args...)
			await(t, "a request", arrived)
			running.signal(t, syscall.SIGINT)
			if got := running.wait(t).wantCode(t, exitSignal+2); got.stdout != "" || !strings.Contains(got.stderr, "interrupted by Ctrl-C") {
				t.Errorf("%+v", got)
			}
		})
	}
}
