package emulator_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

const importPath = "/_api/admin/users/import"

// record is a record of an import.
type record = map[string]any

// importJob is a job as the API answers it.
type importJob struct {
	ID          string         `json:"id"`
	Status      string         `json:"status"`
	CreatedAt   time.Time      `json:"created_at"`
	CompletedAt *time.Time     `json:"completed_at"`
	Error       map[string]any `json:"error"`
	Summary     *struct{ Total, Inserted, Updated, Skipped, Failed int }
	Details     []struct {
		Index    int
		Record   record
		Outcome  string
		UserID   string `json:"user_id"`
		Warnings []struct{ Message string }
		Errors   []struct {
			Reason, Message string
			Code            int
			Info            map[string]any
		}
	}
}

// outcomes are those of the details, in their order.
func (j importJob) outcomes() []string {
	var all []string
	for _, d := range j.Details {
		all = append(all, d.Outcome)
	}
	return all
}

// warnings are those of the first record.
func (j importJob) warnings() []string {
	var all []string
	for _, w := range j.Details[0].Warnings {
		all = append(all, w.Message)
	}
	return all
}

// reason is that of the first record's error.
func (j importJob) reason() string {
	if len(j.Details[0].Errors) == 0 {
		return ""
	}
	return j.Details[0].Errors[0].Reason
}

// rest sends to a REST endpoint; err is a broken connection.
func (b *bundle) rest(method, path string, body []byte) (answer, error) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.endpoint+path, bytes.NewReader(body))
	must(b.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", b.lasting)
	return b.do(r)
}

// post sends an import.
func (b *bundle) post(identifier string, upsert bool, records ...record) (answer, error) {
	b.t.Helper()
	body, err := json.Marshal(map[string]any{"identifier": identifier, "upsert": upsert, "records": records})
	must(b.t, err)
	return b.rest(http.MethodPost, importPath, body)
}

// begin sends an import that is taken on.
func (b *bundle) begin(identifier string, upsert bool, records ...record) importJob {
	b.t.Helper()
	a, err := b.post(identifier, upsert, records...)
	must(b.t, err)
	return b.job(a)
}

// job decodes an answer.
func (b *bundle) job(a answer) importJob {
	b.t.Helper()
	var decoded struct{ Result importJob }
	if a.status != http.StatusOK {
		b.t.Fatalf("status %d: %s", a.status, a.body)
	}
	must(b.t, json.Unmarshal(a.body, &decoded))
	return decoded.Result
}

func (b *bundle) look(id string) importJob {
	b.t.Helper()
	a, err := b.rest(http.MethodGet, importPath+"/"+id, nil)
	must(b.t, err)
	return b.job(a)
}

// imports carries an import out and returns the finished job.
func (b *bundle) imports(identifier string, upsert bool, records ...record) importJob {
	b.t.Helper()
	job := b.look(b.begin(identifier, upsert, records...).ID)
	if job.Status != "completed" {
		b.t.Fatalf("job %+v", job)
	}
	return job
}

// user reads a user of the store.
func (b *bundle) user(id string) emulator.User {
	b.t.Helper()
	u, ok := b.Project().Get(id)
	if !ok {
		b.t.Fatalf("no user %q", id)
	}
	return u
}

// byAttribute are the users with a standard attribute.
func (b *bundle) byAttribute(name, value string) []emulator.User {
	var found []emulator.User
	for u := range b.Project().All() {
		if u.StandardAttributes[name] == value {
			found = append(found, u)
		}
	}
	return found
}

func errorReason(t testing.TB, a answer) string {
	t.Helper()
	var decoded struct {
		Error struct{ Reason string }
	}
	must(t, json.Unmarshal(a.body, &decoded))
	return decoded.Error.Reason
}
