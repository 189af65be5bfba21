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
		if approved.covers(b, r.register) {
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

// An approval is what a person let pass: what one run was refused for.
type approval struct {
	users map[ID]bool
	// figures are how many users each budget was refused for, by its name.
	figures map[string]int
}

// covers says whether a budget may be exceeded: the same one was, by as many
// users at least, and none of those concerned now was not concerned then.
func (a *approval) covers(b Budget, register *register) bool {
	if a == nil {
		return false
	}
	figure, refused := a.figures[b.Name]
	if b.marks == doomed {
		// The window's figure counts earlier runs as well; whoever approved these
		// deletions approved them for both.
		_, byRun := a.figures["max-delete"]
		_, byWindow := a.figures["delete-window"]
		figure, refused = b.Figure, byRun || byWindow
	}
	if !refused || b.Figure > figure {
		return false
	}
	for id := range register.marked(b.marks) {
		if !a.users[id] {
			return false
		}
	}
	return true
}

// approved is what a person has approved; nil for nothing.
func (r *run) approved(ctx context.Context) (*approval, error) {
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
	a := &approval{users: make(map[ID]bool, len(users)), figures: make(map[string]int)}
	for _, id := range users {
		a.users[id] = true
	}
	for report, err := range r.Mirror.Runs(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the refusal of run %s: %w", r.Policy.Approve, err)
		}
		if report.RunID != r.Policy.Approve {
			continue
		}
		for _, b := range report.Budgets {
			if b.exceeded() && !b.Approved {
				a.figures[b.Name] = b.Figure
			}
		}
		break
	}
	return a, nil
}

func (r *run) refusal(refused []Budget, approvedBefore bool) error {
	first := refused[0]
	reasons := make([]string, len(refused))
	for i, b := range refused {
		reasons[i] = b.reason
	}
	examples := r.report.Refused[:min(10, len(r.report.Refused))]
	reason := strings.Join(reasons, "; ")
	if len(examples) > 0 {
		reason += " (for example " + list(examples) + ")"
	}
	if approvedBefore {
		reason += "; some of this is not among what run " + r.Policy.Approve + " was refused for"
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
