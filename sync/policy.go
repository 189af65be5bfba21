package usersync

import (
	"fmt"
	"strings"
	"time"
)

// A Policy is what a run may do without a person being asked.
type Policy struct {
	// MaxDelete is how many of the mirror's users one run, and all runs within
	// DeleteWindow together, may delete.
	MaxDelete    Limit
	DeleteWindow time.Duration
	// MaxChange is how many of the mirror's users one run may change, logins
	// aside. It does not bind a first run.
	MaxChange Limit
	// AllowEmpty lets a source without users empty a mirror that has some.
	AllowEmpty bool
	// RequireComplete refuses what rests on a sweep that is not proven complete.
	RequireComplete bool
	// MaxIncomplete is how many published runs in a row may be incomplete before
	// that is made an error, so that somebody looks; 0 is any number, without so
	// much as a warning.
	MaxIncomplete int
	// Adopt takes a mirror over that holds another project's users.
	Adopt bool
	// Approve is the id of a refused run. What it was refused for may be done.
	Approve string
	// OnDelete is what becomes of users whom the run finds gone: EraseNothing
	// keeps their rows with a mark, EraseValues empties them, EraseUser removes
	// them. Rows that were marked before stay as they are.
	OnDelete Erasure
}

// ParseOnDelete reads what --on-delete may be.
func ParseOnDelete(text string) (Erasure, error) {
	switch text {
	case "tombstone":
		return EraseNothing, nil
	case "scrub":
		return EraseValues, nil
	case "purge":
		return EraseUser, nil
	default:
		return 0, fmt.Errorf("on-delete %q: must be tombstone, scrub or purge", text)
	}
}

// JudgeProject keeps one project's users out of another's mirror: the error of a
// run that would put them there is a [*RefusedError].
func (p Policy) JudgeProject(source, held Project) error {
	if held == (Project{}) || held == source || p.Adopt {
		return nil
	}
	return &RefusedError{
		Budget: "adopt",
		Reason: fmt.Sprintf("the mirror holds the users of %s, not of %s", held, source),
		Remedy: "Check the endpoint and the destination; if the project has really moved, run once with --adopt",
	}
}

// judgeSweep refuses what a sweep alone shows to be wrong, before anybody is
// asked for by id.
func (p Policy) judgeSweep(read, live int, census *CensusReport) error {
	if read == 0 && live > 0 && !p.AllowEmpty {
		return &RefusedError{
			Budget: "allow-empty",
			Reason: fmt.Sprintf("Authgear has no users, the mirror has %s", grouped(live)),
			Remedy: "Check the endpoint and the app ID; if the project was really emptied, run again with --allow-empty and --max-delete 100%",
		}
	}
	if !census.Complete && p.RequireComplete {
		return &RefusedError{
			Budget: "require-complete",
			Reason: "the sweep cannot show that it missed nobody" + gapsNamed(census.Gaps),
			Remedy: "Run it again when fewer users come and go, or without --require-complete",
		}
	}
	return nil
}

// gapsNamed says of whom a sweep cannot show that it missed nobody.
func gapsNamed(gaps []GapReport) string {
	const shown = 3
	if len(gaps) == 0 {
		return ""
	}
	times := make([]string, min(shown, len(gaps)))
	for i := range times {
		times[i] = gaps[i].String()
	}
	text := " who was created " + strings.Join(times, ", or ")
	if more := len(gaps) - shown; more > 0 {
		text += fmt.Sprintf(", or in %s more ranges of time", grouped(more))
	}
	return text
}

// IncompleteError says that a run was published, but that it was one of too many
// in a row whose sweeps could not show that they missed nobody.
type IncompleteError struct {
	Runs int
}

// Error says what happened and what to do.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("published, but the last %d sweeps could not show that they missed nobody. See their gaps with `usersync runs show`: "+
		"100 or more users created in one instant, or an endpoint that does not list users by time of creation, never get better by themselves.", e.Runs)
}
