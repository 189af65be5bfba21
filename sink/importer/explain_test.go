package importer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"usersync/adminapi"
	"usersync/sync/userimport"
)

// The reasons of recorded refusals say what is wrong where, and no value.
func TestReasons(t *testing.T) {
	t.Parallel()
	want := []string{
		"invalid value: email is not of the format email",
		"invalid value: favourite_colour is not known",
		"unknown role keys: nosuch",
		"unknown group keys: nogroup",
		`invalid value: tier must be (enum) ["free","pro","enterprise"]`,
		"", // an unknown attribute: inserted
		"invalid value: phone_number is not of the format phone",
		"invalid value: birthdate is not of the format birthdate",
		`invalid value: password.type must be (enum) ["bcrypt"]`,
		"identity already exists: another user has this email",
		"invalid value: lacks email",
	}
	recorded := recordedRefusals(t)
	if len(recorded) != len(want) {
		t.Fatalf("%d details are recorded", len(recorded))
	}
	b := newBench(t)
	b.after = func(record map[string]any, detail *adminapi.ImportDetail) {
		var row int
		if _, err := fmt.Sscanf(record["email"].(string), "person%d@", &row); err != nil {
			panic(err)
		}
		if errs := recorded[row-1]; errs != nil {
			*detail = adminapi.ImportDetail{Index: detail.Index, Outcome: adminapi.ImportFailed, Errors: errs}
		}
	}
	all := b.mustRun(t, creates(len(want)))
	for i, text := range want {
		if text != "" {
			text = "Authgear refused it: " + text
		}
		if got := all.results[i+1].Reason; got != text {
			t.Errorf("reason %q, want %q", got, text)
		}
		if (all.results[i+1].Outcome == userimport.Failed) != (text != "") {
			t.Errorf("row %d: %+v", i+1, all.results[i+1])
		}
	}
	for _, value := range []string{"platinum", "31/12/1990", "md5", "12345"} {
		if strings.Contains(string(b.journal(t)), value) {
			t.Errorf("%q is in the journal", value)
		}
	}
}

// Why a login ID is blocked is said where it is a word, and not a text that
// might quote somebody.
func TestReasonsOfBlockedLoginIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.after = func(record map[string]any, detail *adminapi.ImportDetail) {
		reason := "UsernameReserved"
		if record["email"] == emailOf(2) {
			reason = "ann@example.com is no good"
		}
		info := fmt.Sprintf(`{"causes":[{"location":"/login_id","kind":"blocked","details":{"reason":%q}}]}`, reason)
		*detail = adminapi.ImportDetail{Index: detail.Index, Outcome: adminapi.ImportFailed, Errors: []adminapi.ImportError{
			{Name: "Invalid", Reason: "InvariantViolated", Message: "invalid login ID", Info: json.RawMessage(info)},
		}}
	}
	all := b.mustRun(t, creates(2))
	for row, want := range map[int]string{
		1: "Authgear refused it: invalid login ID: login_id blocked (UsernameReserved)",
		2: "Authgear refused it: invalid login ID: login_id blocked",
	} {
		if got := all.results[row].Reason; got != want {
			t.Errorf("row %d: %q, want %q", row, got, want)
		}
	}
}

// recordedRefusals are the errors of each record of a recorded job.
func recordedRefusals(t testing.TB) [][]adminapi.ImportError {
	t.Helper()
	text, err := os.ReadFile("testdata/import-row-errors.completed.json")
	if err != nil {
		t.Fatal(err)
	}
	var recording struct{ Response struct{ Body string } }
	if err := json.Unmarshal(text, &recording); err != nil {
		t.Fatal(err)
	}
	var body struct {
		Result struct {
			Details []struct {
				Errors []struct {
					Name, Reason, Message string
					Info                  json.RawMessage
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(recording.Response.Body), &body); err != nil {
		t.Fatal(err)
	}
	refusals := make([][]adminapi.ImportError, len(body.Result.Details))
	for i, detail := range body.Result.Details {
		for _, e := range detail.Errors {
			refusals[i] = append(refusals[i], adminapi.ImportError(e))
		}
	}
	return refusals
}
