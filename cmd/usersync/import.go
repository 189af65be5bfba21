package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func (a *app) importCommand() *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use:   "import FILE --identifier FIELD",
		Short: "Bring the people in a file into Authgear",
		Long: `Bring the people in a file into an Authgear project, each row to one known end:

  created, updated   the user has what the row says
  unchanged          the user had it already; nothing was sent
  skipped            the user exists; add --upsert to update them
  conflict           who is meant cannot be said, or changed meanwhile
  rejected           the row is wrong, and was not sent
  failed             Authgear refused it
  unknown, not_sent  the import ended early; the same command goes on

FILE is CSV, NDJSON or a JSON array, in UTF-8 or UTF-16, also as .gz or .zst. Columns
have the names of Authgear's fields, such as email, given_name, address.country,
custom_attributes.NAME, roles or password_hash: usersync import template has them all.
Instead of FILE, - is standard input, and --from with --query a database.

First the whole file is checked, and Authgear is asked who exists. Nothing is sent
until you have seen what each row will do and said yes; --dry-run ends there.

What was sent is kept in a journal on disk. When an import is stopped, killed or cut
off, run the same command again: it finds out what came of the rows that it had sent,
makes nobody twice, and goes on with the rest.`,
		Annotations: map[string]string{afterFlags: exitCodeTable()},
		Example: `  usersync import users.csv --identifier email --dry-run
  usersync import users.csv --identifier email --upsert --map 'E-Mail=email'
  usersync import users.json --identifier email --preset auth0 \
      --set email_verified=true
  usersync import --from postgres --query 'select email, name from people' \
      --identifier email --spool people.ndjson --yes`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageErrorf("%s takes one file: %q is one too many. See: %s --help", cmd.CommandPath(), args[1], cmd.CommandPath())
			}
			return nil
		},
	}
	o.settings(func(heading string, settings ...*setting) { a.declare(cmd, heading, settings...) })
	cmd.AddCommand(a.importTemplateCommand())
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, args []string) error {
		return a.importUsers(cmd.Context(), o, args)
	})
}

// importUsers imports and shows what came of it.
func (a *app) importUsers(ctx context.Context, o *importOptions, args []string) error {
	job, err := a.prepareImport(ctx, o, args)
	if err != nil {
		err = interrupted(ctx, err, "Nothing was sent; run it again when you like")
		return errors.Join(err, a.showImportReport(o, nil, concluded(userimport.NewReport(o.dryRun), err)))
	}
	report, err := a.runImport(ctx, job)
	if closing := job.close(report, err); closing != nil {
		err = errors.Join(err, closing)
	}
	if shown := a.showImportReport(o, job, concluded(report, err)); shown != nil {
		return errors.Join(err, shown)
	}
	if err == nil && !report.Spotless() {
		return errRows
	}
	return err
}

// concluded makes a report tell of the error by which its import ended, if any, with
// the status that the exit code stands for.
func concluded(report *userimport.Report, err error) *userimport.Report {
	if err == nil {
		return report
	}
	switch code := exitCode(err); {
	case code == exitRefused:
		report.Status = usersync.StatusRefused
	case code > exitSignal:
		report.Status = usersync.StatusInterrupted
	default:
		report.Status = usersync.StatusFailed
	}
	text := sentence(err)
	report.Error = &text
	return report
}

// showImportReport prints the result: an object whatever happened, or what became
// of the rows once there is something to tell of them. Without a job it did not
// come that far.
func (a *app) showImportReport(o *importOptions, job *importJob, report *userimport.Report) error {
	switch {
	case o.json:
		return a.printJSON(report)
	case job == nil || report.Rows == 0:
		return nil
	case report.DryRun:
		return a.print(job.planText() + job.dryText(report) + job.filesText())
	default:
		return a.print(job.resultText(report))
	}
}

// checkSaysYes wants it said beforehand where nobody can be asked.
func (a *app) checkSaysYes(o *importOptions) error {
	if o.dryRun || o.yes || a.canAsk(o) {
		return nil
	}
	return usageErrorf("there is nobody here to ask whether the rows may be sent. Look at what they would do with --dry-run, then say --yes")
}

// identifierNeed is what rows cannot be matched without.
func (o *importOptions) identifierNeed() need {
	return need{"--identifier", "USERSYNC_IDENTIFIER", fmt.Sprintf("the login ID by which rows are matched with users: %s", orWords(identifierNames())), o.identifier != ""}
}
