package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestReadmeIsTrue: the flags, variables and keys that it names exist, and it
// has every exit code.
func TestReadmeIsTrue(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(content)
	a := newApp(nil, nil, nil, nil)
	var flags, variables []string
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) { flags = append(flags, "--"+flag.Name) })
		for _, s := range a.settings[cmd] {
			variables = append(variables, s.variables()...)
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(a.rootCommand())
	flags = append(flags, "--help")
	for _, named := range regexp.MustCompile("--[a-z][a-z-]+").FindAllString(readme, -1) {
		if !slices.Contains(flags, named) {
			t.Errorf("there is no flag %s", named)
		}
	}
	for _, named := range regexp.MustCompile("(USERSYNC|AUTHGEAR)_[A-Z_]+").FindAllString(readme, -1) {
		if !slices.Contains(variables, named) {
			t.Errorf("there is no variable %s", named)
		}
	}
	_, yaml, _ := strings.Cut(readme, "```yaml\n")
	yaml, _, _ = strings.Cut(yaml, "```")
	for _, key := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(yaml, -1) {
		if !slices.Contains(a.settingNames(), key[1]) {
			t.Errorf("there is no setting %s", key[1])
		}
	}
	for _, row := range exitCodes() {
		if line := "| " + row[0] + " | " + row[1] + " |"; !strings.Contains(readme, line) {
			t.Errorf("there is no line %s", line)
		}
	}
}
