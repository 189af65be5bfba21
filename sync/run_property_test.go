package usersync_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	usersync "usersync/sync"
)

// Whatever the project did between two runs, and whomever the sweep passed over:
// one run makes the mirror equal to the project, no live user is deleted, and
// the next run has nothing to do.
func TestRunConverges(t *testing.T) {
	t.Parallel()
	pool := make([]*usersync.User, 30)
	for n := range pool {
		pool[n] = person(t, n, "")
	}
	name, roles := field(t, "name"), field(t, "roles")
	rapid.Check(t, func(t *rapid.T) {
		p, m := newProject(), newMemory()
		for range rapid.IntRange(1, 6).Draw(t, "days") {
			for range rapid.IntRange(0, 12).Draw(t, "events") {
				u := usersync.NewUser(rapid.SampledFrom(pool).Draw(t, "user").ID)
				if rapid.IntRange(0, 3).Draw(t, "event") == 0 {
					p.remove(u.ID)
					continue
				}
				u.Set(name, rapid.SampledFrom([]string{"", "Ann", "Bob"}).Draw(t, "name"))
				u.Set(roles, rapid.SampledFrom([][]string{nil, {"a", "b"}, {"b", "a"}}).Draw(t, "roles"))
				p.put(u)
			}
			clear(p.skip)
			for _, u := range rapid.SliceOfN(rapid.SampledFrom(pool), 0, 8).Draw(t, "missed") {
				// A user who is new and missed is found by the next sweep.
				p.skip[u.ID] = m.users[u.ID] != nil && !m.gone[u.ID]
			}
			p.repeat = rapid.IntRange(0, 3).Draw(t, "repeats")
			m.stale = m.published && rapid.Bool().Draw(t, "stale")

			if _, err := usersync.Run(t.Context(), config(p, m)); err != nil {
				t.Fatal(err)
			}
			expectEqual(t, p, m)
			clear(p.skip)
			again, err := usersync.Run(t.Context(), config(p, m))
			if err != nil || again.Changes.Any() || again.Changes.Unchanged != len(p.users) {
				t.Fatalf("error %v, second run %+v of %d users", err, again.Changes, len(p.users))
			}
		}
	})
}

func expectEqual(t *rapid.T, p *project, m *memory) {
	t.Helper()
	live := maps.Clone(m.users)
	for id := range m.gone {
		delete(live, id)
	}
	if got, want := len(live), len(p.users); got != want {
		t.Fatalf("the mirror has %d users, the project %d", got, want)
	}
	for id, u := range p.users {
		mirrored := live[id]
		if mirrored == nil {
			t.Fatalf("user %s is missing", id)
		}
		if differing := usersync.Diff(mirrored, u, usersync.AllFields()); len(differing) > 0 {
			t.Fatalf("user %s differs in %s", id, differing[0].Name)
		}
	}
}
