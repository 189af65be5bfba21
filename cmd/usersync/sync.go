package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	usersync "usersync/sync"
)

func (a *app) syncCommand() *cobra.Command {
	options := &syncOptions{}
	cmd := &cobra.Command{
		Use:   "sync --to DEST",
		Short: "Copy all users into a mirror, writing only what changed",
		Long: `Copy all users of an Authgear project into a mirror, writing only what changed.

DEST is one of
  postgres://USER@HOST/DATABASE   a Postgres database (14 or newer)
  postgres                        the database whose URL is in DATABASE_URL
  FILE.csv                        a CSV file

The mirror changes all at once at the end, or not at all: readers never see half
a run, and a run that fails, is refused or is stopped leaves it as it was. A user
is only deleted from it after Authgear, asked for that very user, said that there
is none.

A full run reads everybody and says whether that is proven to be complete. An
incremental one reads who is new and whom Authgear's audit log names. That is
quick and best effort: it cannot see what the log does not tell, which is users
changed by an import, what changes by configuration, and entries that were lost.
--mode auto, the default, is full when the last complete sweep is older than
--full-every, when the mirror was told of an import, when the log will not do, and
always for a CSV file.

A run that finds more than it may do alone is refused: exit code 5, nothing changed,
and a sentence that says what to look at and how to approve just that.`,
		Annotations: map[string]string{afterFlags: exitCodeTable()},
		Example: `  usersync sync --to users.csv
  usersync sync --to postgres --dry-run -v
  usersync sync --to postgres://app@db.example.com/app --quiet
  usersync sync --to users.csv --fields sub,email,name --json`,
	}
	a.declareSync(options, func(heading string, settings ...*setting) { a.declare(cmd, heading, settings...) })
	return a.command(cmd, func(cmd *cobra.Command) error { return a.sync(cmd.Context(), options) })
}

// sync runs once and shows what came of it.
func (a *app) sync(ctx context.Context, o *syncOptions) error {
	job, err := a.prepareSync(o)
	if err != nil {
		return err
	}
	listing := a.newListing()
	changes := &changeWriter{out: listing, fields: job.fields, width: valueWidth(a.stdout)}
	if o.verbose {
		job.onChange = changes.write
	}
	// A bar and a list would write over each other.
	progress := a.showProgress(a.stderr.isTerminal() && !a.logging.quiet && !(o.verbose && isTerminal(a.stdout)), readingUsers())
	job.progress = progress.update
	report, err := a.runSync(ctx, job)
	progress.close()
	if written := errors.Join(changes.err, listing.Flush()); written != nil && err == nil {
		err = fmt.Errorf("write result: %w", written)
	}
	if shown := a.showReport(report, job, o, err); shown != nil {
		return errors.Join(err, shown)
	}
	if err == nil && o.exitCode && report.Changes.Any() {
		return errDifferences
	}
	return err
}

// showReport prints the result: an object whatever happened, or a table of what
// was done, or found before the run was refused for it. What went wrong is an
// error and is not told twice.
func (a *app) showReport(report *usersync.Report, job *syncJob, o *syncOptions, err error) error {
	if o.json {
		return a.printJSON(report)
	}
	_, published := errors.AsType[*usersync.IncompleteError](err)
	judged := report.Status == usersync.StatusRefused && len(report.Budgets) > 0
	if (err == nil || published || judged) && !a.logging.quiet {
		return a.print(resultText(report, job, o))
	}
	return nil
}

// resultText is the result for people.
func resultText(report *usersync.Report, job *syncJob, o *syncOptions) string {
	text := placesText(job.from, job.to.String()) + reportText(report)
	if o.verbose && report.Changes.Any() {
		text = "\n" + text
	}
	return text
}

func (a *app) printJSON(document any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// valueWidth is how wide a value may be so that an old and a new one fit on a
// terminal's line; 0, for any width, where there is no terminal.
func valueWidth(out any) int {
	const beside = 36 // the indentation, a long field's name and the arrow
	if width := columns(out); width > 0 {
		return max(20, (width-beside)/2)
	}
	return 0
}
