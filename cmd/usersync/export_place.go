package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"strings"

	"usersync/source"
	"usersync/source/table"
	usersync "usersync/sync"
)

// placeHelp says in a command's help where users can be read from.
const placeHelp = `authgear (the project), postgres://USER@HOST/DATABASE or postgres (a mirror; the
latter in the database in DATABASE_URL), or a file: .csv (a mirror or an export) or
.ndjson (an export, Authgear's own too), also with .gz or .zst after it.`

// readerOptions say how users are read from whatever place.
type readerOptions struct {
	source              sourceOptions
	databaseURL, schema string
	guarded             bool // a CSV file's cells are guarded against formulas
}

// mirrorSettings are about mirrors in databases.
func (o *readerOptions) mirrorSettings() []*setting {
	o.schema = defaultSchema
	return []*setting{
		{
			name: "database-url", vars: []string{"DATABASE_URL"}, value: text(&o.databaseURL, "URL"), hidden: true,
			usage: "the database that postgres means",
		},
		{name: "schema", value: text(&o.schema, "NAME"), usage: "the Postgres schema that holds the mirror"},
	}
}

// A userReader is a place that users are read from.
type userReader interface {
	Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error]
	// Scope is how much of a user the place tells.
	Scope(ctx context.Context) (usersync.Scope, error)
}

// A recordReader is one that can tell who is gone, too.
type recordReader interface {
	userReader
	Records(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[usersync.Record, error]
}

const authgearPlace = "authgear"

// openPlace finds out where users are read from, and for people how to call that.
// The words say what the place was given as, such as "--from".
func (a *app) openPlace(words, place string, o *readerOptions) (userReader, string, error) {
	switch format := formatByName(place); {
	case place == authgearPlace:
		if err := checkNeeds(o.source.authgear.needs()...); err != nil {
			return nil, "", err
		}
		return a.users(&o.source)
	case place == "postgres" && strings.TrimSpace(o.databaseURL) == "":
		return nil, "", usageErrorf("%s postgres means the database in DATABASE_URL, which is not set. Set it, or name the place as postgres://USER@HOST/DATABASE", words)
	case place == "postgres" || isPostgresURL(place):
		at, err := parseDestination(strings.TrimPrefix(words, "--"), place, strings.TrimSpace(o.databaseURL))
		if err != nil {
			return nil, "", err
		}
		at.schema = o.schema
		return source.NewPostgres(at.url, at.schema), at.String(), nil
	case format == csvSuffix && o.guarded:
		return source.NewGuardedCSV(place), place, nil
	case format == csvSuffix:
		return source.NewCSV(place), place, nil
	case format == ndjsonSuffix:
		return source.NewNDJSON(place), place, nil
	default:
		shown := ""
		if !strings.ContainsAny(place, "=@:") { // it may be another spelling of a database's address, password and all
			shown = fmt.Sprintf(" %q", place)
		}
		return nil, "", usageErrorf("%s%s is no place to read users from. It must be %s", words, shown, strings.ReplaceAll(placeHelp, "\n", " "))
	}
}

const (
	csvSuffix    = ".csv"
	ndjsonSuffix = ".ndjson"
)

// formatByName is how a file is written as its name tells; empty if it does not.
func formatByName(name string) string {
	switch suffix := strings.ToLower(filepath.Ext(table.WithoutCompression(name))); suffix {
	case csvSuffix, ndjsonSuffix:
		return suffix
	case ".jsonl":
		return ndjsonSuffix
	default:
		return ""
	}
}

// unreadablePlace makes a file that is missing, or of another kind, the person's to
// put right.
func unreadablePlace(err error) error {
	for _, wrong := range []error{fs.ErrNotExist, fs.ErrPermission, source.ErrUTF16, usersync.ErrNoSub} {
		if errors.Is(err, wrong) {
			return &usageError{err}
		}
	}
	return err
}

// parseScope reads names of fields for a flag. To one that there is not it suggests
// another.
func parseScope(flag string, spelled []string) (usersync.Scope, error) {
	for _, name := range spelled {
		if _, err := usersync.ParseScope([]string{name}); err == nil {
			continue
		}
		fields := append([]string{"sub"}, usersync.AllFields().Names()...)
		known := usersync.Columns(usersync.AllFields())
		if _, key, dotted := strings.Cut(name, "."); dotted {
			known = append(known, customAttributes+"."+key)
		}
		return usersync.Scope{}, usageErrorf("--%s: there is no field %q%s. There are: %s; and of these address.country and the like, and %s.NAME",
			flag, name, suggestion(name, append(known, fields...), ""), strings.Join(fields, ", "), customAttributes)
	}
	return usersync.ParseScope(spelled)
}

// missingFrom are the names of what one scope has and the other lacks.
func missingFrom(wanted, had usersync.Scope) []string {
	return wanted.Without(wanted.Intersect(had)).Names()
}
