package emulator_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"usersync/adminapi/emulator"
)

// TestProjectAgainstModel changes a project at random and compares it, through
// the API, with a plain map that was changed alike.
func TestProjectAgainstModel(t *testing.T) {
	t.Parallel()
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(r *rapid.T) {
		b := setup(t)
		b.Project().SetStableTies(true)
		emulator.Generate(b.Project(), rapid.IntRange(0, 5).Draw(r, "generated"), 1, b.clock.Now())
		model := byID(b)
		some := func() string { return rapid.SampledFrom(slices.Sorted(maps.Keys(model))).Draw(r, "id") }
		for range rapid.IntRange(1, 30).Draw(r, "changes") {
			b.clock.Add(time.Minute)
			kind := rapid.IntRange(0, 4).Draw(r, "change")
			if len(model) == 0 {
				kind = 0
			}
			switch kind {
			case 0, 1:
				email := fmt.Sprintf("%d@example.com", rapid.IntRange(0, 20).Draw(r, "email"))
				u := emulator.User{
					CreatedAt:  base.Add(time.Duration(rapid.IntRange(0, 9).Draw(r, "created")) * time.Hour),
					Identities: []emulator.Identity{emulator.EmailIdentity(email)},
				}
				id, err := b.Project().Create(u)
				if taken := holder(model, email) != ""; taken != (err != nil) {
					r.Fatalf("create %s: taken %v, error %v", email, taken, err)
				}
				if err == nil {
					model[id], _ = b.Project().Get(id)
				}
			case 2:
				id := some()
				delete(model, id)
				if err := b.Project().Delete(id); err != nil {
					r.Fatal(err)
				}
			case 3:
				id := some()
				u := model[id]
				u.StandardAttributes = maps.Clone(u.StandardAttributes)
				u.StandardAttributes["nickname"] = fmt.Sprint(b.clock.Now())
				u.UpdatedAt = b.clock.Now()
				model[id] = u
				err := b.Project().Update(id, func(u *emulator.User) { u.StandardAttributes["nickname"] = fmt.Sprint(b.clock.Now()) })
				if err != nil {
					r.Fatal(err)
				}
			case 4:
				err := b.Project().Update(some(), func(u *emulator.User) { u.CreatedAt = base.Add(-time.Hour) })
				if err == nil {
					r.Fatal("the time of creation was changed")
				}
			}
			if d := diff.Diff(model, byID(b)); d != "" {
				r.Fatalf("(-model +project):\n%s", d)
			}
		}
		compareOrder(r, b, model)
	})
}

func holder(model map[string]emulator.User, email string) string {
	for id, u := range model {
		for _, i := range u.Identities {
			if i.Claims["email"] == email {
				return id
			}
		}
	}
	return ""
}

// compareOrder reads all pages of five and looks every email up.
func compareOrder(r *rapid.T, b *bundle, model map[string]emulator.User) {
	var got []emulator.User
	for from := 0; ; from += 5 {
		p := b.page(fmt.Sprintf(`first:5,after:"%s"`, cursorBefore(from)))
		for _, id := range p.ids {
			got = append(got, model[id])
		}
		if !p.next {
			break
		}
	}
	if len(got) != len(model) || !slices.IsSortedFunc(got, func(x, y emulator.User) int { return cmp.Compare(y.CreatedAt.UnixMicro(), x.CreatedAt.UnixMicro()) }) {
		r.Fatalf("%d users of %d, or not in order", len(got), len(model))
	}
	var query strings.Builder
	for n := range 21 {
		fmt.Fprintf(&query, `e%d:getUsersByStandardAttribute(attributeName:"email",attributeValue:"%d@example.com"){id} `, n, n)
	}
	data := b.must(`{`+query.String()+`}`, nil)
	for n := range 21 {
		id := ""
		if found := data[fmt.Sprintf("e%d", n)].([]any); len(found) == 1 {
			id = bareIDOf(b.t, found[0].(map[string]any)["id"])
		}
		if want := holder(model, fmt.Sprintf("%d@example.com", n)); id != want {
			r.Fatalf("email %d belongs to %q, want %q", n, id, want)
		}
	}
}

// TestConcurrentUse is for the race detector: everybody reads and changes at once.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	emulator.Generate(b.Project(), 120, 1, b.clock.Now())
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			for n := range 5 {
				email := fmt.Sprintf("w%dn%d@example.com", worker, n)
				id, err := b.Project().Create(emulator.User{Identities: []emulator.Identity{emulator.EmailIdentity(email)}})
				if err != nil {
					t.Error(err)
				}
				b.must(pageQuery, map[string]any{"first": 100, "after": cursor(n * 10)})
				b.must(`{users(sortBy:LAST_LOGIN_AT,first:20){edges{node{id roles{edges{node{key}}}}}} auditLogs{totalCount}}`, nil)
				b.must(`mutation($id:ID!){addUserToRoles(input:{userID:$id,roleKeys:["viewer"]}){user{id}}}`, map[string]any{"id": nodeID(id)})
				b.must(`query($v:String!){users(searchKeyword:$v){edges{node{id}}} getUsersByStandardAttribute(attributeName:"email",attributeValue:$v){id}}`, map[string]any{"v": email})
				if err := b.Project().Delete(id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := b.Project().Len(); n != 120 {
		t.Errorf("%d users left", n)
	}
}

func TestUsersAreCopies(t *testing.T) {
	t.Parallel()
	b, id := setupEditor(t)
	u, _ := b.Project().Get(id)
	u.StandardAttributes["name"] = "changed"
	u.Roles[0] = "changed"
	u.Identities[0].LoginID.Value = "changed"
	again, _ := b.Project().Get(id)
	if diff.Equal(u, again) || again.Roles[0] != "editor" || again.Identities[0].LoginID.Value != "ann@example.com" {
		t.Error("a copy reaches into the project")
	}
	if _, ok := b.Project().Get("garbage"); ok {
		t.Error("found garbage")
	}
	if err := b.Project().Delete("garbage"); !errors.Is(err, emulator.ErrUserNotFound) {
		t.Errorf("delete garbage: %v", err)
	}
}

// TestIdentitiesLeadAttributes sees email and the like follow the identities.
func TestIdentitiesLeadAttributes(t *testing.T) {
	t.Parallel()
	b, id := setupEditor(t)
	email := func() any {
		u, _ := b.Project().Get(id)
		return u.StandardAttributes["email"]
	}
	must(t, b.Project().SetLoginID(id, "email", "New@Example.com"))
	if email() != "new@example.com" {
		t.Errorf("email %v", email())
	}
	b.clock.Add(time.Second)
	must(t, b.Project().Update(id, func(u *emulator.User) {
		u.Identities = append(u.Identities, emulator.OAuthIdentity("google", "1", map[string]any{"email": "second@example.com"}))
	}))
	if email() != "new@example.com" {
		t.Errorf("email %v although the old one is still owned", email())
	}
	must(t, b.Project().Update(id, func(u *emulator.User) { u.Identities = u.Identities[1:] }))
	if email() != "second@example.com" {
		t.Errorf("email %v", email())
	}
	must(t, b.Project().Update(id, func(u *emulator.User) { u.Identities = nil }))
	if email() != nil {
		t.Errorf("email %v of nobody", email())
	}
}

func TestSetLoginIDRefuses(t *testing.T) {
	t.Parallel()
	b, id := setupEditor(t)
	b.create("bob@example.com")
	for key, value := range map[string]string{"email": "BOB@example.com", "phone": "one", "passport": "x"} {
		if err := b.Project().SetLoginID(id, key, value); err == nil {
			t.Errorf("%s %s was taken", key, value)
		}
	}
}
