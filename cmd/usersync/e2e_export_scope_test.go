//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const annID = "00000000-0000-4000-8000-000000000001"

// exported is what a file becomes when it is exported.
func exported(t *testing.T, from, format string, args ...string) string {
	t.Helper()
	return runBinary(t, nil, append([]string{"export", "--from", from, "--out", "-", "--format", format, "--log-level", "warn"}, args...)...).wantCode(t, exitOK).stdout
}

// TestExportLeavesOut what it was told to, also what is within an object.
func TestExportLeavesOut(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "users.ndjson", `{"sub":"`+annID+`","email":"ann@example.com","address":{"country":"HK","street_address":"secret"},"custom_attributes":{"tier":"pro","note":"secret"}}`+"\n")
	keyed := writeFile(t, "users.csv", "sub,custom_attributes.tier,custom_attributes.note,address.country,address.street_address\n"+annID+",pro,secret,HK,secret\n")
	const leaveOut = "--fields=-custom_attributes.note,-address.street_address"
	for _, test := range []struct{ name, got, want string }{
		{"CSV", exported(t, path, "csv", leaveOut), "sub,email,address.formatted,address.locality,address.region,address.postal_code,address.country,custom_attributes\n" +
			annID + `,ann@example.com,,,,,HK,"{""tier"":""pro""}"` + "\n"},
		{"NDJSON", exported(t, path, "ndjson", leaveOut), `{"sub":"` + annID + `","email":"ann@example.com","address":{"country":"HK"},"custom_attributes":{"tier":"pro"}}` + "\n"},
		{"of columns", exported(t, keyed, "csv", leaveOut), "sub,address.country,custom_attributes.tier\n" + annID + ",HK,pro\n"},
		{"every attribute of a file of columns", exported(t, keyed, "csv", "--fields=custom_attributes.*"), "sub,custom_attributes.tier,custom_attributes.note\n" + annID + ",pro,secret\n"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got  %s\nwant %s", test.name, test.got, test.want)
		}
	}
	got := runBinary(t, nil, "export", "--from", path, "--out", "-", "--fields=-sub").wantCode(t, exitUsage)
	if !strings.Contains(got.stderr, "sub cannot be left out") {
		t.Errorf("%+v", got)
	}
}

// TestDiffNamesWhatItCompared, also where parts of an object were left out.
func TestDiffNamesWhatItCompared(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "users.ndjson", `{"sub":"`+annID+`","address":{"country":"HK"},"custom_attributes":{"tier":"pro"}}`+"\n")
	args := []string{"diff", path, path, "--ignore", "custom_attributes.tier,address.street_address,address.formatted"}
	text := runBinary(t, nil, args...).wantCode(t, exitOK).stdout
	if !strings.Contains(strings.Join(strings.Fields(text), " "), "compared address.locality, address.region, address.postal_code, address.country, custom_attributes (all but tier) ") {
		t.Errorf("%s", text)
	}
	document := runBinary(t, nil, append(args, "--summary", "--json")...).wantCode(t, exitOK).stdout
	if !strings.Contains(document, `"compared":["address.locality","address.region","address.postal_code","address.country","custom_attributes (all but tier)"]`) {
		t.Errorf("%s", document)
	}
}

// TestExportOfLessThanAll: NDJSON does not look as if nobody had what its source
// cannot tell.
func TestExportOfLessThanAll(t *testing.T) {
	t.Parallel()
	const flags = `"email_verified":false,"phone_number_verified":false,"created_at":"2026-01-02T03:04:05Z","disabled":false,"is_anonymized":false,"biometric_count":0,"passkey_count":0`
	whole := writeFile(t, "whole.ndjson", `{"sub":"`+annID+`","email":"ann@example.com","name":"Ann",`+flags+"}\n")
	dir := t.TempDir()
	narrow, again := filepath.Join(dir, "narrow.csv"), filepath.Join(dir, "again.ndjson")
	runBinary(t, nil, "export", "--from", whole, "--out", narrow, "--fields=-name").wantCode(t, exitOK)
	runBinary(t, nil, "export", "--from", narrow, "--out", again).wantCode(t, exitOK)
	got := runBinary(t, nil, "diff", again, whole).wantCode(t, exitOK)
	if !strings.Contains(got.stdout, "not in A    name\n") {
		t.Errorf("%s", got.stdout)
	}
	copied := filepath.Join(dir, "copied.ndjson")
	runBinary(t, nil, "export", "--from", whole, "--out", copied).wantCode(t, exitOK)
	if text, err := os.ReadFile(copied); err != nil || strings.Contains(string(text), "null") {
		t.Errorf("a whole export leaves out what a user does not have: %s, %v", text, err)
	}
}

// TestExportKeepsMirrors from harm, also through a link.
func TestExportKeepsMirrors(t *testing.T) {
	t.Parallel()
	mirror := writeFile(t, "mirror.csv", "sub\n")
	if err := os.WriteFile(mirror+".runs.ndjson", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(mirror, link); err != nil {
		t.Fatal(err)
	}
	from := writeFile(t, "users.csv", "sub\n"+annID+"\n")
	for _, out := range []string{mirror, link} {
		if got := runBinary(t, nil, "export", "--from", from, "--out", out); got.code != exitUsage || !strings.Contains(got.stderr, "is a mirror") {
			t.Errorf("%s: %+v", out, got)
		}
	}
	if text, err := os.ReadFile(mirror); err != nil || string(text) != "sub\n" {
		t.Errorf("%s, %v", text, err)
	}
}

// TestTheFirstLineOfAUserCounts, in an export as in a comparison.
func TestTheFirstLineOfAUserCounts(t *testing.T) {
	t.Parallel()
	line := func(name string) string { return `{"sub":"` + annID + `","name":"` + name + `"}` + "\n" }
	twice := writeFile(t, "twice.ndjson", line("first")+line("second"))
	once := filepath.Join(t.TempDir(), "once.ndjson")
	runBinary(t, nil, "export", "--from", twice, "--out", once).wantCode(t, exitOK)
	runBinary(t, nil, "diff", twice, once).wantCode(t, exitOK)
}

// TestDiffWarnsOfChosenKeys, as NDJSON does not tell which they were.
func TestDiffWarnsOfChosenKeys(t *testing.T) {
	t.Parallel()
	whole := writeFile(t, "whole.csv", "sub,email,custom_attributes\n"+annID+`,ann@example.com,"{""tier"":""pro"",""note"":""x""}"`+"\n")
	path := filepath.Join(t.TempDir(), "chosen.ndjson")
	runBinary(t, nil, "export", "--from", whole, "--out", path, "--fields", "email,custom_attributes.tier").wantCode(t, exitOK)
	const warning = "does not tell whether it has all of custom_attributes"
	if got := runBinary(t, nil, "diff", path, whole).wantCode(t, exitDifferences); !strings.Contains(got.stderr, path+" "+warning) {
		t.Errorf("%+v", got)
	}
	for _, args := range [][]string{{"--fields", "email,custom_attributes.tier"}, {"--ignore", "custom_attributes"}} {
		if got := runBinary(t, nil, append([]string{"diff", path, whole}, args...)...).wantCode(t, exitOK); strings.Contains(got.stderr, warning) {
			t.Errorf("%+v", got)
		}
	}
}
