package userimport

import (
	"testing"

	"pgregory.net/rapid"

	usersync "usersync/sync"
)

// Whoever is claimed stays so, for the first row, among others whose ids differ in
// any byte.
func TestClaims(t *testing.T) {
	t.Parallel()
	ids := rapid.Custom(func(t *rapid.T) usersync.ID {
		var id usersync.ID
		id[rapid.IntRange(0, len(id)-1).Draw(t, "byte")] = rapid.Byte().Draw(t, "value")
		return id
	})
	rapid.Check(t, func(t *rapid.T) {
		var taken claims
		first := make(map[usersync.ID]int)
		for i, id := range rapid.SliceOfN(ids, 0, 300).Draw(t, "ids") {
			row := i + 1
			other, has := taken.take(id, row)
			if want, before := first[id]; has != before || other != want {
				t.Fatalf("row %d: %s is row %d's, %v, and should be %d's, %v", row, id, other, has, want, before)
			}
			if !has {
				first[id] = row
			}
		}
	})
}
