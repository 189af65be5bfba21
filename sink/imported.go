package sink

import (
	"fmt"
	"slices"
	"time"

	usersync "usersync/sync"
)

// imports are what was imported into Authgear without a complete sweep having
// read it since.
type imports []imported

// imported is what was noted last of an import; see [usersync.ImportNote].
type imported struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	Rows int       `json:"rows,omitempty"`
	Open bool      `json:"open,omitempty"`
}

// with puts a note in the place of what was noted of the same import before.
func (i imports) with(note *usersync.ImportNote) imports {
	others := slices.DeleteFunc(slices.Clone(i), func(other imported) bool { return other.ID == note.ID })
	if !note.Open && note.Rows == 0 {
		return others
	}
	return append(others, imported{ID: note.ID, At: note.At.UTC(), Rows: note.Rows, Open: note.Open})
}

// after is what is still to be read once a run is published. It got the mirror
// when the imports had been noted, so it came later whatever the clocks of two
// machines say. One that by its clock began before an import ended leaves the
// note all the same: a full run too many does no harm, one too few does.
func (i imports) after(report *usersync.Report) imports {
	if !sawEverybody(report) {
		return i
	}
	return slices.DeleteFunc(slices.Clone(i), func(one imported) bool { return !report.StartedAt.Before(one.At) })
}

// sawEverybody says of a run that its sweep missed nobody who was there
// throughout, and that what it found was published.
func sawEverybody(report *usersync.Report) bool {
	return report.Status == usersync.StatusOK && report.Mode == usersync.ModeFull && report.Census != nil && report.Census.Complete
}

const notInTheLog = "; the audit log does not tell of imports"

// due is why a full run is, in words that complete "because".
func (i imports) due() string {
	if len(i) == 0 {
		return ""
	}
	rows := 0
	for _, one := range i {
		if one.Open {
			return "an import was begun and has not been noted as ended" + notInTheLog
		}
		rows += one.Rows
	}
	return importOf(rows) + " was noted" + notInTheLog
}

func importOf(rows int) string {
	if rows == 1 {
		return "an import of 1 row"
	}
	return fmt.Sprintf("an import of %d rows", rows)
}

// importReport is what the ledger says of an import that is noted now.
func importReport(note *usersync.ImportNote) *usersync.Report {
	now := time.Now().UTC()
	reason := importOf(note.Rows) + " was noted"
	if note.Open {
		reason = "an import was begun"
	}
	return &usersync.Report{
		RunID: usersync.NewRunID(now), Mode: usersync.ModeImport, ModeReason: reason + notInTheLog, Status: usersync.StatusOK,
		Project: note.Project, Budgets: []usersync.Budget{}, StartedAt: now, FinishedAt: now,
	}
}

// refuseOther keeps the imports of one project out of the mirror of another, if
// it says whose users it holds.
func refuseOther(project, held usersync.Project) error {
	if held == (usersync.Project{}) || held == project {
		return nil
	}
	return &usersync.RefusedError{
		Budget: "adopt",
		Reason: fmt.Sprintf("the mirror holds the users of %s, and the import was into %s", held, project),
		Remedy: "Check the endpoint and the destination of the mirror",
	}
}
