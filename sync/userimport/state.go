package userimport

import usersync "usersync/sync"

// A state is what is known of a row on the way: where it is, and once it has a
// result, no more than that.
type state uint8

const (
	undecided state = iota
	open            // an earlier run sent it
	toCreate
	toUpdate
	handedOver // the sender has it, and is to tell its result
	decided    // it has its result
)

// SeenOf is what an [Item]'s Seen is of a user who was read: the fingerprint of all
// that a row can set.
func SeenOf(user *usersync.User) usersync.Fingerprint {
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
	if r.decided++; r.decided%progressStep == 0 {
		r.showSending()
	}
	return nil
}

// beginSending has results tell how far the import is from here on. Rows that are
// not sent have theirs.
func (r *run) beginSending() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.sending = true
	r.showSending()
}

// showSending needs the mutex, so that no two calls are made at once.
func (r *run) showSending() {
	if r.sending && r.Progress != nil {
		r.Progress(Progress{Phase: Sending, Done: r.decided, Total: len(r.states)})
	}
}

// handed notes that the sender took a row over, which it did not with an error,
// unless it has told the row's result by now.
func (r *run) handed(row int, err error) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err == nil && r.states[row-1] != decided {
		r.states[row-1] = handedOver
	}
	return err
}

// reserve keeps a user for the row that an earlier run may have updated them by,
// wherever in the table it stands.
func (r *run) reserve(row int, user usersync.ID) { r.claimed.take(user, row) }

// replayed takes over the result of a row that an earlier run finished with.
func (r *run) replayed(result Result) error {
	r.plan.Done++
	r.plan.Outcomes[result.Outcome]++
	if result.Outcome == Created || result.Outcome == Updated {
		r.plan.sent++
	}
	if result.Outcome == Updated || result.Outcome == Created {
		r.claimed.take(result.User, result.Row)
	}
	return r.keep(result)
}
