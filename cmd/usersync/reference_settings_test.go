//go:build unix

package main

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// A describedSetting is a setting as some commands have it: one of the same name
// may mean something else in others.
type describedSetting struct {
	flag, key, standard, usage string
	variables                  []string
}

func writeSettingsPage(t *testing.T, page *markdown) {
	t.Helper()
	a := newApp(nil, nil, nil, nil)
	root := a.rootCommand()
	page.paragraph("A flag wins over the variable, the first variable over the second, that over the key in\nthe file that `--config` names, and that over the default. A variable that is empty counts\nas not set. What can be given several times stands in a variable a line each, and in the\nfile as a YAML list.")
	page.paragraph("What has no key, but for `--config`, is for one run alone. What has no flag is secret, and the\narguments of a program are not.")
	page.table("flag", "variable", "key", "default", "what it does", "commands")
	held := make(map[string][]*cobra.Command)
	rows := make(map[string]describedSetting)
	for _, cmd := range documented(root)[1:] {
		for _, s := range a.settingsOf(cmd) {
			described, listed := describeSetting(cmd, s)
			if !listed {
				continue
			}
			id := strings.Join(append([]string{described.key, described.flag, described.standard, described.usage}, described.variables...), "\n")
			held[id], rows[id] = append(held[id], cmd), described
		}
	}
	order := slices.SortedFunc(maps.Keys(rows), func(one, other string) int {
		return cmp.Or(strings.Compare(nameOf(rows[one]), nameOf(rows[other])), len(held[other])-len(held[one]), strings.Compare(one, other))
	})
	for _, id := range order {
		s := rows[id]
		page.row(code(s.flag), codes(s.variables), code(s.key), plain(s.standard), strings.ReplaceAll(plain(s.usage), "see above", "see the [command](commands.md)"), commandNames(root, held[id]))
	}
}

// nameOf is what the setting stands under.
func nameOf(s describedSetting) string {
	_, flag, _ := strings.Cut(s.flag, "--")
	return cmp.Or(s.key, flag)
}

var defaultInWords = regexp.MustCompile(` \(default ([^)]*)\)`)

// describeSetting is the setting as help shows it with the command, if it does.
func describeSetting(cmd *cobra.Command, s *setting) (described describedSetting, listed bool) {
	described = describedSetting{variables: s.variables(), usage: s.usage}
	if !s.once && s.name != "config" {
		described.key = s.name
	}
	if !s.hidden {
		flag := cmd.Flag(s.flagName())
		if flag.Hidden {
			return described, false
		}
		described.flag, described.usage = spelledFlag(flag), flag.Usage
		described.standard = flag.DefValue
		if flag.DefValue == "false" {
			described.standard = ""
		}
	}
	if found := defaultInWords.FindStringSubmatch(described.usage); found != nil {
		described.standard = found[1]
		described.usage = strings.Replace(described.usage, found[0], "", 1)
	}
	return described, true
}

// commandNames are the commands, or "all". Those below a command are not named
// beside it.
func commandNames(root *cobra.Command, commands []*cobra.Command) string {
	var names []string
	all := true
	for _, top := range root.Commands() {
		if !top.IsAvailableCommand() {
			continue
		}
		family := documented(top)
		within := slices.DeleteFunc(slices.Clone(family), func(cmd *cobra.Command) bool { return !slices.Contains(commands, cmd) })
		if len(within) == len(family) {
			within = within[:1]
		} else {
			all = false
		}
		for _, cmd := range within {
			names = append(names, code(strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")))
		}
	}
	if all {
		return "all"
	}
	return strings.Join(names, " ")
}
