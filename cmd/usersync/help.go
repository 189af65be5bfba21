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

// The width of help, in characters: on a terminal its own, as long as that is read
// with ease and the flags' table has room beside their names.
const (
	narrowestHelp = 60
	widestHelp    = 100
)

// helpWidth is how wide help is.
func (a *app) helpWidth() int {
	if width := columns(a.stdout); width > 0 {
		return min(max(width, narrowestHelp), widestHelp)
	}
	return textWidth
}

// help writes a page about a command: what it does, examples, its commands or
// its flags under headings, and how else to set them.
func (a *app) help(cmd *cobra.Command, _ []string) {
	var page strings.Builder
	width := a.helpWidth()
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	fmt.Fprintf(&page, "%s\n\nUsage:\n  %s\n", reflowed(strings.TrimSpace(about), width), usageLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&page, "\nExamples:\n%s\n", cmd.Example)
	}
	writeCommands(&page, cmd, width)
	for _, group := range a.flagGroups(cmd) {
		fmt.Fprintf(&page, "\n%s:\n", group.heading)
		writeFlagTable(&page, group.flags, a.settingsOf(cmd), width)
	}
	for line := range strings.Lines(cmd.Annotations[afterFlags]) {
		page.WriteString(hanging(strings.TrimSuffix(line, "\n"), width) + "\n")
	}
	if len(a.settings[cmd]) > 0 && cmd.HasParent() {
		page.WriteString("\n" + wrap(otherWays(a.settings[cmd]), width, "") + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&page, "\nMore about a command: %s COMMAND --help\n", cmd.CommandPath())
	}
	cmd.Print(page.String())
}

// reflowed breaks the prose of a text anew, and leaves tables in it as they are.
func reflowed(text string, width int) string {
	var page strings.Builder
	paragraph := ""
	end := func() {
		if paragraph != "" {
			page.WriteString(wrap(paragraph, width, "") + "\n")
		}
		paragraph = ""
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.HasPrefix(line, " ") {
			paragraph += line + " "
			continue
		}
		end()
		page.WriteString(line + "\n")
	}
	end()
	return strings.TrimSuffix(page.String(), "\n")
}

// otherWays says how else than by a flag the settings can be given, with one of
// them as an example.
func otherWays(settings []*setting) string {
	var once []string
	for _, s := range settings {
		if s.once {
			once = append(once, "--"+s.flagName())
		}
	}
	subject := "Each flag"
	if len(once) > 0 {
		subject += " but " + strings.Join(once, " and ")
	}
	s := settings[0]
	return fmt.Sprintf("%s can be set in the environment too (%s for --%s), or in the file that --config names (%s: …). A flag wins over the environment, that over the file.",
		subject, s.variables()[0], s.flagName(), s.name)
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() && !strings.Contains(cmd.Use, " ") {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

func writeCommands(page *strings.Builder, cmd *cobra.Command, width int) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	page.WriteString("\nCommands:\n")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			left := cmd.NamePadding() + 4
			fmt.Fprintf(page, "  %-*s%s\n", left-2, sub.Name(), wrap(sub.Short, width-left, strings.Repeat(" ", left)))
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

func writeFlagTable(page *strings.Builder, flags []*pflag.Flag, settings []*setting, helpWidth int) {
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
