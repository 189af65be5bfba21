package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userdiff"
)

// diffOptions say what is compared, and how that is shown.
type diffOptions struct {
	reader readerOptions
	places [2]string

	schemaB        string
	excelSafe      string
	key            string
	fields, ignore []string
	summary, json  bool
}

// bothSides is of --excel-safe.
const bothSides = "both"

func (a *app) diffCommand() *cobra.Command {
	o := &diffOptions{key: "sub"}
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two collections of users, user by user and field by field",
		Long: `Compare two collections of users, and list what would make A into B: users to create and
to delete, and of users to update the values, old → new. This is people's data.

A and B are ` + placeHelp + `

The order is that of the key. Compared are the fields that both have, and which these are
is said at the end. Of an export of chosen fields in NDJSON, or of an NDJSON file of other
make, these are what any of its users has; --fields names others. Columns such as
custom_attributes.member_id do not tell the text 7 from the number, nor an empty text from
none: there neither makes a difference.

Times are the same if they are the same instant, numbers if they are equal, and roles and
groups in any order. Texts are the same if every character is, also those of --key.

Who differs is read a second time. What is more than some megabytes is kept meanwhile in
temporary files, which only you can read and which are gone with the program. The exit code
is 4 when there are differences, and 1 when there are none but users may have been missed
because others came and went while Authgear was asked.`,
		Example: `  usersync diff authgear users.csv
  usersync diff postgres export.ndjson.gz --ignore last_login_at,updated_at
  usersync diff old.csv new.csv --key email --fields name,roles --json
  usersync diff postgres --schema usersync postgres --schema-b staging --summary`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageErrorf("%s compares two places, and %d are named. See: %s --help", cmd.CommandPath(), len(args), cmd.CommandPath())
			}
			return nil
		},
	}
	a.declare(cmd, "What is compared", append([]*setting{
		{name: "diff-key", flag: "key", value: choice(&o.key, "FIELD", "sub", "email", "phone_number", "preferred_username"), usage: "by what users are the same: sub, email, phone_number or preferred_username. Those without it, or who share it with others of their side, count as differing"},
		{name: "fields", value: names(&o.fields), usage: "names with commas between them, such as email,address.country (default all)"},
		{name: "ignore", value: names(&o.ignore), usage: "names of what is left out, likewise"},
		{name: "diff-excel-safe", flag: "excel-safe", value: choice(&o.excelSafe, "SIDE", "a", "b", bothSides), usage: "which are CSV files that were made with --excel-safe: a, b or both"},
	}, append(o.reader.mirrorSettings(), &setting{
		name: "schema-b", value: text(&o.schemaB, "NAME"), usage: "the schema of B, if it is another than that of A",
	})...)...)
	a.declare(cmd, "Authgear", o.reader.source.authgearSettings()...)
	a.declare(cmd, "Output",
		&setting{name: "summary", value: switched(&o.summary), usage: "only say how many differ, and in which fields"},
		&setting{name: "json", value: switched(&o.json), usage: "print JSON: an object a line for each user, with op, sub and fields; with --summary one object"},
		&setting{name: "quiet", short: "q", value: switched(&a.logging.quiet), usage: "print nothing when nothing differs"},
	)
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, args []string) error {
		o.places = [2]string(args)
		err := a.diff(cmd.Context(), o)
		return interrupted(cmd.Context(), unreadablePlace(err), "")
	})
}

// diff compares and shows what came of it.
func (a *app) diff(ctx context.Context, o *diffOptions) error {
	job, err := a.prepareDiff(ctx, o)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // writing to a closed pipe is to be an error here
	progress := &diffProgress{app: a}
	listing := a.newDiffListing(o)
	report, err := userdiff.Compare(ctx, userdiff.Config{
		A: job.sides[0], B: job.sides[1], Scope: job.scope, Key: job.key, Progress: progress.update,
		See: func(d userdiff.Difference) error {
			progress.close()
			return listing.add(&d)
		},
	})
	progress.close()
	if err == nil {
		err = listing.end(report, job)
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	for i, side := range []userdiff.SideReport{report.A, report.B} {
		if !side.Complete {
			a.logger.Warn("users of " + job.names[i] + " may have been missed: others were created or deleted while these were read")
		}
	}
	switch {
	case report.Differ():
		return errDifferences
	case !report.A.Complete || !report.B.Complete:
		return errors.New("no difference was found, but not everybody is certain to have been compared. Run it again")
	}
	return nil
}

// A diffJob is a comparison, ready to go.
type diffJob struct {
	sides [2]userdiff.Side
	names [2]string // for people
	scope usersync.Scope
	key   *usersync.Field // nil for sub
	// had is how much of a user each side has, without what is not asked for.
	had [2]usersync.Scope
}

// lackedBy are the names of what the other side has and this one has not.
func (j *diffJob) lackedBy(i int) []string { return missingFrom(j.had[1-i], j.had[i]) }

func (a *app) prepareDiff(ctx context.Context, o *diffOptions) (*diffJob, error) {
	asked, err := parseScope("fields", o.fields)
	if err != nil {
		return nil, err
	}
	ignored, err := parseScope("ignore", o.ignore)
	if err != nil {
		return nil, err
	}
	job := &diffJob{scope: usersync.Whole(usersync.AllFields())}
	if len(o.fields) > 0 {
		job.scope = asked
	}
	job.key, _ = usersync.AllFields().Lookup(o.key)
	var narrow [2]bool
	for i := range o.places {
		had, err := a.prepareSide(ctx, o, job, i)
		if errors.Is(err, usersync.ErrNoSub) && job.key != nil {
			return nil, fmt.Errorf("%w. Its rows need the users' IDs also where --key %s says who is the same: usersync export writes them", err, o.key)
		}
		if err != nil {
			return nil, err
		}
		if missing := missingFrom(asked, had); len(missing) > 0 {
			return nil, usageErrorf("--fields: %s has no %s", job.names[i], strings.Join(missing, ", "))
		}
		if job.key != nil {
			if _, has := had.Fields.Lookup(o.key); !has {
				return nil, usageErrorf("--key: %s has no %s", job.names[i], o.key)
			}
		}
		job.had[i], narrow[i] = had, !had.WholeExport()
	}
	wanted := job.scope.Without(ignored)
	for i, had := range job.had {
		job.had[i] = had.Intersect(wanted)
		job.scope = job.scope.Intersect(had)
	}
	job.scope = job.scope.Without(ignored)
	if len(o.fields) == 0 {
		a.warnOfChosenKeys(job, narrow)
	}
	return job, nil
}

// warnOfChosenKeys says what cannot be seen in an export of chosen fields in NDJSON:
// whether it has objects whole.
func (a *app) warnOfChosenKeys(job *diffJob, narrow [2]bool) {
	for i, side := range job.sides {
		if _, is := side.Users.(*source.NDJSON); !is || !narrow[i] {
			continue
		}
		for _, name := range job.scope.Names() {
			if f, _ := job.scope.Fields.Lookup(name); f != nil && f.Kind == usersync.Object {
				a.logger.Warn(fmt.Sprintf("%s does not tell whether it has all of %s, or only some keys that it was exported with. If so, the others differ without a reason: name those that it has, as in --fields %s.NAME", job.names[i], name, name))
			}
		}
	}
}

// prepareSide opens a side, and finds out how much of a user it has to compare.
func (a *app) prepareSide(ctx context.Context, o *diffOptions, job *diffJob, i int) (had usersync.Scope, err error) {
	side, place, reader := []string{"a", "b"}[i], o.places[i], o.reader
	if urlHasPassword(place) {
		a.logger.Warn("a password in an argument can be read by everybody on this machine. Put the URL into DATABASE_URL and write postgres, or the password into PGPASSWORD or the file that PGPASSFILE names")
	}
	if side == "b" && o.schemaB != "" {
		reader.schema = o.schemaB
	}
	reader.guarded = o.excelSafe == side || o.excelSafe == bothSides
	users, name, err := a.openPlace(strings.ToUpper(side), place, &reader)
	if err != nil {
		return had, err
	}
	file, isCSV := users.(*source.CSV)
	if reader.guarded && !isCSV {
		return had, usageErrorf("--excel-safe %s: %s is no CSV file", o.excelSafe, name)
	}
	if isCSV && job.key == nil {
		// Who is there twice comes out when users are put in order, in less memory.
		users, job.sides[i].Once = file.Unchecked(), true
	}
	if authgear, is := users.(*source.AdminAPI); is {
		job.sides[i].Lookup = authgear.Lookup
	}
	job.names[i], job.sides[i].Users = name, users
	return a.scopeFor(ctx, o, users)
}

// scopeFor is how much of a user there is to compare. What NDJSON does not show it
// may well tell: that nobody has it.
func (a *app) scopeFor(ctx context.Context, o *diffOptions, users userReader) (usersync.Scope, error) {
	if _, is := users.(*source.NDJSON); is && len(o.fields) > 0 {
		return usersync.Whole(usersync.AllFields()), nil
	}
	return users.Scope(ctx)
}

// A diffProgress shows how far each reading is.
type diffProgress struct {
	app     *app
	doing   string
	current progress // nil while there is nothing to show
}

func (p *diffProgress) update(doing string, users, total int) {
	if doing != p.doing {
		p.close()
	}
	if p.current == nil {
		p.doing = doing
		p.current = p.app.showProgress(p.app.stderr.isTerminal() && !p.app.logging.quiet, progressWords{doing: doing, of: "users"})
	}
	p.current.update(usersync.Progress{Users: users, Total: total})
}

func (p *diffProgress) close() {
	if p.current != nil {
		p.current.close()
		p.current = nil
	}
}

// unmatchedWords say of a side who could not be matched; empty for nobody.
func unmatchedWords(side userdiff.SideReport, key string) string {
	var words []string
	if side.Keyless > 0 {
		words = append(words, fmt.Sprintf("%s without %s", counted(side.Keyless, "user"), key))
	}
	if side.Doubles > 0 {
		words = append(words, fmt.Sprintf("%s whose %s is not theirs alone", counted(side.Doubles, "user"), key))
	}
	return strings.Join(words, " and ")
}
