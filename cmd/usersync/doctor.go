package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	options := &syncOptions{}
	cmd := &cobra.Command{
		Use:   "doctor [--to DEST]",
		Short: "Find out whether a nightly run would work, and what to do if not",
		Long: `Find out whether usersync sync would work with these settings, and what to do if
not: the settings and where each comes from, the key, the way to Authgear, the clock,
the credentials, how fast users can be read, and the mirror. Nothing is changed: no
table is made, no file is left, no lock is taken for longer than a moment.

There is a line for each check: ✓ is well, ! is worth a look and stops no run, ✗ stops
one, and - was not looked at, because something before it is amiss or because there
is nothing to look at. No check takes longer than 30 seconds, whatever hangs. Without
--to only Authgear is looked at.

It takes every flag that usersync sync has, so that a job's own command line can be
tried with the word doctor in place of sync; those that matter here are below.

The exit code is 0 when a run would work, and otherwise the one that usersync sync
would end with. What only a run finds out is not in it: who changed, and whether a
limit refuses that.` + destinationHelp,
		Annotations: map[string]string{afterFlags: exitCodeTable()},
		Example: `  usersync doctor --config /etc/usersync.yaml
  usersync doctor --to postgres --json`,
	}
	a.declareSync(options, func(heading string, settings ...*setting) { a.declare(cmd, heading, settings...) })
	usages := doctorUsages()
	for _, s := range a.settings[cmd] {
		flag := cmd.Flags().Lookup(s.name)
		if flag == nil || flag.Annotations[headingAnnotation][0] == "Authgear" {
			continue
		}
		usage, shown := usages[s.name]
		flag.Hidden = !shown
		if usage != "" {
			flag.Usage = usage
		}
	}
	return a.command(cmd, func(cmd *cobra.Command) error { return a.doctor(cmd, options) })
}

// doctorUsages are the flags of sync that the help of doctor shows, with what
// they are for where that is something else.
func doctorUsages() map[string]string {
	return map[string]string{
		"to": "", "schema": "", "fields": "", "full-every": "",
		"mode":       "what the run will be told: full, incremental or auto",
		"no-migrate": "the run will not create or upgrade the tables",
		"json":       "print one JSON object: the checks, each with group, name, status (ok, warning, failed or skipped), detail and hint, and the exit code",
		"quiet":      "print nothing when a run would work",
	}
}

const (
	// checkTime bounds one check, whatever hangs.
	checkTime = 30 * time.Second
	// requestTime bounds one request, so that the client says what is wrong
	// before the check is given up.
	requestTime = 20 * time.Second
)

// The groups of checks.
const (
	groupSettings = "settings"
	groupAuthgear = "authgear"
	groupMirror   = "mirror"
)

// doctor makes all checks and shows what came of them.
func (a *app) doctor(cmd *cobra.Command, o *syncOptions) error {
	ctx := cmd.Context()
	e, text := &examination{limit: checkTime}, &findingWriter{width: columns(a.stdout)}
	if !o.json && !a.logging.quiet {
		e.tell = func(f finding) error { return a.print(text.text(f)) }
	}
	err := a.examine(ctx, e, a.settingsOf(cmd), o)
	if err != nil {
		return interrupted(ctx, err, "Nothing was changed")
	}
	code := e.code()
	switch {
	case o.json:
		err = a.printJSON(doctorDocument{ExitCode: code, Checks: e.findings})
	case code == exitOK && a.logging.quiet:
	case a.logging.quiet:
		var page strings.Builder
		for _, f := range e.findings {
			page.WriteString(text.text(f))
		}
		err = a.print(page.String() + e.verdict(o))
	default:
		err = a.print(e.verdict(o))
	}
	if err != nil || code == exitOK {
		return err
	}
	return &diagnosis{code}
}

// examine makes the checks, group by group.
func (a *app) examine(ctx context.Context, e *examination, settings []*setting, o *syncOptions) error {
	// What would be logged is in the findings.
	silent := *a
	silent.logger = slog.New(slog.DiscardHandler)
	patient := &patient{app: &silent, options: o, settings: settings}
	defer patient.close()
	for _, group := range []struct {
		name   string
		checks func() []check // once the groups before it were looked at
	}{
		{groupSettings, patient.settingsChecks},
		{groupAuthgear, patient.authgearChecks},
		{groupMirror, patient.mirrorChecks},
	} {
		for _, c := range group.checks() {
			if err := e.check(ctx, group.name, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// A doctorDocument is what --json prints.
type doctorDocument struct {
	ExitCode int       `json:"exit_code"` // what sync would end with, and doctor does
	Checks   []finding `json:"checks"`
}

// verdict is the last line: what it all comes to.
func (e *examination) verdict(o *syncOptions) string {
	failures, warnings := e.count(statusFailed), e.count(statusWarning)
	var remarks []string
	if failures > 0 {
		remarks = append(remarks, counted(failures, "failure"))
	}
	if warnings > 0 {
		remarks = append(remarks, counted(warnings, "warning"))
	}
	text := "All is well"
	if len(remarks) > 0 {
		text = strings.Join(remarks, ", ")
	}
	switch code := e.code(); {
	case code != exitOK:
		text += fmt.Sprintf(": usersync sync would end with exit code %d.", code)
	case o.mirror.to == "":
		text += ", as far as Authgear goes. Add --to DEST to look at the mirror as well."
	default:
		text += ": usersync sync would work."
	}
	return "\n" + wrap(text, textWidth, "") + "\n"
}

// code is what sync would end with: it looks at its settings first, then opens
// the mirror, then asks Authgear.
func (e *examination) code() int {
	for _, group := range []string{groupSettings, groupMirror, groupAuthgear} {
		i := slices.IndexFunc(e.findings, func(f finding) bool { return f.Group == group && f.Status == statusFailed })
		if i >= 0 {
			return e.findings[i].code
		}
	}
	return exitOK
}

func (e *examination) count(status findingStatus) int {
	n := 0
	for _, f := range e.findings {
		if f.Status == status {
			n++
		}
	}
	return n
}

// A diagnosis makes the exit code say what is amiss. The result has told of it.
type diagnosis struct{ code int }

func (d *diagnosis) Error() string { return fmt.Sprintf("a run would end with exit code %d", d.code) }

// Unwrap says that nobody need be told again.
func (d *diagnosis) Unwrap() error { return errTold }
