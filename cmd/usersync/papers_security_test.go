//go:build unix

package main

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"usersync/migrations/pgtest"
)

// TestWhatIsStored: with a umask that hides nothing, whatever is made is for its owner
// alone, and is what the paper says that there is.
func TestWhatIsStored(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "people.csv", "email,name\nann@example.com,Ann\nbob@,Bob\n")
	someone := b.add(t, "cy@example.com", "Cy")
	schema := pgtest.Schema(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", `umask 000; exec 2>&1; set -e
usersync sync --to mirror.csv
usersync forget "$0" --to mirror.csv
usersync sync --to postgres
usersync export --out export.csv
usersync export --from postgres --out export.ndjson.zst
usersync export --from postgres --out export-changes.csv --changes-since 2020-01-01
usersync diff mirror.csv export.csv || test $? = 4
usersync import people.csv --identifier email --yes || test $? = 3
usersync import people.csv --identifier email --yes --restart || test $? = 3
usersync import - --identifier email --spool spool.csv --yes <people.csv || test $? = 3
`, someone)
	shell.Dir = b.folder
	shell.Env = append(b.environ(), "PATH="+filepath.Dir(binary), "HOME="+b.folder, "TMPDIR="+b.folder, "DATABASE_URL="+pgtest.URL(t), "USERSYNC_SCHEMA="+schema)
	if output, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var known []string
	for _, named := range regexp.MustCompile("`(\\.?FILE\\.?[^`]*)`").FindAllStringSubmatch(readPaper(t, "SECURITY.md"), -1) {
		known = append(known, strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSuffix(named[1], "/")), "FILE", `(mirror|people|spool)\.csv`)+`(~\d*)?`)
	}
	listed := regexp.MustCompile(`^(mirror\.csv|export.*|` + strings.Join(known, "|") + `)(/|$)`)
	found := 0
	if err := filepath.WalkDir(b.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == b.folder || path == b.file {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := os.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		name, err := filepath.Rel(b.folder, path)
		if !listed.MatchString(name) {
			t.Errorf("the paper does not tell of %s", name)
		}
		found++
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if found < 12 {
		t.Errorf("only %d files", found)
	}
}
