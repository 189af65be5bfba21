//go:build unix

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	"usersync/sync/userimport"
)

var recordedRows = flag.Int("recorded-rows", 1_000, "how many rows of the recorded export are imported, up to 20000")

// The export of a real project, of whose rows some were spoilt in every way there
// is, is imported into an empty one: everybody is there as the rows say, but for
// those that were spoilt, who are after these were mended. Then the export as it
// was finds nothing to do.
func TestImportRecorded(t *testing.T) {
	t.Parallel()
	began := time.Now()
	table := newSpoiltTable(t, *recordedRows)
	b := newRecordedBench(t, table.text())
	report := b.report(t, exitRows, "--yes")
	wantOutcomes(t, report, table.outcomes())
	table.wantReasons(t, b.results(t))
	rejects, err := os.ReadFile(b.file + ".rejects.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(rejects), table.spoiltText(); got != want {
		t.Errorf("the rejects have %d lines, want %d; or they are not those that were spoilt", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}
	wantRecorded(t, b, table.good())

	whole := b.file
	b.file = b.write(t, "mended.ndjson", table.mendedText())
	wantOutcomes(t, b.report(t, exitOK, "--yes"), map[userimport.Outcome]int{userimport.Created: len(table.spoilt)})
	wantRecorded(t, b, table.lines)

	posts := b.Imports().Posts
	b.file = b.write(t, filepath.Base(whole), strings.Join(table.lines, ""))
	again := b.report(t, exitOK, "--yes", "--upsert")
	wantOutcomes(t, again, map[userimport.Outcome]int{userimport.Unchanged: len(table.lines)})
	if again.Jobs != 0 || b.Imports().Posts != posts {
		t.Errorf("the same rows again made %d jobs", again.Jobs)
	}
	t.Logf("%d rows, %d of them spoilt or about the same as another, in %d ways, in %.1f s (the import alone %.1f s, %d jobs; the same again %.1f s)",
		len(table.lines), len(table.spoilt), len(spoilings()), time.Since(began).Seconds(), report.DurationSeconds, report.Jobs, again.DurationSeconds)
}

// newRecordedBench is a project that is set up as the recorded one was, and whose
// users are those alone who hold what is somebody else's.
func newRecordedBench(t *testing.T, content string) *importBench {
	t.Helper()
	b := newImportBench(t, "export.ndjson", content)
	b.Project().SetCustomAttributes(map[string]emulator.CustomAttribute{
		"department": {Type: "string"}, "employee_number": {Type: "integer"},
		"tier": {Type: "enum", Enum: []string{"free", "pro", "enterprise"}},
	})
	for i, number := range takenPhones() {
		_, err := b.Project().Create(emulator.User{
			Identities: []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("there%d@example.org", i)), emulator.PhoneIdentity(number)},
			Roles:      []string{"admin", "editor", "viewer"}, Groups: []string{"engineering", "hr", "sales"},
			CustomAttributes: map[string]any{"department": "one", "employee_number": json.Number("1"), "tier": "free"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// A spoiltTable is rows of the recorded export, and what was done to some.
type spoiltTable struct {
	lines  []string // as recorded, each with its end
	spoilt map[int]*spoiltRow
}

// A spoiltRow is one that does not become a user.
type spoiltRow struct {
	line string
	how  spoiling
}

// newSpoiltTable spoils rows in every way, each several times in a large table.
func newSpoiltTable(t *testing.T, rows int) *spoiltTable {
	t.Helper()
	table := &spoiltTable{lines: recordedLines(t, rows), spoilt: make(map[int]*spoiltRow)}
	const share = 100 // of how many rows one is spoilt
	times := min(len(takenPhones()), max(1, rows/len(spoilings())/share))
	ways, at := spoilings(), 0
	next := func() (int, map[string]any) {
		for {
			at += max(2, rows/(times*len(ways)*2))
			row := decodeRecorded(t, table.lines[at%rows])
			if table.spoilt[at%rows] == nil && row["phone_number"] != nil && row["preferred_username"] != nil && row["custom_attributes"] != nil {
				return at % rows, row
			}
			at++
		}
	}
	for range times {
		for _, how := range ways {
			number, row := next()
			table.spoilt[number] = &spoiltRow{how: how}
			if how.likewise != nil {
				twin, other := next()
				how.likewise(row, other)
				table.spoilt[twin] = &spoiltRow{table.lines[twin], how}
			} else {
				how.change(row)
			}
			line, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			table.spoilt[number].line = string(line) + "\n"
		}
	}
	return table
}

// recordedLines are the first rows of the recorded export that have an email.
func recordedLines(t *testing.T, count int) []string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "export.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	scanner := bufio.NewScanner(unpacked)
	for len(lines) < count && scanner.Scan() {
		if bytes.Contains(scanner.Bytes(), []byte(`"email":"`)) {
			lines = append(lines, scanner.Text()+"\n")
		}
	}
	if err := scanner.Err(); err != nil || len(lines) < count {
		t.Fatalf("%d rows, %v", len(lines), err)
	}
	return lines
}

func decodeRecorded(t *testing.T, line string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	var row map[string]any
	if err := decoder.Decode(&row); err != nil {
		t.Fatal(err)
	}
	return row
}

// text is the table with its spoilt rows.
func (s *spoiltTable) text() string {
	lines := slices.Clone(s.lines)
	for number, row := range s.spoilt {
		lines[number] = row.line
	}
	return strings.Join(lines, "")
}

// spoiltText is the spoilt rows alone, and mendedText these as they were.
func (s *spoiltTable) spoiltText() string {
	var text strings.Builder
	for _, number := range slices.Sorted(maps.Keys(s.spoilt)) {
		text.WriteString(s.spoilt[number].line)
	}
	return text.String()
}

func (s *spoiltTable) mendedText() string {
	var text strings.Builder
	for _, number := range slices.Sorted(maps.Keys(s.spoilt)) {
		text.WriteString(s.lines[number])
	}
	return text.String()
}

// good are the rows that were left as they are.
func (s *spoiltTable) good() []string {
	var lines []string
	for number, line := range s.lines {
		if s.spoilt[number] == nil {
			lines = append(lines, line)
		}
	}
	return lines
}

func (r *spoiltRow) outcome() userimport.Outcome {
	if r.how.outcome != "" {
		return r.how.outcome
	}
	return userimport.Rejected
}

func (s *spoiltTable) outcomes() map[userimport.Outcome]int {
	outcomes := map[userimport.Outcome]int{userimport.Created: len(s.lines) - len(s.spoilt)}
	for _, row := range s.spoilt {
		outcomes[row.outcome()]++
	}
	return outcomes
}

// wantReasons checks what the results say of each row.
func (s *spoiltTable) wantReasons(t *testing.T, results []map[string]string) {
	t.Helper()
	if len(results) != len(s.lines) {
		t.Fatalf("%d results of %d rows", len(results), len(s.lines))
	}
	for number, result := range results {
		row := s.spoilt[number]
		switch {
		case result["_line"] != fmt.Sprint(number+1):
			t.Fatalf("row %d is said to be on line %s", number+1, result["_line"])
		case row == nil:
			if result["_outcome"] != string(userimport.Created) || result["_sub"] == "" || result["_reason"]+result["_detail"] != "" {
				t.Errorf("row %d: %v", number+1, result)
			}
		case result["_outcome"] != string(row.outcome()) || !strings.Contains(result["_reason"], row.how.reason):
			t.Errorf("%s: it is %s, as %q (%s)", row.how.name, result["_outcome"], result["_reason"], result["_detail"])
		}
	}
}

// wantRecorded checks that just those people are there whom the rows tell of, as
// the rows say.
func wantRecorded(t *testing.T, b *importBench, lines []string) {
	t.Helper()
	want := make(map[string]string, len(lines))
	for _, line := range lines {
		row := decodeRecorded(t, line)
		want[row["email"].(string)] = recordedPerson(t, row)
	}
	wrong := 0
	for u := range b.Project().All() {
		email, _ := u.StandardAttributes["email"].(string)
		if strings.HasSuffix(email, "@example.org") {
			continue
		}
		if got := importedPerson(t, u); got != want[email] {
			if wrong++; wrong <= 3 {
				t.Errorf("somebody is\n%s\nand should be\n%s", got, want[email])
			}
		}
		delete(want, email)
	}
	if wrong+len(want) > 0 {
		t.Errorf("%d people are not as their rows say, and %d are missing", wrong, len(want))
	}
}

// recordedPerson is all that a row of an export says and an import can set.
func recordedPerson(t *testing.T, row map[string]any) string {
	t.Helper()
	p := make(map[string]any)
	for field, value := range row {
		object, isObject := value.(map[string]any)
		switch {
		case slices.Contains([]string{"sub", "created_at", "is_anonymized", "identities", "mfa", "biometric_count", "passkey_count", "last_login_at"}, field):
		case value == false, isObject && len(object) == 0:
		case field == "account_valid_from" || field == "account_valid_until":
			at, err := time.Parse(time.RFC3339, value.(string))
			if err != nil {
				t.Fatal(err)
			}
			p[field] = at.UTC()
		case field == "roles" || field == "groups":
			p[field] = slices.SortedFunc(slices.Values(value.([]any)), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		default:
			p[field] = value
		}
	}
	return jsonOf(t, p)
}

// importedPerson is the same of a user.
func importedPerson(t *testing.T, u emulator.User) string {
	t.Helper()
	p := maps.Clone(u.StandardAttributes)
	if len(u.CustomAttributes) > 0 {
		p["custom_attributes"] = u.CustomAttributes
	}
	for field, keys := range map[string][]string{"roles": u.Roles, "groups": u.Groups} {
		if len(keys) > 0 {
			p[field] = slices.Sorted(slices.Values(keys))
		}
	}
	for field, at := range map[string]*time.Time{"account_valid_from": u.AccountValidFrom, "account_valid_until": u.AccountValidUntil} {
		if at != nil {
			p[field] = at.UTC()
		}
	}
	if u.Disabled {
		p["disabled"] = true
	}
	for _, claim := range u.VerifiedClaims {
		if u.StandardAttributes[claim.Name] == claim.Value {
			p[claim.Name+"_verified"] = true
		}
	}
	return jsonOf(t, p)
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
