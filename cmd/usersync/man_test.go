//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestManPages(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "share", "man1")
	if got := invoke(t, "man", folder); got.code != exitOK || got.stdout+got.stderr != "" {
		t.Fatalf("%+v", got)
	}
	a := newApp(nil, nil, nil, nil)
	commands := documented(a.rootCommand())
	for _, cmd := range commands {
		name, want := manName(cmd)+".1", linesOfHelp(a, cmd)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			read := readAsMan(t, string(page))
			for _, line := range want {
				if line != "" && !strings.Contains(read, "\n"+line+"\n") {
					t.Errorf("there is no line %q", line)
				}
			}
		})
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != len(commands) {
		t.Errorf("%d files for %d commands, %v", len(files), len(commands), err)
	}
	page, err := os.ReadFile(filepath.Join(folder, "usersync-migrate-up.1"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "man-migrate-up", string(page))
}

// linesOfHelp are the lines that help has of a command, which its page must have.
func linesOfHelp(a *app, cmd *cobra.Command) []string {
	lines := exampleLines(cmd.Example)
	for _, passage := range passages(cmd.Long) {
		lines = append(lines, strings.Split(passage.text, "\n")...)
	}
	for _, group := range a.flagGroups(cmd) {
		for _, flag := range group.flags {
			lines = append(lines, spelledFlag(flag), describe(flag, a.settingsOf(cmd)))
		}
	}
	return lines
}

// readAsMan is what a reader of roff makes of a page: macros do their work, and
// escapes are what they stand for. What it does not know fails the test.
func readAsMan(t *testing.T, page string) string {
	t.Helper()
	var read strings.Builder
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "."):
			if !regexp.MustCompile(`^\.(TH|SH|SS|PP|TP|RS|RE|nf|fi|nh|ad)( ("[^"]*"|[0-9l]))*\n$`).MatchString(line) {
				t.Errorf("a macro that nobody knows: %s", line)
			}
		case strings.HasPrefix(line, "'"):
			t.Errorf("a line that is taken for a macro: %s", line)
		default:
			read.WriteString(line)
		}
	}
	text := regexp.MustCompile(`\\\[u[0-9A-F]{4,5}\]`).ReplaceAllStringFunc(read.String(), func(escape string) string {
		return map[string]string{`\[u2192]`: "→", `\[u2026]`: "…", `\[u2713]`: "✓", `\[u2717]`: "✗"}[escape]
	})
	text = strings.NewReplacer(`\-`, "-", `\(aq`, "'", `\(ga`, "`", `\(ha`, "^", `\(ti`, "~", `\(dq`, `"`, `\&`, "", `\fB`, "", `\fI`, "", `\fR`, "", `\e`, "\x00").Replace(text)
	if strings.Contains(text, `\`) {
		t.Errorf("an escape that nobody knows: %s", text)
	}
	return strings.ReplaceAll(text, "\x00", `\`)
}

func TestEscapedForMan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`.c`: `\&.c`, `'c'`: `\(aqc\(aq`, `a\n`: `a\en`, "--x": `\-\-x`, "<a> *b*": "<a> *b*", "→": `\[u2192]`, "~^`": "\\(ti\\(ha\\(ga", "🙂": `\[u1F642]`,
	} {
		if got := escapedLine(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

func TestManNeedsAFolder(t *testing.T) {
	t.Parallel()
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"man"}, {"man", taken}, {"man", "a", "b"}} {
		if got := invoke(t, args...); got.code != exitUsage || got.stderr == "" {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestDayOfTheCommit(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{"2026-11-23T23:30:00-02:00": "2026-11-24", "yesterday": "", "": ""} {
		if got := commitDay([]debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.time", Value: at}}); got != want {
			t.Errorf("%q: %q", at, got)
		}
	}
	if got := commitDay(nil); got != "" {
		t.Error(got)
	}
}
