package sink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"usersync/sink"
	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// A crowd is a source in memory.
type crowd map[usersync.ID]*usersync.User

var _ usersync.Source = crowd(nil)

func (c crowd) Project() usersync.Project {
	return usersync.Project{Endpoint: "https://myapp.authgear.cloud", AppID: "myapp"}
}

func (c crowd) Users(_ context.Context, _ usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return func(yield func(*usersync.User, error) bool) {
		census.Complete = true
		for _, user := range c {
			if !yield(user, nil) {
				return
			}
		}
	}
}

func (c crowd) Lookup(_ context.Context, ids []usersync.ID, _ usersync.FieldSet) ([]*usersync.User, error) {
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		users[i] = c[id]
	}
	return users, nil
}

func (c crowd) Traffic() (requests, retries int64) { return 0, 0 }

// sync is a run of the engine into a mirror of Postgres.
func (c crowd) sync(t testing.TB, p place, at time.Time, fields usersync.FieldSet, adjust func(*usersync.Config)) *usersync.Report {
	t.Helper()
	mirror, err := sink.OpenPostgres(t.Context(), p.config())
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	cfg := usersync.Config{
		Source: c, Mirror: mirror, Fields: fields, RunID: usersync.NewRunID(at), Version: "test",
		Policy: usersync.Policy{MaxDelete: usersync.Percent(100), MaxChange: usersync.Percent(100), AllowEmpty: true, DeleteWindow: time.Hour},
		Now:    func() time.Time { return at }, Logger: slog.New(slog.DiscardHandler),
	}
	if adjust != nil {
		adjust(&cfg)
	}
	report, err := usersync.Run(t.Context(), cfg)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	return report
}

// A logged row is one of the change log.
type logged struct {
	Sub           [16]byte
	Op            string
	At            time.Time
	Fields        []string
	Before, After map[string]json.RawMessage
	Scrubbed      bool
}

// touches says whether the row tells of a field.
func (l logged) touches(name string) bool {
	return l.Op == "create" || l.Op == "delete" || slices.Contains(l.Fields, name)
}

// Whatever happens to users and to what is mirrored of them: the change log,
// replayed, gives the mirror, and undone, the mirror as it was. What was taken
// out on purpose is taken out of both.
func TestPostgresChangeLogReplaysToTheMirror(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	closeMirror(t, openPostgres(t, p.config()))
	choices := []usersync.FieldSet{
		usersync.AllFields(), usersync.AllFields(), usersync.AllFields(),
		usersync.FieldsNamed([]string{"created_at", "email", "roles", "is_anonymized", "custom_attributes"}),
	}
	pool := usertest.Users(usersync.AllFields(), 4, 4).Example(1)
	anonymized, _ := usersync.AllFields().Lookup("is_anonymized")
	rapid.Check(t, func(r *rapid.T) {
		p.clear(t)
		source := make(crowd)
		type snapshot struct {
			at     time.Time
			fields usersync.FieldSet
			users  crowd
		}
		var history []snapshot
		forgotten := make(map[usersync.ID]bool)
		for n := range rapid.IntRange(2, 4).Draw(r, "runs") {
			at := firstStart.Add(time.Duration(n) * time.Hour)
			for _, user := range pool {
				switch rapid.SampledFrom([]string{"", "", "change", "change", "go", "anonymise"}).Draw(r, "fate") {
				case "change":
					source[user.ID] = usertest.UserWithID(user.ID, usersync.AllFields()).Draw(r, "user")
				case "go":
					delete(source, user.ID)
				case "anonymise":
					if source[user.ID] != nil {
						source[user.ID] = with(source[user.ID], anonymized.Name, true)
					}
				}
			}
			fields := rapid.SampledFrom(choices).Draw(r, "fields")
			source.sync(t, p, at, fields, func(cfg *usersync.Config) {
				cfg.Policy.OnDelete = rapid.SampledFrom([]usersync.Erasure{0, 0, usersync.EraseHistory, usersync.EraseValues, usersync.EraseUser}).Draw(r, "on delete")
				cfg.KeepHistory = rapid.SampledFrom([]time.Duration{0, 0, 0, 30 * time.Minute}).Draw(r, "kept")
			})
			there := maps.Clone(source)
			maps.DeleteFunc(there, func(id usersync.ID, _ *usersync.User) bool { return forgotten[id] })
			history = append(history, snapshot{at, fields, there})
			if rapid.IntRange(0, 5).Draw(r, "forget") == 0 {
				id := rapid.SampledFrom(pool).Draw(r, "forgotten").ID
				mode := rapid.SampledFrom([]usersync.Erasure{usersync.EraseValues, usersync.EraseUser}).Draw(r, "mode")
				mirror := openPostgres(t, p.config())
				if _, err := mirror.Forget(t.Context(), []usersync.ID{id}, mode); err != nil {
					r.Fatal(err)
				}
				closeMirror(t, mirror)
				forgotten[id] = true
			}
			if problem := replay(t, p); problem != "" {
				r.Fatal(problem)
			}
		}
		// Undone.
		since := value[map[string]time.Time](t, p, "select history_since from "+p.table("mirror"))
		scrubbed := make(map[usersync.ID]bool)
		for _, row := range changeLog(t, p) {
			scrubbed[row.Sub] = scrubbed[row.Sub] || row.Scrubbed
		}
		type firstSeen struct {
			Sub [16]byte
			At  time.Time
		}
		seen := make(map[usersync.ID]time.Time)
		for _, row := range rows[firstSeen](t, p, "select sub, _first_seen_at from "+p.table("users")) {
			seen[row.Sub] = row.At
		}
		for _, past := range history {
			known := past.fields.Intersect(history[len(history)-1].fields)
			known = usersync.FieldsNamed(slices.DeleteFunc(known.Names(), func(name string) bool { return since[name].After(past.at) }))
			if known.Len() == 0 {
				continue // all of the log from then is trimmed
			}
			got := asOf(t, p, past.at, usersync.AllFields())
			for _, user := range pool {
				id := user.ID
				was, is := past.users[id], got[id]
				switch {
				case forgotten[id], was != nil && (seen[id].IsZero() || seen[id].After(past.at)):
					// Nothing is promised of those who were forgotten or purged.
				case (was != nil) != (is != nil):
					r.Fatalf("as of %v user %s was there: %v, says the log: %v", past.at, id, was != nil, is != nil)
				case was == nil || scrubbed[id]:
				default:
					for _, f := range usersync.Diff(was, is, known) {
						r.Fatalf("as of %v, %s of user %s is %q, was %q", past.at, f.Name, id, is.Get(f), was.Get(f))
					}
				}
			}
		}
	})
}

func changeLog(t testing.TB, p place) []logged {
	t.Helper()
	return rows[logged](t, p, "select sub, op, at, fields, before, after, scrubbed from "+p.table("user_changes")+" order by id")
}

// replay goes through the log as far as it is told, and says where it does not
// lead from one row to the next and in the end to the users.
func replay(t testing.TB, p place) (problem string) {
	t.Helper()
	since := value[map[string]time.Time](t, p, "select history_since from "+p.table("mirror"))
	type row struct {
		Sub     [16]byte
		Deleted bool
		Object  string
	}
	users := make(map[[16]byte]row)
	for _, user := range rows[row](t, p, "select sub, _deleted_at is not null, row_to_json(u)::text from "+p.table("users")+" as u") {
		users[user.Sub] = user
	}
	all := usersync.AllFields()
	type told struct {
		last  map[string]json.RawMessage // the values that the log left each field with
		alive bool
	}
	state := make(map[[16]byte]*told)
	for _, l := range changeLog(t, p) {
		u := state[l.Sub]
		if u == nil {
			u = &told{last: make(map[string]json.RawMessage), alive: l.Op == "update" || l.Op == "delete"}
			state[l.Sub] = u
		}
		if u.alive == (l.Op == "create" || l.Op == "restore") {
			return fmt.Sprintf("user %x: %s, while alive is %v", l.Sub, l.Op, u.alive)
		}
		u.alive = l.Op != "delete"
		for name, from := range since {
			if l.At.Before(from) || !l.touches(name) {
				continue
			}
			if l.Scrubbed {
				delete(u.last, name)
				continue
			}
			f, _ := all.Lookup(name)
			before, after := l.Before[name], l.After[name]
			if last, known := u.last[name]; known && before != nil && !same(f, last, before) {
				return fmt.Sprintf("user %x: %s was left as %s, and changes from %s", l.Sub, name, last, before)
			}
			if l.Op == "delete" {
				after = before
			}
			if after != nil {
				u.last[name] = after
			}
		}
	}
	for sub, u := range state {
		user, found := users[sub]
		if !found || user.Deleted == u.alive {
			return fmt.Sprintf("user %x: there is a row: %v, deleted %v; the log says alive %v", sub, found, user.Deleted, u.alive)
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(user.Object), &object); err != nil {
			t.Fatal(err)
		}
		for name, last := range u.last {
			if f, _ := all.Lookup(name); !same(f, last, object[name]) {
				return fmt.Sprintf("user %x: %s is %s, and the log leads to %s", sub, name, object[name], last)
			}
		}
	}
	return ""
}

// same compares two values of a field, as JSON.
func same(f *usersync.Field, a, b json.RawMessage) bool {
	set := usersync.FieldsNamed([]string{f.Name})
	read := func(value json.RawMessage) *usersync.User {
		user, err := usersync.UserFromJSON(fmt.Appendf(nil, `{"sub": "00000000-0000-0000-0000-000000000000", %q: %s}`, f.Name, value), set)
		if err != nil {
			panic(err) // usersync wrote it
		}
		return user
	}
	return len(usersync.Diff(read(a), read(b), set)) == 0
}
