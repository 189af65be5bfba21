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
	Mode   ModeConfig
	Policy Policy
	// DryRun finds out everything and changes nothing.
	DryRun bool
	// Anew compares with what is really in the mirror instead of the stored
	// fingerprints, and so finds what others have changed there.
	Anew bool
	// ReplaceNUL puts U+FFFD for U+0000 in texts, which Postgres cannot hold.
	ReplaceNUL bool
	// KeepHistory is how long rows of the change log are kept; 0 is for ever.
	KeepHistory time.Duration

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

// Run copies the source's users to the mirror, writing only what changed. The
// report says what was done and is there with every error, too. The error is
// nil when all is done, a [*RefusedError] when the plan was judged unsafe, a
// [*StoppedError] when the context ended the run, and otherwise what went wrong;
// in all these cases nothing was published, or the error says that this is not
// known. Only with an [*IncompleteError] the run was published as well.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	r := &run{Config: cfg, register: newRegister(), census: Census{TotalStart: -1, TotalEnd: -1}}
	r.plan.lost = make(map[loss]int)
	r.report = &Report{
		RunID: cfg.RunID, Mode: ModeFull, DryRun: cfg.DryRun, Status: StatusRunning,
		Project: cfg.Source.Project(), Budgets: []Budget{}, StartedAt: cfg.Now().UTC(),
	}
	err := r.execute(ctx)
	var incomplete *IncompleteError
	published := err == nil || errors.As(err, &incomplete)
	if !published && ctx.Err() != nil {
		stopped := &StoppedError{Cause: context.Cause(ctx)}
		if r.publishing {
			stopped.Publishing = err
		}
		err = stopped
	}
	r.close(err)
	if !published && r.begun {
		if abandoned := cfg.Mirror.Abandon(context.WithoutCancel(ctx), r.report); abandoned != nil {
			cfg.Logger.Error("the ledger could not be closed; the next run will", "run", cfg.RunID, "error", abandoned)
		}
	}
	return r.report, err
}

// A run is the state of one way through [Run].
type run struct {
	Config
	report *Report
	begun  bool // the ledger has a line that must be closed
	// publishing says that the mirror was told to publish, so that an error no
	// longer means for sure that nothing was changed.
	publishing bool

	history   history
	register  *register
	forgotten func(ID) bool // nil for nobody
	census    Census
	compared  FieldSet // the fields by which users are compared
	refill    bool     // every user is to be written anew
	discards  bool     // the mirror will no longer keep who is gone
	controls  controls
	pending   []found
	plan      plan
}

func (r *run) execute(ctx context.Context) error {
	if err := r.remember(ctx); err != nil {
		return err
	}
	if err := r.read(ctx); err != nil {
		return err
	}
	if r.discards {
		r.report.Changes.Discarded = r.register.gone - r.report.Changes.Restored
	}
	r.plan.live, r.plan.changes, r.plan.deletedBefore = r.register.live, r.report.Changes, r.history.deletedInWindow
	if err := r.judge(ctx); err != nil {
		return err
	}
	if r.DryRun {
		r.report.Changes.TakenOut = r.toTakeOut() // otherwise the mirror says so
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	verdict := r.tooManyIncomplete()
	r.close(verdict)
	r.publishing = true
	if err := r.Mirror.Publish(ctx, r.report); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return verdict
}

// toTakeOut is how many users the mirror holds whom it must not.
func (r *run) toTakeOut() int {
	if r.forgotten == nil {
		return 0
	}
	users := 0
	for id := range r.register.where(func(s state) bool { return s&(mirrored|gone) == mirrored }) {
		if r.forgotten(id) {
			users++
		}
	}
	return users
}

// remember loads what the mirror knows, and begins the run.
func (r *run) remember(ctx context.Context) error {
	held, err := r.Mirror.Holds(ctx)
	if err != nil {
		return fmt.Errorf("read what the mirror holds: %w", err)
	}
	if err := r.Policy.JudgeProject(r.report.Project, held.Project); err != nil {
		return err
	}
	if r.history, err = readHistory(ctx, r.Mirror, r.report.Project, r.report.StartedAt.Add(-r.Policy.DeleteWindow)); err != nil {
		return err
	}
	r.plan.first, r.discards = !held.Published, held.Discards
	r.compared = r.Fields
	if held.Published {
		// Other fields than before must not make everybody look changed: what is
		// compared is what both have, and who is unchanged in that is written
		// anew without a word to the change log.
		r.compared = r.Fields.Intersect(held.Fields)
		r.refill = held.Stale || !r.Fields.Equal(held.Fields)
		r.dropFields(held.Fields)
	}
	r.report.Mode = r.chooseMode(held)
	if !r.DryRun {
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	if r.forgotten, err = r.Mirror.Forgotten(ctx); err != nil {
		return fmt.Errorf("read who must be forgotten: %w", err)
	}
	for known, err := range r.Mirror.Known(ctx, r.compared, r.Anew) {
		if err != nil {
			return fmt.Errorf("read the mirror: %w", err)
		}
		r.register.add(known)
	}
	r.Logger.Debug("mirror read", "users", r.register.live, "written_anew", r.refill)
	return nil
}

// dropFields notes what the mirror holds and the run leaves out. The values of
// those who exist go with it, so that the mirror holds nothing that is out of
// date.
func (r *run) dropFields(held FieldSet) {
	r.report.FieldsAdded, r.report.FieldsDropped = r.Fields.without(held).Names(), held.without(r.Fields).Names()
	if len(r.report.FieldsDropped) > 0 && !r.DryRun {
		r.Logger.Warn("fields are no longer mirrored; their values leave the mirror", "fields", r.report.FieldsDropped)
	}
	for f := range held.without(r.Fields).All() {
		if guarded(f) || f.Name == "custom_attributes" {
			r.plan.dropped = append(r.plan.dropped, loss{field: f})
		}
	}
}

func (r *run) begin(ctx context.Context) error {
	start := Start{
		RunID: r.RunID, Mode: r.report.Mode, StartedAt: r.report.StartedAt, Version: r.Version,
		Project: r.report.Project, Fields: r.Fields, KeepHistory: r.KeepHistory,
	}
	if err := r.Mirror.Begin(ctx, start); err != nil {
		return fmt.Errorf("begin run: %w", err)
	}
	r.begun = true
	return nil
}

// tooManyIncomplete makes an error of one incomplete sweep too many in a row.
func (r *run) tooManyIncomplete() error {
	if r.report.Mode != ModeFull || r.census.Complete || r.Policy.MaxIncomplete == 0 {
		return nil
	}
	if runs := r.history.incompleteInARow + 1; runs >= r.Policy.MaxIncomplete {
		return &IncompleteError{Runs: runs}
	}
	return nil
}

// close completes the report with how the run ended.
func (r *run) close(err error) {
	r.report.Status = statusOf(err)
	if r.report.Status == StatusFailed || r.report.Status == StatusInterrupted {
		r.report.Changes = Counts{}
	}
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
	var stopped *StoppedError
	var incomplete *IncompleteError
	switch {
	case err == nil, errors.As(err, &incomplete):
		return StatusOK
	case errors.As(err, &refused):
		return StatusRefused
	case errors.As(err, &stopped):
		return StatusInterrupted
	default:
		return StatusFailed
	}
}
