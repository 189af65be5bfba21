//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportOfGuardedCells takes the guard off what is sent, and leaves it on what
// is to be mended and fed again.
func TestImportOfGuardedCells(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 0)
	path := filepath.Join(t.TempDir(), "people.csv")
	text := "email,name,nickname,birthdate\nann@example.com,'=1+1,''tis,2000-01-02\nbob@example.com,'=2+2,''twas,'-broken\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	runBinary(t, e.environ(), "import", path, "--identifier", "email", "--yes", "--excel-safe").wantCode(t, exitRows)
	names := func() map[string]any {
		found := make(map[string]any)
		for u := range e.Project().All() {
			found[u.StandardAttributes["name"].(string)] = u.StandardAttributes["nickname"]
		}
		return found
	}
	if got := names(); len(got) != 1 || got["=1+1"] != "'tis" {
		t.Errorf("%v", got)
	}
	rejects := path + ".rejects.csv"
	left, err := os.ReadFile(rejects)
	if err != nil || string(left) != "email,name,nickname,birthdate\nbob@example.com,'=2+2,''twas,'-broken\n" {
		t.Fatalf("%q, %v", left, err)
	}
	if err := os.WriteFile(rejects, []byte(strings.ReplaceAll(string(left), "'-broken", "2000-01-02")), 0o600); err != nil {
		t.Fatal(err)
	}
	runBinary(t, e.environ(), "import", rejects, "--identifier", "email", "--yes", "--excel-safe").wantCode(t, exitOK)
	if got := names(); len(got) != 2 || got["=2+2"] != "'twas" {
		t.Errorf("%v", got)
	}
	objects := writeFile(t, "people.ndjson", `{"email":"eve@example.com"}`+"\n")
	got := runBinary(t, e.environ(), "import", objects, "--identifier", "email", "--yes", "--excel-safe").wantCode(t, exitUsage)
	if !strings.Contains(got.stderr, "--excel-safe is for CSV files") {
		t.Errorf("%+v", got)
	}
}
