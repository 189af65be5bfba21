package userimport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	usersync "usersync/sync"
)

// An Import brings the rows of a table into Authgear.
type Import struct {
	Table      Table
	Mapping    *Mapping
	Identifier Identifier
	// Upsert lets users who exist get what their rows say; otherwise they are skipped.
	Upsert bool
	// AllowUnknownAttributes sends custom attributes that are seen on nobody,
	// which Authgear drops without a word if it does not know them.
	AllowUnknownAttributes bool
	// DryRun ends before anything is sent, by the same path.
	DryRun bool
	// Directory is asked who exists. A dry run can do without one: then nobody is
	// looked up, and every row that is right is taken for somebody new.
	Directory Directory
	// Results keeps what became of each row. In a dry run it is nil, or keeps what
	// would become of each.
	Results Results
	// Learned is what an earlier run of the same import, which did not come to its
	// end, found the project to have; nil asks the directory. What it sent by then
	// would make the project look otherwise, and rows must stay what they were.
	Learned *Project
	// Open opens the journal, with an error if it is that of an unfinished import of
	// another table. It is not called in a dry run.
	Open func(ctx context.Context, opening Opening) (Sender, error)
	// Planned is told the plan, in a dry run too; it may be nil.
	Planned func(plan *Plan)
	// Approve is asked before anything is sent, unless there is nothing to send;
	// an error ends the import.
	Approve func(ctx context.Context, plan *Plan) error
	// Explain is told of each row what is planned, in order; it may be nil.
	Explain func(PlannedRow)
	// Progress is told how far the import is, every hundred rows or so, one call at a
	// time, and must not wait for the import; it may be nil.
	Progress func(Progress)
	Now      func() time.Time
}

// An Opening is what a journal is opened for.
type Opening struct {
	Table   Digest
	Project Project // as rows are checked against it
	// Emit takes every row's result, from one goroutine at a time.
	Emit func(Result) error
}

// Results keeps what became of each row. It is safe for concurrent use.
type Results interface {
	// Put keeps a row's result. A second one for the same row is an error.
	Put(result Result) error
	// Annotate adds to a row's details. It says whether that made the row one to
	// look at, which it was not before.
	Annotate(row int, details []string) (first bool, err error)
	// Check proves that nothing was lost: each row from 1 to the given number has
	// one result, and those that claim a change carry their evidence.
	Check(rows int) error
}

// A run is one import on its way.
type run struct {
	*Import
	report *Report
	plan   *Plan
	sender Sender
	// states are what is known of each row, by its number less 1.
	states     []state
	updates    updates
	digest     Digest
	duplicates *Duplicates
	project    Project
	problems   problemCounts
	claimed    claims     // the row that each user who exists is meant by
	mutex      sync.Mutex // for what the sender tells: states, the report, and these
	sending    bool
	decided    int // rows that have their result
}

// Run imports. The report is there with an error as well. An error is a
// [*TableError], a [*RefusedError], a [*QuotaError], a [*usersync.StoppedError],
// what Approve said, or that of whatever was asked. Where the import ended early,
// every row has a result all the same.
func (i *Import) Run(ctx context.Context) (*Report, error) {
	began := i.Now()
	r := &run{Import: i, report: NewReport(i.DryRun), plan: &Plan{Outcomes: counts()}, problems: make(problemCounts)}
	err := r.run(ctx)
	if stopped := context.Cause(ctx); err != nil && stopped != nil && errors.Is(err, ctx.Err()) {
		err = &usersync.StoppedError{Cause: stopped}
	}
	r.report.Status = r.report.status(err)
	r.report.DurationSeconds = i.Now().Sub(began).Seconds()
	if err != nil {
		text := err.Error()
		r.report.Error = &text
	}
	return r.report, err
}

func (r *run) run(ctx context.Context) error {
	if err := r.preflight(ctx); err != nil {
		return r.unlessOther(ctx, err)
	}
	if err := r.survey(ctx); err != nil {
		return err
	}
	if !r.DryRun {
		sender, err := r.open(ctx)
		if err != nil {
			return err
		}
		r.sender = sender
		if err := sender.Replay(r.replayed); err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		sender.Claims(r.reserve)
	}
	if err := r.compare(ctx); err != nil {
		return err
	}
	r.plan.Estimate.finish(r.plan)
	r.plan.Problems = r.problems.sorted()
	r.report.Estimate, r.report.Problems = &r.plan.Estimate, r.plan.Problems
	if r.Planned != nil {
		r.Planned(r.plan)
	}
	r.report.Notes = append(r.report.Notes, r.plan.Notes...)
	if r.DryRun {
		r.report.Rows, r.report.Outcomes, r.report.Warnings = r.plan.Rows, r.plan.Outcomes, r.plan.Warnings
		return nil
	}
	if r.plan.Sending() > 0 {
		if err := r.Approve(ctx, r.plan); err != nil {
			return err
		}
	}
	r.report.Rows = r.plan.Rows
	err := r.send(ctx)
	traffic := r.sender.Traffic()
	r.report.Jobs, r.report.Bytes = traffic.Jobs, traffic.Bytes
	if leftErr := r.settleAccounts(); leftErr != nil {
		return errors.Join(err, leftErr)
	}
	if checkErr := r.Results.Check(r.plan.Rows); checkErr != nil {
		return errors.Join(err, fmt.Errorf("account for every row: %w", checkErr))
	}
	return err
}

func (r *run) open(ctx context.Context) (Sender, error) {
	return r.Open(ctx, Opening{Table: r.digest, Project: r.project, Emit: r.keep})
}

// unlessOther is why the preflight refused the import, unless it judged by what an
// import of another table, or with other options, had learned: then the journal says
// that it is of another.
func (r *run) unlessOther(ctx context.Context, refused error) error {
	if r.Learned == nil || r.DryRun || !isA[*RefusedError](refused) {
		return refused
	}
	if err := r.survey(ctx); err != nil {
		return err
	}
	if _, err := r.open(ctx); err != nil {
		return err
	}
	return refused
}

func counts() map[Outcome]int {
	zero := make(map[Outcome]int)
	for _, outcome := range Outcomes() {
		zero[outcome] = 0
	}
	return zero
}

func isA[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}
