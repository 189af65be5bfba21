package emulator

import (
	"encoding/json"
	"time"
)

// importJob is what a POST made: the server keeps only which tasks it has.
type importJob struct {
	id      string
	created time.Time
	tasks   []*importTask
}

// importAnswer is a job as the API shows it.
type importAnswer struct {
	ID          string            `json:"id,omitempty"`
	CreatedAt   time.Time         `json:"created_at"`
	CompletedAt *time.Time        `json:"completed_at,omitempty"`
	Status      string            `json:"status,omitempty"`
	Error       *shownError       `json:"error,omitempty"`
	Summary     *importSummary    `json:"summary,omitempty"`
	Details     []json.RawMessage `json:"details,omitempty"`
}

// importSummary counts the outcomes of a task, or of a job.
type importSummary struct {
	Total    int `json:"total"`
	Inserted int `json:"inserted"`
	Updated  int `json:"updated"`
	Skipped  int `json:"skipped"`
	Failed   int `json:"failed"`
}

// importDetail is what came of one record.
type importDetail struct {
	Index    int             `json:"index"`
	Record   map[string]any  `json:"record,omitempty"`
	Outcome  string          `json:"outcome"`
	UserID   string          `json:"user_id,omitempty"`
	Warnings []importWarning `json:"warnings,omitempty"`
	Errors   []*shownError   `json:"errors,omitempty"`
}

type importWarning struct {
	Message string `json:"message"`
}

// shownError is an error inside an answer.
type shownError struct {
	Name    string         `json:"name"`
	Reason  string         `json:"reason"`
	Message string         `json:"message"`
	Code    int            `json:"code"`
	Info    map[string]any `json:"info,omitempty"`
}

func (e *apiError) shown() *shownError {
	return &shownError{Name: e.Name, Reason: e.Reason, Message: e.Message, Code: e.status(), Info: e.Info}
}

// answer adds the tasks up as the server does *(source: model.go,
// AggregateTaskResult)*: one that is not done makes the job pending, without
// summary and details, though not without an earlier task's error; one that
// died has no part in the summary.
func (j *importJob) answer() *importAnswer {
	a := &importAnswer{
		ID: j.id, CreatedAt: j.created, CompletedAt: &j.created,
		Status: "completed", Summary: &importSummary{},
	}
	for _, t := range j.tasks {
		switch {
		case t.done == nil:
			a.CompletedAt, a.Status, a.Summary, a.Details = nil, "pending", nil, nil
		case a.CompletedAt != nil && t.done.After(*a.CompletedAt):
			a.CompletedAt = t.done
		}
		if t.failed != nil {
			a.Error = t.failed.shown()
		}
		if t.done == nil || t.failed != nil {
			continue
		}
		if a.Summary != nil {
			a.Summary.add(t.summary)
		}
		if a.CompletedAt != nil {
			a.Details = append(a.Details, t.details...)
		}
	}
	return a
}

func (s *importSummary) add(o importSummary) {
	s.Total += o.Total
	s.Inserted += o.Inserted
	s.Updated += o.Updated
	s.Skipped += o.Skipped
	s.Failed += o.Failed
}

// count notes an outcome.
func (s *importSummary) count(outcome string) {
	s.Total++
	switch outcome {
	case "inserted":
		s.Inserted++
	case "updated":
		s.Updated++
	case "skipped":
		s.Skipped++
	default:
		s.Failed++
	}
}
