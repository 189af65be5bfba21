package usersync

import (
	"context"
	"fmt"
	"time"
)

// A history is what a run needs to know of the runs before it.
type history struct {
	watermark        time.Time // up to when the source's audit log has been worked through
	completeAt       time.Time // when the last run with a complete sweep began
	swept            time.Time // when that sweep began by the source's clock; zero if somebody was left undecided
	incompleteInARow int       // the latest full runs that were published and were incomplete
	deletedInWindow  int       // users deleted by runs that ended within the window, unless that was approved
	// forgotten is how many users the source may still have whom the mirror must
	// not: those whom the last complete sweep saw, and those forgotten since.
	forgotten int
}

// readHistory goes back through the ledger as far as is needed: to a complete
// sweep, to a watermark, and to the beginning of the window.
func readHistory(ctx context.Context, ledger Ledger, project Project, windowStart time.Time) (history, error) {
	var h history
	for report, err := range ledger.Runs(ctx) {
		if err != nil {
			return h, fmt.Errorf("read the ledger: %w", err)
		}
		if report.Mode == ModeForget && report.Status == StatusOK && h.completeAt.IsZero() {
			h.forgotten += report.Changes.Deleted
		}
		if !report.published() {
			continue
		}
		if report.Project != project && report.Project != (Project{}) {
			break // what is before that was another project's
		}
		h.add(report, windowStart)
		if !h.completeAt.IsZero() && !h.watermark.IsZero() && !report.FinishedAt.After(windowStart) {
			break
		}
	}
	return h, nil
}

// add takes in a run that was published before those that it knows.
func (h *history) add(report *Report, windowStart time.Time) {
	if h.watermark.IsZero() && report.Watermark != nil {
		h.watermark = *report.Watermark
	}
	if report.FinishedAt.After(windowStart) && !report.deletionsApproved() {
		h.deletedInWindow += report.Changes.Deleted
	}
	if !h.completeAt.IsZero() || report.Census == nil {
		return
	}
	if !report.Census.Complete {
		h.incompleteInARow++
		return
	}
	h.completeAt = report.StartedAt
	h.forgotten += report.Changes.Forgotten
	if report.Watermark != nil {
		h.swept = *report.Watermark
	}
}
