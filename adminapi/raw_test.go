package adminapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
)

func TestParseDocument(t *testing.T) {
	t.Parallel()
	const two = `query One($a: String!, $b: [Int!] = [1], $c: ID) { users { totalCount } } mutation Two { deleteUser(input: {userID: "x"}) { deletedUserID } }`
	tests := []struct {
		name, text, operation string
		kind, wrong           string
	}{
		{"bare", "{ users { totalCount } }", "", "query", ""},
		{"by name", two, "One", "query", ""},
		{"a mutation by name", two, "Two", "mutation", ""},
		{"subscription", "subscription S { x }", "", "subscription", ""},
		{"which one", two, "", "", "there are 2 operations in it, of which one has to be named: One, Two"},
		{"none such", two, "Three", "", `no operation "Three" in it, but One, Two`},
		{"two of a name", "query A { a } mutation A { b }", "A", "", `there are 2 operations "A"`},
		{"nothing", "  # nothing\n", "", "", "there is no operation in it"},
		{"fragment alone", "fragment f on User { id }", "", "", "there is no operation in it"},
		{"broken", "query {\n  users {\n", "", "", "line 3, column 1: "},
		{"a mutation that is hidden behind a mistake", "query Q { a } }\nmutation M { b }", "", "", "line 1, column 15: "},
		{"a mutation after a comment's end", "{ a } #\rmutation M { b }", "", "", "2 operations"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document, err := adminapi.ParseDocument(test.text, test.operation)
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Fatalf("got %v, want %q in it", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if document.Kind() != test.kind || document.Changes() != (test.kind != "query") || document.Name() != test.operation && test.kind != "subscription" {
				t.Errorf("%s %q", document.Kind(), document.Name())
			}
		})
	}
	document, err := adminapi.ParseDocument(two, "One")
	if err != nil {
		t.Fatal(err)
	}
	want := []adminapi.Variable{{Name: "a", Type: "String", Required: true}, {Name: "b", Type: "Int", List: true}, {Name: "c", Type: "ID"}}
	if difference := cmp.Diff(want, document.Variables()); difference != "" {
		t.Error(difference)
	}
}

func document(t *testing.T, text string) *adminapi.Document {
	t.Helper()
	parsed, err := adminapi.ParseDocument(text, "")
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestExecuteKeepsData that comes beside errors, to the letter.
func TestExecuteKeepsData(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := readSent(t, r)
		if got.OperationName != "Look" || got.Query != "query Look($n: Int) { a(n: $n) b }" || got.Variables["n"] != 3.0 {
			t.Errorf("sent %+v", got)
		}
		writeJSON(w, `{"data": {"a":12345678901234567890,  "b":null}, "errors": [
			{"message":"nobody there, said eyJhbGciOi.x.y","path":["b",0,"node"],"locations":[{"line":1,"column":9}],
			 "extensions":{"errorName":"NotFound","reason":"UserNotFound"}},
			{"message":"no such field","locations":[{"line":2,"column":5}]}, {"message":"unexpected error"}]}`)
	})
	got, err := client.Execute(t.Context(), document(t, "query Look($n: Int) { a(n: $n) b }"), map[string]any{"n": 3})
	if err != nil {
		t.Fatal(err)
	}
	want := &adminapi.Answer{Data: json.RawMessage(`{"a":12345678901234567890,  "b":null}`), Errors: []adminapi.AnswerError{
		{Message: "nobody there, said [token]", Name: "NotFound", Reason: "UserNotFound", Path: []any{"b", json.Number("0"), "node"}, Line: 1, Column: 9},
		{Message: "no such field", Line: 2, Column: 5},
		{Message: "unexpected error"},
	}}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Error(difference)
	}
	for i, where := range []string{"b.0.node", "line 2, column 5", ""} {
		if got.Errors[i].Where() != where {
			t.Errorf("error %d is at %q", i, got.Errors[i].Where())
		}
	}
}

// TestExecuteAnswers that are none are errors; the others are not.
func TestExecuteAnswers(t *testing.T) {
	t.Parallel()
	for body, wrong := range map[string]string{
		`{"data":null,"errors":[{"message":"no"}]}`: "",
		`{"errors":[{"message":"no"}]}`:             "",
		`{"data":{}}`:                               "",
		`{"data":null}`:                             "neither data nor errors",
		`{}`:                                        "neither data nor errors",
		`{"data":{"a":`:                             "no GraphQL answer",
	} {
		got, err := serve(t, answer(body)).Execute(t.Context(), document(t, "{ a }"), nil)
		switch {
		case wrong == "" && (err != nil || len(got.Errors) > 0 && got.Data != nil):
			t.Errorf("%s: %v, %v", body, got, err)
		case wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)):
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestExecuteRepeats queries, and never what may have been done.
func TestExecuteRepeats(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"{ a }": 3, "mutation { a }": 1} {
		var requests atomic.Int64
		cfg := config(t, serveEndpoint(t, func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(http.StatusBadGateway)
		}), nil)
		cfg.MaxRetries = 2
		_, err := newClient(t, cfg).Execute(t.Context(), document(t, text), nil)
		if err == nil || requests.Load() != want || !adminapi.MayHaveHappened(err) {
			t.Errorf("%s: %d requests, %v", text, requests.Load(), err)
		}
	}
}
