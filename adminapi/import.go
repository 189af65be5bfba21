package adminapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// importPath is where the User Import API is served below an endpoint.
const importPath = "/_api/admin/users/import"

// ImportUsers hands a batch of records to the User Import API and returns the
// job that works through them, which has usually not begun.
//
// The request is sent once. It is only repeated when it was certainly not
// carried out: it never left this machine whole, the credentials were refused
// and a fresh token may do (once), or the server had too many requests. After
// everything else, an answer that is not understood included, the server may
// have carried it out, and may still do so later, with no job to ask for:
// [MayHaveHappened] tells the two apart. To send the same records again is
// harmless only without Upsert, as login IDs are unique.
//
// Errors to decide by, as the Reason of an *Error, each certainly not carried
// out: [ReasonUsageLimit], of which a smaller batch may pass, since the quota
// counts records; [ReasonTooLarge], which a batch beyond [MaxImportBody] is
// before it is sent. The answer to a malformed batch is "ValidationFailed".
func (c *Client) ImportUsers(ctx context.Context, req ImportRequest) (*ImportJob, error) {
	job, err := c.importUsers(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("import %d users: %w", len(req.Records), err)
	}
	return job, nil
}

func (c *Client) importUsers(ctx context.Context, req ImportRequest) (*ImportJob, error) {
	body, err := req.body()
	if err != nil {
		return nil, err
	}
	sent := &call{operation: "UserImport", rest: true}
	return c.importJob(ctx, sent, http.MethodPost, importPath, body)
}

// ImportJob asks how far an import job is. The server forgets jobs 24 hours
// after they were made: an *Error with the reason [ReasonTaskNotFound].
//
// A job whose server was killed stays pending for ever, though records of it
// may have been written.
func (c *Client) ImportJob(ctx context.Context, id string) (*ImportJob, error) {
	if !isJobID(id) {
		return nil, fmt.Errorf("read import job %q: this is no job's id", id)
	}
	sent := &call{operation: "UserImportJob", rest: true, repeat: true}
	job, err := c.importJob(ctx, sent, http.MethodGet, importPath+"/"+id, nil)
	if err != nil {
		return nil, fmt.Errorf("read import job %s: %w", id, err)
	}
	if job.ID != id {
		return nil, fmt.Errorf("read import job %s: %w", id, misunderstood(operation{name: sent.operation}, fmt.Errorf("it is about job %q", job.ID)))
	}
	return job, nil
}

// isJobID keeps what would change the address out of it.
func isJobID(id string) bool {
	return id != "" && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

func (c *Client) importJob(ctx context.Context, sent *call, method, path string, body []byte) (*ImportJob, error) {
	var answer struct {
		Result importJobNode `json:"result"`
	}
	if err := c.exchange(ctx, sent, method, path, body, &answer); err != nil {
		return nil, err
	}
	job, err := answer.Result.job()
	if err != nil {
		return nil, misunderstood(operation{name: sent.operation}, err)
	}
	return job, nil
}

// importJobNode is a job as it is sent. What each record held is sent as well,
// and is left where it is.
type importJobNode struct {
	ID          string         `json:"id"`
	CreatedAt   time.Time      `json:"created_at"`
	CompletedAt *time.Time     `json:"completed_at"`
	Status      ImportStatus   `json:"status"`
	Error       *importErrNode `json:"error"`
	Summary     struct {
		Total    int `json:"total"`
		Inserted int `json:"inserted"`
		Updated  int `json:"updated"`
		Skipped  int `json:"skipped"`
		Failed   int `json:"failed"`
	} `json:"summary"`
	Details []struct {
		Index    *int          `json:"index"`
		Outcome  ImportOutcome `json:"outcome"`
		UserID   string        `json:"user_id"`
		Warnings []struct {
			Message string `json:"message"`
		} `json:"warnings"`
		Errors []importErrNode `json:"errors"`
	} `json:"details"`
}

func (n *importJobNode) job() (*ImportJob, error) {
	switch {
	case n.ID == "":
		return nil, errors.New("it names no job")
	case n.CreatedAt.IsZero():
		return nil, errors.New("it does not say when the job was made")
	case n.Status != ImportPending && n.Status != ImportCompleted:
		return nil, fmt.Errorf("the job's status is %q", n.Status)
	}
	job := &ImportJob{
		ID: n.ID, Status: n.Status, CreatedAt: n.CreatedAt, CompletedAt: n.CompletedAt,
		Summary: ImportSummary(n.Summary),
	}
	if n.Error != nil {
		failure := ImportError(*n.Error)
		job.Error = &failure
	}
	for i, d := range n.Details {
		if d.Index == nil {
			return nil, fmt.Errorf("detail %d does not say which record it is about", i)
		}
		detail := ImportDetail{Index: *d.Index, Outcome: d.Outcome, UserID: d.UserID}
		for _, warning := range d.Warnings {
			detail.Warnings = append(detail.Warnings, warning.Message)
		}
		for _, failure := range d.Errors {
			detail.Errors = append(detail.Errors, ImportError(failure))
		}
		job.Details = append(job.Details, detail)
	}
	return job, nil
}
