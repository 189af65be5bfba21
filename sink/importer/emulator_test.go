package importer_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/sink/importer"
	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// emulatorKey signs for all emulators: making one takes a while.
var emulatorKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// newEmulatorBench is a bench whose Authgear is the emulator, over HTTP.
func newEmulatorBench(t testing.TB, seed uint64) (*bench, *emulator.Server) {
	t.Helper()
	private, err := emulatorKey()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := adminapi.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	em, err := emulator.New(emulator.Config{AppID: "project", KeyID: "key", Key: &private.PublicKey, Now: b.clock.now, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", b.clock.now().Format(http.TimeFormat))
		em.ServeHTTP(w, r)
	}))
	connections := &http.Transport{}
	t.Cleanup(func() { connections.CloseIdleConnections(); server.Close() })
	client, err := adminapi.New(adminapi.Config{
		Endpoint: server.URL, AppID: "project", KeyID: "key", Key: key, Base: connections, Now: b.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.Client, b.cfg.Directory = client, source.NewDirectory(client, 2)
	return b, em
}

// residents are people who exist, and rows that change their names.
func residents(t testing.TB, b *bench, em *emulator.Server, from, n int) []userimport.Item {
	t.Helper()
	items := make([]userimport.Item, n)
	for i := range items {
		row := from + i
		text, err := em.Project().Create(emulator.User{
			Identities:         []emulator.Identity{emulator.EmailIdentity(emailOf(row))},
			StandardAttributes: map[string]any{"email": emailOf(row), "name": "Old name"},
		})
		if err != nil {
			t.Fatal(err)
		}
		id, err := usersync.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		users, err := b.cfg.Directory.Users(t.Context(), []usersync.ID{id})
		if err != nil {
			t.Fatal(err)
		}
		items[i] = itemOf(row, userimport.Record{"email": emailOf(row), "name": fmt.Sprintf("Person %d", row)})
		items[i].Update, items[i].User = true, id
		items[i].Seen, items[i].Read = userimport.SeenOf(users[0]), b.clock.now()
	}
	return items
}

// Against the emulator, with POSTs that are not answered, tasks that die, jobs
// that are stuck, a quota, and kills at random writes to the journal: everybody
// is there, once, as the rows say, and results tell who.
func TestEmulator(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b, em := newEmulatorBench(t, seed)
			items := creates(450)
			items = append(items, residents(t, b, em, 451, 250)...)
			deadly := emailOf(int(100 + seed*17))
			em.SetImportPanic(func(record json.RawMessage) bool {
				var r struct{ Email string }
				return json.Unmarshal(record, &r) == nil && r.Email == deadly
			})
			em.SetImportPace(50)
			if seed > 0 {
				em.SetFaults(emulator.Faults{Seed: seed, ImportDropped: .1, ImportError: .1, ImportTimeout: .1, ImportHalfQueued: .1, TaskKilled: .1})
			}
			em.SetImportQuota(3000, "day")
			var all *told
			for run, done := 0, false; !done; run++ {
				p := &process{left: -1, share: 50}
				if run < int(seed) {
					p.left = run*5 + int(seed)
				}
				var killed bool
				var err error
				all, killed, err = b.live(t, items, p)
				if _, is := errors.AsType[*userimport.QuotaError](err); is {
					em.SetImportQuota(100_000, "day")
				}
				counts := all.outcomes()
				done = !killed && err == nil && counts[userimport.Unknown]+counts[userimport.NotSent] == 0
				if run == 30 {
					t.Fatalf("not done: %v, %v", counts, err)
				}
			}
			byEmail := make(map[string][]emulator.User)
			for user := range em.Project().All() {
				email, _ := user.StandardAttributes["email"].(string)
				byEmail[email] = append(byEmail[email], user)
			}
			for _, item := range items {
				email := item.Record["email"].(string)
				result := all.results[item.Row]
				holders := byEmail[email]
				want := userimport.Created
				switch {
				case email == deadly:
					want = userimport.Rejected
				case item.Update:
					want = userimport.Updated
				}
				if result.Outcome != want {
					t.Errorf("row %d: %+v, want it %s", item.Row, result, want)
				}
				if want == userimport.Rejected {
					if len(holders) != 0 {
						t.Errorf("row %d exists", item.Row)
					}
					continue
				}
				if len(holders) != 1 || holders[0].ID != result.User.String() || holders[0].StandardAttributes["name"] != item.Record["name"] {
					t.Errorf("row %d: %+v, and Authgear has %+v", item.Row, result, holders)
				}
			}
			if n := em.Project().Len(); n != len(items)-1 {
				t.Errorf("%d users of %d rows", n, len(items)-1)
			}
		})
	}
}

// In a project without the login ID, ten people at most are made without one.
func TestEmulatorWithoutLoginID(t *testing.T) {
	t.Parallel()
	b, em := newEmulatorBench(t, 1)
	em.Project().SetLoginIDs("username")
	all, err := b.run(t.Context(), t, creates(40))
	ignored, is := errors.AsType[*importer.LoginIDError](err)
	if !is || len(ignored.Users) != em.Project().Len() || em.Project().Len() != 10 {
		t.Fatalf("%d users were made, error %v", em.Project().Len(), err)
	}
	wantOutcomes(t, all, outcomes{userimport.Failed: 10, userimport.NotSent: 30})
}

// A job that the server forgot, after a day, is settled by its users.
func TestEmulatorForgets(t *testing.T) {
	t.Parallel()
	b, em := newEmulatorBench(t, 1)
	items := creates(40)
	em.SetImportPace(1)
	p := &process{left: 6, share: 0} // the second job's answer
	if _, killed, err := b.live(t, items, p); !killed {
		t.Fatalf("it was not killed, but ended with %v", err)
	}
	b.clock.at = b.clock.at.Add(25 * time.Hour)
	all, _, err := b.live(t, items, &process{left: -1})
	if err != nil {
		t.Fatal(err)
	}
	wantOutcomes(t, all, outcomes{userimport.Created: 40})
	if result := all.results[40]; !result.ReadBack {
		t.Errorf("%+v", result)
	}
	if posts := em.Imports().Posts; posts != 2 {
		t.Errorf("%d posts", posts)
	}
}
