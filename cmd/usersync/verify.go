package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	usersync "usersync/sync"
)

// verifyOptions say which mirror is compared with which project.
type verifyOptions struct {
	source  sourceOptions
	mirror  mirrorOptions
	json    bool
	verbose bool
}

func (a *app) verifyCommand() *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify --to DEST",
		Short: "Compare a mirror with Authgear, user by user, and change nothing",
		Long: `Read everybody at Authgear and everything in the mirror again, and list who differs
and in which fields. Nothing is changed. What the mirror remembers of itself is not
trusted: rows that somebody edited by hand are found, too.

Those who changed since the last sync differ as well; sync first to see the rest.
usersync sync --repair makes the mirror right.` + destinationHelp,
		Annotations: map[string]string{afterFlags: exitCodeTable()},
		Example: `  usersync verify --to postgres
  usersync verify --to users.csv -v`,
	}
	a.declare(cmd, "Mirror", append(append(o.mirror.settings(), o.source.contentSettings()...),
		&setting{name: "wait-lock", value: duration(&o.mirror.waitLock, 0), usage: "how long to wait for a run on the same mirror to end (default not at all)"},
	)...)
	a.declare(cmd, "Authgear", o.source.authgearSettings()...)
	a.declare(cmd, "Output",
		&setting{name: "verbose", short: "v", value: switched(&o.verbose), usage: "show the values, too, the mirror's → Authgear's; this is people's data"},
		&setting{name: "json", value: switched(&o.json), usage: "print one JSON object, also when the run fails"},
		&setting{name: "quiet", short: "q", value: switched(&a.logging.quiet), usage: "print nothing when nothing differs"},
	)
	return a.command(cmd, func(cmd *cobra.Command) error { return a.verify(cmd.Context(), o) })
}

// verify compares and shows what came of it.
func (a *app) verify(ctx context.Context, o *verifyOptions) error {
	job, err := a.prepareVerify(o)
	if err != nil {
		return err
	}
	listing := a.newListing()
	found := newFindings(listing, job.fields, o)
	found.values.width = valueWidth(a.stdout)
	job.onChange = found.add
	progress := a.showProgress(a.stderr.isTerminal() && !a.logging.quiet && !isTerminal(a.stdout), readingUsers())
	job.progress = progress.update
	report, err := a.runSync(ctx, job)
	progress.close()
	if refusedForPeople(err) {
		// A sync would not dare; here it is what was asked for.
		err, report.Status, report.Error = nil, usersync.StatusOK, nil
	}
	if written := errors.Join(found.err(), listing.Flush()); written != nil && err == nil {
		err = fmt.Errorf("write result: %w", written)
	}
	differ := err == nil && report.Changes.Any()
	switch {
	case o.json:
		err = errors.Join(err, a.printJSON(found.document(report)))
	case err == nil && (differ || !a.logging.quiet):
		err = a.print(found.text(report, job))
	}
	if err == nil && differ {
		return errDifferences
	}
	return err
}

// refusedForPeople says whether a run was refused for the changes that it found,
// and not before it found any.
func refusedForPeople(err error) bool {
	refused, is := errors.AsType[*usersync.RefusedError](err)
	return is && len(refused.Examples) > 0
}

func (a *app) prepareVerify(o *verifyOptions) (*syncJob, error) {
	if err := checkNeeds(append(o.source.authgear.needs(), o.mirror.need())...); err != nil {
		return nil, err
	}
	switch {
	case o.verbose && o.json:
		return nil, usageErrorf("--json prints one object, which has no place for what --verbose lists. Leave one of them out")
	case o.verbose && a.logging.quiet:
		return nil, usageErrorf("--quiet and --verbose cannot both be. Leave one of them out")
	}
	to, err := a.destination(&o.mirror)
	if err != nil {
		return nil, err
	}
	fields, err := parseFields(o.source.fields)
	if err != nil {
		return nil, err
	}
	users, from, err := a.users(&o.source)
	if err != nil {
		return nil, err
	}
	all := usersync.Percent(100)
	return &syncJob{
		source: users, from: from, to: to, fields: fields, replaceNUL: o.source.replaceNUL,
		exists: true, anew: true, dryRun: true, mode: usersync.ModeConfig{Wanted: usersync.ModeFull},
		policy: usersync.Policy{MaxDelete: all, MaxChange: all, AllowEmpty: true, MaxIncomplete: defaultPolicy().MaxIncomplete},
	}, nil
}
