package usersync

import (
	"slices"
	"time"
)

// Status is how a run ended.
type Status string

// The ways in which a run ends.
const (
	StatusRunning     Status = "running"     // only ever seen in a ledger
	StatusOK          Status = "ok"          // done
	StatusRefused     Status = "refused"     // judged unsafe; nothing was changed
	StatusFailed      Status = "failed"      // could not be done; nothing was changed
	StatusInterrupted Status = "interrupted" // told to stop, or killed; nothing was changed
)

// A Report is what a run did, as --json prints it and the ledger keeps it.
type Report struct {
	RunID string `json:"run_id"` // as logs, the ledger and --approve name the run
	Mode  string `json:"mode"`   // full, incremental, forget or import; the last two only in a ledger
	// ModeReason is why everybody was read though less was wanted, in words that
	// complete "because"; empty otherwise.
	ModeReason string `json:"mode_reason"`
	Status     Status `json:"status"`
	DryRun     bool   `json:"dry_run"` // nothing was to be changed
	// Project is whose users were read.
	Project Project      `json:"project"`
	Source  SourceReport `json:"source"`
	// Census is how the sweep knows what it knows; nil without a sweep.
	Census  *CensusReport `json:"census"`
	Changes Counts        `json:"changes"`
	// FieldsAdded and FieldsDropped are the fields that the run mirrors and the
	// mirror did not hold before, and the other way round; nil for a first run.
	FieldsAdded   []string `json:"fields_added"`
	FieldsDropped []string `json:"fields_dropped"`
	// Budgets are what was judged before publishing, in the order of judging.
	Budgets []Budget `json:"budgets"`
	// Watermark is the source's clock before the run's first request: all that
	// had happened by then is in the mirror once the run is published.
	Watermark       *time.Time `json:"watermark"`
	StartedAt       time.Time  `json:"started_at"`       // by this machine's clock
	FinishedAt      time.Time  `json:"finished_at"`      // likewise
	DurationSeconds float64    `json:"duration_seconds"` // from the one to the other
	// Error is one sentence of what happened and one of what to do, or nil.
	Error *string `json:"error"`

	// Refused are the users for whose sake the run was refused. The ledger keeps
	// them apart from the report, as there may be many.
	Refused []ID `json:"-"`
}

// published says that the report is of a run whose plan the mirror has taken over.
func (r *Report) published() bool {
	return r.Status == StatusOK && r.Mode != ModeForget && r.Mode != ModeImport
}

// deletionsApproved says that a person has looked at all whom the run deleted:
// they were more than it might have deleted alone.
func (r *Report) deletionsApproved() bool {
	return slices.ContainsFunc(r.Budgets, func(b Budget) bool {
		return b.Approved && (b.Name == budgetDelete || b.Name == budgetWindow)
	})
}

// A SourceReport is what was read. The totals are what the source counted before
// and after the sweep, for people to read; nothing is decided by them, and they
// are nil where there is no count.
type SourceReport struct {
	Users           int   `json:"users"`             // distinct users read
	TotalCountStart *int  `json:"total_count_start"` // of all users, before
	TotalCountEnd   *int  `json:"total_count_end"`   // of all users, after
	Pages           int   `json:"pages"`             // of users, those read once more too
	Requests        int64 `json:"requests"`          // sent in all
	Retries         int64 `json:"retries"`           // of the requests, how many were another try
}

// A CensusReport is what a sweep found out about itself; see [Census].
type CensusReport struct {
	Complete  bool        `json:"complete"` // nobody who was there throughout was missed
	Gaps      []GapReport `json:"gaps"`
	Rounds    int         `json:"rounds"`          // how often the gaps that remained were read again
	Repeats   int         `json:"repeats"`         // users who were shown more than once
	NullNodes int         `json:"null_nodes"`      // users who were gone between being listed and being loaded
	HeadFinds int         `json:"head_pass_finds"` // users first seen when the newest were read again at the end
}

// A GapReport is a range of times of creation, both ends included, for which a
// sweep could not show that it missed nobody; an end is nil where there is none.
type GapReport struct {
	From  *time.Time `json:"from"`  // its beginning
	Until *time.Time `json:"until"` // its end
}

// String says in words when that is, to the last digit that there is, such that
// it completes "created".
func (g GapReport) String() string {
	spelled := func(t *time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999999 UTC") }
	switch {
	case g.From == nil && g.Until == nil:
		return "at any time"
	case g.From == nil:
		return "until " + spelled(g.Until)
	case g.Until == nil:
		return "from " + spelled(g.From) + " on"
	case g.From.Equal(*g.Until):
		return "at " + spelled(g.From)
	default:
		return "from " + spelled(g.From) + " until " + spelled(g.Until)
	}
}

// Counts are how many users a run created, updated and so on in the mirror. In a
// dry run and a refused one it is how many would have been; a run that failed or
// was interrupted has none.
type Counts struct {
	Created   int `json:"created"`   // who were not in the mirror
	Updated   int `json:"updated"`   // of whom something else is known than before
	Deleted   int `json:"deleted"`   // who are gone from Authgear
	Restored  int `json:"restored"`  // who were gone and are back
	Unchanged int `json:"unchanged"` // of whom the mirror has all
	// Undecided are users whom the source did not show and of whom it could not
	// be found out whether they are gone. The mirror keeps them as they are.
	Undecided int `json:"undecided"`
	// Forgotten are users whom the source showed, and who are on the mirror's list
	// of those that it must not hold.
	Forgotten int `json:"forgotten"`
	// Discarded are users marked as gone whose rows leave the mirror, because it
	// no longer keeps such rows.
	Discarded int `json:"discarded"`
	// TakenOut are users on that list whom the mirror still held, as forgetting them
	// was cut short or an older file was put in its place, and who leave it.
	TakenOut int `json:"taken_out"`
	// Rewritten are how many of the unchanged and undecided were written anew
	// all the same, because the mirror is to hold other fields than before.
	Rewritten int `json:"rewritten"`
}

// Any says whether anything of a user changed, came or went.
func (c Counts) Any() bool {
	return c.Created+c.Updated+c.Deleted+c.Restored+c.Discarded+c.TakenOut > 0
}

func (c *Counts) add(op Op) {
	switch op {
	case Create:
		c.Created++
	case Update:
		c.Updated++
	case Delete:
		c.Deleted++
	case Restore:
		c.Restored++
	case Refill:
		c.Rewritten++
	}
}

func (c *Census) report() *CensusReport {
	report := &CensusReport{
		Complete: c.Complete, Gaps: []GapReport{}, Rounds: c.Rounds,
		Repeats: c.Repeats, NullNodes: c.NullNodes, HeadFinds: c.HeadFinds,
	}
	for _, gap := range c.Gaps {
		report.Gaps = append(report.Gaps, GapReport{From: moment(gap.From), Until: moment(gap.Until)})
	}
	return report
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
