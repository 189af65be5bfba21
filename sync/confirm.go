package usersync

import (
	"context"
	"fmt"
	"slices"
)

// Absence from a sweep proves nothing: a user deleted elsewhere pulls a live one
// past it. So whoever was not seen is asked for by name, in batches that carry
// users known to be alive. Only when these come back is the null beside them
// believed: a lookup that answers null to everything, because ids are encoded in
// another way than the server's or because it is asked in the wrong project,
// must not delete anybody.

// A batch carries two controls. Should these be deleted between being read and
// being asked for, others are tried; then nothing of the batch is believed.
const (
	controlsPerBatch = 2
	controlAttempts  = 3
)

// controls are the users last read alive in this run.
type controls struct {
	recent [controlsPerBatch * controlAttempts]ID
	count  int
}

func (c *controls) add(id ID) {
	c.recent[c.count%len(c.recent)] = id
	c.count++
}

// pick gives the controls of the nth attempt. A project of fewer users has fewer.
func (c *controls) pick(attempt int) []ID {
	available := c.recent[:min(c.count, len(c.recent))]
	first := attempt * controlsPerBatch
	if first >= len(available) {
		first = 0
	}
	return available[first:min(first+controlsPerBatch, len(available))]
}

// confirm asks for everyone that the mirror has and the sweep did not see. Who
// answers was missed and joins the changes; who is confirmed to be gone becomes
// a deletion; who cannot be decided stays.
func (r *run) confirm(ctx context.Context) error {
	candidates := slices.Collect(r.register.missing())
	slices.SortFunc(candidates, compareIDs)
	for batch := range slices.Chunk(candidates, LookupBatch-controlsPerBatch) {
		if err := r.confirmBatch(ctx, batch); err != nil {
			return err
		}
	}
	return r.flush(ctx)
}

func (r *run) confirmBatch(ctx context.Context, candidates []ID) error {
	for attempt := range controlAttempts {
		controls := r.controls.pick(attempt)
		answers, err := r.Source.Lookup(ctx, slices.Concat(controls, candidates), r.Fields)
		if err != nil {
			return fmt.Errorf("ask for %d users by id: %w", len(candidates), err)
		}
		if len(answers) != len(controls)+len(candidates) {
			return fmt.Errorf("ask for %d users by id: %d answers", len(controls)+len(candidates), len(answers))
		}
		if !slices.Contains(answers[:len(controls)], nil) {
			return r.settle(ctx, candidates, answers[len(controls):])
		}
	}
	r.Logger.Warn("users that the sweep did not see stay in the mirror: asked for by id, users read a moment ago did not come back either", "users", len(candidates))
	r.report.Changes.Unchanged += len(candidates)
	return nil
}

func (r *run) settle(ctx context.Context, candidates []ID, answers []*User) error {
	var absent []ID
	for i, id := range candidates {
		if answers[i] == nil {
			absent = append(absent, id)
			continue
		}
		if err := r.see(ctx, answers[i]); err != nil {
			return err
		}
	}
	before, err := r.load(ctx, absent)
	if err != nil {
		return err
	}
	changes := make([]Change, len(absent))
	for i, id := range absent {
		changes[i] = Change{Op: Delete, ID: id, Before: before[i]}
	}
	r.deleted = append(r.deleted, absent[:min(len(absent), 10-min(10, len(r.deleted)))]...)
	return r.stage(ctx, changes)
}
