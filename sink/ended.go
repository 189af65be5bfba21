package sink

import (
	"time"

	usersync "usersync/sync"
)

// prolong makes a report, which was closed when publishing began, end now: what
// is told of the run is to be when it was really done and how long it took. What
// is printed and what is in the ledger stay the same, as both are this report.
func prolong(report *usersync.Report, began time.Time) {
	spent := time.Since(began)
	report.FinishedAt = report.FinishedAt.Add(spent)
	report.DurationSeconds += spent.Seconds()
}
