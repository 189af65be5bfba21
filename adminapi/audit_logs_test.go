package adminapi_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
)

func TestAuditLogsAsksForWhatIsWanted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query     adminapi.AuditLogsQuery
		variables map[string]any
	}{
		"nothing special": {variables: map[string]any{"first": 100.0}},
		"everything": {
			query: adminapi.AuditLogsQuery{
				First: 7, After: adminapi.OffsetCursor(6),
				From:          time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)),
				To:            time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC),
				ActivityTypes: []string{"USER_CREATED"}, SortDirection: adminapi.SortAscending,
			},
			variables: map[string]any{
				"first": 7.0, "after": adminapi.OffsetCursor(6), "rangeFrom": "2026-01-02T02:04:05Z", "rangeTo": "2026-01-02T03:04:06Z",
				"activityTypes": []any{"USER_CREATED"}, "sortDirection": "ASC",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got := readSent(t, r)
				if diff := cmp.Diff(c.variables, got.Variables); diff != "" || got.OperationName != "UsersyncAuditLogs" {
					t.Errorf("%s: variables (-want +got):\n%s", got.OperationName, diff)
				}
				writeJSON(w, `{"data":{"auditLogs":{"totalCount":0,"edges":[]}}}`)
			})
			if page, err := client.AuditLogs(t.Context(), c.query); err != nil || len(page.Entries) != 0 || page.Date.IsZero() {
				t.Errorf("%+v %v", page, err)
			}
		})
	}
	for _, first := range []int{-1, 101} {
		_, err := serve(t, answer("")).AuditLogs(t.Context(), adminapi.AuditLogsQuery{First: first})
		if err == nil || !strings.Contains(err.Error(), "ask for 1 to 100") {
			t.Errorf("a page of %d: %v", first, err)
		}
	}
}

func TestRecordedAuditLogs(t *testing.T) {
	t.Parallel()
	page, err := replay(t, "audit-logs").AuditLogs(t.Context(), adminapi.AuditLogsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	row := page.Entries[4]
	if len(page.Entries) != 6 || page.TotalCount != 392 || row.ID != "QXVkaXRMb2c6MDAwMDAwMDAwMDAwMDAwNQ" ||
		row.ActivityType != "ADMIN_API_MUTATION_CREATE_GROUP_EXECUTED" || row.UserID != "" ||
		!row.CreatedAt.Equal(time.Date(2026, 11, 23, 7, 33, 23, 0, time.UTC)) || row.Data["seq"] != json.Number("5") {
		t.Errorf("%d rows of %d, the fifth is %+v", len(page.Entries), page.TotalCount, row)
	}
}

// That recording was not asked for the ids of its rows.
func TestRecordedAuditLogsOfUsers(t *testing.T) {
	t.Parallel()
	if _, err := replay(t, "audit-logs-range").AuditLogs(t.Context(), adminapi.AuditLogsQuery{}); err == nil || !strings.Contains(err.Error(), "has no ID") {
		t.Errorf("rows without an id: %v", err)
	}
	raw, err := os.ReadFile(filepath.Join("testdata", "recordings", "audit-logs-range.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rec recording
	if err := json.Unmarshal(raw, &rec); err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(rec.Response.Body, `"node":{`, `"node":{"id":"one",`)
	page, err := serve(t, answer(body)).AuditLogs(t.Context(), adminapi.AuditLogsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range page.Entries {
		about, _ := row.Data["context"].(map[string]any)
		id, _ := about["user_id"].(string)
		got = append(got, row.ActivityType+" "+row.UserID+" "+id)
	}
	const gone, kept = "c377a72e-cdca-40f6-874f-d74665d305e1", "5c74e12f-40c6-4197-bba6-29d11826881c"
	want := []string{"USER_DELETED  " + gone, "ADMIN_API_MUTATION_DELETE_USER_EXECUTED  " + gone, "USER_PROFILE_UPDATED " + kept + " " + kept}
	if diff := cmp.Diff(want, got); diff != "" || page.TotalCount != 364 {
		t.Errorf("of %d rows (-want +got):\n%s", page.TotalCount, diff)
	}
}

func TestAuditLogsUnderstandsOrSaysSo(t *testing.T) {
	t.Parallel()
	const row = `{"id":"one","createdAt":"2026-01-02T03:04:05Z","activityType":"USER_CREATED"`
	list := func(edges string) string { return `{"data":{"auditLogs":{"totalCount":2,"edges":[` + edges + `]}}}` }
	for name, c := range map[string]struct{ body, want string }{
		"not loaded":     {list(`null,{"node":null},{"node":` + row + `,"data":null,"user":null}}`), ""},
		"null":           {`{"data":{"auditLogs":null}}`, "no list of rows"},
		"no edges":       {`{"data":{"auditLogs":{"totalCount":2}}}`, "no list of rows"},
		"no count":       {`{"data":{"auditLogs":{"edges":[]}}}`, "no list of rows"},
		"no time":        {list(`{"node":{"id":"one","activityType":"USER_CREATED"}}`), "no ID, type or time"},
		"no user's id":   {list(`{"node":` + row + `,"user":{"id":"ann@example.com"}}}`), "node ID"},
		"data is a text": {list(`{"node":` + row + `,"data":"ann@example.com"}}`), "JSON string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := serve(t, answer(c.body)).AuditLogs(t.Context(), adminapi.AuditLogsQuery{})
			if c.want == "" {
				if err != nil || len(page.Entries) != 1 || page.TotalCount != 2 {
					t.Errorf("%+v %v", page, err)
				}
				return
			}
			if page != nil || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "ann@") {
				t.Errorf("%+v and %v, want an error that says %q", page, err, c.want)
			}
		})
	}
}
