package usersync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Absence from a sweep proves nothing: a user deleted elsewhere pulls a live one
// past it. So whoever was not seen is asked for by name, in batches that carry
// users known to be alive. Only when these come back is the null beside them
// believed: a lookup that answers null to everything, because ids are encoded in
// another way than the server's or because it is asked in the wrong project,
// must not delete anybody.

// A batch carries two controls. Should one have been deleted between being read
// and being asked for, another takes its place, as long as there are any; then
// nothing of the batch is believed.
const (
	controlsPerBatch = 2
	controlsSampled  = 16
)

// controls are users read alive in this run: a fair sample of all of them, since
// those who are deleted in bulk are often neighbours.
type controls struct {
	sample    []ID
	count     int  // users that the sample is of
	withdrawn bool // somebody was taken back
}

// add takes a user into the sample with the same chance as every other.
func (c *controls) add(id ID) {
	c.count++
	if len(c.sample) < controlsSampled && len(c.sample) == c.count-1 {
		c.sample = append(c.sample, id)
	} else if place := rand.IntN(c.count); place < len(c.sample) { //nolint:gosec // a sample, not a secret
		c.sample[place] = id
	}
}

// withdraw takes back a user who was added and turned out to be gone before
// anything was made of it.
func (c *controls) withdraw(id ID) {
	c.count--
	c.remove(id)
	c.withdrawn = true
}

func (c *controls) remove(id ID) {
	c.sample = slices.DeleteFunc(c.sample, func(other ID) bool { return other == id })
}

// pick gives the controls of a batch. ok is false when there were some, and not
// enough are left. A project of fewer users has fewer from the beginning. But when
// a lookup, which needed no controls, took everybody back, it is not the project
// that is known to have nobody.
func (c *controls) pick() (ids []ID, ok bool) {
	wanted := min(controlsPerBatch, c.count)
	if c.withdrawn {
		wanted = max(1, wanted)
	}
	if len(c.sample) < wanted {
		return nil, false
	}
	return slices.Clone(c.sample[:wanted]), true
}

// drop takes users out of the sample who turned out to be gone.
func (c *controls) drop(controls []ID, answers []*User) (dropped bool) {
	for i, id := range controls {
		if answers[i] == nil {
			c.remove(id)
			dropped = true
		}
	}
	return dropped
}

// askRounds is how often a user is asked for at most.
const askRounds = 2

// ask asks for users by id. Who answers joins the changes, as one who was missed;
// who is confirmed to be gone becomes a deletion; who cannot be decided stays.
// Whoever answers, and turns out to be torn and gone when the changes are put
// together, has not been seen after all and is asked for in another round.
func (r *run) ask(ctx context.Context, ids []ID) error {
	for range askRounds {
		for batch := range slices.Chunk(ids, LookupBatch-controlsPerBatch) {
			if err := r.askBatch(ctx, batch); err != nil {
				return err
			}
		}
		if err := r.flush(ctx); err != nil {
			return err
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(id ID) bool { return !r.register.open(id) })
	}
	return r.leave(ctx, ids)
}

func (r *run) askBatch(ctx context.Context, ids []ID) error {
	for {
		controls, ok := r.controls.pick()
		if !ok {
			r.Logger.Warn("asked for by id, users read a moment ago did not come back, so nobody beside them is taken for deleted", "users", len(ids))
			return r.believeTheLiving(ctx, ids)
		}
		answers, err := r.Source.Lookup(ctx, slices.Concat(controls, ids), r.Fields)
		if err != nil {
			return fmt.Errorf("ask for %d users by id: %w", len(ids), err)
		}
		if len(answers) != len(controls)+len(ids) {
			return fmt.Errorf("ask for %d users by id: %d answers", len(controls)+len(ids), len(answers))
		}
		if !r.controls.drop(controls, answers) {
			return r.settle(ctx, ids, answers[len(controls):])
		}
	}
}

// settle believes the answers of a batch.
func (r *run) settle(ctx context.Context, ids []ID, answers []*User) error {
	var absent []ID
	for i, id := range ids {
		switch {
		case answers[i] != nil:
			if err := r.see(ctx, answers[i]); err != nil {
				return err
			}
		case r.register.open(id):
			absent = append(absent, id)
		}
	}
	before, err := r.load(ctx, absent)
	if err != nil {
		return err
	}
	now := r.Now().UTC()
	changes := make([]Change, len(absent))
	for i, id := range absent {
		changes[i] = Change{Op: Delete, ID: id, Before: before[i], Erase: r.Policy.OnDelete, ConfirmedAt: now}
		r.register.mark(id, doomed)
	}
	return r.stage(ctx, changes)
}

// believeTheLiving takes those who answer for what they are; of the others
// nothing is known, as nobody can vouch for the answer.
func (r *run) believeTheLiving(ctx context.Context, ids []ID) error {
	answers, err := r.Source.Lookup(ctx, ids, r.Fields)
	if err != nil {
		return fmt.Errorf("ask for %d users by id: %w", len(ids), err)
	}
	if len(answers) != len(ids) {
		return fmt.Errorf("ask for %d users by id: %d answers", len(ids), len(answers))
	}
	var silent []ID
	for i, id := range ids {
		if answers[i] == nil {
			silent = append(silent, id)
		} else if err := r.see(ctx, answers[i]); err != nil {
			return err
		}
	}
	return r.leave(ctx, silent)
}

// leave keeps users of whom nothing could be found out as the mirror has them.
func (r *run) leave(ctx context.Context, ids []ID) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id ID) bool { return !r.register.open(id) })
	for _, id := range ids {
		r.register.mark(id, left)
	}
	r.report.Changes.Undecided += len(ids)
	if !r.refill {
		return nil
	}
	users, err := r.load(ctx, ids)
	if err != nil {
		return err
	}
	changes := make([]Change, len(ids))
	for i, id := range ids {
		changes[i] = Change{Op: Refill, ID: id, After: users[i]}
	}
	return r.stage(ctx, changes)
}
