//go:build unix

package main

import (
	"strings"
	"testing"
)

// TestImportOfChangedFile: whatever is wrong with it, it is not the file of which
// the journal is, and no option makes it one.
func TestImportOfChangedFile(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(30))
	b.SetImportQuota(20, "day")
	b.imports(t, exitTemporary, "--yes")
	b.SetImportQuota(0, "")
	changed := strings.ReplaceAll(people(30), "\n", ",x\n")
	b.write(t, "users.csv", strings.Replace(changed, "name,x", "name,custom_attributes.member_id", 1))
	for _, options := range [][]string{{"--yes"}, {"--yes", "--allow-unknown-attributes"}} {
		got := b.imports(t, exitRefused, options...)
		if !strings.Contains(got.stderr, "another import") || !strings.Contains(got.stderr, "the file has changed") || !strings.Contains(got.stderr, "--restart") {
			t.Errorf("%v: %s", options, got.stderr)
		}
	}
	b.imports(t, exitOK, "--yes", "--allow-unknown-attributes", "--restart")
	b.wantPeople(t, 30)
}

// TestImportTellsNoSecretOfItsOptions, however the field of it is spelled: neither
// the journal, nor what is said of it when it is another's.
func TestImportTellsNoSecretOfItsOptions(t *testing.T) {
	t.Parallel()
	const secret = "$2b$12$EXAMPLEEXAMPLEEXAMPLE.EXAMPLEEXAMPLEEXAMPLEEXAMPLE.00"
	b := newImportBench(t, "users.csv", people(30))
	b.SetImportQuota(20, "day")
	b.imports(t, exitTemporary, "--yes", "--set", "Password-Hash="+secret)
	other := b.imports(t, exitRefused, "--yes", "--json")
	for where, text := range map[string]string{"the journal": readFile(t, b.file+".import/journal.ndjson"), "the output": other.stdout + other.stderr} {
		if strings.Contains(text, "EXAMPLE") || !strings.Contains(text, "password_hash=(a secret") {
			t.Errorf("in %s: %s", where, text)
		}
	}
}
