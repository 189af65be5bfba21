package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// papers are those for people who run usersync or work on it.
func papers() []string {
	return []string{
		"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/README.md", "docs/getting-started.md",
		"docs/guarantees.md", "docs/import.md", "docs/nightly.md", "docs/postgres.md", "docs/runbook.md",
	}
}

// TestPapersAreTrue: the flags, variables and keys that they name exist, and
// the README has every exit code.
func TestPapersAreTrue(t *testing.T) {
	t.Parallel()
	for _, path := range papers() {
		paper := readPaper(t, path)
		namesExist(t, path, paper)
		for _, block := range regexp.MustCompile("(?s)```yaml\n(# /etc/usersync.yaml.*?)```").FindAllStringSubmatch(paper, -1) {
			config := writeFile(t, "usersync.yaml", block[1])
			if _, err := newApp(nil, nil, nil, nil).withCommands().readConfig(config); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	readme := readPaper(t, "README.md")
	for _, row := range exitCodes() {
		if line := "| " + row[0] + " | " + row[1] + " |"; !strings.Contains(readme, line) {
			t.Errorf("there is no line %s", line)
		}
	}
}

// TestLinksInPapers lead to files and headings that there are.
func TestLinksInPapers(t *testing.T) {
	t.Parallel()
	for _, path := range papers() {
		for _, link := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(readPaper(t, path), -1) {
			file, anchor, _ := strings.Cut(link[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if anchor == "" {
				if _, err := os.Stat(filepath.Join("../..", target)); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				continue
			}
			headings := regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(readPaper(t, target), -1)
			if !slices.ContainsFunc(headings, func(heading []string) bool {
				return strings.NewReplacer(",", "", ":", "", "?", "", " ", "-").Replace(strings.ToLower(heading[1])) == anchor
			}) {
				t.Errorf("%s: there is no heading %s", path, link[1])
			}
		}
	}
}

// withCommands is the app once it knows its commands, and so all settings.
func (a *app) withCommands() *app {
	a.rootCommand()
	return a
}

func readPaper(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// foreignFlags belong to other programs that the papers name: systemctl, journalctl,
// systemd-analyze, kubectl.
func foreignFlags() []string {
	return []string{"--now", "--unit", "--offline", "--follow", "--from-file", "--from-literal"}
}

// variableNames are those that any command has in the environment.
func (a *app) variableNames() []string {
	var names []string
	for _, settings := range a.settings {
		for _, s := range settings {
			names = append(names, s.variables()...)
		}
	}
	return names
}

func namesExist(t *testing.T, path, paper string) {
	t.Helper()
	a := newApp(nil, nil, nil, nil)
	var flags []string
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) { flags = append(flags, "--"+flag.Name) })
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(a.rootCommand())
	flags = append(flags, "--help")
	flags = append(flags, foreignFlags()...)
	variables := a.variableNames()
	for _, named := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(paper, -1) {
		if !slices.Contains(flags, named) {
			t.Errorf("%s: there is no flag %s", path, named)
		}
	}
	for _, named := range regexp.MustCompile("(USERSYNC|AUTHGEAR)_[A-Z_]+").FindAllString(paper, -1) {
		if !slices.Contains(variables, named) {
			t.Errorf("%s: there is no variable %s", path, named)
		}
	}
}
