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
	a.writeFlags(&page, cmd)
	page.WriteString(cmd.Annotations[afterFlags])
	if len(a.settings[cmd]) > 0 && cmd.HasParent() {
		first := a.settings[cmd][0]
		page.WriteString("\n" + wrap(fmt.Sprintf("Each flag can be set in the environment too (%s for --%s), or in the file that --config names (%s: …). A flag wins over the environment, that over the file.",
			first.variables()[0], first.flagName(), first.name), helpWidth, "") + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&page, "\nMore about a command: %s COMMAND --help\n", cmd.CommandPath())
	}
	cmd.Print(page.String())
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

// writeFlags lists the flags under their headings, in the order in which they
// were declared; cobra's own come last.
func (a *app) writeFlags(page *strings.Builder, cmd *cobra.Command) {
	var headings []string
	flags := make(map[string][]*pflag.Flag)
	listed := make(map[string]bool)
	add := func(heading string, flag *pflag.Flag) {
		if flags[heading] == nil {
			headings = append(headings, heading)
		}
		flags[heading] = append(flags[heading], flag)
		listed[flag.Name] = true
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
	for _, heading := range headings {
		fmt.Fprintf(page, "\n%s:\n", heading)
		writeFlagTable(page, flags[heading], a.settingsOf(cmd))
	}
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
