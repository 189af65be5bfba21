package sink_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	usersync "usersync/sync"
)

// A backup in the mirror's place brings people back who must be forgotten. They
// go with the next run, whatever that finds out about them.
func TestCSVTakesOutWhomABackupBroughtBack(t *testing.T) {
	t.Parallel()
	other := usersync.FieldsNamed([]string{"email", "name", "created_at"})
	refill := usersync.Change{Op: usersync.Refill, ID: csvUser(3, "").ID, After: csvUser(3, "cat@example.com")}
	back := csvUser(1, "ann@example.com")
	kept := csvKeptLine(1, "ann@example.com", "") + csvKeptLine(2, "bob@example.com", removedAt) + csvKeptLine(3, "cat@example.com", "")
	for name, test := range map[string]struct {
		mode        usersync.Erasure
		keepDeleted bool
		backup      string
		fields      usersync.FieldSet
		changes     []usersync.Change
		want        string
	}{
		"nothing": {
			usersync.EraseValues, false, csvHeader + csvLine(1, "ann@example.com") + csvLine(3, "cat@example.com"), csvFields(), nil,
			csvHeader + csvLine(3, "cat@example.com"),
		},
		"nothing, where they stay": {
			usersync.EraseValues, true, csvKeepingHeader + kept, csvFields(), nil,
			csvKeepingHeader + csvKeptLine(1, "", "then") + csvKeptLine(2, "", removedAt) + csvKeptLine(3, "cat@example.com", ""),
		},
		"nothing, where nobody stays who was purged": {
			usersync.EraseUser, true, csvKeepingHeader + kept, csvFields(), nil,
			csvKeepingHeader + csvKeptLine(3, "cat@example.com", ""),
		},
		"that they are gone": {
			usersync.EraseValues, true, csvKeepingHeader + kept, csvFields(),
			[]usersync.Change{removed(back, usersync.EraseNothing)},
			csvKeepingHeader + csvKeptLine(1, "", "then") + csvKeptLine(2, "", removedAt) + csvKeptLine(3, "cat@example.com", ""),
		},
		"that they are gone, where nobody stays": {
			usersync.EraseUser, false, csvHeader + csvLine(1, "ann@example.com") + csvLine(3, "cat@example.com"), csvFields(),
			[]usersync.Change{removed(back, usersync.EraseNothing)},
			csvHeader + csvLine(3, "cat@example.com"),
		},
		"nothing, and others are written anew": {
			usersync.EraseValues, false, csvHeader + csvLine(1, "ann@example.com") + csvLine(3, "cat@example.com"), other,
			[]usersync.Change{refill},
			"sub,email,name,created_at\n" + csvLine(3, "cat@example.com"),
		},
		"that nothing is known of them, with other fields": {
			usersync.EraseUser, false, csvHeader + csvLine(1, "ann@example.com") + csvLine(3, "cat@example.com"), other,
			[]usersync.Change{refill, {Op: usersync.Refill, ID: back.ID, After: back}},
			"sub,email,name,created_at\n" + csvLine(3, "cat@example.com"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			forgetCSV(t, path, test.mode, 1, 2)
			writeFile(t, path, test.backup)
			for _, takenOut := range []int{1, 0} { // and an unchanged run leaves it so
				keepCSV(t, path, test.keepDeleted, test.fields, test.changes...)
				if got := lastReport(t, path).Changes.TakenOut; got != takenOut {
					t.Errorf("the ledger says that %d were taken out, want %d", got, takenOut)
				}
				if got := sameButForTimes(string(readFile(t, path))); got != sameButForTimes(test.want) {
					t.Errorf("the file is\n%swant\n%s", got, test.want)
				}
				test.changes = nil
			}
			wantAlone(t, path, "users.csv.forgotten")
		})
	}
}

// lastReport is the last line of a file's ledger.
func lastReport(t *testing.T, path string) (report usersync.Report) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(readFile(t, path+".runs.ndjson"))), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &report); err != nil {
		t.Fatal(err)
	}
	return report
}

// sameButForTimes leaves out when somebody was forgotten.
func sameButForTimes(file string) string {
	return regexp.MustCompile(`,(then|2\d{3}-\d\d-\d\dT[0-9:.]+Z)\n`).ReplaceAllStringFunc(file, func(at string) string {
		if strings.Contains(at, removedAt) {
			return at
		}
		return ",then\n"
	})
}
