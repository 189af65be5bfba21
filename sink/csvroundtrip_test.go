package sink_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// What source.CSV reads is what sink.CSV was given, to the last byte: every
// field of every user, whatever the texts hold.
func TestCSVComesBackFromItsSource(t *testing.T) {
	t.Parallel()
	folder, set := t.TempDir(), usersync.AllFields()
	users := rapid.SliceOfNDistinct(usertest.Wild(set), 0, 6, func(u *usersync.User) usersync.ID { return u.ID })
	rapid.Check(t, func(r *rapid.T) {
		path := filepath.Join(folder, "users.csv")
		want := make(map[usersync.ID]*usersync.User)
		var changes []usersync.Change
		for _, u := range users.Draw(r, "users") {
			want[u.ID] = u
			changes = append(changes, create(u))
		}
		runCSV(t, path, set, changes...)
		var census usersync.Census
		for u, err := range source.NewCSV(path).Users(t.Context(), set, &census) {
			if err != nil {
				r.Fatal(err)
			}
			given := want[u.ID]
			if given == nil {
				r.Fatalf("user %s was never given, or came twice", u.ID)
			}
			delete(want, u.ID)
			for f := range set.All() {
				if diff := cmp.Diff(given.Get(f), u.Get(f)); diff != "" {
					r.Fatalf("%s: (-given +read)\n%s", f.Name, diff)
				}
			}
		}
		if len(want) > 0 {
			r.Fatalf("%d users did not come back", len(want))
		}
		if err := os.Remove(path); err != nil {
			r.Fatal(err)
		}
	})
}
