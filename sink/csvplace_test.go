package sink_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usersync/sink"
)

func TestCSVReplacesWhatALinkPointsTo(t *testing.T) {
	t.Parallel()
	for name, existing := range map[string]bool{"existing file": true, "file to be made": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, elsewhere := t.TempDir(), t.TempDir()
			path, link := filepath.Join(elsewhere, "users.csv"), filepath.Join(folder, "link.csv")
			for at, to := range map[string]string{link: "second.csv", filepath.Join(folder, "second.csv"): path} {
				if err := os.Symlink(to, at); err != nil {
					t.Fatal(err)
				}
			}
			if existing {
				writeFile(t, path, csvHeader)
			}
			runCSV(t, link, csvFields(), create(csvUser(1, "")))
			if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("the link was replaced: %v, %v", info.Mode(), err)
			}
			if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
				t.Errorf("the file is %v, %v", info.Mode(), err)
			}
			wantFile(t, link, csvHeader+csvLine(1, ""))
			wantAlone(t, path)
		})
	}
}

func TestCSVSaysWhatIsWrongWithAPath(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "file"), "")
	if err := os.Mkdir(filepath.Join(folder, "users.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	for at, to := range map[string]string{"loop.csv": "pool.csv", "pool.csv": "loop.csv", "null.csv": os.DevNull} {
		if err := os.Symlink(to, filepath.Join(folder, at)); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct{ path, want string }{
		"no folder":        {"absent/users.csv", "there is no folder " + folder + "/absent; make it, or name another path"},
		"a file as folder": {"file/users.csv", "not a directory"},
		"a folder":         {"users.csv", "it is a folder; name a file in it"},
		"a device":         {"null.csv", "it is not a regular file, so it cannot be replaced as a whole; name another path"},
		"links in circles": {"loop.csv", "more than 40 symbolic links lead on from it; name the file itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: filepath.Join(folder, test.path), Logger: slog.New(slog.DiscardHandler)})
			if err == nil {
				t.Fatalf("%v was opened", mirror)
			}
			if got := err.Error(); !strings.HasSuffix(got, test.want) || strings.Contains(got, "\n") {
				t.Errorf("got %q, want …%q", got, test.want)
			}
		})
	}
}

func TestCSVRemovesWhatKilledRunsLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "users.csv")
	leftovers := []string{".users.csv.tmp-123", ".users.csv.spool-0"}
	others := []string{
		".users.csv.tmp-", ".users.csv.tmp-12x", ".users.csv.tmp-1.csv.lock", "users.csv.tmp-123",
		".other.csv.tmp-123", ".users.csv.runs", "tmp-123",
	}
	for _, name := range append(others, leftovers...) {
		writeFile(t, filepath.Join(folder, name), "x")
	}
	mirror := openCSV(t, path)
	if _, err := mirror.Holds(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range leftovers {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("looking at the mirror removed %s", name)
		}
	}
	if err := mirror.Begin(t.Context(), csvStart(csvFields())); err != nil {
		t.Fatal(err)
	}
	for _, name := range leftovers {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range others {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
}

func TestCSVStagesInAFileWithoutName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	stageCSV(t, openCSV(t, path), csvFields(), create(csvUser(1, "")))
	wantAlone(t, path, ".users.csv.run")
}
