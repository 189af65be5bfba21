package userimport_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"usersync/sync/userimport"
)

// flattened is an object as a table of NDJSON has it: a column for every member,
// of objects inside too.
func flattened(t *testing.T, prefix string, object map[string]json.RawMessage) (columns []string, values []userimport.Value) {
	t.Helper()
	for key, raw := range object {
		var inside map[string]json.RawMessage
		if err := json.Unmarshal(raw, &inside); err == nil && inside != nil {
			c, v := flattened(t, prefix+key+".", inside)
			columns, values = append(columns, c...), append(values, v...)
			continue
		}
		value := userimport.Value{JSON: raw}
		var text string
		if err := json.Unmarshal(raw, &text); err == nil && string(raw) != "null" {
			value = userimport.Value{Text: text}
		}
		columns, values = append(columns, prefix+key), append(values, value)
	}
	return columns, values
}

func decodeFile(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// The verdict on every recorded record is Authgear's own, but for what cannot be
// known from outside, or is about who exists.
func TestVerdictIsAuthgears(t *testing.T) {
	t.Parallel()
	const (
		unseenEnum = "the members of an enumeration are not told by the Admin API"
		someoneHas = "whose the address is, is asked later"
		dropped    = "Authgear drops the attribute without a word; here it takes a flag"
	)
	exceptions := map[string]string{
		"row-errors 4": unseenEnum, "row-errors 5": dropped, "row-errors 9": someoneHas,
	}
	project := userimport.Project{
		Roles: []string{"admin"}, Groups: []string{"engineering"},
		CustomAttributes: map[string]string{"department": "string", "employee_number": "number", "tier": "string"},
	}
	for _, name := range []string{"row-errors", "insert-two", "upsert"} {
		var create struct {
			Request struct {
				Body struct{ Records []map[string]json.RawMessage }
			}
		}
		decodeFile(t, "import-"+name+".create.json", &create)
		var completed struct{ Response struct{ Body string } }
		decodeFile(t, "import-"+name+".completed.json", &completed)
		var answer struct {
			Result struct{ Details []struct{ Outcome string } }
		}
		if err := json.Unmarshal([]byte(completed.Response.Body), &answer); err != nil {
			t.Fatal(err)
		}
		if len(create.Request.Body.Records) != len(answer.Result.Details) || len(answer.Result.Details) == 0 {
			t.Fatalf("%s: %d records, %d details", name, len(create.Request.Body.Records), len(answer.Result.Details))
		}
		for i, sent := range create.Request.Body.Records {
			key := name + " " + string(rune('0'+i))
			if i > 9 {
				key = name + " last"
			}
			refused := refuses(t, project, sent)
			expected := answer.Result.Details[i].Outcome == "failed"
			if reason, excepted := exceptions[key]; excepted {
				if refused == expected {
					t.Errorf("%s: the verdict is Authgear's after all (%s)", key, reason)
				}
				continue
			}
			if refused != expected {
				t.Errorf("%s: refused is %t, and Authgear said %s", key, refused, answer.Result.Details[i].Outcome)
			}
		}
	}
}

func refuses(t *testing.T, project userimport.Project, sent map[string]json.RawMessage) bool {
	t.Helper()
	columns, values := flattened(t, "", sent)
	if !slices.Contains(columns, "email") {
		columns, values = append(columns, "email"), append(values, userimport.Value{Absent: true})
	}
	mapping, err := userimport.NewMapping(columns, userimport.MappingConfig{Identifier: userimport.Email, Empty: userimport.EmptyNull})
	if err != nil {
		var wrong *userimport.MappingError
		if !errors.As(err, &wrong) || len(wrong.Unknown) == 0 {
			t.Fatal(err)
		}
		return true
	}
	mapping.Know(project)
	record, problems := mapping.Record(userimport.Row{Number: 1, Line: 1, Values: values})
	if userimport.Rejects(problems) {
		return true
	}
	// What is not refused is sent as it was written.
	want, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(want)))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	if got, wanted := recordJSON(t, record), recordJSON(t, userimport.Record(object)); got != wanted {
		t.Errorf("sent as %s, written as %s", got, wanted)
	}
	return false
}
