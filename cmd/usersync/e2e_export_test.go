//go:build unix

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
	"usersync/sync/userimport"
)

var wholeExport = flag.String("whole-export", "", "another recorded export than the cut in the tests, for TestExportAndBack")

// withExport is a project of those who stand in a file of the form of Authgear's
// own export.
func withExport(t *testing.T, path string) *emulated {
	t.Helper()
	e := newEmulated(t, 0)
	if _, err := e.Project().LoadFile(path); err != nil {
		t.Fatal(err)
	}
	return e
}

// What a real server exported comes back from every format as it was, and
// equals what is exported from a server that has these users.
func TestExportAndBack(t *testing.T) {
	t.Parallel()
	recorded := "../../source/testdata/recorded/export.ndjson"
	if *wholeExport != "" {
		recorded = *wholeExport
	}
	recorded, err := filepath.Abs(recorded)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"users.csv", "users.ndjson", "users.csv.gz", "users.ndjson.zst"} {
		path := filepath.Join(dir, name)
		got := runBinary(t, nil, "export", "--from", recorded, "--out", path).wantCode(t, exitOK)
		if !strings.Contains(got.stdout, "Wrote ") {
			t.Errorf("%s: %+v", name, got)
		}
		runBinary(t, nil, "diff", recorded, path, "--quiet").wantCode(t, exitOK)
	}
	e := withExport(t, unpackedExport(t, recorded))
	for _, name := range []string{"authgear.csv", "authgear.ndjson.gz"} {
		path := filepath.Join(dir, name)
		runBinary(t, e.environ(), "export", "--out", path).wantCode(t, exitOK)
		runBinary(t, nil, "diff", recorded, path, "--quiet").wantCode(t, exitOK)
	}
	runBinary(t, e.environ(), "diff", "authgear", filepath.Join(dir, "users.ndjson.zst"), "--quiet").wantCode(t, exitOK)
}

// unpackedExport is the file, or a copy that is not compressed.
func unpackedExport(t *testing.T, path string) string {
	t.Helper()
	if !strings.HasSuffix(path, ".gz") {
		return path
	}
	text, err := exec.CommandContext(t.Context(), "gzip", "-dc", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "export.ndjson", string(text))
}

// What was exported can be imported as it is, and nothing becomes another value.
func TestExportedFilesAreImportedUnchanged(t *testing.T) {
	t.Parallel()
	var people strings.Builder
	loginID := func(key, claim, value string) string {
		return fmt.Sprintf(`{"type":"login_id","login_id":{"key":%q,"type":%[1]q,"value":%[2]q,"original_value":%[2]q},"claims":{%[3]q:%[2]q}}`, key, value, claim)
	}
	const phone = "+85298765432"
	for i, rest := range []string{
		`"name":"-1+1 \"שלום\",\n👩‍👧","custom_attributes":{"text":"7","number":9007199254740993,"yes":"true","quoted":"\"x\"","null":"null"}`,
		`"name":"'quoted'","phone_number":"` + phone + `","custom_attributes":{"text":"'x","number":1.5}`,
		`"address":{"country":"HK","street_address":"1 Road,\nTown"},"roles":["editor","viewer"],"disabled":true,"custom_attributes":{"text":"=1+1","spaces":" a\nb, "}`,
	} {
		email := fmt.Sprintf("p%d@example.com", i)
		identities := loginID("email", "email", email)
		if strings.Contains(rest, phone) {
			identities += "," + loginID("phone", "phone_number", phone)
		}
		fmt.Fprintf(&people, `{"sub":"00000000-0000-4000-8000-00000000000%d","email":%q,"created_at":"2026-01-02T03:04:0%[1]dZ",%[3]s,"identities":[%[4]s]}`+"\n", i, email, rest, identities)
	}
	e := withExport(t, writeFile(t, "people.ndjson", people.String()))
	columns := "--fields=email,name,custom_attributes.text,custom_attributes.number,custom_attributes.yes,custom_attributes.quoted,custom_attributes.null,custom_attributes.spaces"
	for _, test := range []struct {
		name             string
		exports, imports []string
	}{
		{"users.csv", nil, nil},
		{"users.ndjson", nil, nil},
		{"users.csv.gz", []string{"--excel-safe"}, []string{"--excel-safe"}},
		{"columns.csv", []string{columns}, nil},
		{"guarded.csv", []string{columns, "--excel-safe"}, []string{"--excel-safe"}},
	} {
		path := filepath.Join(t.TempDir(), test.name)
		runBinary(t, e.environ(), append([]string{"export", "--out", path}, test.exports...)...).wantCode(t, exitOK)
		got := runBinary(t, e.environ(), append([]string{"import", path, "--identifier", "email", "--upsert", "--dry-run", "--json"}, test.imports...)...).wantCode(t, exitOK)
		var report userimport.Report
		if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
			t.Fatal(err)
		}
		t.Log(test.name)
		wantOutcomes(t, report, map[userimport.Outcome]int{userimport.Unchanged: 3})
	}
}

// TestExportOfAMirror in Postgres: single attributes, who is gone, and what
// changed.
func TestExportOfAMirror(t *testing.T) {
	t.Parallel()
	e, schema := newEmulated(t, 40), pgtest.Schema(t)
	environ := append(e.environ(), "DATABASE_URL="+pgtest.URL(t), "USERSYNC_TO=postgres", "USERSYNC_SCHEMA="+schema, "USERSYNC_FROM=postgres")
	var ids []string
	for u := range e.Project().All() {
		ids = append(ids, u.ID)
	}
	edited := func(id string, edit func(*emulator.User)) {
		t.Helper()
		if err := e.Project().Update(id, edit); err != nil {
			t.Fatal(err)
		}
	}
	edited(ids[0], func(u *emulator.User) { u.CustomAttributes = map[string]any{"only.here": "7", "tier": true} })
	first := runBinary(t, environ, "sync", "--json").wantCode(t, exitOK)
	var report struct {
		RunID string `json:"run_id"`
	}
	if err := json.Unmarshal([]byte(first.stdout), &report); err != nil {
		t.Fatal(err)
	}
	runBinary(t, environ, "diff", "authgear", "postgres").wantCode(t, exitOK)
	if err := e.Project().Delete(ids[1]); err != nil {
		t.Fatal(err)
	}
	edited(ids[2], func(u *emulator.User) { u.StandardAttributes["name"] = "=Changed" })
	runBinary(t, environ, "sync").wantCode(t, exitOK)

	rows := strings.Split(runBinary(t, environ, "export", "--out", "-", "--fields", "email,custom_attributes.*", "--deleted").wantCode(t, exitOK).stdout, "\n")
	if !strings.HasPrefix(rows[0], "sub,email,custom_attributes.") || !strings.HasSuffix(rows[0], ",_deleted_at") || !strings.Contains(rows[0], ",custom_attributes.only.here,") || len(rows) != 42 {
		t.Errorf("%d rows: %s", len(rows), rows[0])
	}
	for _, row := range rows[1:] {
		if gone := !strings.HasSuffix(row, ","); row != "" && gone != strings.HasPrefix(row, ids[1]) {
			t.Errorf("%s", row)
		}
		if strings.HasPrefix(row, ids[0]) && !strings.Contains(row, ",7,") {
			t.Errorf("%s", row)
		}
	}
	for _, since := range []string{report.RunID, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)} {
		changes := runBinary(t, environ, "export", "--out", "-", "--format", "ndjson", "--changes-since", since).wantCode(t, exitOK)
		creates := strings.Count(changes.stdout, `{"op":"create"`)
		if want := map[bool]int{true: 0, false: 40}[since == report.RunID]; creates != want {
			t.Errorf("since %s: %d creates", since, creates)
		}
		for _, line := range []string{`{"op":"delete","sub":"` + ids[1] + `","fields":[],"before":{`, `"name":"=Changed"`} {
			if !strings.Contains(changes.stdout, line) {
				t.Errorf("since %s there is no %s", since, line)
			}
		}
	}
	got := runBinary(t, environ, "export", "--out", "-", "--changes-since", "20200101-000000-aaaaaa").wantCode(t, exitUsage)
	if !strings.Contains(got.stderr, "usersync runs list") || got.stdout != "" {
		t.Errorf("%+v", got)
	}
	for _, since := range []string{"2026-13-45", "2026-11-23 03:15", "now", "20261123-996060-aaaaaa"} {
		if got := runBinary(t, environ, "export", "--out", "-", "--changes-since", since).wantCode(t, exitUsage); !strings.Contains(got.stderr, "is neither a run's ID") {
			t.Errorf("%s: %+v", since, got)
		}
	}
	none := runBinary(t, environ, "export", "--out", "-", "--changes-since", "2100-01-01").wantCode(t, exitOK)
	if none.stdout != "op,sub,fields,before,after,at,run\n" {
		t.Errorf("%+v", none)
	}
	safe := runBinary(t, environ, "export", "--out", "-", "--excel-safe", "--fields", "name").wantCode(t, exitOK)
	if !strings.Contains(safe.stdout, ids[2]+",'=Changed\n") {
		t.Errorf("%s", safe.stdout)
	}
}

// TestExportLeavesNothingHalf when it fails, is incomplete or is interrupted.
func TestExportLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 0)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for range 250 { // more than a page: what has no order cannot be proven
		if _, err := e.Project().Create(emulator.User{CreatedAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "users.csv")
	got := runBinary(t, e.environ(), "export", "--out", path).wantCode(t, exitFailed)
	if !strings.Contains(got.stderr, "users may have been missed") || got.stdout != "" {
		t.Errorf("%+v", got)
	}
	got = runBinary(t, e.environ(), "export", "--out", "-").wantCode(t, exitFailed)
	if !strings.Contains(got.stderr, "users may have been missed") || strings.Count(got.stdout, "\n") < 100 {
		t.Errorf("%+v", got.stderr)
	}
	broken := writeFile(t, "users.ndjson", `{"sub":"00000000-0000-4000-8000-000000000001","email":"a"}`+"\nsecret\n")
	got = runBinary(t, nil, "export", "--from", broken, "--out", path).wantCode(t, exitFailed)
	if !strings.Contains(got.stderr, "line 2: not one JSON object") || strings.Contains(got.stderr, "secret") {
		t.Errorf("%+v", got)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("something is left: %v, %v", left, err)
	}
}

func TestExportInterrupted(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 400)
	arrived, _ := e.holdAt(t, 3)
	path := filepath.Join(t.TempDir(), "users.csv.gz")
	running := start(t, e.environ(), "export", "--out", path)
	await(t, "a third request", arrived)
	running.signal(t, syscall.SIGINT)
	got := running.wait(t).wantCode(t, exitSignal+int(syscall.SIGINT))
	if !strings.Contains(got.stderr, "No file was written") {
		t.Errorf("%+v", got)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("something is left: %v, %v", left, err)
	}
}

// TestExportKilled: what it leaves is nobody else's to read, and gone with the next
// export of the same name.
func TestExportKilled(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 400)
	arrived, proceed := e.holdAt(t, 3)
	path := filepath.Join(t.TempDir(), "users.csv")
	running := start(t, e.environ(), "export", "--out", path)
	await(t, "a third request", arrived)
	running.signal(t, syscall.SIGKILL)
	running.wait(t)
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 || left[0].Name() == filepath.Base(path) {
		t.Fatalf("%v, %v", left, err)
	}
	if info, err := left[0].Info(); err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("%v, %v", info, err)
	}
	proceed()
	runBinary(t, e.environ(), "export", "--out", path).wantCode(t, exitOK)
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 || left[0].Name() != filepath.Base(path) {
		t.Errorf("%v, %v", left, err)
	}
}

// TestExportToAClosedPipe is no failure.
func TestExportToAClosedPipe(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for range 20_000 {
		fmt.Fprintf(&lines, `{"sub":"00000000-0000-4000-8000-%012d","name":"somebody"}`+"\n", lines.Len())
	}
	path := writeFile(t, "users.ndjson", lines.String())
	for arguments, want := range map[string]string{
		"export --out - --from": "0\n", "diff " + writeFile(t, "empty.ndjson", ""): "4\n",
	} {
		shell := exec.CommandContext(t.Context(), "bash", "-c", "$0 "+arguments+" "+path+" --log-level warn | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}", binary)
		output, err := shell.CombinedOutput()
		if err != nil || string(output) != want {
			t.Errorf("%s: %s, %v", arguments, output, err)
		}
	}
}

// TestExportUsage: what does not go together is said before anything is read.
func TestExportUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	csv := writeFile(t, "users.csv", "sub,email,custom_attributes.a\n")
	mirror := writeFile(t, "mirror.csv", "sub\n")
	if err := os.WriteFile(mirror+".runs.ndjson", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.csv")
	for _, test := range []struct{ args, want string }{
		{"export", "--out"},
		{"export --out x", `--out "x" does not tell how to write it`},
		{"export --out x.csv --format ndjson", "do not agree"},
		{"export --out x.ndjson --excel-safe", "--excel-safe is for CSV"},
		{"export --out x.csv --deleted", "--deleted is for mirrors"},
		{"export --out x.csv --changes-since 2026-01-01 --fields email", "Leave --deleted and --fields out"},
		{"export --out x.csv --changes-since 2026-01-01 --from " + csv, "only a mirror in Postgres has"},
		{"export --out x.csv --from x.parquet", `--from "x.parquet" is no place to read users from`},
		{"export --out x.csv --from host=db:secret", "--from is no place"},
		{"export --out x.csv --from absent.csv", "no such file"},
		{"export --out " + dir + " --format csv --from " + csv, "no regular file"},
		{"export --out " + dir + "/absent/x.csv --from " + csv, "no such file or directory"},
		{"export --out " + mirror + " --from " + csv, "is a mirror"},
		{"export --out " + out + " --from " + csv + " --deleted", "does not keep who is gone"},
		{"export --out " + out + " --from " + csv + " --fields shoe_size", `there is no field "shoe_size"`},
		{"export --out " + out + " --from " + csv + " --fields emial", "did you mean email?"},
		{"export --out " + out + " --from " + csv + " --fields email,-name", "--fields: name either"},
		{"export --out " + out + " --from " + csv + " --fields email,email", `column "email" is there twice`},
		{"export --out " + out + " --from " + csv + " --fields name,custom_attributes.b", "has no name, custom_attributes.b"},
		{"diff " + csv, "compares two places, and 1 are named"},
		{"diff " + csv + " x.parquet", `B "x.parquet" is no place`},
		{"diff " + csv + " " + csv + " --fields name", "has no name"},
		{"diff " + csv + " " + csv + " --ignore shoe_size", `--ignore: there is no field "shoe_size"`},
		{"diff " + csv + " " + csv + " --fields nmae", "did you mean name?"},
		{"diff " + csv + " " + csv + " --ignore custom_attribute.a", "did you mean custom_attributes.a?"},
		{"diff " + csv + " " + csv + " --fields address.contry", "did you mean address.country?"},
		{"diff " + csv + " postgres", "B postgres means the database in DATABASE_URL, which is not set"},
		{"diff " + csv + " " + csv + " --key phone_number", "--key: " + csv + " has no phone_number"},
		{"diff " + csv + " " + csv + " --key name", "must be one of sub, email"},
	} {
		got := runBinary(t, nil, strings.Fields(test.args)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, test.want) || strings.Contains(got.stderr, "secret") {
			t.Errorf("%s: %+v", test.args, got)
		}
	}
	needs := runBinary(t, nil, "export", "--out", out).wantCode(t, exitUsage)
	if !strings.Contains(needs.stderr, "AUTHGEAR_ENDPOINT") {
		t.Errorf("%+v", needs)
	}
	runBinary(t, nil, "export", "--out", out, "--from", csv, "--quiet").wantCode(t, exitOK)
	info, err := os.Stat(out)
	if err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("%v, %v", info, err)
	}
}
