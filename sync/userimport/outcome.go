package userimport

import (
	usersync "usersync/sync"
)

// Outcome is what became of a row, or in a dry run what would become of it.
type Outcome string

// The outcomes. Every row of a table ends in exactly one.
const (
	Created   Outcome = "created"   // there was no such user, and now there is
	Updated   Outcome = "updated"   // the user has what the row says
	Unchanged Outcome = "unchanged" // the user had all that the row says; not sent
	Skipped   Outcome = "skipped"   // the user exists, and nothing was to be updated
	Conflict  Outcome = "conflict"  // who is meant cannot be said, or changed meanwhile; not sent
	Rejected  Outcome = "rejected"  // the row is wrong; not sent, or proven to kill its task
	Failed    Outcome = "failed"    // Authgear refused the record
	Unknown   Outcome = "unknown"   // sent, and what came of it could not be found out
	NotSent   Outcome = "not_sent"  // the import stopped before; the next run sends it
)

// Outcomes are all of them, in the order in which they are reported.
func Outcomes() []Outcome {
	return []Outcome{Created, Updated, Unchanged, Skipped, Conflict, Rejected, Failed, Unknown, NotSent}
}

// Final says whether another run has nothing more to do about the row.
func (o Outcome) Final() bool { return o != Unknown && o != NotSent }

// Clean says whether the row is as the table wants it, with nothing to look at.
func (o Outcome) Clean() bool {
	return o == Created || o == Updated || o == Unchanged || o == Skipped
}

// A Result is what became of a row, with the evidence for it.
type Result struct {
	Row     int         `json:"row"`
	Outcome Outcome     `json:"outcome"`
	User    usersync.ID `json:"sub,omitzero"` // whom the row is about, where that is known
	// Reason is why, in a few words, where the outcome alone does not say it.
	Reason string `json:"reason,omitempty"`
	// Details are what should be looked at: problems of the row, Authgear's
	// warnings, what it quietly left out.
	Details []string `json:"details,omitempty"`
	// Notes are what should be known, and needs no looking at.
	Notes []string `json:"notes,omitempty"`
	// Job and Index are where Authgear answered for the row: the ID of the job
	// and the record's place in it, from 0. Without a Job the row was either not
	// sent, or ReadBack says that the user was found to be as the row says.
	Job      string `json:"job,omitempty"`
	Index    int    `json:"index,omitempty"`
	ReadBack bool   `json:"read_back,omitempty"`
}

// Proven says whether the result carries the evidence that its outcome needs.
func (r Result) Proven() bool {
	if r.Outcome == Created || r.Outcome == Updated {
		return r.Job != "" || r.ReadBack
	}
	return true
}

// Warned says whether there is something to look at although the row is as the
// table wants it.
func (r Result) Warned() bool { return r.Outcome.Clean() && len(r.Details) > 0 }
