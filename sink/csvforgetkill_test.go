//go:build unix

package sink_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usersync/sink"
	usersync "usersync/sync"
)

// forgetEverybody forgets those of version 0 who are not on the list yet, one
// after the other, and says whom.
func forgetEverybody(t *testing.T, path string) {
	t.Helper()
	orphaned := orphaned()
	done := forgottenInCSV(t, path)
	for number := range versionedUsers {
		if done(number) {
			continue
		}
		select {
		case <-orphaned:
			return
		default:
		}
		fmt.Printf("forgetting %d\n", number)
		forgetCSV(t, path, degreeOf(number), number)
	}
}

// degreeOf is how thoroughly a user is forgotten.
func degreeOf(number int) usersync.Erasure {
	if number%2 == 0 {
		return usersync.EraseUser
	}
	return usersync.EraseValues
}

// forgottenInCSV says of a user's number whether that is on the list now.
func forgottenInCSV(t testing.TB, path string) func(number int) bool {
	t.Helper()
	mirror := openCSV(t, path)
	is, err := mirror.Forgotten(t.Context())
	if err := errors.Join(err, mirror.Close()); err != nil {
		t.Fatal(err)
	}
	return func(number int) bool { return is != nil && is(csvUser(number, "").ID) }
}

// hasValues says whether anything personal of a user is in the file.
func hasValues(t testing.TB, path string, number int) bool {
	t.Helper()
	for row := range bytes.Lines(readFile(t, path)) {
		if bytes.HasPrefix(row, []byte(csvID(number)+",")) && bytes.Contains(row, []byte("@")) {
			return true
		}
	}
	return false
}

func TestCSVForgettingOutlivesBeingKilled(t *testing.T) {
	t.Parallel()
	const kills = 25
	for name, keepDeleted := range map[string]bool{"users who are gone go": false, "users who are gone stay": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			keepCSV(t, path, keepDeleted, csvFields(), changesTo(0)...)
			halfway := 0
			for range kills {
				last := killCSVHelper(t, "forget one after the other", path, "forgetting ", rand.N(20*time.Millisecond))
				forgotten := forgottenInCSV(t, path)(last)
				if forgotten && hasValues(t, path, last) {
					halfway++
				}
				// The next run does the rest, or else the same is asked again.
				keepCSV(t, path, keepDeleted, csvFields())
				if !forgotten {
					forgetCSV(t, path, degreeOf(last), last)
				}
				for number := range versionedUsers {
					if hasValues(t, path, number) == (number <= last) {
						t.Fatalf("of user %d there is something: %v, when all up to %d are forgotten", number, number > last, last)
					}
				}
				wantAlone(t, path, "users.csv.forgotten")
			}
			t.Logf("%d kills, %d of them with somebody on the list and in the file", kills, halfway)
		})
	}
}

// A crash is what a killed call of Forget leaves: the files, by their names after
// users.csv, and the journal, which begins with a dot.
type crash map[string]string

func (c crash) with(name, text string) crash {
	next := maps.Clone(c)
	if next[name] = text; text == "" {
		delete(next, name)
	}
	return next
}

func (c crash) write(t *testing.T, folder string) {
	t.Helper()
	for name, text := range c {
		writeFile(t, filepath.Join(folder, name), text)
	}
}

// crashes are what Forget leaves when it is killed at one of its steps, made from
// what it found and what it makes of that.
func crashes(t *testing.T, folder string, forget func(path string)) (steps []crash, names []string) {
	t.Helper()
	path := filepath.Join(folder, "users.csv")
	read := func() (old, ledger, list string) {
		text, err := os.ReadFile(path + ".forgotten")
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(readFile(t, path)), string(readFile(t, path+".runs.ndjson")), string(text)
	}
	old, ledger, _ := read()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	forget(path)
	file, newLedger, list := read()
	withdrawn := newLedger[:strings.LastIndex(strings.TrimSuffix(newLedger, "\n"), "\n")+1]
	line := newLedger[len(withdrawn):]
	begun := `{"run":` + strings.Replace(strings.TrimSuffix(line, "\n"), `"status":"ok"`, `"status":"running"`, 1) + "}\n"
	sum := sha256.Sum256([]byte(file))
	intent := fmt.Sprintf(`{"run":%s,"file":{"size":%d,"sha256":"%s"},"temp":".users.csv.tmp-7","old":{"size":%d,"mod_time":%q}}`+"\n",
		strings.TrimSuffix(line, "\n"), len(file), hex.EncodeToString(sum[:]), len(old), info.ModTime().Format(time.RFC3339Nano))
	step := func(name string, next crash) {
		names, steps = append(names, name), append(steps, next)
	}
	at := crash{"users.csv": old, "users.csv.runs.ndjson": ledger}
	step("before it begins", at)
	step("when it has begun", at.with(".users.csv.run", begun))
	step("writing the ledger anew", steps[1].with(".users.csv.tmp-5", withdrawn[:len(withdrawn)/2]))
	step("when the ledger is written anew", steps[1].with("users.csv.runs.ndjson", withdrawn))
	step("writing the list", steps[3].with(".users.csv.tmp-6", list[:len(list)/2]))
	step("when the list is written", steps[3].with("users.csv.forgotten", list))
	step("writing the file", steps[5].with(".users.csv.tmp-7", file[:len(file)/2]))
	step("when the file is written", steps[5].with(".users.csv.tmp-7", file))
	step("noting what it is about to do", steps[7].with(".users.csv.run", begun+intent[:len(intent)/2]))
	step("when it has noted that", steps[7].with(".users.csv.run", begun+intent))
	step("when the file is in place", steps[9].with(".users.csv.tmp-7", "").with("users.csv", file))
	step("writing to the ledger", steps[10].with("users.csv.runs.ndjson", withdrawn+line[:len(line)/2]))
	step("when it is in the ledger", steps[10].with("users.csv.runs.ndjson", newLedger))
	step("when it is done", steps[12].with(".users.csv.run", ""))
	return steps, names
}

func TestCSVForgettingIsFinishedWhereverItWasKilled(t *testing.T) {
	t.Parallel()
	for _, keepDeleted := range []bool{false, true} {
		for _, mode := range []usersync.Erasure{usersync.EraseValues, usersync.EraseUser} {
			folder := t.TempDir()
			makeForgettable(t, filepath.Join(folder, "users.csv"), keepDeleted)
			steps, names := crashes(t, folder, func(path string) { forgetCSV(t, path, mode, 1, 2) })
			want := string(readFile(t, filepath.Join(folder, "users.csv")))
			for n, step := range steps {
				for what, next := range map[string]func(t *testing.T, path string){
					"the next run":               func(t *testing.T, path string) { t.Helper(); keepCSV(t, path, keepDeleted, csvFields()) },
					"the same again":             func(t *testing.T, path string) { t.Helper(); forgetCSV(t, path, mode, 1, 2) },
					"forgetting a different one": func(t *testing.T, path string) { t.Helper(); forgetCSV(t, path, mode, 9) },
				} {
					t.Run(fmt.Sprintf("%v, erased to degree %d, killed %s, then %s", keepDeleted, mode, names[n], what), func(t *testing.T) {
						t.Parallel()
						path := filepath.Join(t.TempDir(), "users.csv")
						step.write(t, filepath.Dir(path))
						listed := n >= 5
						next(t, path)
						if what == "the same again" {
							listed = true
						}
						got := string(readFile(t, path))
						if !listed {
							want := steps[0]["users.csv"]
							if got != want || forgottenInCSV(t, path)(1) {
								t.Errorf("nothing was asked for, and the file is\n%swant\n%s", got, want)
							}
							return
						}
						if sameButForTimes(got) != sameButForTimes(want) {
							t.Errorf("the file is\n%swant\n%s", got, want)
						}
						if is := forgottenInCSV(t, path); !is(1) || !is(2) || is(3) {
							t.Error("the list is not of those who were forgotten")
						}
						if ledger := string(readFile(t, path+".runs.ndjson")); mode == usersync.EraseUser && strings.Contains(ledger, csvID(1)) {
							t.Errorf("the ledger still names who was purged:\n%s", ledger)
						}
						wantAlone(t, path, "users.csv.forgotten")
					})
				}
			}
		}
	}
}

// makeForgettable makes a mirror of three users, of whom the second is gone, and
// a refused run for the sake of the first and the third.
func makeForgettable(t *testing.T, path string, keepDeleted bool) {
	t.Helper()
	keepCSV(t, path, keepDeleted, csvFields(), create(csvUser(1, "ann@example.com")), create(csvUser(2, "bob@example.com")), create(csvUser(3, "cat@example.com")))
	keepCSV(t, path, keepDeleted, csvFields(), removed(csvUser(2, "bob@example.com"), usersync.EraseNothing))
	mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, KeepDeleted: keepDeleted, DropDeleted: !keepDeleted, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	beginCSV(t, mirror, csvStart(csvFields()))
	report := csvReport(usersync.StatusRefused)
	report.Refused = []usersync.ID{csvUser(1, "").ID, csvUser(3, "").ID}
	if err := mirror.Abandon(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}
