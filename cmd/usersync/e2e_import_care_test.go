//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"usersync/sync/userimport"
)

// TestImportConflict: a row whose login IDs belong to two people changes neither.
func TestImportConflict(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", "email,phone_number,name\nann@example.com,+85298765432,Both\n")
	b.add(t, "ann@example.com", "Ann")
	if err := b.Project().SetLoginID(b.add(t, "bob@example.com", "Bob"), "phone", "+85298765432"); err != nil {
		t.Fatal(err)
	}
	wantOutcomes(t, b.report(t, exitRows, "--upsert", "--dry-run"), map[userimport.Outcome]int{userimport.Conflict: 1})
	wantOutcomes(t, b.report(t, exitRows, "--upsert", "--yes"), map[userimport.Outcome]int{userimport.Conflict: 1})
	if names := b.names(t); names["ann@example.com"] != "Ann" || names["bob@example.com"] != "Bob" || b.Imports().Posts != 0 {
		t.Errorf("there are %v", names)
	}
	if reasons, err := os.ReadFile(b.file + ".rejects.txt"); err != nil || !strings.HasPrefix(string(reasons), "row 1 (conflict, line 2): ") {
		t.Errorf("the reasons are %q, %v", reasons, err)
	}
}

// TestImportWarnings: a row that is as it should be, with something to look at, is
// exit code 3, but nothing to mend before it is sent.
func TestImportWarnings(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", "id,primary_email_address,password_digest,password_hasher\nuser_1,ann@example.com,$argon2id$hush,argon2id\n")
	golden(t, "import-plan-warnings", b.masked(b.imports(t, exitOK, "--preset", "clerk", "--dry-run").stdout))
	report := b.report(t, exitRows, "--preset", "clerk", "--yes")
	wantOutcomes(t, report, map[userimport.Outcome]int{userimport.Created: 1})
	row := b.results(t)[0]
	if report.Warnings != 1 || !strings.Contains(row["_detail"], "argon2") || row["password_digest"] != "REDACTED" {
		t.Errorf("%d warnings, %q", report.Warnings, row)
	}
}

// TestImportSecretsAreNotShown, however much is logged and whatever is wrong with
// them; only the rejects have them, as they are to be fed again.
func TestImportSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	const totp = "NB2XG2DI"
	hash := "$2b$12$" + strings.Repeat("HUSH", 13) + "0"
	b := newImportBench(t, "users.csv", "email,password_hash,mfa.totp.secret,mfa.email,old_password\n"+
		"a@example.com,"+hash+","+totp+",hush@example.com,hush\n"+
		"b@example.com,{SSHA}HUSH,"+totp+",,hush\n"+
		"c@example.com,,NB2XG2DI HUSH!,,hush\n"+
		"d@example.com,,,hush at example.com,hush\n")
	for _, more := range [][]string{{"--dry-run", "-v"}, {"--yes", "-v"}, {"--yes", "--json"}, {"--yes", "--upsert", "--set", "mfa.password_hash=" + hash}} {
		got := b.imports(t, exitRows, append(more, "--ignore-column", "old_password", "--log-level", "debug")...)
		written := got.stdout + got.stderr
		for _, file := range []string{".results.csv", ".rejects.txt", ".import/journal.ndjson"} {
			content, err := os.ReadFile(b.file + file)
			if err != nil && more[0] != "--dry-run" {
				t.Fatal(err)
			}
			written += string(content)
		}
		for _, secret := range []string{"HUSH", "hush", totp, "eyJ", "PRIVATE"} {
			if strings.Contains(written, secret) {
				t.Errorf("with %v, %q is in %s", more, secret, written)
			}
		}
		if strings.Contains(got.stderr, "@example.com") {
			t.Errorf("people are in the log: %s", got.stderr)
		}
	}
	for u := range b.Project().All() {
		if u.PasswordHash != hash || len(u.MFA.TOTPs) != 1 {
			t.Errorf("user %s was not made as the row says", u.ID)
		}
	}
	if rows := b.results(t); rows[0]["password_hash"] != "REDACTED" || rows[3]["password_hash"] != "" || rows[3]["mfa.email"] != "REDACTED" {
		t.Errorf("the results are %v", rows)
	}
	if rejects, err := os.ReadFile(b.file + ".rejects.csv"); err != nil || !strings.Contains(string(rejects), "{SSHA}HUSH") {
		t.Errorf("the rejects are %q, %v", rejects, err)
	}
}

// TestImportTellsMirror that users were imported, once there are any.
func TestImportTellsMirror(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(3))
	mirror := filepath.Join(b.folder, "mirror.csv")
	runBinary(t, b.environ(), "sync", "--to", mirror).wantCode(t, exitOK)
	ledger := func() string { return runBinary(t, nil, "runs", "--to", mirror).wantCode(t, exitOK).stdout }
	b.imports(t, exitOK, "--dry-run", "--mirror", mirror)
	if got := ledger(); strings.Contains(got, "import") {
		t.Errorf("the dry run was told: %s", got)
	}
	b.imports(t, exitOK, "--yes", "--mirror", mirror)
	if got := ledger(); strings.Count(got, "import") != 2 {
		t.Errorf("it was not told of the beginning and the end: %s", got)
	}
	if got := runBinary(t, nil, "runs", "show", "--to", mirror).wantCode(t, exitOK).stdout; !strings.Contains(got, "sweep       complete") {
		t.Errorf("a note was taken for the last run: %s", got)
	}
	b.imports(t, exitOK, "--yes", "--mirror", mirror) // changes nobody
	if got := ledger(); strings.Count(got, "import") != 2 {
		t.Errorf("it was told of nothing: %s", got)
	}
	got := b.imports(t, exitUsage, "--yes", "--mirror", filepath.Join(b.folder, "mirrror.csv"))
	if !strings.Contains(got.stderr, "mirrror.csv yet") {
		t.Errorf("%+v", got)
	}
	other := newImportBench(t, "users.csv", people(3))
	got = other.imports(t, exitUsage, "--yes", "--mirror", mirror)
	if !strings.Contains(got.stderr, "--mirror") || other.Imports().Posts != 0 {
		t.Errorf("%+v", got)
	}
}

// TestImportSaysThatItStops while it waits for what is on its way.
func TestImportSaysThatItStops(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(30))
	b.SetImportPace(10)
	s := start(t, b.environ(), b.arguments("--yes")...)
	soon(t, "the first job", func() bool { return b.Imports().Jobs == 1 })
	s.signal(t, syscall.SIGINT)
	got := s.wait(t).wantCode(t, exitSignal+int(syscall.SIGINT))
	if !strings.Contains(got.stderr, "stopping, in 10 seconds at most") {
		t.Errorf("%+v", got)
	}
	if got := b.imports(t, exitOK, "--yes"); strings.Contains(got.stderr, "stopping") {
		t.Errorf("nobody stopped it: %+v", got)
	}
}

// TestImportTemplate can be imported as it is.
func TestImportTemplate(t *testing.T) {
	t.Parallel()
	for _, identifier := range []string{"email", "phone_number", "preferred_username"} {
		template := runBinary(t, nil, "import", "template", "--identifier", identifier).wantCode(t, exitOK)
		if !strings.HasPrefix(template.stdout, identifier+",") || strings.Count(template.stdout, "\n") != 2 {
			t.Errorf("%+v", template)
		}
		file := writeFile(t, "users.csv", template.stdout)
		runBinary(t, nil, "import", file, "--identifier", identifier, "--dry-run", "--no-lookup").wantCode(t, exitOK)
	}
}
