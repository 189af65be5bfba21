package userdiff_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/userdiff"
	"usersync/sync/usertest"
)

// A crowd is a side in memory. What each reading yields can differ.
type crowd struct {
	readings   [][]*usersync.User // the last one goes on for ever
	incomplete bool
	missing    int // readings from this one on miss somebody, if it is not 0
	err        error
	begun      int
	live       map[usersync.ID]*usersync.User // for look-ups
	asked      int
}

func (c *crowd) Users(_ context.Context, _ usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return func(yield func(*usersync.User, error) bool) {
		users := c.readings[min(c.begun, len(c.readings)-1)]
		c.begun++
		census.TotalStart = len(users)
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
		if c.err != nil {
			yield(nil, c.err)
			return
		}
		census.Complete = !c.incomplete && (c.missing == 0 || c.begun <= c.missing)
	}
}

func (c *crowd) lookup(_ context.Context, ids []usersync.ID, _ usersync.FieldSet) ([]*usersync.User, error) {
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		users[i] = c.live[id]
		c.asked++
	}
	return users, nil
}

func still(users ...*usersync.User) *crowd { return &crowd{readings: [][]*usersync.User{users}} }

// compare compares, and gives the differences one line each.
func compare(t testing.TB, cfg userdiff.Config) (lines []string, report *userdiff.Report) {
	t.Helper()
	dir := t.TempDir()
	cfg.TempDir = dir
	cfg.See = func(d userdiff.Difference) error {
		lines = append(lines, d.Op.String()+" "+string('0'+d.ID[0])+spelled(d.Fields))
		return nil
	}
	report, err := userdiff.Compare(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	return lines, report
}

func spelled(changes []userdiff.Change) string {
	var text strings.Builder
	for _, change := range changes {
		fmt.Fprintf(&text, " %s:%s>%s", change.Name, change.Old, change.New)
	}
	return text.String()
}

func field(t testing.TB, name string) *usersync.Field {
	t.Helper()
	f, found := usersync.AllFields().Lookup(name)
	if !found {
		t.Fatalf("there is no field %s", name)
	}
	return f
}

// person is a user with a number for an id, and values.
func person(t testing.TB, id byte, values map[string]any) *usersync.User {
	t.Helper()
	u := usersync.NewUser(usersync.ID{id})
	for name, value := range values {
		u.Set(field(t, name), value)
	}
	return u
}

type values = map[string]any

func everything() usersync.Scope { return usersync.Whole(usersync.AllFields()) }

func TestDifferencesAreListedInOrder(t *testing.T) {
	t.Parallel()
	a := still(
		person(t, 5, values{"name": "only in A", "disabled": true}),
		person(t, 3, values{"name": "Ann", "disabled": true, "roles": []string{"x", "y"}, "custom_attributes": values{"same": "1", "gone": nil, "other": "2"}}),
		person(t, 1, values{"name": "alike", "roles": []string{"x", "y"}}),
	)
	b := still(
		person(t, 1, values{"name": "alike", "roles": []string{"y", "x"}}),
		person(t, 2, values{"email": "new@example.com"}),
		person(t, 3, values{"name": "Anne", "roles": []string{"x", "y"}, "custom_attributes": values{"same": "1", "other": "3", "new": "<"}}),
	)
	lines, report := compare(t, userdiff.Config{A: userdiff.Side{Users: a}, B: userdiff.Side{Users: b}, Scope: everything()})
	want := []string{
		`create 2 email:>"new@example.com"`,
		`update 3 name:"Ann">"Anne" custom_attributes.gone:null> custom_attributes.new:>"<" custom_attributes.other:"2">"3" disabled:true>false`,
		`delete 5 name:"only in A"> disabled:true>`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if report.Created != 1 || report.Updated != 1 || report.Deleted != 1 || report.Alike != 1 || report.A.Users != 3 || report.B.Users != 3 || !report.Differ() {
		t.Errorf("%+v", report)
	}
	if report.ByField["name"] != 1 || report.ByField["custom_attributes.gone"] != 1 || len(report.ByField) != 5 {
		t.Errorf("%v", report.ByField)
	}
}

func TestOnlyTheScopeIsCompared(t *testing.T) {
	t.Parallel()
	a := still(person(t, 1, values{"name": "x", "custom_attributes": values{"a": "1", "b": "2"}}))
	b := still(person(t, 1, values{"name": "y", "custom_attributes": values{"a": "1", "b": "3"}}))
	for names, want := range map[string]string{"name": `name:"x">"y"`, "custom_attributes.a": "", "custom_attributes": `custom_attributes.b:"2">"3"`} {
		scope, err := usersync.ParseScope([]string{names})
		if err != nil {
			t.Fatal(err)
		}
		lines, _ := compare(t, userdiff.Config{A: userdiff.Side{Users: a}, B: userdiff.Side{Users: b}, Scope: scope})
		if got := strings.TrimPrefix(strings.Join(lines, ""), "update 1 "); got != want {
			t.Errorf("%s: got %s", names, got)
		}
	}
}

func TestOtherKeys(t *testing.T) {
	t.Parallel()
	mail := func(id byte, email, name string) *usersync.User {
		return person(t, id, values{"email": email, "name": name})
	}
	a := still(mail(1, "z@x", "same"), mail(2, "b@x", "Bob"), mail(3, "twice@x", ""), mail(4, "twice@x", ""), mail(5, "", ""), mail(5, "", ""), mail(6, "a@x", "gone"), mail(1, "z@x", "same"))
	b := still(mail(9, "z@x", "same"), mail(8, "b@x", "Bill"), mail(7, "twice@x", ""), mail(6, "c@x", "new"))
	lines, report := compare(t, userdiff.Config{A: userdiff.Side{Users: a}, B: userdiff.Side{Users: b}, Scope: everything(), Key: field(t, "email")})
	want := []string{`delete 6 email:"a@x"> name:"gone">`, `update 2 name:"Bob">"Bill"`, `create 6 email:>"c@x" name:>"new"`}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q", lines)
	}
	if report.A != (userdiff.SideReport{Users: 6, Complete: true, Keyless: 1, Doubles: 2}) || report.B != (userdiff.SideReport{Users: 4, Complete: true, Doubles: 1}) || report.Alike != 1 {
		t.Errorf("%+v", report)
	}
	ann, other := still(mail(1, "a@x", "same")), still(mail(2, "a@x", "same"))
	if lines, _ = compare(t, userdiff.Config{A: userdiff.Side{Users: ann}, B: userdiff.Side{Users: other}, Scope: everything(), Key: field(t, "email")}); len(lines) > 0 || ann.begun != 1 {
		t.Errorf("of other ids: %q, read %d times", lines, ann.begun)
	}
	_, report = compare(t, userdiff.Config{A: userdiff.Side{Users: still(mail(1, "", ""))}, B: userdiff.Side{Users: still()}, Scope: everything(), Key: field(t, "email")})
	if !report.Differ() {
		t.Error("who cannot be matched does not count")
	}
}

func TestErrorsEndIt(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	ann := person(t, 1, values{"name": "Ann"})
	cfg := userdiff.Config{A: userdiff.Side{Users: still(ann)}, B: userdiff.Side{Users: &crowd{readings: [][]*usersync.User{{}}, err: broken}}, Scope: everything(), TempDir: t.TempDir()}
	if _, err := userdiff.Compare(t.Context(), cfg); !errors.Is(err, broken) {
		t.Errorf("of a side: %v", err)
	}
	cfg.B.Users = still()
	cfg.See = func(userdiff.Difference) error { return broken }
	if _, err := userdiff.Compare(t.Context(), cfg); !errors.Is(err, broken) {
		t.Errorf("of who looks: %v", err)
	}
	if left, err := os.ReadDir(cfg.TempDir); err != nil || len(left) > 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	cfg.A.Users = still(ann, person(t, 2, nil)) // more than memory holds
	cfg.TempDir += "/absent"
	cfg.Memory = 1
	if _, err := userdiff.Compare(t.Context(), cfg); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
}

// However little memory there is, the same comes of it, by any key, and nobody else
// can open what is kept meanwhile.
func TestLittleMemory(t *testing.T) {
	t.Parallel()
	var sides [2][]*usersync.User
	for i := range 600 {
		id := usersync.ID{byte(i * 7), byte(i), byte(i >> 8)}
		email := fmt.Sprintf("%d@example.com", i/2*2+i%2*(i%3)) // some share it
		if i%50 == 0 {
			email = ""
		}
		for j := range sides {
			for again := range 1 + i%4/3 { // some are yielded twice, and change meanwhile
				u := usersync.NewUser(id)
				u.Set(field(t, "email"), email)
				u.Set(field(t, "name"), strings.Repeat("x", i%5*j+again))
				if i%9 != j {
					sides[j] = append(sides[j], u)
				}
			}
		}
	}
	slices.Reverse(sides[1])
	for _, by := range []*usersync.Field{nil, field(t, "email")} {
		var want []userdiff.Difference
		var wanted *userdiff.Report
		for _, memory := range []int{0, 1, 1000, 30_000} {
			dir := t.TempDir()
			var got []userdiff.Difference
			report, err := userdiff.Compare(t.Context(), userdiff.Config{
				A: userdiff.Side{Users: still(sides[0]...)}, B: userdiff.Side{Users: still(sides[1]...)},
				Scope: everything(), Key: by, TempDir: dir, Memory: memory,
				See: func(d userdiff.Difference) error {
					if named, err := os.ReadDir(dir); err != nil || len(named) > 0 && runtime.GOOS != "windows" {
						t.Fatalf("there is %v, %v", named, err)
					}
					got = append(got, d)
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if memory == 0 {
				want, wanted = got, report
				if report.Updated == 0 || report.Created == 0 || report.Deleted == 0 || report.Alike == 0 || by != nil && (report.A.Keyless != 10 || report.A.Doubles == 0) {
					t.Errorf("%+v", report)
				}
				continue
			}
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(report, wanted) {
				t.Errorf("in %d bytes: %d differences, %+v; want %d, %+v", memory, len(got), report, len(want), wanted)
			}
		}
	}
}

// Whatever users there are, exactly those that are not equal are listed, once and
// in order, and what is said of them leads from A to B.
func TestAnyUsersAreComparedRight(t *testing.T) {
	t.Parallel()
	set := usersync.AllFields()
	rapid.Check(t, func(r *rapid.T) {
		a := usertest.Users(set, 0, 6).Draw(r, "a")
		var b []*usersync.User
		for _, u := range a {
			switch rapid.IntRange(0, 2).Draw(r, "fate") {
			case 0:
				b = append(b, u)
			case 1:
				b = append(b, usertest.UserWithID(u.ID, set).Draw(r, "changed"))
			}
		}
		for _, u := range usertest.Users(set, 0, 3).Draw(r, "new") {
			if !slices.ContainsFunc(a, func(o *usersync.User) bool { return o.ID == u.ID }) {
				b = append(b, u)
			}
		}
		want := make(map[usersync.ID]usersync.Op)
		for _, u := range a {
			want[u.ID] = usersync.Delete
		}
		alike := 0
		for _, u := range b {
			i := slices.IndexFunc(a, func(o *usersync.User) bool { return o.ID == u.ID })
			switch {
			case i < 0:
				want[u.ID] = usersync.Create
			case len(usersync.Diff(a[i], u, set)) == 0:
				delete(want, u.ID)
				alike++
			default:
				want[u.ID] = usersync.Update
			}
		}
		got := make(map[usersync.ID]usersync.Op)
		var last []byte
		report, err := userdiff.Compare(t.Context(), userdiff.Config{
			A: userdiff.Side{Users: still(a...)}, B: userdiff.Side{Users: still(b...)}, Scope: everything(), TempDir: t.TempDir(),
			Memory: rapid.SampledFrom([]int{0, 1, 200, 2000}).Draw(r, "memory"),
			See: func(d userdiff.Difference) error {
				if bytes.Compare(last, d.ID[:]) >= 0 && last != nil {
					r.Fatalf("%s is out of order", d.ID)
				}
				last, got[d.ID] = slices.Clone(d.ID[:]), d.Op
				if d.Op == usersync.Update && len(d.Fields) == 0 {
					r.Fatalf("%s differs in nothing", d.ID)
				}
				return nil
			},
		})
		if err != nil || !maps.Equal(got, want) || report.Alike != alike {
			r.Fatalf("%v: got %v, want %v; %d are alike, want %d", err, got, want, report.Alike, alike)
		}
	})
}
