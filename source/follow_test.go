package source_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/source"
	usersync "usersync/sync"
)

// A town is an emulated project, asked without a network, at a time that only
// the test moves, and a mirror of it.
type town struct {
	*emulator.Server

	now    time.Time // moved while nothing runs, or with turn held
	turn   sync.Mutex
	client adminapi.Config
	mirror *notebook
	log    bytes.Buffer
}

func newTown(t testing.TB, users int) *town {
	t.Helper()
	key, err := adminapi.ParseKey(keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	at := &town{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), mirror: newNotebook()}
	at.Server, err = emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-one", Key: publicKey(t), Now: at.clock, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	at.client = adminapi.Config{
		Endpoint: "https://MyApp.example.com/", AppID: "myapp", KeyID: "key-one", Key: key,
		Base: direct{at.Server}, Now: at.clock, TokenLifetime: time.Hour,
	}
	emulator.Generate(at.Project(), users, 3, at.now.AddDate(0, 0, -30))
	return at
}

func (at *town) clock() time.Time {
	at.turn.Lock()
	defer at.turn.Unlock()
	return at.now
}

// direct has a handler answer without a network.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	d.handler.ServeHTTP(recorder, r)
	answer := recorder.Result()
	answer.Request = r
	return answer, nil
}

// run copies the project to a mirror with a client of its own.
func (at *town) run(t testing.TB, mirror *notebook, mode string, onChange func(usersync.Change)) *usersync.Report {
	t.Helper()
	client, err := adminapi.New(at.client)
	if err != nil {
		t.Fatal(err)
	}
	at.log.Reset()
	report, err := usersync.Run(t.Context(), usersync.Config{
		Source: source.NewAdminAPI(client, source.AdminAPIConfig{}), Mirror: mirror, Fields: usersync.AllFields(),
		Mode:   usersync.ModeConfig{Wanted: mode, FullEvery: 1000 * 24 * time.Hour},
		Policy: usersync.Policy{MaxDelete: usersync.Percent(100), MaxChange: usersync.Percent(100), AllowEmpty: true},
		RunID:  "run", Version: "test", Now: at.clock, OnChange: onChange,
		Logger: slog.New(slog.NewTextHandler(&at.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// fresh is a mirror that was made just now.
func (at *town) fresh(t testing.TB) *notebook {
	t.Helper()
	mirror := newNotebook()
	at.run(t, mirror, usersync.ModeFull, nil)
	return mirror
}

// ids are those of all users, the newest first.
func (at *town) ids() []string {
	var ids []string
	for u := range at.Project().All() {
		ids = append(ids, u.ID)
	}
	return ids
}

// change does something to a user that the audit log tells of.
func (at *town) change(id string, n int) error {
	p := at.Project()
	switch n % 10 {
	case 0:
		return p.Delete(id)
	case 1:
		return p.SetLoginID(id, "email", fmt.Sprintf("moved%d@example.org", n))
	case 2:
		return p.Update(id, func(u *emulator.User) { u.Roles = toggled(u.Roles, "support") })
	case 3:
		return p.Update(id, func(u *emulator.User) { u.Groups = toggled(u.Groups, "hr") })
	case 4:
		return p.Login(id)
	case 5:
		_, err := p.Create(emulator.User{Identities: []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("new%d@example.org", n))}})
		return err
	case 6:
		return p.Update(id, func(u *emulator.User) {
			u.Identities = append(u.Identities, emulator.BiometricIdentity(fmt.Sprint(n), ""))
		})
	default:
		return p.Update(id, func(u *emulator.User) { u.StandardAttributes["nickname"] = fmt.Sprint("Nick ", n) })
	}
}

func toggled(keys []string, key string) []string {
	if i := slices.Index(keys, key); i >= 0 {
		return slices.Delete(keys, i, i+1)
	}
	return append(keys, key)
}

// On a day when 100 users changed, an incremental run leaves the mirror that a
// full one would, with fewer than 20 requests; however they are spread.
func TestIncrementalRunEqualsAFullOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users int
		pause time.Duration // between two changes
	}{
		"2,000, over a day":   {2000, 14 * time.Minute},
		"2,000, in a second":  {2000, 0},
		"20,651, in a minute": {20_651, 600 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && c.users > 2000 {
				t.Skip("20,651 users take long under the race detector; 2,000 are tried")
			}
			at := newTown(t, c.users)
			ids := at.ids()
			at.run(t, at.mirror, usersync.ModeAuto, nil)
			at.now = at.now.Add(time.Hour)
			dice := rand.New(rand.NewPCG(1, 1))
			for n, i := range dice.Perm(len(ids))[:100] {
				at.now = at.now.Add(c.pause)
				if err := at.change(ids[i], n); err != nil {
					t.Fatal(err)
				}
			}
			at.now = at.now.Add(time.Minute)
			report := at.run(t, at.mirror, usersync.ModeAuto, nil)
			t.Logf("%d requests for %+v", report.Source.Requests, report.Changes)
			changed := report.Changes.Created + report.Changes.Updated + report.Changes.Deleted
			if report.Mode != usersync.ModeIncremental || report.Source.Requests >= 20 || report.Census != nil || changed != 100 {
				t.Errorf("a %s run with %d requests: %+v\n%s", report.Mode, report.Source.Requests, report.Changes, &at.log)
			}
			if !report.Watermark.Equal(at.now) || report.Project != (usersync.Project{Endpoint: "https://myapp.example.com", AppID: "myapp"}) {
				t.Errorf("watermark %v of %v, project %v", report.Watermark, at.now, report.Project)
			}
			expectEqual(t, at.mirror, at.fresh(t))
		})
	}
}

// What an incremental run cannot see it says, or leaves to the next full run.
func TestWhenTheAuditLogDoesNotDo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		happen func(*emulator.Project, string) error
		want   string // in the log of a run that becomes full; "" for an incremental one
	}{
		"nothing":      {func(*emulator.Project, string) error { return nil }, ""},
		"role renamed": {func(p *emulator.Project, _ string) error { return p.RenameRole("editor", "writer") }, "UPDATE_ROLE_EXECUTED"},
		"role deleted": {func(p *emulator.Project, _ string) error { return p.DeleteRole("editor") }, "DELETE_ROLE_EXECUTED"},
		"role of a group": {func(p *emulator.Project, _ string) error {
			return p.AssignRolesToGroup("hr", "editor")
		}, "ADD_GROUP_TO_ROLES_EXECUTED"},
		"group renamed": {func(p *emulator.Project, _ string) error { return p.RenameGroup("hr", "people") }, "UPDATE_GROUP_EXECUTED"},
		"group deleted": {func(p *emulator.Project, _ string) error { return p.DeleteGroup("hr") }, "DELETE_GROUP_EXECUTED"},
		"claim verified": {func(p *emulator.Project, id string) error {
			return p.SetVerified(id, emulator.Claim{Name: "email", Value: "ann@example.com"}, true)
		}, "SET_VERIFIED_STATUS_EXECUTED"},
		"no audit log":    {func(p *emulator.Project, id string) error { p.SetAuditLog(false); return p.Delete(id) }, "switched off"},
		"short audit log": {func(p *emulator.Project, _ string) error { p.SetAuditRetention(time.Hour); return nil }, "too young"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := newTown(t, 300)
			ids := at.ids()
			at.run(t, at.mirror, usersync.ModeIncremental, nil)
			at.now = at.now.Add(2 * time.Hour)
			if err := test.happen(at.Project(), ids[7]); err != nil {
				t.Fatal(err)
			}
			report := at.run(t, at.mirror, usersync.ModeIncremental, nil)
			if incremental := report.Mode == usersync.ModeIncremental; incremental != (test.want == "") || !strings.Contains(at.log.String(), test.want) {
				t.Errorf("a %s run\n%s", report.Mode, &at.log)
			}
			expectEqual(t, at.mirror, at.fresh(t))
		})
	}
}

// What may concern anybody makes the next run full, and not all the runs after it
// that read the same entry again.
func TestAFullRunIsFollowedByIncrementalOnes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before time.Duration // how long before the first run it happened
		want   []string
	}{
		"a while before": {6 * time.Minute, []string{usersync.ModeFull, usersync.ModeIncremental, usersync.ModeIncremental}},
		"just before":    {3 * time.Minute, []string{usersync.ModeFull, usersync.ModeFull, usersync.ModeIncremental}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := newTown(t, 300)
			ids := at.ids()
			at.run(t, at.mirror, usersync.ModeAuto, nil)
			at.now = at.now.Add(2 * time.Hour)
			if err := at.Project().RenameRole("editor", "writer"); err != nil {
				t.Fatal(err)
			}
			at.now = at.now.Add(c.before)
			for n, want := range c.want {
				if report := at.run(t, at.mirror, usersync.ModeAuto, nil); report.Mode != want {
					t.Errorf("run %d is %s, want %s\n%s", n, report.Mode, want, &at.log)
				}
				if err := at.change(ids[n], 9); err != nil {
					t.Fatal(err)
				}
				at.now = at.now.Add(3 * time.Minute)
			}
			if report := at.run(t, at.mirror, usersync.ModeAuto, nil); report.Mode != usersync.ModeIncremental {
				t.Errorf("the last run is %s\n%s", report.Mode, &at.log)
			}
			expectEqual(t, at.mirror, at.fresh(t))
		})
	}
}

// A sweep says when it began by the server's clock, which the next incremental
// run begins with.
func TestSweepsLeaveAWatermark(t *testing.T) {
	t.Parallel()
	at := newTown(t, 250)
	began := at.now
	at.SetBeforeRequest(func(*http.Request) {
		at.turn.Lock()
		defer at.turn.Unlock()
		at.now = at.now.Add(time.Second)
	})
	report := at.run(t, at.mirror, usersync.ModeFull, nil)
	if want := began.Add(time.Second); report.Watermark == nil || !report.Watermark.Equal(want) {
		t.Errorf("watermark %v, want %v", report.Watermark, want)
	}
}

// The newest are read down to the time asked for, and at least one page.
func TestNewcomers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		since time.Duration // before the newest was created
		pages int
		users int
	}{
		"nobody new":      {-time.Second, 1, 100},
		"some":            {50 * time.Second, 1, 100},
		"down to a page":  {98 * time.Second, 1, 100},
		"page after page": {250 * time.Second, 3, 292},
		"everybody":       {time.Hour, 11, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newest := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			var census usersync.Census
			seen := make(map[usersync.ID]bool)
			for u, err := range readFrom(t, newCannedServer(t, plainNodes(1000)), 4).Newcomers(t.Context(), newest.Add(-c.since), onlyCreation(t), &census) {
				if err != nil {
					t.Fatal(err)
				}
				seen[u.ID] = true
			}
			if len(seen) != c.users || census.Pages != c.pages || census.Complete {
				t.Errorf("%d users on %d pages: %+v", len(seen), census.Pages, census)
			}
		})
	}
}
