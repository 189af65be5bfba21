package sink_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	usersync "usersync/sync"
)

func forgetCSV(t testing.TB, path string, mode usersync.Erasure, numbers ...int) {
	t.Helper()
	mirror := openCSV(t, path)
	ids := make([]usersync.ID, len(numbers))
	for i, number := range numbers {
		ids[i] = csvUser(number, "").ID
	}
	if _, err := mirror.Forget(t.Context(), ids, mode); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCSVForgetsPeople(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mode      usersync.Erasure
		old, want string
	}{
		"scrubbed": {
			usersync.EraseValues, csvHeader + csvLine(1, "a") + csvLine(2, "b") + csvLine(3, "c"),
			csvHeader + csvLine(3, "c"),
		},
		"purged": {
			usersync.EraseUser, csvHeader + csvLine(1, "a") + csvLine(2, "b") + csvLine(3, "c"),
			csvHeader + csvLine(3, "c"),
		},
		"scrubbed, where they stay": {
			usersync.EraseValues, csvKeepingHeader + csvKeptLine(1, "a", "") + csvKeptLine(2, "b", removedAt) + csvKeptLine(3, "c", removedAt),
			csvKeepingHeader + csvKeptLine(1, "", "NOW") + csvKeptLine(2, "", removedAt) + csvKeptLine(3, "c", removedAt),
		},
		"purged, where they would stay": {
			usersync.EraseUser, csvKeepingHeader + csvKeptLine(1, "a", "") + csvKeptLine(2, "b", removedAt) + csvKeptLine(3, "c", removedAt),
			csvKeepingHeader + csvKeptLine(3, "c", removedAt),
		},
		"not in the mirror": {usersync.EraseValues, csvHeader + csvLine(3, "c"), csvHeader + csvLine(3, "c")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			writeFile(t, path, test.old)
			forgetCSV(t, path, test.mode, 1, 2)
			got := string(readFile(t, path))
			if now := regexp.MustCompile(`,20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\n`).FindString(got); strings.Contains(test.want, "NOW") {
				test.want = strings.Replace(test.want, ",NOW\n", now, 1)
			}
			if got != test.want {
				t.Errorf("the file is\n%swant\n%s", got, test.want)
			}
			wantAlone(t, path, "users.csv.forgotten")
		})
	}
}

func TestCSVForgottenListTellsNobodysID(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	runCSV(t, path, csvFields(), create(csvUser(1, "ann@example.com")), create(csvUser(2, "")))
	forgetCSV(t, path, usersync.EraseValues, 1, 2, 1)
	forgetCSV(t, path, usersync.EraseUser, 2, 3)
	if info, err := os.Stat(path + ".forgotten"); err != nil || info.Mode() != 0o600 {
		t.Errorf("the list has mode %v, %v", info.Mode(), err)
	}
	text := string(readFile(t, path+".forgotten"))
	ledger := string(readFile(t, path+".runs.ndjson"))
	for number := range 4 {
		if id := csvUser(number, "").ID; strings.Contains(text+ledger, id.String()) || strings.Contains(text, string(id[:])) {
			t.Errorf("user %d can be read from the list:\n%s%s", number, text, ledger)
		}
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var key struct{ Key []byte }
	if err := json.Unmarshal([]byte(lines[0]), &key); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1+3 {
		t.Fatalf("%d people are on the list:\n%s", len(lines)-1, text)
	}
	for i, want := range []string{"scrub", "purge", "purge"} {
		var person struct {
			HMAC []byte
			Mode string
		}
		if err := json.Unmarshal([]byte(lines[1+i]), &person); err != nil {
			t.Fatal(err)
		}
		id, mac := csvUser(1+i, "").ID, hmac.New(sha256.New, key.Key)
		mac.Write(id[:])
		if !hmac.Equal(person.HMAC, mac.Sum(nil)) || person.Mode != want {
			t.Errorf("person %d is on the list as %s", i, lines[1+i])
		}
	}
	// Another mirror's list says the same people in other words.
	other := filepath.Join(t.TempDir(), "users.csv")
	forgetCSV(t, other, usersync.EraseValues, 1)
	if strings.Contains(string(readFile(t, other+".forgotten")), lines[1][:60]) {
		t.Error("both lists have the same key")
	}
}

func TestCSVForgottenListThatCannotBeReadIsNotAnEmptyOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	forgetCSV(t, path, usersync.EraseUser, 1, 2)
	whole := string(readFile(t, path+".forgotten"))
	lines := strings.SplitAfter(whole, "\n")
	mirror := openCSV(t, path)
	for name, test := range map[string]struct{ text, want string }{
		"empty":         {"", "the list is empty, "},
		"without key":   {lines[1], "line 1 of the list is not as usersync wrote it; "},
		"a short key":   {`{"key":"c2VjcmV0"}` + "\n" + lines[1], "line 1 of the list is not as usersync wrote it; "},
		"cut short":     {whole[:len(whole)-20], "line 3 of the list is not as usersync wrote it; "},
		"without value": {lines[0] + lines[1] + `{"mode":"secret"}` + "\n", "line 3 of the list is not as usersync wrote it; "},
	} {
		writeFile(t, path+".forgotten", test.text)
		_, read := mirror.Forgotten(t.Context())
		_, written := mirror.Forget(t.Context(), []usersync.ID{csvUser(3, "").ID}, usersync.EraseUser)
		for what, err := range map[string]error{"read": read, "written": written} {
			if err == nil || !strings.Contains(err.Error(), "read who must be forgotten: "+test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		wantFile(t, path+".forgotten", test.text)
	}
	for report, err := range mirror.Runs(t.Context()) {
		if err != nil || report.Status != usersync.StatusFailed || report.Mode != "forget" || report.Error == nil {
			t.Errorf("the ledger has %+v of it, %v", report, err)
		}
		break
	}
}

func TestCSVForgettingIsInTheLedgerAndNoRunOfTheProject(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	runs := func() (reports []*usersync.Report) {
		for report, err := range openCSV(t, path).Runs(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			reports = append(reports, report)
		}
		return reports
	}
	mirror := openCSV(t, path)
	if _, err := mirror.Forget(t.Context(), []usersync.ID{csvUser(1, "").ID}, usersync.EraseUser); err != nil {
		t.Fatal(err)
	}
	held, err := mirror.Holds(t.Context())
	if err != nil || held.Project != csvStart(csvFields()).Project {
		t.Errorf("holds %+v, %v", held, err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
	got := runs()
	if len(got) != 2 || got[0].Mode != "forget" || got[0].Status != usersync.StatusOK || got[0].Watermark != nil || got[0].Census != nil {
		t.Errorf("the ledger has %d runs: %+v", len(got), got[0])
	}
}

func TestCSVPurgesWhomARunWasRefusedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	endCSV(t, path, "first", usersync.StatusOK)
	mirror := openCSV(t, path)
	for _, runID := range []string{"one", "other"} {
		start, report := csvStart(csvFields()), csvReport(usersync.StatusRefused)
		start.RunID, report.RunID = runID, runID
		report.Refused = []usersync.ID{csvUser(1, "").ID, csvUser(2, "").ID}
		if runID == "other" {
			report.Refused = report.Refused[1:]
		}
		beginCSV(t, mirror, start)
		if err := mirror.Abandon(t.Context(), report); err != nil {
			t.Fatal(err)
		}
	}
	before := strings.SplitAfter(string(readFile(t, path+".runs.ndjson")), "\n")
	ids := []usersync.ID{csvUser(1, "").ID}
	for _, mode := range []usersync.Erasure{usersync.EraseValues, usersync.EraseUser} {
		if _, err := mirror.Forget(t.Context(), ids, mode); err != nil {
			t.Fatal(err)
		}
		want := []usersync.ID{csvUser(1, "").ID, csvUser(2, "").ID}
		if mode == usersync.EraseUser {
			want = want[1:]
		}
		if got, found, err := mirror.Refused(t.Context(), "one"); err != nil || !found || !slices.Equal(got, want) {
			t.Errorf("forgotten to degree %d, the run was refused for %v, want %v, %v", mode, got, want, err)
		}
	}
	after := strings.SplitAfter(string(readFile(t, path+".runs.ndjson")), "\n")
	if after[0] != before[0] || after[2] != before[2] || len(after) != len(before)+2 {
		t.Errorf("the ledger is\n%q, was\n%q", after, before)
	}
	wantAlone(t, path, "users.csv.forgotten")
}
