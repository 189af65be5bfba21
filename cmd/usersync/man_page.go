package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPage is the command's page in roff, with the macros of man(7). It is written
// from what help is made of, and not by way of Markdown, which would run together
// the tables in descriptions and take what stands in <> and * for its own.
func (a *app) manPage(cmd *cobra.Command) string {
	page := &roff{}
	page.request("TH", strings.ToUpper(manName(cmd)), "1", builtOn(), programName+" "+programVersion(), "User Commands")
	page.text.WriteString(".nh\n.ad l\n") // names are not to be cut
	page.request("SH", "NAME")
	page.line(manName(cmd) + " - " + strings.ToLower(cmd.Short[:1]) + cmd.Short[1:])
	page.request("SH", "SYNOPSIS")
	page.asIs(usageLine(cmd))
	page.request("SH", "DESCRIPTION")
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	for i, passage := range passages(about) {
		page.passage(passage, i == 0)
	}
	a.manCommands(page, cmd)
	a.manOptions(page, cmd)
	if len(a.settings[cmd]) > 0 && cmd.HasParent() {
		page.request("SH", "ENVIRONMENT")
		page.line(otherWays(a.settings[cmd]))
		for _, s := range a.settingsOf(cmd) {
			if s.hidden {
				page.tagged(strong(strings.Join(s.variables(), ", ")), s.usage)
			}
		}
	}
	page.request("SH", "EXIT STATUS")
	for _, m := range exitMeaningsOf(cmd) {
		page.tagged(strong(strconv.Itoa(m.code)), m.meaning+". "+m.remedy)
	}
	if cmd.Example != "" {
		page.request("SH", "EXAMPLES")
		for _, passage := range passages(cmd.Example) {
			page.passage(passage, true)
		}
	}
	manSeeAlso(page, cmd)
	return page.text.String()
}

func (a *app) manCommands(page *roff, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	page.request("SH", "COMMANDS")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			page.tagged(strong(manName(sub))+"(1)", sub.Short)
		}
	}
}

func (a *app) manOptions(page *roff, cmd *cobra.Command) {
	page.request("SH", "OPTIONS")
	for _, group := range a.flagGroups(cmd) {
		page.request("SS", group.heading)
		for _, flag := range group.flags {
			page.tagged(manFlag(flag), describe(flag, a.settingsOf(cmd)))
		}
	}
}

func manFlag(flag *pflag.Flag) string {
	spelled := strong("--" + flag.Name)
	if flag.Shorthand != "" {
		spelled = strong("-"+flag.Shorthand) + ", " + spelled
	}
	if flag.NoOptDefVal == "" {
		spelled += ` \fI` + escaped(flag.Value.Type()) + `\fR`
	}
	return spelled
}

func manSeeAlso(page *roff, cmd *cobra.Command) {
	var names []string
	if cmd.HasParent() {
		names = append(names, strong(manName(cmd.Parent()))+"(1)")
		for _, sibling := range cmd.Parent().Commands() {
			if sibling != cmd && sibling.IsAvailableCommand() && cmd.Parent().HasParent() {
				names = append(names, strong(manName(sibling))+"(1)")
			}
		}
	}
	if len(names) > 0 {
		page.request("SH", "SEE ALSO")
		page.text.WriteString(strings.Join(names, ",\n") + "\n")
	}
}

// A roff is a page in the making.
type roff struct{ text strings.Builder }

// request is a line with a macro and its arguments.
func (r *roff) request(macro string, arguments ...string) {
	r.text.WriteString("." + macro)
	for _, argument := range arguments {
		r.text.WriteString(` "` + strings.ReplaceAll(escaped(argument), `"`, `\(dq`) + `"`)
	}
	r.text.WriteString("\n")
}

// line is a line of text.
func (r *roff) line(text string) { r.text.WriteString(escapedLine(text) + "\n") }

// passage is a piece of prose; the first one of a section needs no space above it.
func (r *roff) passage(p passage, first bool) {
	switch {
	case p.asIs:
		r.asIs(p.text)
	case first:
		r.line(p.text)
	default:
		r.request("PP")
		r.line(p.text)
	}
}

// asIs is lines that are not filled.
func (r *roff) asIs(text string) {
	r.text.WriteString(".PP\n.RS 4\n.nf\n")
	for line := range strings.SplitSeq(text, "\n") {
		r.line(line)
	}
	r.text.WriteString(".fi\n.RE\n")
}

// tagged is a tag that is escaped already, and what is said of it.
func (r *roff) tagged(tag, text string) {
	r.text.WriteString(".TP\n" + tag + "\n")
	r.line(text)
}

func strong(text string) string { return `\fB` + escaped(text) + `\fR` }

// escapedLine is a line of text in which roff finds nothing of its own.
func escapedLine(text string) string {
	text = escaped(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}

// escaped is text in which roff finds nothing of its own inside of a line: what
// people may copy stays the character that it is, and what is not ASCII is named.
func escaped(text string) string {
	var spelled strings.Builder
	for _, char := range text {
		switch {
		case char == '\\':
			spelled.WriteString(`\e`)
		case char == '-':
			spelled.WriteString(`\-`)
		case char == '\'':
			spelled.WriteString(`\(aq`)
		case char == '`':
			spelled.WriteString(`\(ga`)
		case char == '^':
			spelled.WriteString(`\(ha`)
		case char == '~':
			spelled.WriteString(`\(ti`)
		case char > '~':
			fmt.Fprintf(&spelled, `\[u%04X]`, char)
		default:
			spelled.WriteRune(char)
		}
	}
	return spelled.String()
}
