package main

import (
	"slices"
	"strings"

	"usersync/source"
	usersync "usersync/sync"
)

// syncOptions say what `usersync sync` mirrors, where to, and how carefully.
type syncOptions struct {
	authgear    authgearOptions
	concurrency int

	mirror     mirrorOptions
	noMigrate  bool
	fields     []string
	replaceNUL bool

	maxDelete  usersync.Limit
	allowEmpty bool
	dryRun     bool
	exitCode   bool

	json    bool
	verbose bool
}

func (a *app) declareSync(o *syncOptions, declare func(heading string, settings ...*setting)) {
	o.concurrency, o.maxDelete = 4, usersync.Percent(5)
	declare("Mirror", append(o.mirror.settings(),
		&setting{name: "no-migrate", value: switched(&o.noMigrate), usage: "do not create or upgrade the tables; see usersync migrate"},
		&setting{name: "fields", value: names(&o.fields), usage: "what is asked for and kept: names with commas between them, or names with a minus to leave out, as in --fields -identities,-groups (default all)"},
		&setting{name: "replace-nul", value: switched(&o.replaceNUL), usage: "write U+FFFD for the character U+0000, which Postgres cannot hold"},
	)...)
	declare("Safety",
		&setting{name: "dry-run", value: switched(&o.dryRun), usage: "find out what would change, and change nothing"},
		&setting{name: "exit-code", value: switched(&o.exitCode), usage: "with --dry-run, exit 4 when something would change"},
		&setting{name: "max-delete", value: limit(&o.maxDelete), usage: "how many of the mirror's users one run may delete: a number, or a percentage"},
		&setting{name: "allow-empty", value: switched(&o.allowEmpty), usage: "believe a project that has no users, though the mirror has some"},
	)
	declare("Authgear", append(o.authgear.settings(),
		&setting{name: "concurrency", value: whole(&o.concurrency, 1), usage: "how many pages are asked for at a time"},
	)...)
	declare("Output",
		&setting{name: "verbose", short: "v", value: switched(&o.verbose), usage: "list every user that changes, and the fields, old → new; this is people's data"},
		&setting{name: "json", value: switched(&o.json), usage: "print one JSON object, whatever happens"},
		&setting{name: "quiet", short: "q", value: switched(&a.logging.quiet), usage: "print nothing when all is well (with --json, the object alone)"},
	)
}

// prepareSync finds out everything that can be wrong before anything is touched.
func (a *app) prepareSync(o *syncOptions) (*syncJob, error) {
	if err := checkNeeds(append(o.authgear.needs(), o.mirror.need())...); err != nil {
		return nil, err
	}
	switch {
	case o.exitCode && !o.dryRun:
		return nil, usageErrorf("--exit-code tells what a dry run found. Add --dry-run, or leave it out")
	case o.verbose && o.json:
		return nil, usageErrorf("--json prints one object, which has no place for what --verbose lists. Leave one of them out")
	case o.verbose && a.logging.quiet:
		return nil, usageErrorf("--quiet and --verbose cannot both be. Leave one of them out")
	}
	fields, err := parseFields(o.fields)
	if err != nil {
		return nil, err
	}
	to, err := a.destination(&o.mirror)
	if err != nil {
		return nil, err
	}
	client, err := a.client(&o.authgear)
	if err != nil {
		return nil, err
	}
	from := source.NewAdminAPI(client, source.AdminAPIConfig{Concurrency: o.concurrency, Logger: a.logger})
	return &syncJob{
		source: from, from: o.authgear.appID + " at " + client.Endpoint(),
		to: to, schema: o.mirror.schema, migrate: !o.noMigrate,
		fields: fields, replaceNUL: o.replaceNUL,
		policy: usersync.Policy{MaxDelete: o.maxDelete, AllowEmpty: o.allowEmpty},
		dryRun: o.dryRun,
	}, nil
}

// parseFields reads --fields. To a name that there is not it suggests one.
func parseFields(spelled []string) (usersync.FieldSet, error) {
	known := append([]string{"sub"}, usersync.AllFields().Names()...)
	for _, name := range spelled {
		if bare := strings.TrimPrefix(name, "-"); !slices.Contains(known, bare) {
			return usersync.FieldSet{}, usageErrorf("--fields: there is no field %q%s. There are: %s",
				bare, suggestion(bare, known, ""), strings.Join(known, ", "))
		}
	}
	fields, err := usersync.ParseFields(spelled)
	if err != nil {
		return usersync.FieldSet{}, usageErrorf("--%w", err)
	}
	return fields, nil
}
