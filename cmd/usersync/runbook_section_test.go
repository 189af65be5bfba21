//go:build unix

package main

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A runbookSection is what a section of the runbook quotes and what it has one do.
type runbookSection struct {
	quoted   string
	commands []string
}

func runbookSections(t *testing.T) map[string]runbookSection {
	t.Helper()
	sections := make(map[string]runbookSection)
	for _, text := range strings.Split(readPaper(t, "docs/runbook.md"), "\n## ")[1:] {
		heading, body, _ := strings.Cut(text, "\n")
		var section runbookSection
		for line := range strings.Lines(body) {
			if quoted, is := strings.CutPrefix(line, "> "); is {
				section.quoted += quoted
			}
		}
		for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(body, -1) {
			section.commands = append(section.commands, commandsOf(block[1])...)
		}
		sections[heading] = section
	}
	return sections
}

// commandsOf are the commands of a block that call the program, over as many lines as
// their quotes and backslashes make them.
func commandsOf(block string) []string {
	var commands []string
	goesOn := false
	for line := range strings.Lines(block) {
		switch {
		case goesOn:
			commands[len(commands)-1] += line
		case strings.HasPrefix(line, programName+" "):
			commands = append(commands, line)
		default:
			continue
		}
		last := commands[len(commands)-1]
		goesOn = strings.HasSuffix(last, "\\\n") || strings.Count(last, `"`)%2 != 0
	}
	return commands
}

// wantQuoted fails the test unless what a run said has the words of the section's
// quotation, in which … stands for anything.
func (s runbookSection) wantQuoted(t *testing.T, said string) {
	t.Helper()
	rest := strings.Join(strings.Fields(said), " ")
	for part := range strings.SplitSeq(strings.Join(strings.Fields(s.quoted), " "), "…") {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("the runbook quotes %q, the run said %q", s.quoted, said)
		}
		rest = after
	}
}

// runOn runs the section's commands as a shell would, with the bench's file of
// settings, run and user for those that the runbook has as examples.
func (s runbookSection) runOn(t *testing.T, b *bench, said string) {
	t.Helper()
	replace := []string{exampleConfig, b.config, exampleUser, b.someone()}
	for _, table := range []string{"active_users", "users", "user_changes"} {
		replace = append(replace, "usersync."+table, strings.ReplaceAll(b.table(table), `"`, `\"`))
	}
	if approvals := regexp.MustCompile(`--approve (\S+)\.`).FindStringSubmatch(said); approvals != nil {
		replace = append(replace, exampleRun, approvals[1])
	}
	s.run(t, t.TempDir(), b.more, strings.NewReplacer(replace...))
}

// run runs the section's commands in a folder, each of which ends with the exit code
// that its comment gives.
func (s runbookSection) run(t *testing.T, folder string, environ []string, examples *strings.Replacer) {
	t.Helper()
	for _, line := range s.commands {
		command, comment, _ := strings.Cut(line, "  # exit code ")
		want := 0
		if comment != "" {
			var err error
			if want, err = strconv.Atoi(strings.TrimSpace(comment)); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		shell := exec.CommandContext(ctx, "sh", "-c", examples.Replace(command))
		shell.Dir = folder
		shell.Env = append([]string{"PATH=" + filepath.Dir(binary)}, environ...)
		output, err := shell.CombinedOutput()
		cancel()
		if _, is := errors.AsType[*exec.ExitError](err); err != nil && !is {
			t.Fatal(err)
		}
		if code := shell.ProcessState.ExitCode(); code != want {
			t.Fatalf("%s: exit code %d, want %d\n%s", line, code, want, output)
		}
	}
}
