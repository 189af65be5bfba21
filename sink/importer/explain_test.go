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
