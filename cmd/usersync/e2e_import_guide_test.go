//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestImportGuide types the afternoon of the guide into a shell, and holds what is
// printed against it.
func TestImportGuide(t *testing.T) {
	t.Parallel()
	guide := readPaper(t, "docs/import.md")
	namesExist(t, "docs/import.md", guide)
	afternoon, _, found := strings.Cut(guide, "\n## What each row comes to\n")
	if !found {
		t.Fatal("the afternoon does not end")
	}
	b := &importBench{emulated: newEmulated(t, 50), folder: t.TempDir()}
	var script strings.Builder
	script.WriteString("exec 2>&1\n")
	var typed []step
	for _, s := range stepsOf(afternoon) {
		switch {
		case s.language == "csv":
			b.write(t, "people.csv", s.commands)
		case strings.HasPrefix(s.commands, "usersync emulator "):
		default:
			fmt.Fprintf(&script, "%s\necho '%s'\n", typable(s.commands), stepEnd)
			typed = append(typed, s)
		}
	}
	printed := typeInto(t, b.folder, t.TempDir(), script.String(), b.environ()...)
	if len(printed) != len(typed) || len(typed) != 9 {
		t.Fatalf("%d steps, %d outputs", len(typed), len(printed))
	}
	for n, s := range typed {
		shown := strings.ReplaceAll(s.output, "emulated at http", "myapp at http")
		if !matches(shown, printed[n]) {
			t.Errorf("%sprinted\n%s\nthe guide says\n%s", s.commands, printed[n], s.output)
		}
	}
	names := make(map[string]bool)
	for u := range b.Project().All() {
		name, _ := u.StandardAttributes["given_name"].(string)
		names[name] = true
	}
	for _, name := range []string{"Ann", "Bob", "Cy", "Dora"} {
		if !names[name] {
			t.Errorf("%s is missing in %v", name, names)
		}
	}
}

// typable is a block of commands where there is nobody to ask.
func typable(commands string) string {
	if strings.HasPrefix(commands, ". ") { // the test's environment has the settings
		_, commands, _ = strings.Cut(commands, "\n")
	}
	commands = strings.TrimSuffix(commands, "\n")
	if strings.Contains(commands, "--ignore-column") && !strings.HasSuffix(commands, "--dry-run") {
		commands += " --yes"
	}
	return commands
}
