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

	"usersync/adminapi/emulator"
)

// An incident is what a section of the runbook is about.
type incident struct {
	// users is how many the project has.
	users int
	// happen brings it about in a mirror that was synced once, and returns what
	// the run said of it, or nothing where no run did.
	happen func(t *testing.T, b *bench) (said string)
	// exact says that the mirror is as the project is once the section's commands
	// have been run.
	exact bool
}

func refusedSync(t *testing.T, b *bench, args ...string) string {
	t.Helper()
	return b.usersync(t, exitRefused, append([]string{"sync"}, args...)...).stderr
}

// incidents are by the heading of their section.
func incidents() map[string]incident {
	return map[string]incident{
		"First, look": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 40)
			return refusedSync(t, b)
		}, false},
		"Too many deletions": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 40)
			return refusedSync(t, b)
		}, true},
		"Too many deletions within a day": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 5)
			b.usersync(t, exitOK, "sync")
			b.remove(t, 5)
			return refusedSync(t, b)
		}, true},
		"Too many changes": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			b.alter(t, 80, rename)
			return refusedSync(t, b)
		}, true},
		"A value would be lost by many": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			lost := 0
			for u := range b.Project().All() {
				if _, has := u.StandardAttributes["name"]; has && lost < 30 {
					lost++
					b.edit(t, u.ID, func(u *emulator.User) { delete(u.StandardAttributes, "name") })
				}
			}
			return refusedSync(t, b)
		}, true},
		"An empty project": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 120)
			return refusedSync(t, b)
		}, true},
		"Another project": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			b.configure(t, b.elsewhere(t))
			return refusedSync(t, b)
		}, true},
		"An incomplete sweep": {20, func(t *testing.T, b *bench) string {
			t.Helper()
			b.crowd(t, 130)
			b.more = []string{"USERSYNC_REQUIRE_COMPLETE=true"}
			return refusedSync(t, b)
		}, true},
		"Too many incomplete sweeps": {20, func(t *testing.T, b *bench) string {
			t.Helper()
			b.crowd(t, 130)
			b.usersync(t, exitOK, "sync", "--mode", "full")
			b.usersync(t, exitOK, "sync", "--mode", "full")
			return b.usersync(t, exitFailed, "sync", "--mode", "full").stderr
		}, true},
		"An approval is refused": {120, func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 20)
			earlier := runID(t, refusedSync(t, b))
			b.remove(t, 20)
			said := refusedSync(t, b, "--approve", earlier)
			// The runbook's example ID stands for the run that is approved now.
			return strings.ReplaceAll(said, earlier, exampleRun)
		}, true},
		"The mirror was edited by hand": {40, func(t *testing.T, b *bench) string {
			t.Helper()
			b.tamper(t)
			return ""
		}, true},
		"Restoring": {40, func(t *testing.T, b *bench) string {
			t.Helper()
			b.tamper(t)
			b.alter(t, 3, rename)
			b.remove(t, 2)
			return ""
		}, true},
		"Somebody asks to be forgotten": {40, func(*testing.T, *bench) string { return "" }, false},
	}
}

const (
	exampleRun    = "20261123-031500-q7m2ka"
	exampleUser   = "0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b"
	exampleConfig = "/etc/usersync.yaml"
)

// TestRunbook brings about what each section of the runbook is about, in a mirror
// of each kind, holds what is said then against the section's quotation, and
// runs the section's very commands.
func TestRunbook(t *testing.T) {
	t.Parallel()
	sections := runbookSections(t)
	for heading, incident := range incidents() {
		section, there := sections[heading]
		if !there {
			t.Errorf("the runbook has no section %q", heading)
			continue
		}
		delete(sections, heading)
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			for _, kind := range mirrorKinds() {
				t.Run(kind, func(t *testing.T) {
					t.Parallel()
					b := newBench(t, kind, incident.users)
					b.usersync(t, exitOK, "sync")
					said := incident.happen(t, b)
					if said != "" {
						section.wantQuoted(t, said)
					}
					section.runOn(t, b, said)
					if incident.exact {
						b.wantExact(t)
					}
				})
			}
		})
	}
	for heading, section := range sections {
		if len(section.commands) > 0 {
			t.Errorf("nobody tries the commands of %q", heading)
		}
	}
}

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
			section.commands = append(section.commands, strings.Split(strings.TrimSpace(block[1]), "\n")...)
		}
		sections[heading] = section
	}
	return sections
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
	if approvals := regexp.MustCompile(`--approve (\S+)\.`).FindStringSubmatch(said); approvals != nil {
		replace = append(replace, exampleRun, approvals[1])
	}
	for _, line := range s.commands {
		command, comment, _ := strings.Cut(line, "  # exit code ")
		want := 0
		if comment != "" {
			var err error
			if want, err = strconv.Atoi(comment); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		shell := exec.CommandContext(ctx, "sh", "-c", strings.NewReplacer(replace...).Replace(command))
		shell.Env = append([]string{"PATH=" + filepath.Dir(binary)}, b.more...)
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

// someone is the id of some user, if there is any.
func (b *bench) someone() string {
	for id := range b.emails() {
		return id
	}
	return exampleUser
}
