package usersync

import "time"

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
	RunID           string       `json:"run_id"`
	Mode            string       `json:"mode"`
	Status          Status       `json:"status"`
	DryRun          bool         `json:"dry_run"`
	Source          SourceReport `json:"source"`
	Changes         Counts       `json:"changes"`
	StartedAt       time.Time    `json:"started_at"`
	FinishedAt      time.Time    `json:"finished_at"`
	DurationSeconds float64      `json:"duration_seconds"`
	// Error is one sentence of what happened and one of what to do, or nil.
	Error *string `json:"error"`
}

// A SourceReport is what was read. The totals are what the source counted before
// and after the sweep, for people to read; nothing is decided by them, and they
// are nil where there is no count.
type SourceReport struct {
	Users           int   `json:"users"` // distinct users read
	TotalCountStart *int  `json:"total_count_start"`
	TotalCountEnd   *int  `json:"total_count_end"`
	Pages           int   `json:"pages"`
	Requests        int64 `json:"requests"`
	Retries         int64 `json:"retries"`
}

// Counts are how many users a run created, updated and so on in the mirror, or,
// in a dry run, would have.
type Counts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Deleted   int `json:"deleted"`
	Restored  int `json:"restored"`
	Unchanged int `json:"unchanged"`
}

// Any says whether anything changed.
func (c Counts) Any() bool { return c.Created+c.Updated+c.Deleted+c.Restored > 0 }

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
		c.Unchanged++
	}
}
