package usersync

import (
	"fmt"
	"strings"
)

// A Policy is what a run may do without a person being asked.
type Policy struct {
	// MaxDelete is how many of the mirror's users one run may mark as deleted.
	MaxDelete Limit
	// AllowEmpty lets a source without users empty a mirror that has some.
	AllowEmpty bool
}

// judgeSweep refuses what a sweep alone shows to be wrong, before anybody is
// asked for by id.
func (p Policy) judgeSweep(read, live int) error {
	if read > 0 || live == 0 || p.AllowEmpty {
		return nil
	}
	return &RefusedError{
		Budget: "allow-empty",
		Reason: fmt.Sprintf("Authgear has no users, the mirror has %d", live),
		Remedy: "Check the endpoint and the app ID; if the project was really emptied, run again with --allow-empty and --max-delete 100%",
	}
}

// judgeDeletions refuses more confirmed deletions than the policy allows.
func (p Policy) judgeDeletions(deleted, live int, examples []ID) error {
	allowed := p.MaxDelete.Of(live)
	if deleted <= allowed {
		return nil
	}
	return &RefusedError{
		Budget:   "max-delete",
		Reason:   fmt.Sprintf("%d of the mirror's %d users are gone from Authgear, --max-delete %s allows %d (the first: %s)", deleted, live, p.MaxDelete, allowed, list(examples)),
		Remedy:   fmt.Sprintf("Look at them with --dry-run -v; if they are meant to go, run again with --max-delete %d", deleted),
		Examples: examples,
	}
}

func list(ids []ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return strings.Join(texts, ", ")
}
