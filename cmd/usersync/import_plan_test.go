package main

import (
	"strings"
	"testing"
)

// TestHanging: lines fit and are told apart from the next, and no word is changed,
// nor how far it is from the next.
func TestHanging(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":                       "",
		"  short":                "  short",
		"  line 2, a cell: no":   "  line 2, a\n    cell: no",
		"    a: \"x  y\"":        "    a: \"x  y\"",
		"  unbreakable-and-long": "  unbreakable-and-long",
		"  é é é é é é":          "  é é é é é é",
	} {
		if got := hanging(line, 13); got != want {
			t.Errorf("%q became %q, not %q", line, got, want)
		}
	}
	const long = "  line 2, Name \"Ann  Lee\": a rule that is long (and a hint that is even longer)"
	if got := strings.Join(strings.Split(hanging(long, 30), "\n    "), " "); got != long {
		t.Errorf("%q became %q", long, got)
	}
}
