package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	// everywhere is the heading of the flags that all commands have.
	everywhere = "Everywhere"
	// afterFlags is the annotation of a command whose help goes on with this text
	// when its flags have been listed.
	afterFlags = "usersync_after_flags"
)

// helpWidth is how wide help is at most, in characters.
const helpWidth = 96

// help writes a page about a command: what it does, examples, its commands or
// its flags under headings, and how else to set them.
func (a *app) help(cmd *cobra.Command, _ []string) {
	var page strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	fmt.Fprintf(&page, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(about), usageLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&page, "\nExamples:\n%s\n", cmd.Example)
	}
	writeCommands(&page, cmd)
	for _, group := range a.flagGroups(cmd) {
		fmt.Fprintf(&page, "\n%s:\n", group.heading)
		writeFlagTable(&page, group.flags, a.settingsOf(cmd))
	}
	page.WriteString(cmd.Annotations[afterFlags])
	if len(a.settings[cmd]) > 0 && cmd.HasParent() {
		page.WriteString("\n" + wrap(otherWays(a.settings[cmd][0]), helpWidth, "") + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&page, "\nMore about a command: %s COMMAND --help\n", cmd.CommandPath())
	}
	cmd.Print(page.String())
}

// otherWays says how else than by a flag the settings can be given, with one of
// them as an example.
func otherWays(s *setting) string {
	return fmt.Sprintf("Each flag can be set in the environment too (%s for --%s), or in the file that --config names (%s: …). A flag wins over the environment, that over the file.",
		s.variables()[0], s.flagName(), s.name)
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() && !strings.Contains(cmd.Use, " ") {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

func writeCommands(page *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	page.WriteString("\nCommands:\n")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			fmt.Fprintf(page, "  %-*s%s\n", cmd.NamePadding()+2, sub.Name(), sub.Short)
		}
	}
}

// A flagGroup is the flags of a command under one heading.
type flagGroup struct {
	heading string
	flags   []*pflag.Flag
}

// flagGroups are the flags under their headings, in the order in which they were
// declared; cobra's own come last.
func (a *app) flagGroups(cmd *cobra.Command) []flagGroup {
	cmd.InitDefaultHelpFlag()
	var groups []flagGroup
	listed := make(map[string]bool)
	add := func(heading string, flag *pflag.Flag) {
		listed[flag.Name] = true
		for i := range groups {
			if groups[i].heading == heading {
				groups[i].flags = append(groups[i].flags, flag)
				return
			}
		}
		groups = append(groups, flagGroup{heading, []*pflag.Flag{flag}})
	}
	for _, s := range a.settingsOf(cmd) {
		if flag := cmd.Flag(s.flagName()); flag != nil && !flag.Hidden {
			add(flag.Annotations[headingAnnotation][0], flag)
		}
	}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden && !listed[flag.Name] {
			add(everywhere, flag)
		}
	})
	return groups
}

func writeFlagTable(page *strings.Builder, flags []*pflag.Flag, settings []*setting) {
	left := make([]string, len(flags))
	width := 0
	for i, flag := range flags {
		short := "    "
		if flag.Shorthand != "" {
			short = "-" + flag.Shorthand + ", "
		}
		left[i] = "  " + short + "--" + flag.Name
		if flag.NoOptDefVal == "" {
			left[i] += " " + flag.Value.Type()
		}
		width = max(width, len(left[i]))
	}
	for i, flag := range flags {
		indent := strings.Repeat(" ", width+2)
		fmt.Fprintf(page, "%-*s%s\n", width+2, left[i], wrap(describe(flag, settings), helpWidth-width-2, indent))
	}
}

// describe is what the flag does, its default, and the name that Authgear's own
// programs give it in the environment.
func describe(flag *pflag.Flag, settings []*setting) string {
	description := flag.Usage
	switch {
	case flag.Name == "help":
		return "show this page"
	case flag.DefValue == "" || flag.DefValue == "false":
	case strings.Contains(description, "default"):
	default:
		description += " (default " + flag.DefValue + ")"
	}
	for _, s := range settings {
		if s.flagName() == flag.Name && len(s.vars) > 0 {
			description += " [" + s.vars[0] + "]"
		}
	}
	return description
}

// wrap breaks a text into lines of at most width characters.
func wrap(text string, width int, indent string) string {
	var lines strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			lines.WriteString("\n" + indent)
			column = 0
		default:
			lines.WriteString(" ")
			column++
		}
		lines.WriteString(word)
		column += len(word)
	}
	return lines.String()
}
