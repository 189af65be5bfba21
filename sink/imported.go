package sink

import (
	"fmt"
	"time"

	usersync "usersync/sync"
)

// imported is what was imported into Authgear without a complete sweep having
// read it since. Nil is nothing.
type imported struct {
	At   time.Time `json:"at"`   // when the latest import ended
	Rows int       `json:"rows"` // of all of them
}

// with adds an import.
func (i *imported) with(at time.Time, rows int) *imported {
	if i != nil {
		rows += i.Rows
		if i.At.After(at) {
			at = i.At
		}
	}
	return &imported{At: at.UTC(), Rows: rows}
}

// after is what is still to be read once a run is published. It got the mirror
// when the import had been noted, so it came later whatever the clocks of two
// machines say. One that by its clock began before the import ended leaves the
// note all the same: a full run too many does no harm, one too few does.
func (i *imported) after(report *usersync.Report) *imported {
	if i != nil && sawEverybody(report) && !report.StartedAt.Before(i.At) {
		return nil
	}
	return i
}

// sawEverybody says of a run that its sweep missed nobody who was there
// throughout, and that what it found was published.
func sawEverybody(report *usersync.Report) bool {
	return report.Status == usersync.StatusOK && report.Mode == usersync.ModeFull && report.Census != nil && report.Census.Complete
}

// due is why a full run is, in words that complete "because".
func (i *imported) due() string {
	if i == nil {
		return ""
	}
	return importNoted(i.Rows)
}

func importNoted(rows int) string {
	noun := "rows"
	if rows == 1 {
		noun = "row"
	}
	return fmt.Sprintf("an import of %d %s was noted; the audit log does not tell of imports", rows, noun)
}

// importReport is what the ledger says of an import that is noted now.
func importReport(project usersync.Project, rows int) *usersync.Report {
	now := time.Now().UTC()
	return &usersync.Report{
		RunID: usersync.NewRunID(now), Mode: usersync.ModeImport, ModeReason: importNoted(rows), Status: usersync.StatusOK,
		Project: project, Budgets: []usersync.Budget{}, StartedAt: now, FinishedAt: now,
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
