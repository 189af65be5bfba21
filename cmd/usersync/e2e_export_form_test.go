//go:build unix

package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// TestExportHasAuthgearsForms: read by others' code, every cell is what Authgear's
// CSV export writes for the value at the dotted path in the recorded NDJSON.
func TestExportHasAuthgearsForms(t *testing.T) {
	t.Parallel()
	recorded := "../../source/testdata/recorded/export.ndjson"
	if *wholeExport != "" {
		recorded = unpackedExport(t, *wholeExport)
	}
	text, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	texts := `{"sub":"00000000-0000-4000-8000-000000000001","custom_attributes":{"a":"7","b":"true","c":"\"x\"","d":"null","e":"","f":null,"g":1.5,"h":false}}` + "\n"
	all := string(text) + texts
	path := writeFile(t, "export.ndjson", all)
	columns := "sub,email,phone_number,preferred_username,email_verified,name,birthdate,address.street_address,address.country,custom_attributes.*,roles,groups,disabled,created_at,last_login_at,identities,biometric_count"
	got := runBinary(t, nil, "export", "--from", path, "--out", "-", "--fields", columns).wantCode(t, exitOK)
	rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace([]byte(all)), []byte("\n"))
	if len(rows) != len(lines)+1 || len(rows[0]) < 20 {
		t.Fatalf("%d rows of %d cells, of %d users", len(rows), len(rows[0]), len(lines))
	}
	wrong := 0
	for i, line := range lines {
		for n, column := range rows[0] {
			if cell := rows[i+1][n]; !hasForm(t, cell, valueAt(t, line, column)) && wrong < 10 {
				t.Errorf("line %d: %s is %q", i+1, column, cell)
				wrong++
			}
		}
	}
}

// valueAt is what stands in a JSON object at a dotted path; nil for nothing.
func valueAt(t *testing.T, line []byte, path string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(line, &value); err != nil {
		t.Fatal(err)
	}
	for key := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// hasForm says whether a cell is how Authgear writes a value.
func hasForm(t *testing.T, cell string, value any) bool {
	t.Helper()
	switch v := value.(type) {
	case nil: // booleans and counts are never absent from a real export
		return cell == "" || cell == "false" || cell == "0"
	case string:
		return cell == v
	case bool:
		return cell == strconv.FormatBool(v)
	case float64:
		return cell == strconv.FormatFloat(v, 'f', -1, 64)
	default:
		var read any
		return json.Unmarshal([]byte(cell), &read) == nil && reflect.DeepEqual(read, value)
	}
}
