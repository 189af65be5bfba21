package emulator_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.create("ann.smith@example.com")
	bob := b.create("bob@example.org")
	must(t, b.Project().Update(bob, func(u *emulator.User) {
		u.StandardAttributes["name"] = "Robert Müller"
		u.StandardAttributes["gender"] = "male"
		u.Roles, u.Groups = []string{"admin", "editor"}, []string{"sales"}
	}))
	must(t, b.Project().AssignRoles(ann, "editor"))
	must(t, b.Project().AddRole("viewer", ""))
	must(t, b.Project().AssignRolesToGroup("sales", "viewer"))
	for args, want := range map[string][]string{
		`searchKeyword:"ann.smith@example.com"`:                {ann},
		`searchKeyword:"ann.smith"`:                            {ann},
		`searchKeyword:"example.org"`:                          {bob},
		`searchKeyword:"smi"`:                                  {ann},
		`searchKeyword:"sm"`:                                   {},
		`searchKeyword:"müller robert"`:                        {bob},
		`searchKeyword:"male"`:                                 {bob},
		`searchKeyword:"` + ann + `"`:                          {ann},
		`searchKeyword:"nobody"`:                               {},
		`roleKeys:["editor"]`:                                  {bob, ann},
		`roleKeys:["editor"],sortDirection:ASC`:                {ann, bob},
		`roleKeys:["editor","admin"]`:                          {bob},
		`roleKeys:["viewer"]`:                                  {bob},
		`groupKeys:["sales"]`:                                  {bob},
		`groupKeys:["sales"],searchKeyword:"ann"`:              {},
		`searchKeyword:"example",first:1`:                      {bob},
		`searchKeyword:"example",after:"2020-01-01T00:00:00Z"`: {},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			if got := b.page(args).ids; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestSearchTraps are those of the contract: cursors that are times, users of
// one time lost between pages, no total, and a page that leads nowhere.
func TestSearchTraps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := b.clock.Now()
	for n := range 4 {
		_, err := b.Project().Create(emulator.User{
			CreatedAt: at, Roles: []string{"editor"},
			Identities: []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("u%d@example.com", n))},
		})
		must(t, err)
	}
	first := b.page(`roleKeys:["editor"],first:2`)
	if len(first.ids) != 2 || !first.next || first.end != "2026-11-23T08:00:00Z" {
		t.Fatalf("first page %+v", first)
	}
	second := b.page(`roleKeys:["editor"],first:2,after:"` + first.end + `"`)
	if len(second.ids) != 0 || second.next || second.end != "" {
		t.Errorf("second page %+v: the others of that instant are lost", second)
	}
	if total := dig(t, b.must(`{users(roleKeys:["editor"]){totalCount}}`, nil), "users.totalCount"); total != nil {
		t.Errorf("total %v", total)
	}
	r := b.ask(`{users(roleKeys:["editor"],after:"`+cursor(1)+`"){edges{cursor}}}`, nil)
	if len(r.Errors) != 1 || r.Errors[0].Message != "unexpected error" || r.Errors[0].Path != nil {
		t.Errorf("an offset cursor: %+v", r.Errors)
	}
}

func TestSearchLagsBehind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Project().SetSearchLag(time.Minute)
	id := b.create("ann@example.com")
	const query = `searchKeyword:"ann@example.com",first:1`
	if p := b.page(query); len(p.ids) != 0 {
		t.Errorf("found at once: %+v", p)
	}
	b.clock.Add(time.Minute)
	if p := b.page(query); !slices.Equal(p.ids, []string{id}) {
		t.Errorf("not found: %+v", p)
	}
	must(t, b.Project().Delete(id))
	if p := b.page(query); len(p.ids) != 0 || !p.next || p.end != "" {
		t.Errorf("just deleted: %+v, want an empty page with more and no cursor", p)
	}
	b.clock.Add(time.Minute)
	if p := b.page(query); len(p.ids) != 0 || p.next {
		t.Errorf("long deleted: %+v", p)
	}
}
