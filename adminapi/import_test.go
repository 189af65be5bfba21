package adminapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"usersync/adminapi"
)

const jobID = "userimport_8BDA6XYMV1MZJMSGFD5J5B2FD4W3QJ35"

// serveImports serves the User Import API under basePath.
func serveImports(t testing.TB, handler http.HandlerFunc) adminapi.Config {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+basePath+"/_api/admin/users/import", handler)
	mux.HandleFunc("GET "+basePath+"/_api/admin/users/import/{id}", handler)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return config(t, server.URL+basePath, nil)
}

// replayImport is a client whose User Import API answers with the recording.
func replayImport(t *testing.T, name string) *adminapi.Client {
	t.Helper()
	rec := readRecording(t, name)
	return newClient(t, serveImports(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		rec.write(w)
	}))
}

func batch(records ...string) adminapi.ImportRequest {
	req := adminapi.ImportRequest{Identifier: "email"}
	for _, record := range records {
		req.Records = append(req.Records, json.RawMessage(record))
	}
	return req
}

// What goes out is what was given, to the byte, and comes with the token.
func TestImportUsers(t *testing.T) {
	t.Parallel()
	req := batch(`{"email":"ann@example.com","nickname":null,"custom_attributes":{"n":1.0}}`, `{"name":"<Zoë & Bob>", "email":"bob@example.com"}`)
	req.Upsert = true
	want := `{"identifier":"email","upsert":true,"records":[{"email":"ann@example.com","nickname":null,"custom_attributes":{"n":1.0}},{"name":"<Zoë & Bob>", "email":"bob@example.com"}]}`
	client := newClient(t, serveImports(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != want || r.ContentLength != int64(len(want)) {
			t.Errorf("body %s of %d bytes, %v", body, r.ContentLength, err)
		}
		if r.Header.Get("Content-Type") != "application/json" || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer eyJ") {
			t.Errorf("header %v", r.Header)
		}
		readRecording(t, "import-insert-two.create").write(w)
	}))
	job, err := client.ImportUsers(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	wantJob := &adminapi.ImportJob{
		ID: jobID, Status: adminapi.ImportPending, CreatedAt: instant(t, "2026-11-23T08:01:58.834199899Z"),
	}
	if diff := cmp.Diff(wantJob, job); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := adminapi.ImportBodySize("email", true, 2, len(req.Records[0])+len(req.Records[1])); got != len(want) {
		t.Errorf("the size is said to be %d, and is %d", got, len(want))
	}
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A body is as large as it was said to be, and goes through up to the limit.
func TestImportBodySize(t *testing.T) {
	t.Parallel()
	var received int
	client := newClient(t, serveImports(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !json.Valid(body) {
			t.Errorf("the body is no JSON: %v", err)
		}
		received = len(body)
		readRecording(t, "import-insert-two.create").write(w)
	}))
	rapid.Check(t, func(t *rapid.T) {
		req := adminapi.ImportRequest{
			Identifier: rapid.SampledFrom([]string{"email", "phone_number", "preferred_username"}).Draw(t, "identifier"),
			Upsert:     rapid.Bool().Draw(t, "upsert"),
		}
		total := 0
		for range rapid.IntRange(1, 5).Draw(t, "records") {
			record, err := json.Marshal(map[string]string{"name": rapid.String().Draw(t, "name")})
			if err != nil {
				t.Fatal(err)
			}
			req.Records = append(req.Records, record)
			total += len(record)
		}
		if rapid.Bool().Draw(t, "full") { // to the last byte
			room := adminapi.MaxImportBody - adminapi.ImportBodySize(req.Identifier, req.Upsert, len(req.Records)+1, total)
			record := json.RawMessage(`{"name":"` + strings.Repeat("x", room-len(`{"name":""}`)) + `"}`)
			req.Records = append(req.Records, record)
			total += len(record)
		}
		if _, err := client.ImportUsers(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if want := adminapi.ImportBodySize(req.Identifier, req.Upsert, len(req.Records), total); received != want {
			t.Fatalf("%d bytes, said to be %d", received, want)
		}
	})
}

// What the server would not take is not sent, and not shown.
func TestImportsNotSent(t *testing.T) {
	t.Parallel()
	client := newClient(t, serveImports(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	byName := batch(`{"name":"x"}`)
	byName.Identifier = "name"
	room := adminapi.MaxImportBody - adminapi.ImportBodySize("email", false, 1, 0)
	for name, c := range map[string]struct {
		req    adminapi.ImportRequest
		reason string
	}{
		"no records":         {batch(), ""},
		"another identifier": {byName, ""},
		"no JSON":            {batch(`{"email":"secret@example.com"`), ""},
		"two objects":        {batch(`{"email":"secret@example.com"},{}`), ""},
		"a list":             {batch(`["secret@example.com"]`), ""},
		"null":               {batch(`{}`, `null`), ""},
		"not UTF-8":          {batch("{\"email\":\"secret\xff\"}"), ""},
		"one byte too many":  {batch(`{"name":"` + strings.Repeat("x", room-len(`{"name":""}`)+1) + `"}`), adminapi.ReasonTooLarge},
	} {
		job, err := client.ImportUsers(t.Context(), c.req)
		e, ok := errors.AsType[*adminapi.Error](err)
		if job != nil || !ok || e.Reason != c.reason || e.Retryable() || adminapi.MayHaveHappened(err) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, %v", name, job, err)
		}
	}
	for _, id := range []string{"", "..", "../../graphql", "a?b", "a b", "ä"} {
		if _, err := client.ImportJob(t.Context(), id); err == nil {
			t.Errorf("job %q: no error", id)
		}
	}
}

// An answer that is not clearly about the job is none.
func TestImportJobTrustsNothingElse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"another job":    `{"result":{"id":"userimport_X","created_at":"2026-11-23T08:01:58Z","status":"pending"}}`,
		"no job":         `{"result":{"created_at":"2026-11-23T08:01:58Z","status":"pending"}}`,
		"no time":        `{"result":{"id":"` + jobID + `","status":"pending"}}`,
		"no status":      `{"result":{"id":"` + jobID + `","created_at":"2026-11-23T08:01:58Z"}}`,
		"another status": `{"result":{"id":"` + jobID + `","created_at":"2026-11-23T08:01:58Z","status":"paused"}}`,
		"no index":       `{"result":{"id":"` + jobID + `","created_at":"2026-11-23T08:01:58Z","status":"completed","details":[{"outcome":"inserted"}]}}`,
		"bare":           `{"id":"` + jobID + `","created_at":"2026-11-23T08:01:58Z","status":"pending"}`,
		"null":           `{"result":null}`,
		"wrong types":    `{"result":{"id":7}}`,
		"cut short":      `{"result":{"id":"` + jobID,
		"not JSON":       `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := serveImports(t, answer(body))
			job, err := newClient(t, cfg).ImportJob(t.Context(), jobID)
			if _, ok := errors.AsType[*adminapi.Error](err); job != nil || !ok {
				t.Errorf("got %v, %v", job, err)
			}
			if name == "another job" {
				return // of one just made it is not known
			}
			if job, err := newClient(t, cfg).ImportUsers(t.Context(), batch(`{}`)); job != nil || !adminapi.MayHaveHappened(err) {
				t.Errorf("got %v, %v", job, err)
			}
		})
	}
}
