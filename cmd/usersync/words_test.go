//go:build unix

package main

import (
	"os/exec"
	"testing"
)

func TestSuggestion(t *testing.T) {
	t.Parallel()
	known := []string{"max-delete", "rate", "timeout", "to"}
	for misspelt, want := range map[string]string{
		"max-delet": " (did you mean max-delete?)", "MAX_DELETE": " (did you mean max-delete?)", "raet": " (did you mean rate?)",
		"tiemout": " (did you mean timeout?)", "colour": "", "": "",
	} {
		if got := suggestion(misspelt, known, ""); got != want {
			t.Errorf("%s: %q, want %q", misspelt, got, want)
		}
	}
}

// TestShellQuote asks a shell what it makes of the words.
func TestShellQuote(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"", "plain", "/tmp/a b", "it's", "$HOME", "`id`", "a\\b", "new\nline", "~", "*", "émoji 🙂", "=ls"} {
		output, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+shellQuote(word)).Output()
		if err != nil || string(output) != word {
			t.Errorf("%q became %q, %v", word, output, err)
		}
	}
}
