package usersync

import (
	"context"
	"fmt"
	"iter"
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
	r.Logger.Info("sweep done", "users", r.register.seen, "pages", r.census.Pages, "complete", r.census.Complete)
	if err := r.Policy.judgeSweep(r.register.seen, r.register.live, r.census.Complete); err != nil {
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
	r.moveWatermark(hints.Watermark)
	changes := &r.report.Changes
	changes.Unchanged = r.register.live - changes.Updated - changes.Deleted - changes.Undecided
	r.Logger.Info("followed the audit log", "users", r.register.seen, "asked_for", len(concerned))
	return true, nil
}
