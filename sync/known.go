package usersync

import "iter"

// A register is what a run holds in memory of everyone: who is in the mirror,
// with which fingerprint, and what became of them in this run. It is the one
// thing that grows with the project, by some sixty bytes a user.
type register struct {
	entries map[ID]entry
	live    int // users of the mirror that are not marked as gone
	gone    int // … and those that are
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
	doomed                     // the run would delete the user
	altered                    // the run would change more than a login of the user
	bereft                     // the run would take a value from the user that is guarded
	left                       // nothing could be found out, so the user stays as the mirror has it
)

func newRegister() *register { return &register{entries: make(map[ID]entry)} }

func (r *register) add(k Known) {
	e := entry{fingerprint: k.Fingerprint, state: mirrored}
	if k.Deleted {
		e.state |= gone
		r.gone++
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
		r.mark(id, seen)
	}
	return before
}

// unsee takes back that a user was seen.
func (r *register) unsee(id ID) {
	e := r.entries[id]
	e.state &^= seen
	r.entries[id] = e
	r.seen--
}

func (r *register) mark(id ID, s state) {
	e := r.entries[id]
	e.state |= s
	r.entries[id] = e
}

// reopen takes back that some users were left as they are.
func (r *register) reopen() {
	for id, e := range r.entries {
		if e.state&left != 0 {
			e.state &^= left
			r.entries[id] = e
		}
	}
}

// open says of a live user of the mirror that the source has neither yielded nor
// denied, and that it was not given up to find out about.
func (s state) open() bool { return s&(mirrored|gone|seen|doomed|left) == mirrored }

func (r *register) open(id ID) bool { return r.entries[id].state.open() }

// missing yields the live users of the mirror of whom nothing is known yet.
func (r *register) missing() iter.Seq[ID] { return r.where(state.open) }

// marked yields those who have any of the given marks.
func (r *register) marked(marks state) iter.Seq[ID] {
	return r.where(func(s state) bool { return s&marks != 0 })
}

func (r *register) where(match func(state) bool) iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for id, e := range r.entries {
			if match(e.state) && !yield(id) {
				return
			}
		}
	}
}
