package emulator_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

func cursor(position int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "offset:%d", position))
}

// page is what matters of one page of users.
type page struct {
	ids, cursors []string
	next         bool
	end          string
}

func (b *bundle) page(args string) page {
	b.t.Helper()
	data := b.must(`{users(`+args+`){pageInfo{hasNextPage endCursor} edges{cursor node{id}}}}`, nil)
	var p page
	for _, e := range dig(b.t, data, "users.edges").([]any) {
		p.cursors = append(p.cursors, dig(b.t, e, "cursor").(string))
		id := ""
		if node, ok := dig(b.t, e, "node").(map[string]any); ok {
			id = bareIDOf(b.t, node["id"])
		}
		p.ids = append(p.ids, id)
	}
	p.next = dig(b.t, data, "users.pageInfo.hasNextPage").(bool)
	p.end = dig(b.t, data, "users.pageInfo.endCursor").(string)
	return p
}

func bareIDOf(t testing.TB, v any) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(v.(string))
	must(t, err)
	return string(raw[len("User:"):])
}

// ids of all users, newest first.
func (b *bundle) ids() []string {
	var ids []string
	for u := range b.Project().All() {
		ids = append(ids, u.ID)
	}
	return ids
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	emulator.Generate(b.Project(), 250, 1, b.clock.Now())
	newest := b.ids()
	oldest := slices.Clone(newest)
	slices.Reverse(oldest)
	for _, tt := range []struct {
		args     string
		ids      []string
		from     int
		next     bool
		isWorded string
	}{
		{`first:3`, newest[:3], 0, true, "the default is newest first"},
		{`first:3,sortBy:CREATED_AT,sortDirection:DESC`, newest[:3], 0, true, "as is this"},
		{`first:3,sortDirection:ASC`, oldest[:3], 0, true, "oldest first"},
		{`sortBy:CREATED_AT`, newest[:100], 0, true, "100 without first"},
		{`first:1000`, newest[:100], 0, true, "capped at 100"},
		{`first:0`, nil, 0, true, "nothing, and more"},
		{`first:2,after:""`, newest[:2], 0, true, "an empty cursor begins again"},
		{`first:2,after:"` + cursor(99) + `"`, newest[100:102], 100, true, "the cursor is the edge before"},
		{`first:50,after:"` + cursor(199) + `"`, newest[200:], 200, true, "full, so it says there is more"},
		{`first:51,after:"` + cursor(199) + `"`, newest[200:], 200, false, "not full"},
		{`first:10,after:"` + cursor(999) + `"`, nil, 0, false, "past the end"},
		{`after:"` + cursor(9) + `",before:"` + cursor(13) + `"`, newest[10:13], 10, false, "between two edges"},
		{`first:2,after:"` + cursor(9) + `",before:"` + cursor(13) + `"`, newest[10:12], 10, true, "the first of those"},
		{`last:2,after:"` + cursor(9) + `",before:"` + cursor(13) + `"`, newest[11:13], 11, true, "the last of those"},
	} {
		t.Run(tt.isWorded, func(t *testing.T) {
			t.Parallel()
			p := b.page(tt.args)
			if !slices.Equal(p.ids, tt.ids) {
				t.Errorf("%d users, or others, where %d are wanted", len(p.ids), len(tt.ids))
			}
			for i, c := range p.cursors {
				if c != cursor(tt.from+i) {
					t.Errorf("edge %d has cursor %q", i, c)
				}
			}
			if p.next != tt.next {
				t.Errorf("hasNextPage %v", p.next)
			}
			if end := append([]string{""}, p.cursors...); p.end != end[len(end)-1] {
				t.Errorf("endCursor %q", p.end)
			}
		})
	}
}

func TestRefusedPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for args, reason := range map[string]string{
		`last:2`:                                      "InvalidQuery",
		`before:"` + cursor(3) + `"`:                  "InvalidQuery",
		`first:1,last:1`:                              "InvalidQuery",
		`first:1,after:"zzzz"`:                        "InvalidCursor",
		`first:1,after:"b2Zmc2V0Oi0x"`:                "InvalidCursor", // offset:-1
		`first:1,after:"2026-11-23T07:33:39.911772Z"`: "InvalidCursor", // of the search mode
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			if r := b.ask(`{users(`+args+`){edges{cursor}}}`, nil); r.reason() != reason || r.Data["users"] != nil {
				t.Errorf("got %+v, want %s", r, reason)
			}
		})
	}
}

// TestEqualTimesHaveNoOrder sees that users of one instant change places from
// query to query, so that pages repeat some and lose others, and that nobody
// leaves his instant.
func TestEqualTimesHaveNoOrder(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]string{
		"created": `sortBy:CREATED_AT,sortDirection:DESC,`, "created ascending": `sortDirection:ASC,`,
		"logged in": `sortBy:LAST_LOGIN_AT,sortDirection:ASC,`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for n := range 60 {
				// Three instants of 20 users each; nobody has logged in.
				at := b.clock.Now().Add(time.Duration(n/20) * time.Hour)
				_, err := b.Project().Create(emulator.User{CreatedAt: at, Identities: []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("u%d@example.com", n))}})
				must(t, err)
			}
			whole := func() []string { return b.page(args + `first:60`).ids }
			first, second := whole(), whole()
			if slices.Equal(first, second) {
				t.Error("the same order twice")
			}
			if name != "logged in" && !sameSets(first[:20], second[:20]) {
				t.Error("users left their instant")
			}
			seen := map[string]bool{}
			for from := range 6 {
				for _, id := range b.page(fmt.Sprintf(`%sfirst:10,after:"%s"`, args, cursorBefore(from*10))).ids {
					seen[id] = true
				}
			}
			if len(seen) == 60 {
				t.Error("paging over equal times lost nobody")
			}
			b.Project().SetStableTies(true)
			if !slices.Equal(whole(), whole()) {
				t.Error("switched off, and still another order")
			}
		})
	}
}

func cursorBefore(position int) string {
	if position == 0 {
		return ""
	}
	return cursor(position - 1)
}

func sameSets(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestLoginOrder sees that LAST_LOGIN_AT follows another time than the one
// shown, with those who never logged in at the end both ways.
func TestLoginOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	never, early, late := b.create("never@example.com"), b.create("early@example.com"), b.create("late@example.com")
	for _, id := range []string{late, early, early, late, early} { // each login shows the one before
		b.clock.Add(time.Hour)
		must(t, b.Project().Login(id))
	}
	// Shown: early in hour 5, late in hour 4. Before that: early 3, late 1.
	if got := b.page(`sortBy:LAST_LOGIN_AT,sortDirection:ASC`).ids; !slices.Equal(got, []string{late, early, never}) {
		t.Errorf("ascending %v", got)
	}
	if got := b.page(`sortBy:LAST_LOGIN_AT,sortDirection:DESC`).ids; !slices.Equal(got, []string{early, late, never}) {
		t.Errorf("descending %v", got)
	}
}

// TestDeletionPullsTheRestForward is why absence from a sweep proves nothing.
func TestDeletionPullsTheRestForward(t *testing.T) {
	t.Parallel()
	b := setup(t)
	emulator.Generate(b.Project(), 6, 1, b.clock.Now())
	before := b.ids()
	first := b.page(`first:3`)
	b.SetBeforeRequest(nil)
	must(t, b.Project().Delete(before[0]))
	second := b.page(`first:3,after:"` + first.end + `"`)
	if !slices.Equal(second.ids, before[4:]) {
		t.Errorf("second page %v, want %v: a live user skipped", second.ids, before[4:])
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	emulator.Generate(b.Project(), 5, 1, b.clock.Now())
	ids := b.ids()
	b.SetAfterList(func() { must(t, b.Project().Delete(ids[1])) })
	p := b.page(`first:3`)
	b.SetAfterList(nil)
	if !slices.Equal(p.ids, []string{ids[0], ids[2]}) || !slices.Equal(p.cursors, []string{cursor(0), cursor(2)}) || !p.next {
		t.Errorf("a user deleted while the page was loaded: %+v", p)
	}
	calls := 0
	b.SetBeforeRequest(func(*http.Request) {
		calls++
		must(t, b.Project().Delete(ids[0]))
	})
	if p := b.page(`first:3`); p.ids[0] != ids[2] {
		t.Errorf("the hook did not run before the page was read: %+v", p)
	}
	b.SetBeforeRequest(nil)
	if b.page(`first:3`); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}
