package usersync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A Config is what a run works with and may do.
type Config struct {
	Source Source
	Mirror Mirror
	Fields FieldSet
	Policy Policy
	// DryRun finds out everything and changes nothing.
	DryRun bool
	// ReplaceNUL puts U+FFFD for U+0000 in texts, which Postgres cannot hold.
	ReplaceNUL bool

	RunID   string // see NewRunID
	Version string // of usersync, for the ledger
	Now     func() time.Time
	Logger  *slog.Logger
	// Progress, if set, is told after every user read how far the run is.
	Progress func(Progress)
	// OnChange, if set, is shown every change when it is found out, which is
	// before it is known whether the run will publish it.
	OnChange func(Change)
}

// Progress is how far a run is.
type Progress struct {
	Users int // distinct users read
	Total int // users the source counted at the start; -1 where it did not
}

// ModeFull is the mode of a run that reads every user.
const ModeFull = "full"

// stageBatch is how many changed users a run holds in memory before it hands
// them to the mirror.
const stageBatch = 500

// Run copies the source's users to the mirror, writing only what changed. The
// report says what was done and is there with every error, too. The error is
// nil when all is done, a [*RefusedError] when the plan was judged unsafe, the
// context's when that ended the run, and otherwise what went wrong; in all these
// cases nothing was published.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	r := &run{Config: cfg, register: newRegister(), census: Census{TotalStart: -1, TotalEnd: -1}}
	r.report = &Report{RunID: cfg.RunID, Mode: ModeFull, DryRun: cfg.DryRun, Status: StatusRunning, StartedAt: cfg.Now().UTC()}
	err := r.execute(ctx)
	if err != nil && r.begun {
		r.close(err)
		if abandoned := cfg.Mirror.Abandon(context.WithoutCancel(ctx), r.report); abandoned != nil {
			cfg.Logger.Error("the ledger could not be closed; the next run will", "run", cfg.RunID, "error", abandoned)
		}
		return r.report, err
	}
	r.close(err)
	return r.report, err
}

// A run is the state of one way through [Run].
type run struct {
	Config
	report *Report
	begun  bool // the ledger has a line that must be closed

	register *register
	census   Census
	compared FieldSet // the fields by which users are compared
	refill   bool     // every user is to be written anew
	controls controls
	pending  []found
	deleted  []ID // the first ten, as examples
}

func (r *run) execute(ctx context.Context) error {
	if err := r.remember(ctx); err != nil {
		return err
	}
	if err := r.sweep(ctx); err != nil {
		return err
	}
	r.Logger.Info("sweep done", "users", r.register.seen, "pages", r.census.Pages)
	live := r.register.live
	if err := r.Policy.judgeSweep(r.register.seen, live); err != nil {
		return err
	}
	if err := r.confirm(ctx); err != nil {
		return err
	}
	if err := r.Policy.judgeDeletions(r.report.Changes.Deleted, live, r.deleted); err != nil {
		return err
	}
	if r.DryRun {
		return nil
	}
	r.close(nil)
	if err := r.Mirror.Publish(ctx, r.report); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// remember begins the run and loads what the mirror knows.
func (r *run) remember(ctx context.Context) error {
	if !r.DryRun {
		start := Start{RunID: r.RunID, Mode: r.report.Mode, StartedAt: r.report.StartedAt, Version: r.Version, Fields: r.Fields}
		if err := r.Mirror.Begin(ctx, start); err != nil {
			return fmt.Errorf("begin run: %w", err)
		}
		r.begun = true
	}
	held, err := r.Mirror.Holds(ctx)
	if err != nil {
		return fmt.Errorf("read what the mirror holds: %w", err)
	}
	r.compared = r.Fields
	if !held.Published {
		return nil
	}
	// Other fields than before must not make everybody look changed: what is
	// compared is what both have, and who is unchanged in that is written anew
	// without a word to the change log.
	r.compared = r.Fields.Intersect(held.Fields)
	r.refill = held.Stale || !r.Fields.Equal(held.Fields)
	for known, err := range r.Mirror.Known(ctx, r.compared) {
		if err != nil {
			return fmt.Errorf("read the mirror: %w", err)
		}
		r.register.add(known)
	}
	r.Logger.Info("mirror read", "users", r.register.live, "written_anew", r.refill)
	return nil
}

// sweep reads every user of the source and stages those that differ.
func (r *run) sweep(ctx context.Context) error {
	for u, err := range r.Source.Users(ctx, r.Fields, &r.census) {
		if err != nil {
			return err // says itself what was being read
		}
		if err := r.see(ctx, u); err != nil {
			return err
		}
		if r.Progress != nil {
			r.Progress(Progress{Users: r.register.seen, Total: r.census.TotalStart})
		}
	}
	return r.flush(ctx)
}

// close completes the report with how the run ended.
func (r *run) close(err error) {
	r.report.Status = statusOf(err)
	r.report.Error = nil
	if err != nil {
		sentence := err.Error()
		r.report.Error = &sentence
	}
	requests, retries := r.Source.Traffic()
	r.report.Source = SourceReport{
		Users: r.register.seen, Pages: r.census.Pages, Requests: requests, Retries: retries,
		TotalCountStart: counted(r.census.TotalStart), TotalCountEnd: counted(r.census.TotalEnd),
	}
	r.report.FinishedAt = r.Now().UTC()
	r.report.DurationSeconds = r.report.FinishedAt.Sub(r.report.StartedAt).Seconds()
}

func counted(total int) *int {
	if total < 0 {
		return nil
	}
	return &total
}

func statusOf(err error) Status {
	var refused *RefusedError
	switch {
	case err == nil:
		return StatusOK
	case errors.As(err, &refused):
		return StatusRefused
	case errors.Is(err, context.Canceled):
		return StatusInterrupted
	default:
		return StatusFailed
	}
}
