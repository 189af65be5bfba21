package usersync_test

import (
	"testing"

	"pgregory.net/rapid"

	usersync "usersync/sync"
)

func TestGuardFormula(t *testing.T) {
	t.Parallel()
	for cell, guarded := range map[string]string{
		"":             "",
		"Ann":          "Ann",
		"=1+1":         "'=1+1",
		"+85291234567": "'+85291234567",
		"-1":           "'-1",
		"@cmd":         "'@cmd",
		"\t=1":         "'\t=1",
		"\r=1":         "'\r=1",
		"\n=1":         "'\n=1",
		"＝1":           "'＝1",
		"'quoted":      "''quoted",
		"O'Neill":      "O'Neill",
		" =1":          " =1",
	} {
		if got := usersync.GuardFormula(cell); got != guarded {
			t.Errorf("%q is guarded as %q, not %q", cell, got, guarded)
		}
	}
}

// TestUnguardFormula: whatever was guarded comes back as it was.
func TestUnguardFormula(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@'\-\t\r]{0,3}.*`)).Draw(t, "cell")
		if got := usersync.UnguardFormula(usersync.GuardFormula(cell)); got != cell {
			t.Fatalf("%q comes back as %q", cell, got)
		}
	})
}
