package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestFindingsFitATerminal, and what servers say cannot steer it.
func TestFindingsFitATerminal(t *testing.T) {
	t.Parallel()
	long := finding{Group: groupMirror, Name: "lock", Status: statusFailed, Detail: strings.Repeat("held ", 30) + "\x1b[2J", Hint: strings.Repeat("wait ", 30)}
	for line := range strings.Lines((&findingWriter{width: 60}).text(long)) {
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 60 || strings.Contains(line, "\x1b") {
			t.Errorf("%q", line)
		}
	}
	w := &findingWriter{}
	first, second := w.text(long), w.text(finding{Group: groupMirror, Name: "file", Status: statusOK, Detail: "5\nusers"})
	if strings.Count(first, "\n") != 3 || !strings.HasPrefix(first, "Mirror\n  ✗ lock                held ") || second != "  ✓ file                5 users\n" {
		t.Errorf("%q, %q", first, second)
	}
}
