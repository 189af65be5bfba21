package adminapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ImportStatus is how far an import job is.
type ImportStatus string

// The states of a job.
const (
	ImportPending   ImportStatus = "pending"
	ImportCompleted ImportStatus = "completed" // every task of it has ended, well or not: see ImportJob.Error
)

// ImportJob is what the server knows of an import. It cuts a batch into tasks
// of 100 records, which it works through one after the other; there is no
// telling how far a pending job is.
//
// A completed job has been carried out whole only if Error is nil and
// Summary.Total is the number of records sent: a task that dies leaves its
// records out of Summary and Details, though those before the one that killed
// it were written.
type ImportJob struct {
	ID          string
	Status      ImportStatus
	CreatedAt   time.Time      // by the server's clock, when it took the batch
	CompletedAt *time.Time     // of the last task; nil while the job is pending
	Error       *ImportError   // why a task died; of several tasks one's; may be there while the job is pending
	Summary     ImportSummary  // zero while the job is pending
	Details     []ImportDetail // nil while the job is pending
}

// ImportSummary counts records by what became of them.
type ImportSummary struct {
	Total, Inserted, Updated, Skipped, Failed int
}

// ImportOutcome is what became of a record.
type ImportOutcome string

// The outcomes. Updated is said even when the record changed nothing.
const (
	ImportInserted ImportOutcome = "inserted"
	ImportUpdated  ImportOutcome = "updated"
	ImportSkipped  ImportOutcome = "skipped" // the user exists, and Upsert was not set
	ImportFailed   ImportOutcome = "failed"
)

// ImportDetail is what became of one record.
type ImportDetail struct {
	Index    int // of the record in the batch, from 0
	Outcome  ImportOutcome
	UserID   string        // a uuid; "" when the record failed
	Warnings []string      // in Authgear's words: the only sign of much that was left undone
	Errors   []ImportError // why the record failed
}

// ImportError is why a record failed, or a task of a job died.
//
// Info quotes values of the record. It is left out of Error, JSON and every
// formatting verb.
type ImportError struct {
	Name    string          // Authgear's class of error, such as "Invalid", "NotFound"
	Reason  string          // such as "ValidationFailed", "RoleUnknownKeys", "InvariantViolated"
	Message string          // in words, such as "invalid value"
	Info    json.RawMessage `json:"-"` // details, a JSON object; nil when there are none
}

// Error says what happened and what identifies it.
func (e ImportError) Error() string {
	return e.Message + " (" + strings.Trim(e.Name+"/"+e.Reason, "/") + ")"
}

// Format writes Error's text for every verb, so that %#v cannot show Info.
func (e ImportError) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprint(state, e.Error()) // fmt reports errors of the writer itself
}

// importErrNode is an ImportError as it is sent.
type importErrNode struct {
	Name    string          `json:"name"`
	Reason  string          `json:"reason"`
	Message string          `json:"message"`
	Info    json.RawMessage `json:"info"`
}
