package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"usersync/sink/exportfile"
)

// exportOptions say which users are written to which file, and what of them.
type exportOptions struct {
	reader readerOptions
	from   string

	out, format  string
	fields       []string
	changesSince string
	deleted      bool
	excelSafe    bool
}

func (a *app) exportCommand() *cobra.Command {
	o := &exportOptions{from: authgearPlace}
	cmd := &cobra.Command{
		Use:   "export --out FILE",
		Short: "Write users to a CSV or NDJSON file",
		Long: `Write users to a file, with the names and forms of Authgear's own exports: CSV with a
column for each field, or NDJSON with a JSON object a line. FILE is compressed where its
name ends in .gz or .zst; - is standard output.

--from says where they are read. That is
` + placeHelp + `

FILE appears when it is whole, in place of one of that name, and only its owner can read
it. Where users may have been missed because others came and went meanwhile, there is none
and the exit code is 1; a mirror in Postgres is read as it is at one instant, so run this on
one where that happens. Users come in no particular order from Authgear, and otherwise in
that of the source. usersync import takes such a file, and leaves out what cannot be set.

--fields takes custom_attributes.NAME for an attribute in a column of its own, and
custom_attributes.* for all that there are, which are found out first (not from Authgear).
As in Authgear's exports such a column does not tell the text 7 from the number, nor an
empty text from none; custom_attributes in one column, and NDJSON, do.

--changes-since writes, of a mirror in Postgres, what changed: op (create, update, delete,
restore), sub, fields, before, after, at (when the run that found it began) and run. With
a run's ID it begins after that run: keep the last one that you have for the next time.

--excel-safe puts an apostrophe before cells that a spreadsheet would run as a formula, or
that begin with one; usersync import --excel-safe takes it off.`,
		Example: `  usersync export --out users.csv
  usersync export --from postgres --out users.ndjson.zst --deleted
  usersync export --from postgres --out - \
    --fields sub,email,custom_attributes.member_id | head
  usersync export --from postgres --out changes.csv \
    --changes-since 20261123-031500-q7m2ka`,
	}
	a.declare(cmd, "Where from", append([]*setting{
		{name: "from", value: text(&o.from, "PLACE"), usage: "where users are read: see above"},
	}, o.reader.mirrorSettings()...)...)
	a.declare(cmd, "What is written",
		&setting{name: "out", value: text(&o.out, "FILE"), usage: "the file to write, or - for standard output"},
		&setting{name: "format", value: choice(&o.format, "FORMAT", string(exportfile.CSV), string(exportfile.NDJSON)), usage: "how it is written: csv or ndjson (default by the name of the file; csv for -)"},
		&setting{name: "fields", value: names(&o.fields), usage: "names with commas between them, or names with a minus to leave out (default all); columns come in this order, after sub"},
		&setting{name: "deleted", value: switched(&o.deleted), usage: "of a mirror: those who are gone as well, with the time in _deleted_at"},
		&setting{name: "changes-since", value: text(&o.changesSince, "RUN|TIME"), usage: "what changed since a run, or since a time such as 2026-11-23 or 2026-11-23T03:15:00Z, instead of users"},
		&setting{name: "excel-safe", value: switched(&o.excelSafe), usage: "guard cells of CSV that a spreadsheet would run as formulas"},
	)
	a.declare(cmd, "Authgear", o.reader.source.authgearSettings()...)
	a.declare(cmd, "Output", &setting{name: "quiet", short: "q", value: switched(&a.logging.quiet), usage: "print nothing when all is well"})
	return a.command(cmd, func(cmd *cobra.Command) error {
		err := a.export(cmd.Context(), o)
		return interrupted(cmd.Context(), unreadablePlace(err), "No file was written")
	})
}

// check finds what does not go together.
func (o *exportOptions) check() error {
	if err := checkNeeds(need{"--out", "USERSYNC_OUT", "the file to write, or - for standard output", o.out != ""}); err != nil {
		return err
	}
	byName := strings.TrimPrefix(formatByName(o.out), ".")
	switch {
	case o.format == "" && byName == "" && o.out != stdinName:
		return usageErrorf("--out %q does not tell how to write it. Let it end in .csv or .ndjson, or add --format", o.out)
	case o.format == "" && byName == "":
		o.format = string(exportfile.CSV)
	case o.format == "":
		o.format = byName
	case byName != "" && byName != o.format:
		return usageErrorf("--out %q and --format %s do not agree. Leave --format out, or name the file otherwise", o.out, o.format)
	}
	switch {
	case o.excelSafe && o.format != string(exportfile.CSV):
		return usageErrorf("--excel-safe is for CSV. Leave it out")
	case o.deleted && o.from == authgearPlace:
		return usageErrorf("--deleted is for mirrors: Authgear does not know who is gone. Add --from, or leave it out")
	case o.changesSince != "" && (o.deleted || len(o.fields) > 0):
		return usageErrorf("--changes-since writes the rows of the change log as they are. Leave --deleted and --fields out")
	}
	return checkNoMirror(o.out)
}

// checkNoMirror finds a ledger beside a file, or beside the one that a link leads to.
func checkNoMirror(path string) error {
	paths := []string{path}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		paths = append(paths, target)
	}
	for _, path := range paths {
		if _, err := os.Stat(path + ".runs.ndjson"); err == nil {
			return usageErrorf("%s is a mirror, with its ledger beside it, and an export would break it. Name another file", path)
		}
	}
	return nil
}

func (a *app) export(ctx context.Context, o *exportOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	a.warnOfPassword("from", o.from)
	form := exportfile.Form{Format: exportfile.Format(o.format), ExcelSafe: o.excelSafe}
	users, from, err := a.openPlace("--from", o.from, &o.reader)
	if err != nil {
		return err
	}
	job := &exportJob{app: a, users: users, from: from, form: form, started: a.now()}
	if o.changesSince != "" {
		return a.exportChanges(ctx, o, job)
	}
	if err := job.findHeader(ctx, o); err != nil {
		return err
	}
	job.form.Chosen = len(o.fields) > 0 || !job.scope.WholeExport()
	return job.write(o.out, "user", func(out io.Writer) error { return job.writeUsers(ctx, o.deleted, out) })
}

// writeOut has a function write to the file, which appears when that is done
// without an error, or to standard output, where nobody may be reading any more.
func (a *app) writeOut(path string, write func(io.Writer) error) (err error) {
	if path == stdinName {
		// Writing to a closed pipe is to be an error here and not the end.
		signal.Ignore(syscall.SIGPIPE)
		if err := buffering(a.stdout, write); !errors.Is(err, syscall.EPIPE) {
			return err
		}
		return errNobodyReads
	}
	file, err := exportfile.Create(path)
	if err != nil {
		return &usageError{err}
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := write(file); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
