package usersync

import (
	"context"
	"fmt"
)

// stageBatch is how many changed users a run holds in memory before it hands
// them to the mirror.
const stageBatch = 500

// beatEvery is after how many users the ledger is told that the run is alive.
const beatEvery = 100

// found is a user of the source of whom the mirror holds something else.
type found struct {
	op     Op
	user   *User
	before *User // what the mirror holds, for an update and a restore; set by loadBefore
	mended bool  // the user was asked for once more
}

// see compares one user of the source with what the mirror remembers. Whoever
// was seen before in this run is passed over: both readings were true.
func (r *run) see(ctx context.Context, u *User) error {
	before := r.register.see(u.ID)
	if before.state&seen != 0 {
		r.census.Repeats++
		return nil
	}
	r.controls.add(u.ID)
	if r.begun && r.register.seen%beatEvery == 0 {
		if err := r.Mirror.Beat(ctx); err != nil {
			return fmt.Errorf("note that the run is alive: %w", err)
		}
	}
	if before.state&doomed != 0 {
		// Its deletion is staged, and nobody who exists may be deleted.
		return fmt.Errorf("user %s was gone and is back; the next run sees to it", u.ID)
	}
	if r.forgotten != nil && r.forgotten(u.ID) {
		r.report.Changes.Forgotten++
		return nil
	}
	if r.ReplaceNUL {
		u.replaceNUL()
	}
	var op Op
	switch {
	case before.state&mirrored == 0:
		op = Create
	case before.state&gone != 0:
		op = Restore
	case before.fingerprint != FingerprintOf(u, r.compared):
		op = Update
	case r.refill:
		r.report.Changes.Unchanged++
		op = Refill
	default:
		r.report.Changes.Unchanged++
		return nil
	}
	r.pending = append(r.pending, found{op: op, user: u})
	if len(r.pending) < stageBatch {
		return nil
	}
	return r.flush(ctx)
}

// flush finds out what exactly differs in the pending users and stages it.
func (r *run) flush(ctx context.Context) error {
	if len(r.pending) == 0 {
		return nil
	}
	if err := r.loadBefore(ctx); err != nil {
		return err
	}
	if err := r.mendTorn(ctx); err != nil {
		return err
	}
	changes := make([]Change, 0, len(r.pending))
	for _, p := range r.pending {
		c := Change{Op: p.op, ID: p.user.ID, Before: p.before, After: p.user}
		if p.before != nil {
			c.Fields = Diff(c.Before, c.After, r.compared)
		}
		if p.op == Update && len(c.Fields) == 0 {
			r.report.Changes.Unchanged++
			if p.mended && !r.refill {
				continue
			}
			// The stored fingerprint was wrong, the columns are right.
			c = Change{Op: Refill, ID: c.ID, After: c.After}
		}
		r.weigh(&c)
		changes = append(changes, c)
	}
	clear(r.pending)
	r.pending = r.pending[:0]
	return r.stage(ctx, changes)
}

// loadBefore adds what the mirror holds of the pending users.
func (r *run) loadBefore(ctx context.Context) error {
	var ids []ID
	for _, p := range r.pending {
		if p.op == Update || p.op == Restore {
			ids = append(ids, p.user.ID)
		}
	}
	before, err := r.load(ctx, ids)
	if err != nil {
		return err
	}
	for i, p := range r.pending {
		if p.op == Update || p.op == Restore {
			r.pending[i].before, before = before[0], before[1:]
		}
	}
	return nil
}

// weigh notes what the budgets need to know of a change.
func (r *run) weigh(c *Change) {
	for _, f := range c.Fields {
		if c.Op == Update && !f.Volatile && r.register.entries[c.ID].state&altered == 0 {
			r.register.mark(c.ID, altered)
			r.plan.altered++
		}
	}
	if f, mirrored := r.Fields.Lookup("is_anonymized"); mirrored && c.Op != Create && c.After.Has(f) {
		// Whoever is anonymised at Authgear must not live on in the log: neither
		// when that happens, nor when a mirror comes to know of it that did not
		// hold the field before. Newcomers have nothing there.
		c.Erase = EraseHistory
	}
	for _, lost := range losses(*c) {
		r.plan.lost[lost]++
		r.register.mark(c.ID, bereft)
	}
}

func (r *run) stage(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		r.report.Changes.add(c.Op)
		if r.OnChange != nil && c.Op != Refill {
			r.OnChange(c)
		}
	}
	if r.DryRun || len(changes) == 0 {
		return nil
	}
	if err := r.Mirror.Stage(ctx, changes); err != nil {
		return fmt.Errorf("stage changes: %w", err)
	}
	return nil
}

func (r *run) load(ctx context.Context, ids []ID) ([]*User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	users, err := r.Mirror.Load(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read %d users of the mirror: %w", len(ids), err)
	}
	if len(users) != len(ids) {
		return nil, fmt.Errorf("read %d users of the mirror: it gave %d", len(ids), len(users))
	}
	return users, nil
}
