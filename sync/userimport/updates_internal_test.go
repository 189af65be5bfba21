package userimport

import "testing"

// Each update is found again, in whichever piece it is.
func TestUpdates(t *testing.T) {
	t.Parallel()
	var all updates
	const count = 2*updatesInPiece + 5
	for i := range count {
		all.add(3*i+1, [16]byte{0: byte(i), 1: byte(i >> 8)}, [16]byte{})
	}
	for i := range count {
		if entry := all.of(3*i + 1); int(entry.row) != 3*i+1 || entry.user != [16]byte{0: byte(i), 1: byte(i >> 8)} {
			t.Fatalf("update %d is %+v", i, entry)
		}
	}
}
