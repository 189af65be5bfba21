package emulator_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi/emulator"
)

func generated(t *testing.T, n int, seed uint64) []emulator.User {
	t.Helper()
	b := setup(t)
	emulator.Generate(b.Project(), n, seed, b.clock.Now())
	return slices.Collect(b.Project().All())
}

func TestGenerateIsDeterministic(t *testing.T) {
	t.Parallel()
	first := generated(t, 500, 7)
	if diff := cmp.Diff(first, generated(t, 500, 7)); diff != "" {
		t.Errorf("the same seed, other users:\n%s", diff)
	}
	if cmp.Equal(first, generated(t, 500, 8)) {
		t.Error("another seed, the same users")
	}
}

// TestGeneratedUsers checks what the users have in common, and that everything
// a mirror must cope with is among them.
func TestGeneratedUsers(t *testing.T) {
	t.Parallel()
	const n = 5000
	users := generated(t, n, 1)
	seen := map[string]int{}
	note := func(what string, ok bool) {
		if ok {
			seen[what]++
		}
	}
	owned := map[string]string{}
	for i, u := range users {
		checkGenerated(t, &u, owned)
		if i > 0 && !u.CreatedAt.Before(users[i-1].CreatedAt) {
			t.Fatalf("users %d and %d were created at once", i-1, i)
		}
		text := mustJSON(t, u)
		for name, table := range map[string]*unicode.RangeTable{
			"Han": unicode.Han, "Hiragana": unicode.Hiragana, "Arabic": unicode.Arabic, "Devanagari": unicode.Devanagari,
			"Cyrillic": unicode.Cyrillic, "Greek": unicode.Greek, "Hebrew": unicode.Hebrew, "Thai": unicode.Thai,
		} {
			note(name, strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(table, r) }))
		}
		note("emoji", strings.ContainsFunc(text, func(r rune) bool { return r > 0x1f000 }))
		note("newline", strings.Contains(text, `\n`))
		note("quote", strings.Contains(text, `\"hello\"`))
		note("comma", strings.Contains(text, `a,b`))
		note("big integer", strings.Contains(text, `"ledger_no":90071992547`))
		note("nested", strings.Contains(text, `"none":null`))
		note("empty string", u.CustomAttributes["note"] == "")
		note("long", len(text) > 4000)
		note("no email", u.StandardAttributes["email"] == nil)
		note("no name", u.StandardAttributes["name"] == nil)
		note("several identities", len(u.Identities) > 2)
		note("roles", len(u.Roles) > 1)
		note("groups", len(u.Groups) > 0)
		note("disabled", u.Disabled)
		note("to be deleted", u.DeleteAt != nil)
		note("anonymised", u.Anonymized)
		note("temporarily disabled", u.TemporarilyDisabledFrom != nil)
		note("valid period", u.AccountValidFrom != nil)
		note("logged in", u.LastLoginAt != nil)
		note("never logged in", u.LastLoginAt == nil)
		note("updated", u.UpdatedAt.After(u.CreatedAt))
		for _, identity := range u.Identities {
			note(string(identity.Type), true)
		}
	}
	if len(users) != n || len(seen) != 34 {
		t.Errorf("%d users, %d features: %v", len(users), len(seen), slices.Sorted(maps.Keys(seen)))
	}
	for what, count := range seen {
		if count < 5 {
			t.Errorf("only %d: %s", count, what)
		}
	}
}

func checkGenerated(t *testing.T, u *emulator.User, owned map[string]string) {
	t.Helper()
	text := mustJSON(t, *u)
	if !utf8.ValidString(text) || strings.Contains(text, `\u0000`) {
		t.Errorf("user %s holds text that a database refuses", u.ID)
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	if u.CreatedAt.Nanosecond()%1000 != 0 || u.CreatedAt.After(now) || u.UpdatedAt.Before(u.CreatedAt) {
		t.Errorf("user %s created %v, updated %v", u.ID, u.CreatedAt, u.UpdatedAt)
	}
	for _, i := range u.Identities {
		for _, name := range []string{"email", "phone_number", "preferred_username"} {
			value, _ := i.Claims[name].(string)
			if value == "" {
				continue
			}
			if other, taken := owned[name+value]; taken && other != u.ID {
				t.Errorf("users %s and %s share a %s", other, u.ID, name)
			}
			owned[name+value] = u.ID
			domain := value[strings.LastIndex(value, "@")+1:]
			if name == "email" && !slices.Contains([]string{"example.com", "example.org", "example.net"}, domain) {
				t.Errorf("user %s has an email at %s", u.ID, domain)
			}
		}
	}
	if u.Anonymized && (len(u.Identities) > 0 || len(u.StandardAttributes) > 0 || len(u.Roles) > 0) {
		t.Errorf("user %s is not anonymous", u.ID)
	}
}

func mustJSON(t *testing.T, u emulator.User) string {
	t.Helper()
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	must(t, encoder.Encode(u))
	return out.String()
}

// TestBatchesDoNotMeet generates twice into one project, and lets days pass.
func TestBatchesDoNotMeet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owned := map[string]string{}
	for range 2 {
		b.clock.Add(24 * time.Hour)
		emulator.Generate(b.Project(), 300, 1, b.clock.Now())
	}
	for u := range b.Project().All() {
		for _, i := range u.Identities {
			if email, ok := i.Claims["email"].(string); ok {
				if other, taken := owned[email]; taken && other != u.ID {
					t.Fatalf("%s belongs to two", email)
				}
				owned[email] = u.ID
			}
		}
	}
	if len(owned) < 400 || b.Project().Len() != 600 {
		t.Errorf("%d users with %d emails", b.Project().Len(), len(owned))
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	emulator.Generate(b.Project(), 1000, 1, b.clock.Now())
	for day := range uint64(3) {
		b.clock.Add(24 * time.Hour)
		before := byID(b)
		changes, err := emulator.Day(b.Project(), 1)
		must(t, err)
		after := byID(b)
		var joined, left, updated int
		for id, u := range after {
			old, known := before[id]
			switch {
			case !known:
				joined++
			case !cmp.Equal(old, u):
				updated++
			}
		}
		for id := range before {
			if _, still := after[id]; !still {
				left++
			}
		}
		if joined != changes.Joined || left != changes.Left || updated != changes.Updated() {
			t.Errorf("day %d: %d joined, %d left, %d updated; told %+v", day, joined, left, updated, changes)
		}
		if joined < 10 || left < 5 || changes.NewEmail < 5 || changes.NewRole < 5 || changes.Disabled < 5 {
			t.Errorf("day %d: a quiet one: %+v", day, changes)
		}
	}
	if b.auditTotal() < 100 {
		t.Errorf("%d audit rows", b.auditTotal())
	}
}

func TestDayIsDeterministic(t *testing.T) {
	t.Parallel()
	run := func() []emulator.User {
		b := setup(t)
		emulator.Generate(b.Project(), 300, 1, b.clock.Now())
		b.clock.Add(24 * time.Hour)
		_, err := emulator.Day(b.Project(), 5)
		must(t, err)
		return slices.Collect(b.Project().All())
	}
	if diff := cmp.Diff(run(), run()); diff != "" {
		t.Errorf("two days of one seed differ:\n%s", diff)
	}
}

// Whoever joins has a name, an address and a number of their own, for as long as
// a trial may go on.
func TestManyDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	emulator.Generate(b.Project(), 200, 1, b.clock.Now())
	for day := range uint64(150) {
		if _, err := emulator.Day(b.Project(), day); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
	}
}

func TestDayOfFewUsers(t *testing.T) {
	t.Parallel()
	for n := range 6 {
		b := setup(t)
		emulator.Generate(b.Project(), n, 1, b.clock.Now())
		if _, err := emulator.Day(b.Project(), 1); err != nil {
			t.Errorf("%d users: %v", n, err)
		}
	}
}

func byID(b *bundle) map[string]emulator.User {
	out := map[string]emulator.User{}
	for u := range b.Project().All() {
		out[u.ID] = u
	}
	return out
}
