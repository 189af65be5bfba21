package importer

import (
	"context"
	"fmt"

	"usersync/sync/userimport"
)

// A fate is how a POST went for the rows that have no result by it.
type fate uint8

const (
	answered  fate = iota // the server told of every record
	lost                  // no answer: it may be carried out yet
	died                  // a task of it ended before its time
	stuck                 // it is pending, and has been for too long
	forgotten             // the server does not know the job any more
)

// How often a run sends records before it gives up on them.
const (
	maxLosses = 4  // POSTs without an answer, in a row or not
	maxTries  = 24 // in all: halving a thousand rows down to one takes ten
)

// deliver sees to it that every row of an attempt has a result. When it returns
// they do, whatever happened.
func (im *Importer) deliver(ctx context.Context, first attempt) {
	todo := []attempt{first}
	for len(todo) > 0 {
		next := todo[0]
		more, err := im.try(ctx, &next)
		if err != nil {
			im.halt(err)
			im.leave(next.rows)
			for _, a := range todo[1:] {
				im.leave(a.rows)
			}
			return
		}
		todo = append(more, todo[1:]...)
	}
}

// try carries one attempt out, and says what to try for rows without a result.
// An error means that the import cannot go on.
func (im *Importer) try(ctx context.Context, a *attempt) ([]attempt, error) {
	if !a.resumed {
		if err := im.halted(); err != nil {
			return nil, err
		}
		if err := im.refresh(ctx, a); err != nil {
			return nil, err
		}
		if len(a.rows) == 0 {
			return nil, nil
		}
		if more, err := im.post(ctx, a); err != nil || more != nil || len(a.rest()) == 0 {
			return more, err
		}
	}
	fate := lost
	if a.job != "" {
		var err error
		if fate, err = im.follow(ctx, a); err != nil {
			return nil, err
		}
	}
	if len(a.rest()) == 0 {
		return nil, nil
	}
	im.cfg.Log.InfoContext(ctx, "records to settle", "job", a.job, "records", len(a.rest()), "because", fate.String())
	before := len(a.rest())
	if err := im.settle(ctx, a, fate); err != nil {
		return nil, err
	}
	return im.again(a, fate, before > len(a.rest()))
}

// again says what to try for the rows that were certainly not carried out, until
// what kills a task, or keeps it from its end, is alone.
func (im *Importer) again(a *attempt, fate fate, progress bool) ([]attempt, error) {
	rest := a.rest()
	if len(rest) == 0 {
		return nil, nil
	}
	worst := 0
	for _, r := range rest {
		if fate == lost {
			if r.losses++; r.losses >= maxLosses {
				return nil, &StandstillError{What: fmt.Sprintf("Authgear gave no answer to %d imports of the same rows, and did not carry them out", maxLosses)}
			}
		}
		if fate == died || fate == stuck {
			r.strikes++
			worst = max(worst, r.strikes)
		}
		if r.tries >= maxTries {
			im.leave(rest)
			return nil, nil
		}
	}
	alone := a.sent == 1
	switch {
	case worst < 2:
		return im.pack(rest, a.update, maxRows), nil
	case fate == died && alone:
		result := userimport.Result{
			Row: rest[0].item.Row, User: rest[0].item.User, Outcome: userimport.Rejected,
			Reason: fmt.Sprintf("Authgear's work on it ended without a word, %d times, the last time with this record alone", rest[0].strikes),
		}
		if rest[0].fits {
			result.Details = []string{"all of it that can be read back is there, so that it may have been carried out"}
		}
		return nil, im.tell("", rest, []userimport.Result{result})
	case fate == stuck && alone:
		im.leave(rest)
		return nil, nil
	case fate == stuck && !progress:
		return nil, &StandstillError{What: fmt.Sprintf("%d jobs with the same rows were pending for longer than --job-timeout, and Authgear carried out none of them", worst)}
	case fate == died:
		return im.suspicious(rest, a.update), nil
	default:
		return im.halves(rest, a.update), nil
	}
}

// String is the fate in a few words.
func (f fate) String() string {
	switch f {
	case lost:
		return "no answer"
	case died:
		return "the job ended before its time"
	case stuck:
		return "the job is pending for too long"
	case forgotten:
		return "the job is forgotten"
	default:
		return "the answer leaves it open"
	}
}
