package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPrintableJSON means what it was made from, and steers no terminal.
func TestPrintableJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.String()).Draw(t, "values")
		spelled, err := json.MarshalIndent(values, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		shown := printableJSON(string(spelled))
		var again []string
		if err := json.Unmarshal([]byte(shown), &again); err != nil || strings.Join(again, "\n") != strings.Join(values, "\n") {
			t.Errorf("%q: %v", shown, err)
		}
		for _, r := range shown {
			if r != '\n' && !strconv.IsPrint(r) {
				t.Errorf("%q", r)
			}
		}
	})
}

func TestPrintableLines(t *testing.T) {
	t.Parallel()
	if got := printableLines("a,\"b\x1b[2J\nc\u009b\"\n"); got != "a,\"b\\u001b[2J\nc\\u009b\"\n" {
		t.Errorf("%q", got)
	}
}

// TestPrintableName keeps what holds letters together or apart, and nothing else
// that nobody sees.
func TestPrintableName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\u0639\u0644\u06cc\u200c\u0631\u0636\u0627": "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
		"\U0001f468\u200d\U0001f469":                 "\U0001f468\u200d\U0001f469",
		"a\u200db\u200c":                             `a\u200db\u200c`,
		"\u200d田\u200b中\x1b":                         `\u200d田\u200b中\u001b`,
	} {
		if got := printableName(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
