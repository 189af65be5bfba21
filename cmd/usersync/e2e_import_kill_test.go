//go:build unix

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	"usersync/sync/userimport"
)

var importKills = flag.Int("import-kills", 8, "how many runs of imports are killed")

const (
	// killsPerImport is how often the same import is killed, at most, before it is
	// left alone.
	killsPerImport = 3
	// importsAtOnce mostly wait: for a server that does not answer, and jobs that
	// do not end.
	importsAtOnce = 6
)

// TestImportKilledAtRandom: however often an import is killed, and whatever
// happens to its POSTs and jobs meanwhile, the same command run again until it is
// done makes the people whom an import makes that nothing happens to: nobody
// twice, nobody missing, each as its row says.
func TestImportKilledAtRandom(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	undisturbed := newImportKiller(t, seed, 0)
	undisturbed.SetImportPace(importKillPace)
	began := time.Now()
	undisturbed.report(t, exitOK, "--upsert", "--yes")
	took := time.Since(began)
	want := undisturbed.state(t)
	var died, runs, posts atomic.Int64
	imports := 0
	for round := 0; int(died.Load()) < *importKills && round < *importKills && !t.Failed(); round++ {
		left := *importKills - int(died.Load())
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			for range min(importsAtOnce, (left+1)/2) { // some are done before they are killed so often
				imports++
				k := newImportKiller(t, seed, uint64(imports))
				k.took = took
				t.Run(fmt.Sprint(imports), func(t *testing.T) {
					t.Parallel()
					k.untilDone(t, min(killsPerImport, left))
					died.Add(int64(k.died))
					runs.Add(int64(k.runs))
					posts.Add(k.Imports().Posts)
					k.wantEveryRow(t)
					if differ := differences(k.state(t), want); len(differ) > 0 {
						t.Errorf("these of %d people are not as after an import that was left alone: %v", len(want), differ)
					}
					k.wantNothingToDo(t)
				})
			}
		})
	}
	t.Logf("%d imports of %d rows in %d runs with %d POSTs, of which %d runs were killed before their end; -kill-seed %d",
		imports, importKillRows, runs.Load(), posts.Load(), died.Load(), seed)
}

const (
	importKillPace = 200 // records a second
	// importKillRows make a first job, a task that is full, one that is not, and
	// the updates' own.
	importKillRows  = 170
	importKillOlder = 50 // of them are about people who exist
)

// An importKiller kills an import at random moments.
type importKiller struct {
	*importBench
	dice *rand.Rand
	took time.Duration // a run that was left alone
	died int
	runs int

	mutex sync.Mutex // of what the emulator's own tasks draw from
	fate  *rand.Rand
	fatal map[string]bool
}

func newImportKiller(t *testing.T, seed, number uint64) *importKiller {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("email,phone_number,name,email_verified,roles,custom_attributes.points,mfa.totp.secret\n")
	for i := range importKillRows {
		verified, role, totp := i%3 == 0, []string{"reader", "writer", "reader;writer"}[i%3], ""
		if i%7 == 0 && i >= importKillOlder {
			totp = "GEZDGNBVGY3TQOJQ"
		}
		fmt.Fprintf(&rows, "Person%d@example.com,+8529800%04d,Person %d,%v,%s,%d,%s\n", i, i, i, verified, role, i, totp)
	}
	k := &importKiller{
		importBench: newImportBench(t, "users.csv", rows.String()),
		dice:        rand.New(rand.NewPCG(seed, number)), fate: rand.New(rand.NewPCG(^seed, number)), fatal: make(map[string]bool),
	}
	for i := range importKillOlder {
		older := emulator.User{
			Identities:         []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("person%d@example.com", i))},
			StandardAttributes: map[string]any{"name": "Old name", "nickname": "kept"},
			CustomAttributes:   map[string]any{"points": json.Number("-1"), "kept": "yes"},
			Roles:              []string{"reader"},
		}
		if _, err := k.Project().Create(older); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Project().AddRole("writer", ""); err != nil {
		t.Fatal(err)
	}
	return k
}

// untilDone runs the import until every row has come to its end, and kills it at
// the most so often. Later runs have better luck with the server.
func (k *importKiller) untilDone(t *testing.T, kills int) {
	t.Helper()
	const most, troubled = 30, 8
	k.SetImportPace(importKillPace)
	k.SetImportPanic(k.panics)
	k.SetFaults(emulator.Faults{
		Seed: k.dice.Uint64(), ImportDropped: 0.1, ImportError: 0.05, ImportTimeout: 0.05, ImportHalfQueued: 0.05,
		TaskKilled: 0.1, DroppedConnection: 0.02, Unavailable: 0.02,
	})
	for k.runs = 1; k.runs <= most; k.runs++ {
		if k.runs > troubled && k.died >= kills {
			k.SetFaults(emulator.Faults{})
		}
		if k.run(t, k.died < kills) {
			return
		}
	}
	t.Fatalf("it is not done after %d runs", most)
}

// panics ends the work of a task, twice in all, and never twice for one record,
// which would be proven guilty.
func (k *importKiller) panics(record json.RawMessage) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if len(k.fatal) == 2 || k.fatal[string(record)] || k.fate.IntN(importKillRows) != 0 {
		return false
	}
	k.fatal[string(record)] = true
	return true
}

// run runs the import, and says whether it came to its end. What kills it comes at
// any moment, or just when it sends something.
func (k *importKiller) run(t *testing.T, kill bool) (done bool) {
	t.Helper()
	running := start(t, k.environ(), k.arguments("--upsert", "--yes", "--job-timeout", "3s", "--json")...)
	if kill {
		k.kill(t, running)
	}
	got := running.wait(t)
	switch got.code {
	case -1:
		k.died++
		return false
	case exitTemporary:
		return false // Authgear does nothing just now
	case exitOK, exitRows:
	default:
		t.Fatalf("%+v", got)
	}
	var report userimport.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	open := report.Outcomes[userimport.Unknown] + report.Outcomes[userimport.NotSent]
	return open == 0
}

// kill waits for its moment, which may come too late.
func (k *importKiller) kill(t *testing.T, running *started) {
	t.Helper()
	moment := time.Duration(k.dice.Int64N(int64(k.took)))
	if k.dice.IntN(2) == 0 {
		sent := make(chan struct{})
		var count atomic.Int64
		last := 1 + k.dice.Int64N(4)
		k.SetBeforeRequest(func(r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/import") && count.Add(1) == last {
				close(sent)
			}
		})
		defer k.SetBeforeRequest(nil)
		select {
		case <-sent:
			moment = time.Duration(k.dice.Int64N(int64(30 * time.Millisecond)))
		case <-time.After(2 * k.took):
		}
	}
	time.Sleep(moment) //nolint:forbidigo // the moment is what is tried
	running.signal(t, syscall.SIGKILL)
}

// state is all that matters of each person, by the email.
func (k *importKiller) state(t *testing.T) map[string]string {
	t.Helper()
	state := make(map[string]string)
	for u := range k.Project().All() {
		var logins []string
		for _, identity := range u.Identities {
			logins = append(logins, identity.LoginID.Key+" "+identity.LoginID.Value)
		}
		slices.Sort(logins)
		slices.Sort(u.Roles)
		email, _ := u.StandardAttributes["email"].(string)
		text, err := json.Marshal([]any{logins, u.StandardAttributes, u.CustomAttributes, u.VerifiedClaims, u.Roles, u.Groups, u.Disabled, u.MFA})
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := state[email]; twice {
			t.Errorf("there are two people with the email of %s", u.ID)
		}
		state[email] = string(text)
	}
	return state
}

// wantEveryRow: the results have each row once, with who it made or changed. An
// import that was killed when all was done begins anew, and finds it so.
func (k *importKiller) wantEveryRow(t *testing.T) {
	t.Helper()
	ids := make(map[string]string)
	for id, email := range k.emails() {
		ids[email] = id
	}
	rows := k.results(t)
	anew := slices.ContainsFunc(rows, func(row map[string]string) bool { return row["_outcome"] == "unchanged" })
	for i, row := range rows {
		want := "created"
		switch {
		case anew && row["mfa.totp.secret"] == "":
			want = "unchanged"
		case anew, i < importKillOlder:
			want = "updated"
		}
		if row["_outcome"] != want || row["_line"] != fmt.Sprint(i+2) || row["_sub"] != ids[strings.ToLower(row["email"])] {
			t.Errorf("row %d should be %s: %v", i+1, want, row)
		}
	}
	if len(rows) != importKillRows {
		t.Errorf("%d rows have results", len(rows))
	}
}

// wantNothingToDo: the import once more sends nothing but second factors, which
// nobody can compare.
func (k *importKiller) wantNothingToDo(t *testing.T) {
	t.Helper()
	k.SetFaults(emulator.Faults{})
	report := k.report(t, exitOK, "--upsert", "--dry-run")
	if again := report.Outcomes[userimport.Unchanged] + report.Outcomes[userimport.Updated]; again != importKillRows || report.Outcomes[userimport.Updated] > importKillRows/7 {
		t.Errorf("once more: %v", report.Outcomes)
	}
}

// differences are the keys under which two maps differ.
func differences(a, b map[string]string) []string {
	var keys []string
	for key := range maps.Keys(a) {
		if b[key] != a[key] {
			keys = append(keys, key)
		}
	}
	for key := range maps.Keys(b) {
		if _, has := a[key]; !has {
			keys = append(keys, key)
		}
	}
	return keys
}
