package emulator_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi/emulator"
)

// importRecording is an exchange of the import endpoint with a real server.
type importRecording struct {
	Request struct {
		Method, Path string
		Body         json.RawMessage
	}
	Response struct {
		Status      int
		ContentType string `json:"content_type"`
		Body        string
	}
}

func readImport(t *testing.T, name string) importRecording {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "imports", name+".json"))
	must(t, err)
	var r importRecording
	must(t, json.Unmarshal(data, &r))
	return r
}

// recordedProject is set up as the one that was recorded.
func recordedProject(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	addRecordedRoles(t, b.Project())
	b.Project().SetCustomAttributes(map[string]emulator.CustomAttribute{
		"tier":            {Type: "enum", Enum: []string{"free", "pro", "enterprise"}},
		"employee_number": {Type: "integer"},
		"department":      {Type: "string"},
	})
	return b
}

// TestFaithfulToRecordedImports sends the recorded imports in their order and
// compares every answer to the last value, but for ids and times.
func TestFaithfulToRecordedImports(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	b.SetImportPace(20)
	ids := map[string]string{}
	for _, story := range []string{
		"import-insert-two", "import-upsert", "import-skip", "import-row-errors", "import-null-identifier-kills-task",
	} {
		created := readImport(t, story+".create")
		got, err := b.rest(http.MethodPost, created.Request.Path, created.Request.Body)
		must(t, err)
		compareImport(t, story+".create", created, got, ids)
		id := b.job(got).ID
		for _, stage := range []string{".pending", ".completed"} {
			recorded := readImport(t, story+stage)
			got, err := b.rest(http.MethodGet, importPath+"/"+id, nil)
			must(t, err)
			compareImport(t, story+stage, recorded, got, ids)
			b.clock.Add(time.Second)
		}
	}
	if len(ids) != 4 {
		t.Errorf("compared %d users, not 4", len(ids))
	}
	for _, name := range []string{"rec20", "rec21"} {
		found := b.byAttribute("email", name+".1795420918@example.com")
		if want := map[string]int{"rec20": 1, "rec21": 0}[name]; len(found) != want {
			t.Errorf("%d users %s, want %d: before the record that kills the task all is written", len(found), name, want)
		}
	}
}

// compareImport compares two answers. Users' ids may differ, but only as a
// whole: ids keeps which stands for which.
func compareImport(t *testing.T, name string, recorded importRecording, got answer, ids map[string]string) {
	t.Helper()
	if got.status != recorded.Response.Status || got.contentType != recorded.Response.ContentType {
		t.Errorf("%s: status %d, %s; recorded %d, %s", name, got.status, got.contentType, recorded.Response.Status, recorded.Response.ContentType)
	}
	want, have := decodeObject(t, []byte(recorded.Response.Body)), decodeObject(t, got.body)
	theirs, ours := neutral(t, want), neutral(t, have)
	if len(theirs) == len(ours) {
		for i := range theirs {
			if known, ok := ids[theirs[i]]; ok && known != ours[i] {
				t.Errorf("%s: user %d is another than before", name, i)
			}
			ids[theirs[i]] = ours[i]
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s (-recorded +got):\n%s", name, diff)
	}
}

// neutral takes out of an answer what differs from run to run, and returns the
// ids of the users.
func neutral(t *testing.T, answer map[string]any) []string {
	t.Helper()
	if e, ok := answer["error"].(map[string]any); ok {
		if !trackingIDs(e["tracking_id"]) {
			t.Errorf("tracking id %v", e["tracking_id"])
		}
		delete(e, "tracking_id")
		return nil
	}
	result := answer["result"].(map[string]any)
	if id := result["id"].(string); !strings.HasPrefix(id, "userimport_") || len(id) != 43 {
		t.Errorf("id %q", id)
	}
	for _, key := range []string{"id", "created_at", "completed_at"} {
		if _, ok := result[key]; ok {
			result[key] = "there"
		}
	}
	var users []string
	details, _ := result["details"].([]any)
	for _, d := range details {
		detail := d.(map[string]any)
		if id, ok := detail["user_id"].(string); ok {
			users = append(users, id)
			detail["user_id"] = "there"
		}
	}
	return users
}

func TestFaithfulToRecordedRefusals(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"import-bad-identifier":    "",
		"import-empty-object":      "",
		"import-no-records":        "",
		"import-malformed-json":    `{"identifier":`,
		"import-body-500001-bytes": strings.Repeat(" ", 500_001),
		"import-unknown-job":       "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorded := readImport(t, name)
			if body == "" {
				body = string(recorded.Request.Body)
			}
			b := setup(t)
			got, err := b.rest(recorded.Request.Method, recorded.Request.Path, []byte(body))
			must(t, err)
			compareImport(t, name, recorded, got, nil)
		})
	}
}
