package main

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"
)

// ran is what one invocation did.
type ran struct {
	code           int
	stdout, stderr string
}

// invoke runs the program in this process, with nothing in the environment.
func invoke(t *testing.T, args ...string) ran {
	t.Helper()
	var stdout, stderr strings.Builder
	code := newApp(nil, strings.NewReader(""), &stdout, &stderr).run(context.Background(), args)
	return ran{code, stdout.String(), stderr.String()}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, path := range append(commandPaths(), "", "migrate", "version", "man") {
		name := strings.ReplaceAll(strings.TrimSpace("help "+path), " ", "-")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := invoke(t, append(strings.Fields(path), "--help")...)
			if got.code != exitOK || got.stderr != "" {
				t.Fatalf("%+v", got)
			}
			for line := range strings.Lines(got.stdout) {
				if utf8.RuneCountInString(line) > textWidth+1 {
					t.Errorf("a line of more than %d characters: %s", textWidth, line)
				}
			}
			golden(t, name, got.stdout)
			if asked := invoke(t, append([]string{"help"}, strings.Fields(path)...)...); asked.stdout != got.stdout {
				t.Errorf("help %s shows something else:\n%s", path, asked.stdout)
			}
		})
	}
}

func TestNoArgumentsShowHelp(t *testing.T) {
	t.Parallel()
	if got := invoke(t); got.code != exitOK || !strings.Contains(got.stdout, "Commands:") {
		t.Errorf("%+v", got)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := invoke(t, "completion", shell); got.code != exitOK || !strings.Contains(got.stdout, "usersync") {
			t.Errorf("%s: %+v", shell, got.code)
		}
	}
	got := invoke(t, "__complete", "sync", "--log-format", "")
	if got.code != exitOK || !strings.HasPrefix(got.stdout, "text\njson\n") {
		t.Errorf("%+v", got)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	got := invoke(t, "version")
	if got.code != exitOK || !strings.HasPrefix(got.stdout, "usersync dev\nbuilt with go1.") {
		t.Errorf("%+v", got)
	}
}
