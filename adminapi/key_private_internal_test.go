//go:build unix

package adminapi

import (
	"io/fs"
	"testing"
)

// Whose files there are cannot be chosen in a test that does not run as root.
func TestIsPrivate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mode        fs.FileMode
		owner, self int
		want        bool
	}{
		{0o600, 1000, 1000, true},
		{0o400, 0, 0, true},
		{0o440, 0, 1000, true},
		{0o640, 0, 1000, true},
		{0o440, 0, 0, false},
		{0o440, 1000, 1000, false},
		{0o440, 1001, 1000, false},
		{0o660, 0, 1000, false},
		{0o444, 0, 1000, false},
		{0o441, 0, 1000, false},
	} {
		if got := isPrivate(test.mode, test.owner, test.self); got != test.want {
			t.Errorf("mode %#o of user %d, read by user %d: private %v", test.mode, test.owner, test.self, got)
		}
	}
}
