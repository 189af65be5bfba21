package usersync

import "iter"

// A register is what a run holds in memory of everyone: who is in the mirror,
// with which fingerprint, and who was seen in the source. It is the one thing
// that grows with the project, by some sixty bytes a user.
type register struct {
	entries map[ID]entry
	live    int // users of the mirror that are not marked as gone
	seen    int // distinct users seen in the source
}

type entry struct {
	fingerprint Fingerprint
	state       state
}

type state uint8

const (
	mirrored state = 1 << iota // the mirror has the user
	gone                       // … marked as gone
	seen                       // the source yielded the user in this run
)

func newRegister() *register { return &register{entries: make(map[ID]entry)} }

func (r *register) add(k Known) {
	e := entry{fingerprint: k.Fingerprint, state: mirrored}
	if k.Deleted {
		e.state |= gone
	} else {
		r.live++
	}
	r.entries[k.ID] = e
}

// see notes that the source yielded a user and returns what was known before.
func (r *register) see(id ID) entry {
	before := r.entries[id]
	if before.state&seen == 0 {
		r.seen++
		r.entries[id] = entry{fingerprint: before.fingerprint, state: before.state | seen}
	}
	return before
}

// missing yields the live users of the mirror that the source did not yield. It
// may be called while users are seen: one seen meanwhile is left out or not.
func (r *register) missing() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for id, e := range r.entries {
			if e.state == mirrored && !yield(id) {
				return
			}
		}
	}
}
