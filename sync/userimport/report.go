package userimport

import (
	usersync "usersync/sync"
)

// StatusIncomplete is that of an import that went to its end without an error, and
// left rows of which it is not known what came of them: the same import, run again,
// goes on with those.
const StatusIncomplete usersync.Status = "incomplete"

// A Report is what an import did, as --json prints it. That of a dry run has the
// same keys; its outcomes are what would become of the rows.
type Report struct {
	// Status is ok when every row came to its end, whatever end that was; otherwise
	// incomplete, refused, interrupted or failed.
	Status usersync.Status `json:"status"`
	// DryRun says that nothing was to be sent.
	DryRun bool `json:"dry_run"`
	// Rows are those of the table; 0 where the import did not come to its plan.
	Rows int `json:"rows"`
	// Outcomes are how many rows came to each, those of no row too.
	Outcomes map[Outcome]int `json:"outcomes"`
	// Warnings are the rows that are as the table wants them and still have
	// something to look at.
	Warnings int `json:"warnings"`
	// Problems are what is wrong with the rows that this run looked at, counted by
	// column and rule, those of most rows first.
	Problems []ProblemCount `json:"problems"`
	// Notes are what holds for all rows: about a column that was left out, or about the
	// import as a whole.
	Notes []string `json:"notes"`
	// Jobs are those that Authgear took from this run; none in a dry run.
	Jobs int `json:"jobs"`
	// Bytes are those of the records that this run sent.
	Bytes int64 `json:"bytes"`
	// Requests are all that this run made, to look people up too.
	Requests int64 `json:"requests"`
	// Retries are the requests that were made once more.
	Retries int64 `json:"retries"`
	// Estimate is what sending was to take, as known before; nil where it did not
	// come to a plan.
	Estimate *Estimate `json:"estimate"`
	// Journal is the folder that keeps what was sent; empty in a dry run.
	Journal string `json:"journal"`
	// DurationSeconds is how long it took, the time for the answer included.
	DurationSeconds float64 `json:"duration_seconds"`
	// Error is one sentence of what happened and one of what to do, or nil.
	Error *string `json:"error"`
}

// NewReport is that of an import that has not begun.
func NewReport(dryRun bool) *Report {
	return &Report{DryRun: dryRun, Outcomes: counts(), Problems: []ProblemCount{}, Notes: []string{}}
}

// Spotless says whether there is nothing to look at: no row was rejected, in
// conflict, failed, left out or unknown, and no row has a warning. In a dry run
// warnings are no reason to mend anything.
func (r *Report) Spotless() bool {
	for outcome, rows := range r.Outcomes {
		if rows > 0 && !outcome.Clean() {
			return false
		}
	}
	return r.DryRun || r.Warnings == 0
}

// status is how an import ended that ends with the error.
func (r *Report) status(err error) usersync.Status {
	switch {
	case isA[*RefusedError](err):
		return usersync.StatusRefused
	case isA[*usersync.StoppedError](err):
		return usersync.StatusInterrupted
	case err != nil:
		return usersync.StatusFailed
	case r.Outcomes[Unknown]+r.Outcomes[NotSent] > 0:
		return StatusIncomplete
	default:
		return usersync.StatusOK
	}
}

// A Plan is what an import is going to do, before anything is sent.
type Plan struct {
	Rows     int
	Outcomes map[Outcome]int // what is to become of the rows; none is Failed, Unknown or NotSent
	// Open are the rows that an earlier run sent, and whose result this one has
	// yet to find out. They are in no outcome.
	Open int
	// Done are the rows that an earlier run finished with; they are in the
	// outcomes that they came to.
	Done     int
	Warnings int
	// Problems are those of the rows that this run looked at, as in a [Report].
	Problems []ProblemCount
	// Notes hold for all rows: what to know of a column.
	Notes    []string
	Estimate Estimate

	sent int // of Done, the rows that were created or updated
}

// Sending is how many rows are to be sent, or asked after.
func (p *Plan) Sending() int { return p.Outcomes[Created] + p.Outcomes[Updated] - p.sent + p.Open }

// An Estimate is what sending will take, by what was measured on one server: it
// created 27 users a second with all that a record can hold and 78 with an email
// alone, and updated 43.
type Estimate struct {
	Jobs     int     `json:"jobs"`             // that Authgear would be given
	Requests int     `json:"requests"`         // for those jobs alone, not for looking people up
	Bytes    int64   `json:"bytes"`            // of the records, without those that an earlier run sent
	Seconds  float64 `json:"duration_seconds"` // that Authgear would work

	creating, updating int64 // of the Bytes
}

// A PlannedRow is one row of a plan, for showing.
type PlannedRow struct {
	Row     int
	Line    int
	LoginID string // by which the row is matched, shortened; empty where it is wrong
	Outcome Outcome
	User    usersync.ID // of a row that is about somebody who exists
	// Differences are what an update changes.
	Differences []Difference
	Problems    []Problem
	Reason      string
	// Warnings are besides those of the Problems.
	Warnings, Notes []string
}

// A Progress is how far an import is, for showing.
type Progress struct {
	Phase Phase
	Done  int // rows
	Total int // rows; 0 while it is not known
}

// Phase is a part of an import.
type Phase string

// The phases, in their order.
const (
	Checking  Phase = "checking"
	Comparing Phase = "comparing"
	Sending   Phase = "sending"
)

// A RefusedError means that the import cannot be right as a whole, and that
// nothing was sent.
type RefusedError struct {
	Reason string // a sentence of what was found, without its full stop
	Remedy string // a sentence of what to do, likewise
}

// Error is the reason and the remedy.
func (e *RefusedError) Error() string {
	return "refused, nothing was sent: " + e.Reason + ". " + e.Remedy + "."
}
