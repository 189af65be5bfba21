package usersync

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// judge measures the whole plan, with nothing published yet. A budget that is
// exceeded refuses the run, unless a person has approved the refusal of just
// these users before. The refusal is for all that is exceeded, what was approved
// included: whoever approves it has let all of this plan pass.
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
	var marks, refusedMarks state
	for i, b := range budgets {
		if !b.exceeded() {
			continue
		}
		marks |= b.marks
		if approved.covers(b, r.register) {
			budgets[i].Approved = true
			continue
		}
		refused = append(refused, b)
		refusedMarks |= b.marks
	}
	r.report.Budgets = budgets
	if len(refused) == 0 {
		return nil
	}
	r.report.Refused = slices.SortedFunc(r.register.marked(marks), compareIDs)
	return r.refusal(refused, slices.SortedFunc(r.register.marked(refusedMarks), compareIDs), approved)
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
		_, byRun := a.figures[budgetDelete]
		_, byWindow := a.figures[budgetWindow]
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
		switch {
		case err != nil:
			return nil, fmt.Errorf("read the refusal of run %s: %w", r.Policy.Approve, err)
		case report.RunID == r.Policy.Approve:
			for _, b := range report.Budgets {
				if b.exceeded() {
					a.figures[b.Name] = b.Figure
				}
			}
			return a, nil
		case report.published():
			// What was looked at then is not what there is now.
			return nil, &RefusedError{
				Budget: "approve",
				Reason: fmt.Sprintf("run %s was published after run %s was refused, so that refusal can no longer be approved", report.RunID, r.Policy.Approve),
				Remedy: "Run the same command without --approve; should that be refused, it can be approved by the ID that it names",
			}
		}
	}
	return a, nil
}

// refusal is the error of a run that was refused for the sake of the users
// concerned. Who approved something is told what that does not cover.
func (r *run) refusal(refused []Budget, concerned []ID, approved *approval) error {
	first := refused[0]
	reasons := make([]string, len(refused))
	for i, b := range refused {
		reasons[i] = b.reason
	}
	reason := strings.Join(reasons, "; ")
	examples := concerned
	if approved != nil {
		examples = slices.DeleteFunc(slices.Clone(concerned), func(id ID) bool { return approved.users[id] })
	}
	switch {
	case approved == nil && len(examples) > 0:
		reason += " (for example " + list(examples) + ")"
	case approved != nil && len(examples) > 0:
		reason += "; not among what run " + r.Policy.Approve + " was refused for: " + list(examples)
		if more := len(examples) - examplesShown; more > 0 {
			reason += " and " + grouped(more) + " more"
		}
	case approved != nil:
		reason += "; that is not what run " + r.Policy.Approve + " was refused for"
		examples = concerned
	}
	remedy := first.remedy + "; if it is right, run the same command again, with --approve " + r.RunID
	if r.DryRun {
		remedy = first.remedy + "; a real run that is refused can be approved by its ID"
	}
	return &RefusedError{Budget: first.Name, Reason: reason, Remedy: remedy, Examples: examples[:min(examplesShown, len(examples))]}
}

// examplesShown is how many of the users concerned a refusal names.
const examplesShown = 10

// list names the first of some users.
func list(ids []ID) string {
	texts := make([]string, min(examplesShown, len(ids)))
	for i := range texts {
		texts[i] = ids[i].String()
	}
	return strings.Join(texts, ", ")
}
