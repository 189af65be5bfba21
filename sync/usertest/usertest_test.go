package usertest_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// What is generated must be users that the engine itself can write and read
// back; otherwise every test that rests on them would test the generator.
func TestUsersAreSuchAsTheEngineCanCarry(t *testing.T) {
	t.Parallel()
	set := usersync.AllFields()
	for name, generator := range map[string]*rapid.Generator[*usersync.User]{
		"User": usertest.User(set), "Wild": usertest.Wild(set),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				u := generator.Draw(t, "user")
				data, err := u.AppendJSON(nil, set.All())
				if err != nil {
					t.Fatal(err)
				}
				back, err := usersync.UserFromJSON(data, set)
				if err != nil {
					t.Fatal(err)
				}
				if usersync.FingerprintOf(u, set) != usersync.FingerprintOf(back, set) {
					t.Fatalf("read back as another user: fields %v differ", names(usersync.Diff(u, back, set)))
				}
			})
		})
	}
}

func TestOnlyWildUsersHaveWhatPostgresCannotHold(t *testing.T) {
	t.Parallel()
	set := usersync.AllFields()
	met := false
	rapid.Check(t, func(t *rapid.T) {
		if nul(t, usertest.User(set).Draw(t, "user"), set) {
			t.Fatal("a tame user has U+0000")
		}
		met = met || nul(t, usertest.Wild(set).Draw(t, "wild user"), set)
	})
	if !met {
		t.Error("a hundred wild users had no U+0000")
	}
}

func TestFieldsOutsideTheSetHaveNoValue(t *testing.T) {
	t.Parallel()
	set := usersync.FieldsNamed([]string{"email", "roles", "created_at"})
	rapid.Check(t, func(t *rapid.T) {
		for _, u := range usertest.Users(set, 2, 5).Draw(t, "users") {
			for f := range usersync.AllFields().All() {
				if _, wanted := set.Lookup(f.Name); !wanted && u.Has(f) {
					t.Fatalf("%s has a value", f.Name)
				}
				if f.Name == "created_at" && !u.Has(f) {
					t.Fatal("created_at has none")
				}
			}
		}
	})
}

func nul(t *rapid.T, u *usersync.User, set usersync.FieldSet) bool {
	data, err := u.AppendJSON(nil, set.All())
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.ReplaceAll(data, []byte(`\\`), nil)
	return strings.Contains(string(data), `\u0000`)
}

func names(fields []*usersync.Field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.Name
	}
	return list
}
