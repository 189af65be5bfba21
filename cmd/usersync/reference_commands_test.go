//go:build unix

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sharedBy is from how many commands on a flag that means the same in each is
// described with the settings, and only named with the commands.
const sharedBy = 4

func writeCommandsPage(t *testing.T, page *markdown) {
	t.Helper()
	a := newApp(nil, nil, nil, nil)
	root := a.rootCommand()
	page.paragraph("`usersync COMMAND --help` says this too. Flags that many commands have alike are only named\nhere, and explained with the [settings](settings.md); what the exit codes ask for stands with\n[them](exit-codes.md).")
	page.table("command", "what it does")
	for _, cmd := range documented(root)[1:] {
		page.row("["+cmd.CommandPath()+"](#"+anchor(cmd.CommandPath())+")", plain(cmd.Short))
	}
	shared := sharedFlags(a, root)
	for _, cmd := range documented(root)[1:] {
		page.heading(cmd.CommandPath())
		page.block("", usageLine(cmd))
		writePassages(page, passages(cmd.Long))
		if cmd.Example != "" {
			page.block("sh", strings.Join(exampleLines(cmd.Example), "\n"))
		}
		writeFlags(page, a, cmd, shared)
		var ends []string
		for _, m := range exitMeaningsOf(cmd) {
			ends = append(ends, strconv.Itoa(m.code))
		}
		page.paragraph("Exit codes: " + strings.Join(ends, ", ") + ".")
	}
}

// writePassages writes a description, with the lines broken as in the source.
func writePassages(page *markdown, all []passage) {
	for _, p := range all {
		if p.asIs {
			page.block("", p.text)
			continue
		}
		page.paragraph(wrap(plain(p.text), 88, ""))
	}
}

// exampleLines are the lines of examples, without their indentation.
func exampleLines(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.TrimPrefix(line, "  "))
	}
	return lines
}

func writeFlags(page *markdown, a *app, cmd *cobra.Command, shared map[string]bool) {
	var others []string
	begun := false
	for _, group := range a.flagGroups(cmd) {
		for _, flag := range group.flags {
			if flag.Name == "help" {
				continue
			}
			if shared[flagMeaning(a, cmd, flag)] {
				others = append(others, "--"+flag.Name)
				continue
			}
			if !begun {
				page.table("", "flag", "what it does")
				begun = true
			}
			page.row(group.heading, code(spelledFlag(flag)), plain(describe(flag, a.settingsOf(cmd))))
			group.heading = ""
		}
	}
	if len(others) > 0 {
		word := "Flags: "
		if begun {
			word = "Also: "
		}
		page.paragraph(word + codes(others) + ".")
	}
}

func spelledFlag(flag *pflag.Flag) string {
	spelled := "--" + flag.Name
	if flag.Shorthand != "" {
		spelled = "-" + flag.Shorthand + ", " + spelled
	}
	if flag.NoOptDefVal == "" {
		spelled += " " + flag.Value.Type()
	}
	return spelled
}

// flagMeaning tells flags apart that only have the same name.
func flagMeaning(a *app, cmd *cobra.Command, flag *pflag.Flag) string {
	return spelledFlag(flag) + " " + describe(flag, a.settingsOf(cmd))
}

func sharedFlags(a *app, root *cobra.Command) map[string]bool {
	count := make(map[string]int)
	for _, cmd := range documented(root)[1:] {
		for _, s := range a.settingsOf(cmd) {
			if flag := cmd.Flag(s.flagName()); flag != nil {
				count[flagMeaning(a, cmd, flag)]++
			}
		}
	}
	shared := make(map[string]bool)
	for meaning, commands := range count {
		shared[meaning] = commands >= sharedBy
	}
	return shared
}

func writeExitCodesPage(t *testing.T, page *markdown) {
	t.Helper()
	root := newApp(nil, nil, nil, nil).rootCommand()
	page.paragraph("Scripts decide by them, so none is ever given another meaning.")
	page.table("code", "name", "meaning", "what to do", "commands")
	for _, m := range exitMeanings() {
		commands := slices.DeleteFunc(documented(root)[1:], func(cmd *cobra.Command) bool { return !m.isOf(cmd) })
		page.row(strconv.Itoa(m.code), m.name, plain(m.meaning), plain(m.remedy), commandNames(root, commands))
		for _, name := range m.of {
			name := strings.TrimSuffix(name, " *")
			if !slices.ContainsFunc(commands, func(cmd *cobra.Command) bool { return cmd.CommandPath() == root.Name()+" "+name }) {
				t.Errorf("code %d is said to be one of %s, and there is no such command", m.code, name)
			}
		}
	}
}

// TestWhoEndsSo holds the codes that commands are said to end with against the
// settings by which they can.
func TestWhoEndsSo(t *testing.T) {
	t.Parallel()
	a := newApp(nil, nil, nil, nil)
	root := a.rootCommand()
	for code, settings := range map[int][]string{
		exitUnauthorized: {"endpoint"},
		exitTemporary:    {"endpoint", "database-url"},
		exitTimeLimit:    {"max-duration"},
		exitRows:         {"upsert"},
	} {
		for _, cmd := range documented(root)[1:] {
			if cmd.HasAvailableSubCommands() {
				continue // as those below it
			}
			can := false
			for _, s := range a.settingsOf(cmd) {
				flag := cmd.Flag(s.flagName())
				can = can || slices.Contains(settings, s.name) && (s.hidden || !flag.Hidden)
			}
			said := slices.ContainsFunc(exitMeaningsOf(cmd), func(m exitMeaning) bool { return m.code == code })
			if can != said {
				t.Errorf("%s has a setting of %v: %v; it is said to end with %d: %v", cmd.CommandPath(), settings, can, code, said)
			}
		}
	}
	for i, m := range exitMeanings() {
		if m.name == "" || strings.Contains(m.name, " ") || !strings.HasSuffix(m.remedy, ".") {
			t.Errorf("code %d: %+v", m.code, m)
		}
		if codes := exitCodes(); codes[i][0] != fmt.Sprint(m.code) {
			t.Errorf("%v and %+v", codes[i], m)
		}
	}
}
