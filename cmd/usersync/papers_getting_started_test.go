//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
)

// A step of a paper is a block of commands and, where the next block is text, what
// they print.
type step struct{ language, commands, output string }

// stepsOf are the blocks of a paper.
func stepsOf(paper string) []step {
	var steps []step
	for _, block := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```").FindAllStringSubmatch(paper, -1) {
		if block[1] == "text" && len(steps) > 0 {
			steps[len(steps)-1].output = block[2]
			continue
		}
		steps = append(steps, step{language: block[1], commands: block[2]})
	}
	return steps
}

// TestGettingStarted types what the page says into a shell, with an empty home, and
// holds what is printed against the page.
func TestGettingStarted(t *testing.T) {
	t.Parallel()
	page, own, found := strings.Cut(readPaper(t, "docs/getting-started.md"), "\n## Your own project\n")
	if !found || !strings.Contains(own, "usersync doctor") {
		t.Fatal("the page does not end with one's own project")
	}
	folder, home, schema := t.TempDir(), t.TempDir(), pgtest.Schema(t)
	var script strings.Builder
	script.WriteString("set -e; exec 2>&1\n")
	var typed []step
	var queries []string
	for _, s := range stepsOf(page) {
		switch {
		case s.language == "sql":
			queries = append(queries, strings.Split(strings.TrimSpace(s.commands), "\n")...)
		case strings.HasPrefix(s.commands, "make build") || s.commands == "usersync demo\n":
		case strings.HasPrefix(s.commands, "usersync emulator "):
			args := strings.Fields(strings.ReplaceAll(s.commands, "--dir ", "--dir "+folder+"/"))
			running := startEmulator(t, args[2:]...)
			t.Cleanup(func() {
				running.signal(t, syscall.SIGINT)
				running.wait(t).wantCode(t, exitOK)
			})
		default:
			fmt.Fprintf(&script, "%secho '%s'\n", s.commands, stepEnd)
			typed = append(typed, s)
		}
	}
	printed := typeInto(t, folder, home, strings.ReplaceAll(script.String(), "postgres://usersync:PASSWORD@localhost/app", "'"+pgtest.URL(t)+"'"), "USERSYNC_SCHEMA="+schema)
	if len(printed) != len(typed) || len(typed) < 10 {
		t.Fatalf("%d steps, %d outputs", len(typed), len(printed))
	}
	for n, s := range typed {
		if !matches(s.output, printed[n]) {
			t.Errorf("%sprinted\n%s\nthe page says\n%s", s.commands, printed[n], s.output)
		}
	}
	conn := pgtest.Conn(t)
	for _, query := range queries {
		if tag, err := conn.Exec(t.Context(), strings.ReplaceAll(query, "usersync.", pgx.Identifier{schema}.Sanitize()+".")); err != nil || tag.RowsAffected() != 5 {
			t.Errorf("%s: %v, %v", query, tag, err)
		}
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("in the home directory: %v, %v", left, err)
	}
}

// stepEnd is a line that no command prints.
const stepEnd = "=== end of step ==="

// typeInto runs a script and returns what was printed up to each end of a step.
func typeInto(t *testing.T, folder, home, script string, environ ...string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", script)
	shell.Dir = folder
	// As it is on a terminal, where only warnings are logged.
	shell.Env = append([]string{"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(), "USERSYNC_LOG_LEVEL=warn"}, environ...)
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	printed := strings.Split(string(output), stepEnd+"\n")
	return printed[:len(printed)-1]
}

// matches says whether what was printed is what a paper shows, in which … stands for
// anything, and what is another each time for its kind.
func matches(shown, printed string) bool {
	if shown == "" {
		return true
	}
	parts := strings.Split(steadied(shown), "…")
	rest, begins := strings.CutPrefix(steadied(printed), parts[0])
	for _, part := range parts[1:] {
		_, after, found := strings.Cut(rest, strings.TrimSpace(part))
		if !found {
			return false
		}
		rest = after
	}
	return begins && (parts[len(parts)-1] == "" || rest == "")
}

// steadied takes out of a text what is another each time, and how wide its columns are.
func steadied(text string) string {
	for _, varying := range []struct{ pattern, steady string }{
		{`\d{8}-\d{6}-[a-z0-9]{6}`, "RUN"},
		{`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`, "ID"},
		{`http://127\.0\.0\.1:\d+`, "ENDPOINT"},
		{`postgres://[^\s,]+(, schema \w+)?`, "DATABASE"},
		{`\d+\.\d s\b`, "DURATION"},
		{`\d+ requests`, "REQUESTS"},
		{`\s+`, " "},
	} {
		text = regexp.MustCompile(varying.pattern).ReplaceAllString(text, varying.steady)
	}
	return strings.TrimSpace(text)
}
