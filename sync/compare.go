package usersync

import (
	"context"
	"fmt"
)

// found is a user that the source has and the mirror has not, or otherwise.
type found struct {
	op   Op
	user *User
}

// see compares one user of the source with what the mirror remembers. Whoever
// was seen before in this run is passed over: both readings were true.
func (r *run) see(ctx context.Context, u *User) error {
	before := r.register.see(u.ID)
	if before.state&seen != 0 {
		return nil
	}
	r.controls.add(u.ID)
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
		op = Refill
	default:
		r.report.Changes.Unchanged++
		return nil
	}
	r.pending = append(r.pending, found{op, u})
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
	changes := make([]Change, 0, len(r.pending))
	for _, p := range r.pending {
		c := Change{Op: p.op, ID: p.user.ID, After: p.user}
		if p.op == Update || p.op == Restore {
			c.Before, before = before[0], before[1:]
			c.Fields = Diff(c.Before, c.After, r.compared)
			if p.op == Update && len(c.Fields) == 0 {
				// The stored fingerprint was wrong, the columns are right.
				c = Change{Op: Refill, ID: c.ID, After: c.After}
			}
		}
		changes = append(changes, c)
	}
	r.pending = r.pending[:0]
	return r.stage(ctx, changes)
}

func (r *run) stage(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		r.report.Changes.add(c.Op)
		if r.OnChange != nil && c.Op != Refill {
			r.OnChange(c)
		}
	}
	if r.DryRun {
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
