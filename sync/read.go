package usersync

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"
)

// read finds out what differs, in the run's mode.
func (r *run) read(ctx context.Context) error {
	if r.report.Mode == ModeIncremental {
		fit, err := r.follow(ctx)
		if err != nil || fit {
			return err
		}
	}
	if err := r.take(ctx, r.Source.Users(ctx, r.Fields, &r.census)); err != nil {
		return err
	}
	r.report.Census = r.census.report()
	level := slog.LevelInfo
	if !r.census.Complete && r.Policy.MaxIncomplete > 0 {
		level = slog.LevelWarn // unless it was said that incomplete ones are to be lived with
	}
	r.Logger.Log(ctx, level, "sweep done", "users", r.register.seen, "pages", r.census.Pages, "complete", r.census.Complete)
	if err := r.Policy.judgeSweep(r.register.seen, r.register.live, r.report.Census); err != nil {
		return err
	}
	if err := r.ask(ctx, slices.SortedFunc(r.register.missing(), compareIDs)); err != nil {
		return err
	}
	if r.census.Complete {
		r.moveWatermark(r.census.Began)
	}
	return nil
}

// moveWatermark says up to when everything is in the mirror. While that is not
// known of somebody, the watermark stays where it was.
func (r *run) moveWatermark(to time.Time) {
	if r.report.Changes.Undecided == 0 {
		r.report.Watermark = moment(to)
	}
}

// take compares everyone who comes.
func (r *run) take(ctx context.Context, users iter.Seq2[*User, error]) error {
	for u, err := range users {
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

const (
	// followOverlap is how far before the watermark the audit log is read again:
	// its rows are written after the change is committed, and clocks differ.
	followOverlap = 10 * time.Minute
	// clockStep is by how much the source's clock may be behind the watermark.
	// Clocks are put right by little steps, and the servers behind one address
	// differ by as much. What happened since was then dated so much too early,
	// for which there is the overlap; beyond that its own purpose suffers.
	clockStep = 30 * time.Second
	// followAtMost is the share of users, in percent, above which reading all of
	// them page by page is less work than asking for each.
	followAtMost = 20
)

// follow reads who is new and who may have changed. It reports false where only
// a full run will do.
func (r *run) follow(ctx context.Context) (fit bool, err error) {
	source := r.Source.(Follower) //nolint:forcetypeassert // chooseMode has seen to it
	since := r.history.watermark.Add(-followOverlap)
	hints, err := source.Since(ctx, since, r.history.swept)
	if err != nil {
		return false, fmt.Errorf("read who may have changed: %w", err)
	}
	if r.register.live > 0 && hints.Unfit == "" && len(hints.IDs)*100 > r.register.live*followAtMost && len(hints.IDs) > LookupBatch {
		hints.Unfit = "too many users have changed"
	}
	if hints.Watermark.Before(r.history.watermark.Add(-clockStep)) {
		hints.Unfit = "the source's clock was set back"
	}
	if hints.Unfit != "" {
		r.report.Mode = r.full(hints.Unfit)
		return false, nil
	}
	if err := r.take(ctx, source.Newcomers(ctx, since, r.Fields, &r.census)); err != nil {
		return false, err
	}
	if r.register.seen == 0 && r.register.live > 0 {
		// Without anybody alive there are no controls, and no null is believed.
		r.report.Mode = r.full("the source shows nobody")
		return false, nil
	}
	// The clock alone changes some: their accounts begin or cease to be valid.
	concerned := hints.IDs
	for id, err := range r.Mirror.Due(ctx, since, hints.Watermark) {
		if err != nil {
			return false, fmt.Errorf("read whose state ends: %w", err)
		}
		concerned = append(concerned, id)
	}
	slices.SortFunc(concerned, compareIDs)
	concerned = slices.DeleteFunc(slices.Compact(concerned), func(id ID) bool { return r.register.entries[id].state&seen != 0 })
	if err := r.ask(ctx, concerned); err != nil {
		return false, err
	}
	if why := r.disagreement(); why != "" {
		r.report.Mode = r.full(why)
		// Who was left undecided need not be, once everybody is read: nor is
		// there a want of controls then.
		r.register.reopen()
		r.report.Changes.Undecided, r.controls = 0, controls{}
		return false, nil
	}
	r.moveWatermark(hints.Watermark)
	changes := &r.report.Changes
	changes.Unchanged = r.register.live - changes.Updated - changes.Deleted - changes.Undecided
	r.Logger.Debug("followed the audit log", "users", r.register.seen, "asked_for", len(concerned))
	return true, nil
}

// A run that follows believes the source's count of its users as long as it is
// off by no more than so many, or by this share of them: they come and go while
// they are counted.
const (
	countSlack        = 10
	countSlackPercent = 1
)

// disagreement says why the log cannot have told everything: the source has far
// more users than the mirror would have, as when a backup was restored, or far
// fewer. Whoever was forgotten may be among the source's, and of those who are
// undecided nobody knows. It is empty where all is well, or was not counted.
func (r *run) disagreement() string {
	total := r.census.TotalEnd
	if total < 0 {
		return ""
	}
	changes := r.report.Changes
	live := r.register.live + changes.Created + changes.Restored - changes.Deleted
	slack := max(countSlack, total*countSlackPercent/100)
	if total >= live-changes.Undecided-slack && total <= live+r.history.forgotten+slack {
		return ""
	}
	return fmt.Sprintf("the source counts %s users, and the mirror would have %s", grouped(total), grouped(live))
}
