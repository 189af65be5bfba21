package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	usersync "usersync/sync"
)

// A syncJob is one run, ready to go.
type syncJob struct {
	source      usersync.Source
	from        string // the source, for people
	to          destination
	migrate     bool
	exists      bool // there must be a mirror
	keepDeleted bool
	dropDeleted bool
	fields      usersync.FieldSet
	replaceNUL  bool
	anew        bool
	mode        usersync.ModeConfig
	maxDuration time.Duration // 0 is for ever
	policy      usersync.Policy
	keepHistory time.Duration // 0 is for ever
	dryRun      bool
	progress    func(usersync.Progress)
	onChange    func(usersync.Change)
}

// runSync opens the mirror, runs and closes it. The report is there with every
// error, so that whoever waits for one gets one.
func (a *app) runSync(ctx context.Context, job *syncJob) (*usersync.Report, error) {
	if job.maxDuration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, job.maxDuration, usersync.ErrTimeLimit)
		defer cancel()
	}
	report, err := a.runOn(ctx, job)
	if err == nil {
		return report, nil
	}
	after := "The mirror is as it was; run it again when you like"
	stopped, is := errors.AsType[*usersync.StoppedError](err)
	publishing := is && stopped.Publishing != nil
	if publishing {
		after = "It was publishing: the mirror is as before or as after, whole in either case, and the next run goes on from there"
	}
	err = interrupted(ctx, err, after)
	if outOfTime(ctx, err) && !publishing {
		err = &timeLimitError{job.maxDuration}
	}
	text := sentence(err)
	report.Error = &text
	return report, err
}

func (a *app) runOn(ctx context.Context, job *syncJob) (*usersync.Report, error) {
	id, started := usersync.NewRunID(a.now()), a.now().UTC()
	mirror, err := a.openMirror(ctx, job.to, mirrorUse{migrate: job.migrate, keepDeleted: job.keepDeleted, dropDeleted: job.dropDeleted, looks: job.dryRun, exists: job.exists})
	if err != nil {
		err = offerWaiting(job.to, err)
		return a.stillborn(job, id, started, err), err
	}
	defer a.closeMirror(mirror)
	if err := checkApproval(ctx, mirror, job.policy.Approve); err != nil {
		return a.stillborn(job, id, started, err), err
	}
	return usersync.Run(ctx, usersync.Config{
		Source: job.source, Mirror: mirror, Fields: job.fields, Mode: job.mode, Policy: job.policy,
		DryRun: job.dryRun, Anew: job.anew, ReplaceNUL: job.replaceNUL, KeepHistory: job.keepHistory,
		RunID: id, Version: programVersion(), Now: a.now, Logger: a.logger,
		Progress: job.progress, OnChange: job.onChange,
	})
}

// checkApproval finds out whether there is what is to be approved, before the
// ledger gets a run that was refused for a mistyped ID and is not worth a look.
func checkApproval(ctx context.Context, mirror heldMirror, runID string) error {
	if runID == "" {
		return nil
	}
	_, found, err := mirror.Refused(ctx, runID)
	if err != nil {
		return fmt.Errorf("read the refusal of run %s: %w", runID, err)
	}
	if !found {
		return usageErrorf("--approve: this mirror's ledger has no refusal of a run %q. See: usersync runs", runID)
	}
	return nil
}

// stillborn is the report of a run that could not even open its mirror.
func (a *app) stillborn(job *syncJob, id string, started time.Time, err error) *usersync.Report {
	report := &usersync.Report{
		RunID: id, Mode: usersync.ModeFull, Status: usersync.StatusFailed, DryRun: job.dryRun,
		Project: job.source.Project(), Budgets: []usersync.Budget{}, StartedAt: started, FinishedAt: a.now().UTC(),
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		report.Status = usersync.StatusInterrupted
	}
	report.DurationSeconds = report.FinishedAt.Sub(started).Seconds()
	return report
}

// A timeLimitError is [usersync.ErrTimeLimit] in words for people.
type timeLimitError struct{ limit time.Duration }

func (e *timeLimitError) Error() string {
	return fmt.Sprintf("it took longer than --max-duration %s. The mirror is as it was and the next run starts afresh; give it more time", shortDuration(e.limit))
}

func (e *timeLimitError) Unwrap() error { return usersync.ErrTimeLimit }

// outOfTime says whether it was the time limit that ended the work.
func outOfTime(ctx context.Context, err error) bool {
	return errors.Is(context.Cause(ctx), usersync.ErrTimeLimit) &&
		(errors.Is(err, usersync.ErrTimeLimit) || errors.Is(err, context.DeadlineExceeded))
}
