package userimport

import (
	"slices"

	usersync "usersync/sync"
)

// A state is what is known of a row on the way: where it is, and once it has a
// result, no more than that.
type state uint8

const (
	undecided state = iota
	open            // an earlier run sent it
	toCreate
	toUpdate
	decided // it has its result
)

// An update is a row that is to change somebody, who must not have changed since.
type update struct {
	row  int
	user usersync.ID
	seen usersync.Fingerprint // of the user when the row was planned
}

// updates are those of a plan, in the order of the rows.
type updates []update

// of is that of a row which is to change somebody.
func (u updates) of(row int) update {
	i, _ := slices.BinarySearchFunc(u, row, func(entry update, row int) int { return entry.row - row })
	return u[i]
}

// fingerprint is of all of a user that a row can set.
func fingerprint(user *usersync.User) usersync.Fingerprint {
	return usersync.FingerprintOf(user, Settable())
}

// keep takes a result over, once for each row.
func (r *run) keep(result Result) error {
	if err := r.Results.Put(result); err != nil {
		return err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.states[result.Row-1] = decided
	r.report.Outcomes[result.Outcome]++
	if result.Warned() {
		r.report.Warnings++
	}
	return nil
}

// replayed takes over the result of a row that an earlier run finished with.
func (r *run) replayed(result Result) error {
	r.plan.Done++
	r.plan.Outcomes[result.Outcome]++
	if result.Outcome == Created || result.Outcome == Updated {
		r.plan.sent++
	}
	if result.Outcome == Updated || result.Outcome == Created {
		r.claimed[result.User] = result.Row
	}
	return r.keep(result)
}
