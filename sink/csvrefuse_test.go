package sink_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

func TestCSVRefusesFilesThatNoRunLeft(t *testing.T) {
	t.Parallel()
	const advice = "; mend it, put a backup in its place, or remove it to begin a new mirror, which cannot know of anyone deleted until then"
	for name, test := range map[string]struct{ text, want string }{
		"empty":             {"", "the file is empty, which no run leaves it"},
		"no header":         {csvLine(1, "secret"), `line 1: no column "sub", so this is not the header of a file of users`},
		"another file":      {"name,secret\n", `line 1: no column "sub", so this is not the header of a file of users`},
		"cut off":           {csvHeader + csvLine(1, "") + csvID(2) + ",secr", "line 3: 2 cells under 4 columns"},
		"cut off in quotes": {csvHeader + csvLine(1, "") + csvID(2) + ",\"secr", "line 3: column email: the quote is never closed"},
		"the same twice":    {csvHeader + csvLine(1, "secret") + csvLine(2, "") + csvLine(1, "other"), "line 4: column sub: user " + csvID(1) + " is there already on line 2"},
		"an unknown column": {"sub,shoe_size\n", `line 1: column "shoe_size" is not one of usersync's`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			writeFile(t, path, test.text)
			mirror := openCSV(t, path)
			_, err := mirror.Holds(t.Context())
			for _, last := range mirror.Known(t.Context(), csvFields(), false) {
				err = last
			}
			if want := "read mirror " + path + ": " + test.want + advice; err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
}

func TestCSVDoesNotReplaceWhatSomebodyElseWrote(t *testing.T) {
	t.Parallel()
	for name, meddle := range map[string]func(t *testing.T, path string){
		"replaced": func(t *testing.T, path string) {
			t.Helper()
			text := string(readFile(t, path))
			old, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, path+".new", text)
			if err := os.Chtimes(path+".new", old.ModTime(), old.ModTime()); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
		"appended to": func(t *testing.T, path string) {
			t.Helper()
			old, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, string(readFile(t, path))+csvLine(9, ""))
			// As it looks where file times are coarse.
			if err := os.Chtimes(path, old.ModTime(), old.ModTime()); err != nil {
				t.Fatal(err)
			}
		},
		"written to": func(t *testing.T, path string) {
			t.Helper()
			text := strings.Replace(string(readFile(t, path)), "ann", "bob", 1)
			writeFile(t, path, text)
			later := time.Now().Add(time.Minute)
			if err := os.Chtimes(path, later, later); err != nil {
				t.Fatal(err)
			}
		},
		"cut off": func(t *testing.T, path string) {
			t.Helper()
			if err := os.Truncate(path, int64(len(csvHeader)+3)); err != nil {
				t.Fatal(err)
			}
		},
		"made a link": func(t *testing.T, path string) {
			t.Helper()
			if err := os.Rename(path, path+".old"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("users.csv.old", path); err != nil {
				t.Fatal(err)
			}
		},
		"removed": func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			runCSV(t, path, csvFields(), create(csvUser(1, "ann@example.com")))
			mirror := openCSV(t, path)
			stageCSV(t, mirror, csvFields(), create(csvUser(2, "")))
			meddle(t, path)
			before, beforeErr := os.ReadFile(path)
			err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK))
			if err == nil || !strings.Contains(err.Error(), "something else wrote to the file during this run") {
				t.Errorf("published: %v", err)
			}
			after, afterErr := os.ReadFile(path)
			if string(before) != string(after) || (beforeErr == nil) != (afterErr == nil) {
				t.Errorf("the file was %q, %v, and is %q, %v", before, beforeErr, after, afterErr)
			}
			if leftovers, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".users.csv.[ts]*")); err != nil || len(leftovers) > 0 {
				t.Errorf("left behind: %v, %v", leftovers, err)
			}
		})
	}
}

func TestCSVDoesNotReplaceAFileThatAppeared(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	mirror := openCSV(t, path)
	stageCSV(t, mirror, csvFields(), create(csvUser(1, "")))
	writeFile(t, path, "precious")
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err == nil {
		t.Error("published")
	}
	wantFile(t, path, "precious")
}

func TestCSVRefusesUsersThatCouldNotBeReadBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	mirror := openCSV(t, path)
	for text, want := range map[string]string{
		"secr\xe9t":                          "user " + csvID(1) + " cannot be written: email is not UTF-8",
		strings.Repeat("x", usersync.MaxRow): "more than the 67108864 that a row may have",
	} {
		if err := mirror.Begin(t.Context(), csvStart(csvFields())); err != nil {
			t.Fatal(err)
		}
		err := mirror.Stage(t.Context(), []usersync.Change{create(csvUser(1, text))})
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "secr") {
			t.Errorf("got %v, want …%s", err, want)
		}
	}
}

func TestCSVRefusesTheSameUserTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	mirror := openCSV(t, path)
	stageCSV(t, mirror, csvFields(), create(csvUser(1, "a")), create(csvUser(2, "b")), create(csvUser(1, "c")))
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err == nil || !strings.HasSuffix(err.Error(), "user "+csvID(1)+" was staged twice") {
		t.Errorf("got %v", err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
	wantAlone(t, path, ".users.csv.run") // by which the next run knows that this one died
}
