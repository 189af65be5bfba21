package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"usersync/sink"
	usersync "usersync/sync"
)

// A syncJob is one run, ready to go.
type syncJob struct {
	source     usersync.Source
	from       string // the source, for people
	to         destination
	schema     string
	migrate    bool
	fields     usersync.FieldSet
	replaceNUL bool
	policy     usersync.Policy
	dryRun     bool
	progress   func(usersync.Progress)
	onChange   func(usersync.Change)
}

// runSync opens the mirror, runs and closes it. The report is there with every
// error, so that whoever waits for one gets one.
func (a *app) runSync(ctx context.Context, job *syncJob) (*usersync.Report, error) {
	report := &usersync.Report{RunID: usersync.NewRunID(a.now()), Mode: usersync.ModeFull, DryRun: job.dryRun, StartedAt: a.now().UTC()}
	mirror, err := a.openMirror(ctx, job)
	if err == nil {
		report, err = usersync.Run(ctx, usersync.Config{
			Source: job.source, Mirror: mirror, Fields: job.fields, Policy: job.policy,
			DryRun: job.dryRun, ReplaceNUL: job.replaceNUL,
			RunID: report.RunID, Version: programVersion(), Now: a.now, Logger: a.logger,
			Progress: job.progress, OnChange: job.onChange,
		})
		if closed := mirror.Close(); closed != nil {
			a.logger.Warn("the mirror could not be closed in order", "error", closed)
		}
	} else {
		report.Status = usersync.StatusFailed
		if errors.Is(err, context.Canceled) {
			report.Status = usersync.StatusInterrupted
		}
		report.FinishedAt = a.now().UTC()
		report.DurationSeconds = report.FinishedAt.Sub(report.StartedAt).Seconds()
	}
	if err != nil {
		err = interrupted(ctx, err, "The mirror is as it was; run it again when you like")
		text := sentence(err)
		report.Error = &text
	}
	return report, err
}

// A heldMirror is a mirror that nobody else can use until it is closed.
type heldMirror interface {
	usersync.Mirror
	io.Closer
}

func (a *app) openMirror(ctx context.Context, job *syncJob) (heldMirror, error) {
	if job.to.url == "" {
		mirror, err := sink.OpenCSV(ctx, sink.CSVConfig{Path: job.to.path, Logger: a.logger})
		if err != nil {
			return nil, asUsage(err)
		}
		return mirror, nil
	}
	mirror, err := sink.OpenPostgres(ctx, sink.PostgresConfig{
		URL: job.to.url, Schema: job.schema, Migrate: job.migrate && !job.dryRun, Logger: a.logger,
	})
	if err != nil {
		return nil, fmt.Errorf("open mirror: %w", err)
	}
	return mirror, nil
}

// asUsage makes what is wrong with the place of a mirror the person's to mend,
// unless waiting is what helps.
func asUsage(err error) error {
	if errors.Is(err, usersync.ErrLocked) || errors.Is(err, context.Canceled) || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return &usageError{err}
}
