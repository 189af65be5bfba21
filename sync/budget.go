package usersync

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Budget is one thing that was judged before publishing.
type Budget struct {
	// Name is that of the flag which sets it, for losses "loss of FIELD", and for
	// fields that are no longer mirrored "dropping FIELD".
	Name    string `json:"name"`
	Figure  int    `json:"figure"`  // users the run concerns
	Allowed int    `json:"allowed"` // users it may concern
	// Approved says that the figure is beyond what is allowed, and was let pass
	// because a person approved the refusal of these users.
	Approved bool `json:"approved"`

	marks  state  // of the users concerned
	reason string // one clause, with the figures
	remedy string // a clause that begins a sentence
}

// The budgets that bind deletions.
const (
	budgetDelete = "max-delete"
	budgetWindow = "delete-window"
)

func (b Budget) exceeded() bool { return b.Figure > b.Allowed }

// A loss is a value that users have and would no longer have. Mass loss is the
// mark of a broken source, or of a permission that was taken from it, and looks
// like so many ordinary changes.
type loss struct {
	field *Field
	key   string // of custom_attributes, or empty
}

func (l loss) String() string {
	if l.key != "" {
		return l.field.Name + "." + l.key
	}
	return l.field.Name
}

// A loss is refused when it concerns at least so many users, and more than this
// share of those who have the value.
const (
	lossFloor   = 20
	lossPercent = 20
)

// guarded are the fields whose loss is watched, besides each custom attribute.
func guarded(f *Field) bool {
	switch f.Name {
	case "email", "phone_number", "preferred_username", "name":
		return true
	default:
		return false
	}
}

// losses are what an update takes away of what is guarded.
func losses(c Change) []loss {
	if c.Op != Update {
		return nil
	}
	var lost []loss
	for _, f := range c.Fields {
		if guarded(f) && !c.After.Has(f) {
			lost = append(lost, loss{field: f})
		}
		if f.Name != "custom_attributes" {
			continue
		}
		before, _ := c.Before.Get(f).(map[string]any)
		after, _ := c.After.Get(f).(map[string]any)
		for key, value := range before {
			if value != nil && after[key] == nil {
				lost = append(lost, loss{field: f, key: key})
			}
		}
	}
	return lost
}

// budgets are all that the plan is measured by; had tells how many users have
// what would be lost, and is asked only where that matters.
func (p Policy) budgets(plan plan, had func(loss) (int, error)) ([]Budget, error) {
	deleted := plan.changes.Deleted
	list := []Budget{{
		Name: budgetDelete, Figure: deleted, Allowed: p.MaxDelete.Of(plan.live), marks: doomed,
		reason: fmt.Sprintf("%s of the mirror's %s users are gone from Authgear, and --max-delete %s allows %s",
			grouped(deleted), grouped(plan.live), p.MaxDelete, grouped(p.MaxDelete.Of(plan.live))),
		remedy: "Look at them with --dry-run -v",
	}}
	if plan.deletedBefore > 0 && deleted > 0 {
		before := plan.live + plan.deletedBefore
		list = append(list, Budget{
			Name: budgetWindow, Figure: deleted + plan.deletedBefore, Allowed: p.MaxDelete.Of(before), marks: doomed,
			reason: fmt.Sprintf("with the %s users deleted in the last %s, %s of %s would be gone, and --max-delete %s allows %s",
				grouped(plan.deletedBefore), brief(p.DeleteWindow), grouped(deleted+plan.deletedBefore), grouped(before), p.MaxDelete, grouped(p.MaxDelete.Of(before))),
			remedy: "Look at them with --dry-run -v",
		})
	}
	if !plan.first {
		list = append(list, Budget{
			Name: "max-change", Figure: plan.altered, Allowed: p.MaxChange.Of(plan.live), marks: altered,
			reason: fmt.Sprintf("%s of the mirror's %s users would change, and --max-change %s allows %s",
				grouped(plan.altered), grouped(plan.live), p.MaxChange, grouped(p.MaxChange.Of(plan.live))),
			remedy: "Look at them with --dry-run -v",
		})
	}
	for _, lost := range plan.dropped {
		total, err := had(lost)
		if err != nil {
			return nil, err
		}
		list = append(list, Budget{
			Name: "dropping " + lost.String(), Figure: total, Allowed: lossFloor - 1, // concerns the mirror, not some of its users
			reason: fmt.Sprintf("%s is not among the --fields, and the %s users who have it would lose it in the mirror", lost, grouped(total)),
			remedy: "Correct --fields",
		})
	}
	for _, lost := range slices.SortedFunc(maps.Keys(plan.lost), func(a, b loss) int { return strings.Compare(a.String(), b.String()) }) {
		users := plan.lost[lost]
		if users < lossFloor {
			continue
		}
		total, err := had(lost)
		if err != nil {
			return nil, err
		}
		allowed := max(lossFloor-1, total*lossPercent/100)
		list = append(list, Budget{
			Name: "loss of " + lost.String(), Figure: users, Allowed: allowed, marks: bereft,
			reason: fmt.Sprintf("%s of the %s users who have %s would lose it, and no more than %d%% may in one run", grouped(users), grouped(total), lost, lossPercent),
			remedy: "See in Authgear's portal whether they really lost it",
		})
	}
	return list, nil
}

// A plan is what a run would do, in figures.
type plan struct {
	live          int // users of the mirror before
	first         bool
	changes       Counts
	deletedBefore int // within the window, by earlier runs
	altered       int
	lost          map[loss]int
	dropped       []loss // fields that are no longer to be mirrored at all
}
