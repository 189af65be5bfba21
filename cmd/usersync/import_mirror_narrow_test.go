package main

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	usersync "usersync/sync"
)

// A ledgerOf is reports, the latest first.
type ledgerOf []*usersync.Report

func (l ledgerOf) Runs(context.Context) iter.Seq2[*usersync.Report, error] {
	return func(yield func(*usersync.Report, error) bool) {
		for _, report := range l {
			var err error
			if report == nil {
				err = errLedger
			}
			if !yield(report, err) {
				return
			}
		}
	}
}

func (ledgerOf) Refused(context.Context, string) ([]usersync.ID, bool, error) {
	return nil, false, nil
}

var errLedger = errors.New("the ledger cannot be read")

// A mirror tells who exists only if everybody was read into it a short time ago,
// and nothing is known to have happened since.
func TestMirrorsThatTellWhoExists(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	a := &app{now: func() time.Time { return now }}
	run := func(ago time.Duration, edit func(*usersync.Report)) *usersync.Report {
		report := &usersync.Report{
			Mode: usersync.ModeFull, Status: usersync.StatusOK, StartedAt: now.Add(-ago), Census: &usersync.CensusReport{Complete: true},
		}
		edit(report)
		return report
	}
	whole := func(*usersync.Report) {}
	incremental := func(r *usersync.Report) { r.Mode = usersync.ModeIncremental }
	incomplete := func(r *usersync.Report) { r.Census.Complete = false }
	failed := func(r *usersync.Report) { r.Status = usersync.StatusFailed }
	note := func(r *usersync.Report) { r.Mode, r.Census = usersync.ModeImport, nil }
	tests := map[string]struct {
		edit    func(*usersync.Held)
		runs    ledgerOf
		useless string
	}{
		"fresh":                     {runs: ledgerOf{run(time.Hour, whole)}},
		"fresh, and others since":   {runs: ledgerOf{run(time.Minute, incremental), run(2*time.Minute, failed), run(3*time.Minute, note), run(4*time.Minute, whole)}},
		"old":                       {runs: ledgerOf{run(time.Hour+time.Second, whole)}, useless: "it is more than an hour since everybody was read into it"},
		"none of them saw all":      {runs: ledgerOf{run(time.Minute, incremental), run(time.Minute, incomplete), run(time.Minute, failed), run(time.Minute, note)}, useless: "nobody knows that everybody was read into it"},
		"without users":             {edit: func(h *usersync.Held) { h.Published = false }, useless: "there are no users in it yet"},
		"nobody's":                  {edit: func(h *usersync.Held) { h.Project = usersync.Project{} }, useless: "it does not say whose users it holds"},
		"without identities":        {edit: func(h *usersync.Held) { h.Fields = usersync.FieldsNamed([]string{"email"}) }, useless: "it does not hold identities"},
		"there was an import since": {edit: func(h *usersync.Held) { h.Due = "an import was noted" }, runs: ledgerOf{run(time.Minute, whole)}, useless: "an import was noted"},
	}
	for name, test := range tests {
		held := usersync.Held{Published: true, Fields: usersync.FieldsNamed([]string{"email", "identities"}), Project: usersync.Project{AppID: "myapp"}}
		if test.edit != nil {
			test.edit(&held)
		}
		if useless, err := a.uselessness(t.Context(), test.runs, &held); err != nil || useless != test.useless {
			t.Errorf("%s: %q, %v", name, useless, err)
		}
	}
	held := usersync.Held{Published: true, Fields: usersync.FieldsNamed([]string{"identities"}), Project: usersync.Project{AppID: "myapp"}}
	if _, err := a.uselessness(t.Context(), ledgerOf{nil}, &held); !errors.Is(err, errLedger) {
		t.Errorf("the error is %v", err)
	}
}
