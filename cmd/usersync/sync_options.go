package main

import (
	"time"

	usersync "usersync/sync"
)

// syncOptions say what `usersync sync` mirrors, where to, and how carefully.
type syncOptions struct {
	source sourceOptions

	mirror      mirrorOptions
	noMigrate   bool
	onDelete    string
	keepDeleted bool
	historyDays int
	repair      bool

	mode        usersync.ModeConfig
	maxDuration time.Duration

	policy   usersync.Policy
	dryRun   bool
	exitCode bool

	json    bool
	verbose bool
}

// defaultPolicy is what a run may do when nobody says anything else.
func defaultPolicy() usersync.Policy {
	return usersync.Policy{
		MaxDelete: usersync.Percent(5), DeleteWindow: 24 * time.Hour,
		MaxChange: usersync.Percent(50), MaxIncomplete: 3,
	}
}

func (a *app) declareSync(o *syncOptions, declare func(heading string, settings ...*setting)) {
	o.policy, o.onDelete = defaultPolicy(), "tombstone"
	o.mode = usersync.ModeConfig{Wanted: usersync.ModeAuto, FullEvery: 20 * time.Hour}
	mirror := append(o.mirror.settings(), &setting{name: "no-migrate", value: switched(&o.noMigrate), usage: "do not create or upgrade the tables; see usersync migrate"})
	mirror = append(mirror, o.source.contentSettings()...)
	declare("Mirror", append(mirror,
		&setting{name: "repair", value: switched(&o.repair), usage: "compare with what really is in the mirror, and so mend what others have changed there"},
		&setting{name: "wait-lock", value: duration(&o.mirror.waitLock, 0), usage: "how long to wait for another run on the same mirror to end (default not at all)"},
	)...)
	declare("Who is gone",
		&setting{name: "on-delete", value: choice(&o.onDelete, "HOW", "tombstone", "scrub", "purge"), usage: "what becomes of users who are found gone from now on: tombstone marks their rows, scrub empties them and their change log as well, purge removes both. Rows marked before stay"},
		&setting{name: "keep-deleted", value: switched(&o.keepDeleted), usage: "in a CSV file: keep their rows, with the time in _deleted_at, instead of removing them. A file that has them keeps them until --keep-deleted=false"},
		&setting{name: "history-days", value: whole(&o.historyDays, 0), usage: "how many days the change log goes back (default 0, for ever)"},
	)
	declare("How much is read",
		&setting{name: "mode", value: choice(&o.mode.Wanted, "MODE", usersync.ModeFull, usersync.ModeIncremental, usersync.ModeAuto), usage: "everybody (full), those who are new or named by the audit log (incremental), or whichever is due (auto): see above"},
		&setting{name: "full-every", value: duration(&o.mode.FullEvery, 0), usage: "how long after a complete sweep auto does without another"},
		&setting{name: "max-duration", value: duration(&o.maxDuration, 0), usage: "stop, with nothing changed and exit code 10, when it takes longer (default no limit)"},
	)
	declare("Safety",
		&setting{name: "dry-run", value: switched(&o.dryRun), usage: "find out what would change, and change nothing"},
		&setting{name: "exit-code", value: switched(&o.exitCode), usage: "with --dry-run, exit 4 when something would change"},
		&setting{name: "max-delete", value: limit(&o.policy.MaxDelete), usage: "how many of the mirror's users may be deleted, by one run and by all within --delete-window: a number, or a percentage"},
		&setting{name: "delete-window", value: duration(&o.policy.DeleteWindow, 0), usage: "how far back deletions by earlier runs count"},
		&setting{name: "max-change", value: limit(&o.policy.MaxChange), usage: "how many of the mirror's users one run may change, logins aside: a number, or a percentage"},
		&setting{name: "approve", once: true, value: text(&o.policy.Approve, "RUN"), usage: "let the run of this ID's refusal pass: the same limits, for the users it was refused for and no others"},
		&setting{name: "allow-empty", value: switched(&o.policy.AllowEmpty), usage: "believe a project that has no users, though the mirror has some"},
		&setting{name: "adopt", once: true, value: switched(&o.policy.Adopt), usage: "take over a mirror that holds another project's users"},
		&setting{name: "require-complete", value: switched(&o.policy.RequireComplete), usage: "refuse the run when its sweep is not proven complete"},
		&setting{name: "max-incomplete", value: whole(&o.policy.MaxIncomplete, 0), usage: "exit 1 after so many incomplete sweeps in a row; 0 is never, and no warning"},
	)
	declare("Authgear", o.source.authgearSettings()...)
	declare("Output",
		&setting{name: "verbose", short: "v", value: switched(&o.verbose), usage: "list every user that changes, and the fields, old → new; this is people's data"},
		&setting{name: "json", value: switched(&o.json), usage: "print one JSON object, also when the run fails"},
		&setting{name: "quiet", short: "q", value: switched(&a.logging.quiet), usage: "print nothing when all is well (with --json, the object alone)"},
	)
}

// check finds what does not go together.
func (o *syncOptions) check(to destination, quiet bool) error {
	switch {
	case o.exitCode && !o.dryRun:
		return usageErrorf("--exit-code tells what a dry run found. Add --dry-run, or leave it out")
	case o.verbose && o.json:
		return usageErrorf("--json prints one object, which has no place for what --verbose lists. Leave one of them out")
	case o.verbose && quiet:
		return usageErrorf("--quiet and --verbose cannot both be. Leave one of them out")
	case o.repair && o.mode.Wanted == usersync.ModeIncremental:
		return usageErrorf("--repair compares everybody, which --mode incremental does not. Leave one of them out")
	case o.keepDeleted && to.url != "":
		return usageErrorf("--keep-deleted is for CSV files: Postgres keeps the rows of users who are gone anyway, see --on-delete. Leave it out")
	case o.keepDeleted && o.onDelete == "purge":
		return usageErrorf("--keep-deleted keeps the rows that --on-delete purge removes. Leave one of them out")
	case o.historyDays > 0 && to.url == "":
		return usageErrorf("--history-days trims the change log, and a CSV file has none. Leave it out")
	}
	return nil
}

// prepareSync finds out everything that can be wrong before anything is touched.
func (a *app) prepareSync(o *syncOptions) (*syncJob, error) {
	if err := checkNeeds(append(o.source.authgear.needs(), o.mirror.need())...); err != nil {
		return nil, err
	}
	to, err := a.destination(&o.mirror)
	if err != nil {
		return nil, err
	}
	if err := o.check(to, a.logging.quiet); err != nil {
		return nil, err
	}
	fields, err := parseFields(o.source.fields)
	if err != nil {
		return nil, err
	}
	o.policy.OnDelete, err = usersync.ParseOnDelete(o.onDelete)
	if err != nil {
		return nil, usageErrorf("--%w", err)
	}
	users, from, err := a.users(&o.source)
	if err != nil {
		return nil, err
	}
	mode := o.mode
	if mode.Wanted == usersync.ModeAuto && to.url == "" {
		// Every row of a file is read and written anyway.
		mode.Wanted = usersync.ModeFull
	}
	return &syncJob{
		source: users, from: from,
		to: to, migrate: !o.noMigrate && !o.dryRun, keepDeleted: o.keepDeleted,
		// Rows that are gone cannot be had back: leaving the flag out is no wish.
		dropDeleted: !o.keepDeleted && a.origins["keep-deleted"].level > byDefault,
		fields:      fields, replaceNUL: o.source.replaceNUL, anew: o.repair,
		mode: mode, maxDuration: o.maxDuration, policy: o.policy,
		keepHistory: time.Duration(o.historyDays) * 24 * time.Hour,
		dryRun:      o.dryRun,
	}, nil
}
