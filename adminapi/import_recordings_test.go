package adminapi_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
)

func at(t *testing.T, text string) *time.Time {
	t.Helper()
	when := instant(t, text)
	return &when
}

func TestRecordedImports(t *testing.T) {
	t.Parallel()
	const ann, bob = "6523ef72-232f-470f-b110-af73382e9c8b", "b751990c-e193-48b7-9be6-b85901d51966"
	const cid = "7479d6b4-6f67-4255-85d7-19819a5d37e4"
	for name, want := range map[string]*adminapi.ImportJob{
		"import-insert-two": {
			ID: jobID, CreatedAt: instant(t, "2026-11-23T08:01:58.834199899Z"), CompletedAt: at(t, "2026-11-23T08:01:58.942365213Z"),
			Summary: adminapi.ImportSummary{Total: 2, Inserted: 2},
			Details: []adminapi.ImportDetail{
				{Index: 0, Outcome: adminapi.ImportInserted, UserID: ann},
				{Index: 1, Outcome: adminapi.ImportInserted, UserID: bob},
			},
		},
		"import-upsert": {
			ID:        "userimport_2G7FBQEA894KC8Q5AX073Z0YPXSZXW8N",
			CreatedAt: instant(t, "2026-11-23T08:01:59.3453116Z"), CompletedAt: at(t, "2026-11-23T08:01:59.411336296Z"),
			Summary: adminapi.ImportSummary{Total: 4, Inserted: 1, Updated: 3},
			Details: []adminapi.ImportDetail{
				{Index: 0, Outcome: adminapi.ImportUpdated, UserID: ann},
				{Index: 1, Outcome: adminapi.ImportUpdated, UserID: bob, Warnings: []string{"invalid account status transition: disabled -> disabled"}},
				{Index: 2, Outcome: adminapi.ImportInserted, UserID: cid},
				{Index: 3, Outcome: adminapi.ImportUpdated, UserID: cid},
			},
		},
		"import-skip": {
			ID:        "userimport_Y6XKN5WVQCWN40HEDRWRBWQTRR0NNQ5C",
			CreatedAt: instant(t, "2026-11-23T08:01:59.857736205Z"), CompletedAt: at(t, "2026-11-23T08:01:59.862958524Z"),
			Summary: adminapi.ImportSummary{Total: 1, Skipped: 1},
			Details: []adminapi.ImportDetail{
				{Outcome: adminapi.ImportSkipped, UserID: ann, Warnings: []string{"skipping because upsert = false and user exists"}},
			},
		},
		"import-null-identifier-kills-task": {
			ID:        "userimport_FG10497ZZFE2T8RV3N9YWG9JK9GZNQAB",
			CreatedAt: instant(t, "2026-11-23T08:02:01.391168522Z"), CompletedAt: at(t, "2026-11-23T08:02:01.413769452Z"),
			Error: &adminapi.ImportError{Name: "InternalError", Reason: "UnexpectedError", Message: "unexpected error occurred"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want.Status = adminapi.ImportCompleted
			got, err := replayImport(t, name+".completed").ImportJob(t.Context(), want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("completed (-want +got):\n%s", diff)
			}
			pending := &adminapi.ImportJob{ID: want.ID, Status: adminapi.ImportPending, CreatedAt: want.CreatedAt}
			got, err = replayImport(t, name+".pending").ImportJob(t.Context(), want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(pending, got); diff != "" {
				t.Errorf("pending (-want +got):\n%s", diff)
			}
			got, err = replayImport(t, name+".create").ImportUsers(t.Context(), batch(`{"email":"ann@example.com"}`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(pending, got); diff != "" {
				t.Errorf("created (-want +got):\n%s", diff)
			}
		})
	}
}

// Every sort of refusal of a record comes with its reason and details.
func TestRecordedRowErrors(t *testing.T) {
	t.Parallel()
	const id = "userimport_6NCRB1BRS7RKJT6VRC59YP7J5H3MKXG3"
	for _, part := range []string{"pending", "create"} {
		client := replayImport(t, "import-row-errors."+part)
		job, err := client.ImportJob(t.Context(), id)
		if err != nil || job.Status != adminapi.ImportPending {
			t.Errorf("%s: %v, %v", part, job, err)
		}
	}
	job, err := replayImport(t, "import-row-errors.completed").ImportJob(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if want := (adminapi.ImportSummary{Total: 11, Inserted: 1, Failed: 10}); job.Summary != want || len(job.Details) != 11 {
		t.Fatalf("%+v, %d details", job.Summary, len(job.Details))
	}
	for i, want := range []string{
		`ValidationFailed {"causes":[{"details":{"error":"invalid email address: mail: missing '@' or angle-addr","format":"email"},"kind":"format","location":"/email"}]}`,
		`ValidationFailed {"causes":[{"kind":"","location":"/favourite_colour"}]}`,
		`RoleUnknownKeys {"keys":["nosuch"]}`,
		`GroupUnknownKeys {"keys":["nogroup"]}`,
		`ValidationFailed {"causes":[{"details":{"actual":"platinum","expected":["free","pro","enterprise"]},"kind":"enum","location":"/tier"}]}`,
		"",
		`ValidationFailed {"causes":[{"details":{"error":"not in E.164 format","format":"phone"},"kind":"format","location":"/phone_number"}]}`,
		`ValidationFailed {"causes":[{"details":{"error":"invalid birthdate: \"31/12/1990\"","format":"birthdate"},"kind":"format","location":"/birthdate"}]}`,
		`ValidationFailed {"causes":[{"details":{"actual":"md5","expected":["bcrypt"]},"kind":"enum","location":"/password/type"}]}`,
		`InvariantViolated {"IdentityTypeExisting":"login_id","IdentityTypeIncoming":"login_id","LoginIDTypeExisting":"email","LoginIDTypeIncoming":"email","cause":{"kind":"DuplicatedIdentity"}}`,
		`ValidationFailed {"causes":[{"details":{"actual":["phone_number"],"expected":["email"],"missing":["email"]},"kind":"required","location":""}]}`,
	} {
		detail := job.Details[i]
		if detail.Index != i || (detail.Outcome == adminapi.ImportFailed) != (want != "") || (detail.UserID == "") != (want != "") {
			t.Errorf("detail %d: %+v", i, detail)
		}
		got := ""
		for _, failure := range detail.Errors {
			if failure.Name == "" || failure.Message == "" {
				t.Errorf("detail %d: %v", i, failure)
			}
			got += failure.Reason + " " + string(failure.Info)
		}
		if got != want {
			t.Errorf("detail %d: %s", i, got)
		}
	}
}

func TestRecordedImportRefusals(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		status  int
		reason  string
		certain bool
	}{
		"import-bad-identifier":    {400, "ValidationFailed", true},
		"import-empty-object":      {400, "ValidationFailed", true},
		"import-no-records":        {400, "ValidationFailed", true},
		"import-body-500001-bytes": {413, adminapi.ReasonTooLarge, true},
		"import-malformed-json":    {500, "UnexpectedError", false},
		"import-unknown-job":       {404, adminapi.ReasonTaskNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := replayImport(t, name)
			_, err := client.ImportUsers(t.Context(), batch(`{"email":"ann@example.com"}`))
			e, ok := errors.AsType[*adminapi.Error](err)
			if !ok || e.Status != want.status || e.Reason != want.reason || e.TrackingID == "" || e.Operation != "UserImport" || e.Attempts != 1 {
				t.Fatalf("got %v", err)
			}
			if e.NotCarriedOut != want.certain || adminapi.MayHaveHappened(err) == want.certain || e.Retryable() != (want.status == 500) {
				t.Errorf("certainly not: %t, retryable %t", e.NotCarriedOut, e.Retryable())
			}
			if name == "import-body-500001-bytes" && e.Info["limit"] != json.Number("500000") {
				t.Errorf("details %v", e.Info)
			}
		})
	}
	_, err := replayImport(t, "import-unknown-job").ImportJob(t.Context(), "userimport_NOSUCH")
	if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.Reason != adminapi.ReasonTaskNotFound || e.Hint != "" || e.Retryable() {
		t.Errorf("got %v", err)
	}
}
