//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wantUnderstood fails the test unless the program has the command that the words
// after its name are, with these flags, arguments and values.
func wantUnderstood(t *testing.T, words []string) {
	t.Helper()
	cmd, rest, err := newApp(nil, nil, nil, nil).rootCommand().Find(words)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	// A command that only has others below it takes the name of one that there is not.
	if err == nil && cmd.HasSubCommands() && cmd.Name() != "import" && len(cmd.Flags().Args()) > 0 {
		err = usageErrorf("there is no command %q", cmd.Flags().Args())
	}
	if err == nil && cmd.Args != nil && !slices.Contains(rest, "--help") {
		err = cmd.Args(cmd, cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s %s: %v", programName, strings.Join(words, " "), err)
	}
}

// TestCommandsInPapers are such as the program has: a shell takes them apart, and calls
// a program that only notes what it was called with.
func TestCommandsInPapers(t *testing.T) {
	t.Parallel()
	for _, path := range papers() {
		folder := t.TempDir()
		var script strings.Builder
		script.WriteString(`usersync() { { printf '%s\n' "$#"; printf '%s\0' "$@"; } >>calls; }` + "\n")
		for _, s := range stepsOf(readPaper(t, path)) {
			if s.language == "sh" {
				script.WriteString(strings.Join(commandsOf(s.commands), ""))
			}
		}
		shell := exec.CommandContext(t.Context(), "sh", "-c", script.String())
		shell.Dir = folder
		if output, err := shell.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", path, err, output)
		}
		calls, err := os.ReadFile(filepath.Join(folder, "calls"))
		if err != nil {
			continue // it has no commands
		}
		for len(calls) > 0 {
			count, rest, _ := bytes.Cut(calls, []byte("\n"))
			n, err := strconv.Atoi(string(count))
			if err != nil {
				t.Fatal(err)
			}
			words := bytes.SplitN(rest, []byte{0}, n+1)
			calls = words[n]
			var call []string
			for _, word := range words[:n] {
				call = append(call, string(word))
			}
			wantUnderstood(t, call)
		}
	}
}
