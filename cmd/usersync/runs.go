package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	usersync "usersync/sync"
)

// runsOptions say whose ledger is read and how it is shown.
type runsOptions struct {
	mirror mirrorOptions
	json   bool
}

func (a *app) runsCommand() *cobra.Command {
	o := &runsOptions{}
	cmd := &cobra.Command{
		Use:   "runs [COMMAND] --to DEST",
		Short: "Look back on what was done to a mirror",
		Long: `Look back on what was done to a mirror: its ledger, which Postgres has in the table
runs, and a CSV file beside it in FILE.runs.ndjson. Authgear is not asked. Dry runs
are not in it, nor is a run that still goes on or was killed.

Without a command it does what list does.` + destinationHelp,
		Example: `  usersync runs --to postgres
  usersync runs show --to postgres
  usersync runs show 20261123-031500-q7m2ka --to users.csv --json`,
	}
	a.declareForAll(cmd, "Mirror", o.mirror.settings()...)
	a.declareForAll(cmd, "Output",
		&setting{name: "json", value: switched(&o.json), usage: "print JSON: for each run the object that sync --json printed, and with show the users it was refused for"})
	list := func(cmd *cobra.Command) error {
		err := a.listRuns(cmd.Context(), o)
		return interrupted(cmd.Context(), err, "")
	}
	a.command(cmd, list)
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return groupOf(cmd, args)
	}
	cmd.AddCommand(
		a.command(&cobra.Command{
			Use:     "list --to DEST",
			Short:   "List the runs, the latest first",
			Long:    "List the runs of a mirror, the latest first: what each found, and whether its sweep\nis proven to have missed nobody." + destinationHelp,
			Example: "  usersync runs list --to postgres\n  usersync runs list --to users.csv --json",
		}, list),
		a.showRunCommand(o),
	)
	return cmd
}

func (a *app) showRunCommand(o *runsOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [RUN] --to DEST",
		Short: "Show all about one run, the latest unless its ID is given",
		Long: `Show all about one run, the latest unless its ID is given: what it read, what it
found, by which limits that was judged, and, where it was refused, for whom.` + destinationHelp,
		Example: "  usersync runs show --to postgres\n  usersync runs show 20261123-031500-q7m2ka --to postgres --json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageErrorf("%s takes one run's ID, or none for the latest run. See: %s --help", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
	}
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, args []string) error {
		wanted := ""
		if len(args) == 1 {
			wanted = args[0]
		}
		err := a.showRun(cmd.Context(), o, wanted)
		return interrupted(cmd.Context(), err, "")
	})
}

// openLedger opens the mirror for nothing but what it knows of its runs.
func (a *app) openLedger(ctx context.Context, o *mirrorOptions) (heldMirror, error) {
	if err := checkNeeds(o.need()); err != nil {
		return nil, err
	}
	to, err := a.destination(o)
	if err != nil {
		return nil, err
	}
	return a.openMirror(ctx, to, mirrorUse{looks: true, ledger: true, exists: true})
}

func (a *app) listRuns(ctx context.Context, o *runsOptions) error {
	reports, err := a.readRuns(ctx, o)
	if err != nil {
		return err
	}
	if !o.json {
		return a.print(runsTable(reports))
	}
	for _, report := range reports {
		if err := a.printJSON(report); err != nil {
			return err
		}
	}
	return nil
}

// readRuns reads the whole ledger before anything is printed, so that an error
// stands alone.
func (a *app) readRuns(ctx context.Context, o *runsOptions) ([]*usersync.Report, error) {
	ledger, err := a.openLedger(ctx, &o.mirror)
	if err != nil {
		return nil, err
	}
	defer a.closeMirror(ledger)
	var reports []*usersync.Report
	for report, err := range ledger.Runs(ctx) {
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// A runDetail is a run with the users for whose sake it was refused.
type runDetail struct {
	*usersync.Report
	Refused []usersync.ID `json:"refused"` // for whose sake the run was refused
}

func (a *app) showRun(ctx context.Context, o *runsOptions, wanted string) error {
	detail, err := a.findRun(ctx, o, wanted)
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(detail)
	}
	return a.print(runText(detail))
}

func (a *app) findRun(ctx context.Context, o *runsOptions, wanted string) (*runDetail, error) {
	ledger, err := a.openLedger(ctx, &o.mirror)
	if err != nil {
		return nil, err
	}
	defer a.closeMirror(ledger)
	for report, err := range ledger.Runs(ctx) {
		if err != nil {
			return nil, err
		}
		if wanted != "" && report.RunID != wanted || wanted == "" && report.Mode == usersync.ModeImport {
			continue // the note of an import is no run
		}
		detail := &runDetail{Report: report, Refused: []usersync.ID{}}
		refused, found, err := ledger.Refused(ctx, report.RunID)
		if err != nil {
			return nil, fmt.Errorf("read for whom run %s was refused: %w", report.RunID, err)
		}
		if found {
			detail.Refused = append(detail.Refused, refused...)
		}
		return detail, nil
	}
	if wanted == "" {
		return nil, usageErrorf("this mirror has no runs to show yet. Check --to and --schema, or run usersync sync first")
	}
	return nil, usageErrorf("this mirror has no run %q. See: usersync runs list", wanted)
}
