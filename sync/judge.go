package usersync

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// judge measures the whole plan, with nothing published yet. A budget that is
// exceeded refuses the run, unless a person has approved the refusal of just
// these users before.
func (r *run) judge(ctx context.Context) error {
	budgets, err := r.Policy.budgets(r.plan, func(l loss) (int, error) { return r.Mirror.Count(ctx, l.field, l.key) })
	if err != nil {
		return fmt.Errorf("count users of the mirror: %w", err)
	}
	approved, err := r.approved(ctx)
	if err != nil {
		return err
	}
	var refused []Budget
	var marks state
	for i, b := range budgets {
		if !b.exceeded() {
			continue
		}
		if approved != nil && r.allIn(b.marks, approved) {
			budgets[i].Approved = true
			continue
		}
		refused = append(refused, b)
		marks |= b.marks
	}
	r.report.Budgets = budgets
	if len(refused) == 0 {
		return nil
	}
	r.report.Refused = slices.SortedFunc(r.register.marked(marks), compareIDs)
	return r.refusal(refused, approved != nil)
}

// approved are the users of the refusal that a person approved; nil for none.
func (r *run) approved(ctx context.Context) (map[ID]bool, error) {
	if r.Policy.Approve == "" {
		return nil, nil
	}
	users, found, err := r.Mirror.Refused(ctx, r.Policy.Approve)
	if err != nil {
		return nil, fmt.Errorf("read the refusal of run %s: %w", r.Policy.Approve, err)
	}
	if !found {
		return nil, &RefusedError{
			Budget: "approve",
			Reason: fmt.Sprintf("there is no refusal of a run %s in this mirror's ledger", r.Policy.Approve),
			Remedy: "See `usersync runs list` for the runs there are",
		}
	}
	set := make(map[ID]bool, len(users))
	for _, id := range users {
		set[id] = true
	}
	return set, nil
}

func (r *run) allIn(marks state, approved map[ID]bool) bool {
	for id := range r.register.marked(marks) {
		if !approved[id] {
			return false
		}
	}
	return true
}

func (r *run) refusal(refused []Budget, approvedBefore bool) error {
	first := refused[0]
	reasons := make([]string, len(refused))
	for i, b := range refused {
		reasons[i] = b.reason
	}
	examples := r.report.Refused[:min(10, len(r.report.Refused))]
	reason := strings.Join(reasons, "; ") + " (for example " + list(examples) + ")"
	if approvedBefore {
		reason += "; some of them are not among those that run " + r.Policy.Approve + " was refused for"
	}
	remedy := first.remedy + "; if it is right, run again with --approve " + r.RunID
	if r.DryRun {
		remedy = first.remedy + "; a real run that is refused can be approved by its id"
	}
	return &RefusedError{Budget: first.Name, Reason: reason, Remedy: remedy, Examples: examples}
}

func list(ids []ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return strings.Join(texts, ", ")
}
