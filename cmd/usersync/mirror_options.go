package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"usersync/migrations"
	"usersync/sink"
	usersync "usersync/sync"
)

// defaultSchema is the Postgres schema that a mirror has unless told otherwise.
const defaultSchema = "usersync"

// destinationHelp says in a command's help what DEST may be.
const destinationHelp = `

DEST is postgres://USER@HOST/DATABASE, or postgres for the database whose URL is in
DATABASE_URL, or a path that ends in .csv.`

// mirrorOptions say where a mirror is.
type mirrorOptions struct {
	// flag is the one that names the mirror: to, unless that would be misunderstood.
	flag                    string
	to, databaseURL, schema string
	// waitLock is how long to wait for another run to end, where that can be said.
	waitLock time.Duration
}

func (o *mirrorOptions) settings() []*setting {
	o.schema, o.flag = defaultSchema, cmp.Or(o.flag, "to")
	return []*setting{
		{name: o.flag, value: text(&o.to, "DEST"), usage: "where the mirror is: see above"},
		{
			name: "database-url", vars: []string{"DATABASE_URL"}, value: text(&o.databaseURL, "URL"), hidden: true,
			usage: "the database that postgres means",
		},
		{name: "schema", value: text(&o.schema, "NAME"), usage: "the Postgres schema that holds the mirror"},
	}
}

func (o *mirrorOptions) need() need {
	return need{"--to", "USERSYNC_TO", "where the mirror is: postgres://USER@HOST/DATABASE, postgres (the database in DATABASE_URL) or a file that ends in .csv", o.to != ""}
}

// destination is where the options say that the mirror is. It speaks up when
// they show a password to everybody who can list this machine's processes.
func (a *app) destination(o *mirrorOptions) (destination, error) {
	if err := migrations.CheckSchema(o.schema); err != nil {
		return destination{}, usageErrorf("--%w", err)
	}
	a.warnOfPassword(o.flag, o.to)
	to, err := parseDestination(o.flag, strings.TrimSpace(o.to), strings.TrimSpace(o.databaseURL))
	to.schema, to.waitLock = o.schema, o.waitLock
	return to, err
}

// warnOfPassword speaks up when a flag shows a password.
func (a *app) warnOfPassword(flag, url string) {
	if a.origins[flag].level == byFlag && urlHasPassword(url) {
		a.logger.Warn("a password in an argument can be read by everybody on this machine. " +
			"Put the URL into DATABASE_URL and write --" + flag + " postgres, or the password into PGPASSWORD or the file that PGPASSFILE names")
	}
}

// A heldMirror is a mirror that nobody else can use until it is closed.
type heldMirror interface {
	usersync.Mirror
	Forget(ctx context.Context, ids []usersync.ID, mode usersync.Erasure) (found int, err error)
	NoteImport(ctx context.Context, note usersync.ImportNote) (noted bool, err error)
	io.Closer
}

// mirrorUse is what a mirror is opened for.
type mirrorUse struct {
	migrate     bool // its tables may be made and upgraded
	keepDeleted bool // a file keeps the rows of who is gone
	dropDeleted bool // … or takes those away that an earlier run kept
	looks       bool // nothing is to be changed, not even what is beside a file
	ledger      bool // only the ledger is read, so that a run that works is no hindrance
	exists      bool // it is of no use without a mirror, and makes none
}

func (a *app) openMirror(ctx context.Context, to destination, use mirrorUse) (heldMirror, error) {
	if to.url == "" {
		mirror, err := sink.OpenCSV(ctx, sink.CSVConfig{
			Path: to.path, KeepDeleted: use.keepDeleted, DropDeleted: use.dropDeleted,
			ReadOnly: use.looks, LedgerOnly: use.ledger, MustExist: use.exists, WaitLock: to.waitLock, Logger: a.logger,
		})
		if err != nil {
			return nil, explainOpening(to, asUsage(err))
		}
		return mirror, nil
	}
	mirror, err := sink.OpenPostgres(ctx, sink.PostgresConfig{
		URL: to.url, Schema: to.schema, Migrate: use.migrate, LedgerOnly: use.ledger, MustExist: use.exists, WaitLock: to.waitLock, Logger: a.logger,
	})
	if err != nil {
		return nil, explainOpening(to, fmt.Errorf("open mirror: %w", err))
	}
	return mirror, nil
}

// explainOpening says which flags may be wrong where there is no mirror.
func explainOpening(to destination, err error) error {
	switch {
	case !errors.Is(err, sink.ErrNoMirror):
		return err
	case to.url == "":
		return usageErrorf("there is no mirror %s. Check --to, or run usersync sync first", to)
	default:
		return usageErrorf("there is no mirror in %s, schema %s. Check --to and --schema, or run usersync sync first", shownURL(to.url), to.schema)
	}
}

// offerWaiting says of a lock that another run has what can be done about it, where
// that is a flag of the command.
func offerWaiting(to destination, err error) error {
	switch {
	case !errors.Is(err, usersync.ErrLocked):
		return err
	case to.waitLock > 0:
		return fmt.Errorf("%w. It was waited for, for the %s of --wait-lock", err, shortDuration(to.waitLock))
	default:
		return fmt.Errorf("%w. With --wait-lock 10m it is waited for", err)
	}
}

// closeMirror gives the mirror back. What was to be done with it is done by
// then, so an error is only worth a warning.
func (a *app) closeMirror(mirror io.Closer) {
	if err := mirror.Close(); err != nil {
		a.logger.Warn("the mirror could not be closed in order", "error", err)
	}
}

// asUsage makes what is wrong with the place of a mirror the person's to mend,
// unless waiting is what helps.
func asUsage(err error) error {
	if errors.Is(err, usersync.ErrLocked) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return &usageError{err}
}
