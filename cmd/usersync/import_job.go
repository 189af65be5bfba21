package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"usersync/adminapi"
	"usersync/sink/importer"
	"usersync/sink/importreport"
	"usersync/source"
	"usersync/source/table"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// An importJob is one import, ready to go, and then what is left of it.
type importJob struct {
	options  *importOptions
	in       *importInput
	mapping  *userimport.Mapping
	decisive []string
	client   *adminapi.Client // nil where Authgear is not asked
	project  usersync.Project
	places   importPlaces
	mirror   *importMirror // nil without --mirror

	results  *importreport.Log // nil where none are kept
	sender   *importer.Importer
	plan     *userimport.Plan // nil until there is one
	samples  planSamples
	approved bool // rows may have been sent
	declined bool // nobody said yes to sending
	cleared  bool // the results of an earlier import are out of the way
	files    importFiles
	unsaid   error // the results could not be written down
}

// importFiles are what was written at the end.
type importFiles struct {
	results, rejects int // rows
	spool            string
}

// prepareImport finds out everything that can be wrong before anything is asked
// or sent.
func (a *app) prepareImport(ctx context.Context, o *importOptions, args []string) (*importJob, error) {
	needs := []need{o.identifierNeed()}
	if !o.noLookup {
		needs = append(o.authgear.needs(), needs...)
	}
	if err := checkNeeds(needs...); err != nil {
		return nil, err
	}
	if err := o.check(args); err != nil {
		return nil, err
	}
	if err := a.checkSaysYes(o); err != nil {
		return nil, err
	}
	config, err := o.mapping()
	if err != nil {
		return nil, err
	}
	job := &importJob{options: o, decisive: o.decisive(&config)}
	if !o.noLookup {
		if job.client, err = a.client(&o.authgear); err != nil {
			return nil, err
		}
		job.project = usersync.Project{Endpoint: job.client.Endpoint(), AppID: job.client.AppID()}
	}
	if job.mirror, err = a.importMirror(o); err != nil {
		return nil, err
	}
	if job.mirror != nil && job.client != nil {
		if err := a.checkMirror(ctx, job.mirror, job.project); err != nil {
			return nil, err
		}
	}
	if job.in, err = a.input(ctx, o, args); err != nil {
		return nil, err
	}
	job.in.guarded = o.excelSafe
	config.Now = a.now()
	if err := job.prepareTable(&config); err != nil {
		return nil, errors.Join(err, job.leaveTable(nil, err))
	}
	return job, nil
}

// prepareTable understands the columns and makes room for the results.
func (job *importJob) prepareTable(config *userimport.MappingConfig) (err error) {
	if job.in.guarded && job.in.Format() != table.CSV {
		return usageErrorf("--excel-safe is for CSV files, and %s is none. Leave it out", job.in.name)
	}
	config.Keys = job.in.Format() != table.CSV
	if job.mapping, err = userimport.NewMapping(job.in.Columns(), *config); err != nil {
		return err
	}
	job.places = job.options.places(job.in.path, job.in.Format())
	if err := job.places.check(job.in.path, job.options.authgear.keyFile); err != nil {
		return err
	}
	if job.options.dryRun && job.places.results == "" && job.places.rejects.Path == "" {
		return nil
	}
	// Beside what is to be written, so that it is known now whether that can be.
	folder := filepath.Dir(job.places.results)
	if job.places.results == "" {
		folder = filepath.Dir(job.places.rejects.Path)
	}
	if job.results, err = importreport.NewLog(folder); err != nil {
		return &usageError{err}
	}
	return nil
}

// runImport runs the import and writes down what became of the rows. The report
// is there with every error.
func (a *app) runImport(ctx context.Context, job *importJob) (*userimport.Report, error) {
	listing := bufio.NewWriter(a.stdout)
	bar := a.stderr.isTerminal() && (!job.options.verbose || !isTerminal(a.stdout))
	progress := a.showImport(bar)
	job.samples = planSamples{all: job.options.verbose, listing: listing}
	engine, err := a.importEngine(job)
	if err != nil {
		return userimport.NewReport(job.options.dryRun), err
	}
	engine.Progress = progress.update
	engine.Planned = func(plan *userimport.Plan) {
		progress.close()
		job.plan = plan
		job.noteJournal()
	}
	sent := func() bool { return false }
	engine.Approve = func(ctx context.Context, plan *userimport.Plan) error {
		if err := errors.Join(job.samples.err, listing.Flush()); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		if err := a.presentPlan(job); err != nil {
			return err
		}
		if err := a.approve(ctx, job, plan); err != nil {
			job.declined = true
			return err
		}
		job.approved = true
		sent = context.AfterFunc(ctx, a.sayStopping)
		return job.clearWay()
	}
	report, err := engine.Run(ctx)
	sent()
	progress.close()
	if written := errors.Join(job.samples.err, listing.Flush()); written != nil && err == nil {
		err = fmt.Errorf("write result: %w", written)
	}
	err = interrupted(ctx, err, job.standing())
	report.Journal = job.places.journal
	if job.client != nil {
		stats := job.client.Stats()
		report.Requests, report.Retries = stats.Requests, stats.Retries
	}
	job.unsaid = job.writeDown(ctx, report)
	return report, errors.Join(err, job.unsaid, a.noteEnded(ctx, job, report))
}

// sayStopping lets people know why the program does not end at once.
func (a *app) sayStopping() {
	if a.stderr.isTerminal() {
		// As when a bar is closed: ^C stands where its line begins.
		_, _ = io.WriteString(a.stderr.out, "\r")
	}
	a.logger.Warn("stopping, in 10 seconds at most; Ctrl-C again stops at once")
}

// standing is how things are when the import is interrupted.
func (job *importJob) standing() string {
	if !job.approved {
		return "Nothing was sent; run it again when you like"
	}
	return "What was sent is in the journal; run the same command again to go on"
}

// importEngine is the import without what it shows.
func (a *app) importEngine(job *importJob) (engine *userimport.Import, err error) {
	o := job.options
	engine = &userimport.Import{
		Table: job.in, Mapping: job.mapping, Identifier: userimport.Identifier(o.identifier),
		Upsert: o.upsert, AllowUnknownAttributes: o.allowUnknown, DryRun: o.dryRun,
		Explain: job.samples.add, Now: a.now,
	}
	if job.results != nil {
		engine.Results = job.results
	}
	if job.client == nil {
		return engine, nil
	}
	directory := source.NewDirectory(job.client, 0)
	engine.Directory = a.narrowed(job, directory)
	if engine.Learned, err = job.learned(); err != nil {
		return nil, err
	}
	engine.Open = func(ctx context.Context, opening userimport.Opening) (userimport.Sender, error) {
		sender, err := importer.Open(ctx, importer.Config{
			Client: job.client, Directory: directory, Identifier: engine.Identifier,
			Dir: job.places.journal, Table: opening.Table, Project: opening.Project, Options: job.decisive,
			Endpoint: job.project.Endpoint, AppID: job.project.AppID, Restart: o.restart,
			Jobs: o.jobs, JobTimeout: o.jobTimeout, Readback: !o.noReadback,
			Emit: opening.Emit, Log: a.logger, Now: a.now,
		})
		if err != nil {
			return nil, err
		}
		job.sender = sender
		// The journal is this run's alone, and so are the files beside it.
		if err := job.places.removePartial(); err != nil {
			return nil, err
		}
		return a.noting(job, opening.Table, sender)
	}
	return engine, nil
}

// learned is what an import that is gone on with found the project to have.
func (job *importJob) learned() (*userimport.Project, error) {
	if job.options.restart || job.places.journal == "" {
		return nil, nil
	}
	return importer.Learned(job.places.journal)
}
