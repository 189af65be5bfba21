package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

// TestNamesSteerNoTerminal: whoever chooses a name chooses nothing of what
// administrators see beside it, however it is shown.
func TestNamesSteerNoTerminal(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 0)
	if _, err := e.Project().Create(emulator.User{
		CreatedAt:          time.Now(),
		Identities:         []emulator.Identity{emulator.EmailIdentity("eve@example.com")},
		StandardAttributes: map[string]any{"name": "Eve\x1b[2J\u009b31m\u202etxt\r", "nickname": "שלום"},
	}); err != nil {
		t.Fatal(err)
	}
	document := writeFile(t, "q.graphql", "{ users { edges { node { formattedName standardAttributes } } } }")
	for _, args := range [][]string{
		{"users", "list"},
		{"users", "list", "--json"},
		{"users", "list", "--csv"},
		{"users", "search", "eve@example.com"},
		{"users", "get", "eve@example.com"},
		{"users", "get", "eve@example.com", "--json"},
		{"query", "-f", document},
		{"schema"},
		{"schema", "--check"},
	} {
		seen, _ := onTerminal(t, e.environ(), true, args...)
		for line := range strings.SplitSeq(seen, "\r\n") {
			// The one mark is that which keeps columns in their order.
			for _, r := range strings.ReplaceAll(line, leftToRight, "") {
				if !strconv.IsPrint(r) {
					t.Errorf("%q: %q in %q", args, r, line)
				}
			}
		}
		if len(seen) < 100 {
			t.Errorf("%q: %q", args, seen)
		}
	}
}
