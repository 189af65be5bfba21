package sinktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	usersync "usersync/sync"
)

// fullReport is a report in which everything has a value.
func fullReport(report *usersync.Report, n int) {
	total, sentence := 100+n, fmt.Sprintf("It did not work the %dth time, \"quoted\"\nand over two lines. Try again.", n)
	from, mark := noon().Add(-time.Hour), report.StartedAt.Add(time.Millisecond)
	report.Source = usersync.SourceReport{Users: n, TotalCountStart: &total, TotalCountEnd: &total, Pages: 2, Requests: 3, Retries: 1}
	report.Census = &usersync.CensusReport{
		Complete: n%2 == 0, Gaps: []usersync.GapReport{{From: &from}, {Until: &from}}, Rounds: 1, Repeats: 2, NullNodes: 3, HeadFinds: 4,
	}
	report.Changes = usersync.Counts{Created: n, Updated: 2, Deleted: 3, Restored: 4, Unchanged: 5}
	report.Budgets = []usersync.Budget{{Name: "max-delete", Figure: 3, Allowed: 10}, {Name: "loss of email", Figure: 30, Allowed: 20, Approved: true}}
	report.Watermark, report.Error = &mark, &sentence
}

func (b *bench) ledger() {
	fields := usersync.AllFields()
	b.expectLedger(nil)
	users, _ := somebody(fields, 22, 20)
	statuses := []usersync.Status{usersync.StatusOK, usersync.StatusRefused, usersync.StatusOK, usersync.StatusFailed, usersync.StatusInterrupted}
	var want []*usersync.Report
	for n, user := range users {
		b.open(func(mirror Mirror) {
			report := b.begin(b.Context(), mirror, plan{fields: fields, users: []*usersync.User{user}, at: noon().Add(time.Duration(n) * time.Hour)})
			fullReport(report, n)
			report.Status = statuses[n%len(statuses)]
			if n%4 == 0 {
				report.Mode = usersync.ModeIncremental // an incremental run may become a full one
			}
			end := mirror.Abandon
			if report.Status == usersync.StatusOK {
				end = mirror.Publish
			}
			if err := end(b.Context(), report); err != nil {
				b.Fatal(err)
			}
			want = append(want, report)
		})
	}
	slices.Reverse(want)
	b.expectLedger(want)
}

func (b *bench) publishingCounts() {
	fields := usersync.AllFields()
	users, _ := somebody(fields, 30, 2)
	for n, users := range [][]*usersync.User{users, nil} {
		before := time.Now()
		b.open(func(mirror Mirror) {
			report := b.begin(b.Context(), mirror, plan{fields: fields, users: users, at: noon().Add(time.Duration(n) * time.Hour)})
			closed := *report
			if err := mirror.Publish(b.Context(), report); err != nil {
				b.Fatal(err)
			}
			spent := report.FinishedAt.Sub(closed.FinishedAt)
			if spent <= 0 || spent > time.Since(before) || report.DurationSeconds != closed.DurationSeconds+spent.Seconds() {
				b.Errorf("publishing took %v, and the run %v instead of %v seconds", spent, report.DurationSeconds, closed.DurationSeconds)
			}
			for told, err := range mirror.Runs(b.Context()) {
				if err != nil || !told.FinishedAt.Equal(report.FinishedAt) || told.DurationSeconds != report.DurationSeconds {
					b.Errorf("the ledger tells of %+v, %v", told, err)
				}
				break
			}
		})
	}
}

func (b *bench) ledgerOfTheDead() {
	fields := usersync.AllFields()
	users, _ := somebody(fields, 23, 3)
	var want []*usersync.Report
	for n, user := range users {
		b.open(func(mirror Mirror) {
			report := b.begin(b.Context(), mirror, plan{fields: fields, users: []*usersync.User{user}, at: noon().Add(time.Duration(n) * time.Hour)})
			if n == 1 {
				return // it dies
			}
			if err := mirror.Publish(b.Context(), report); err != nil {
				b.Fatal(err)
			}
			want = append(want, report)
		})
	}
	slices.Reverse(want)
	b.expectLedger(want)
}

// expectLedger reads the ledger while other things are asked of the mirror, and
// stops reading it in the middle as well.
func (b *bench) expectLedger(want []*usersync.Report) {
	b.Helper()
	b.open(func(mirror Mirror) {
		for _, stop := range []int{len(want), 1} {
			var got []string
			for report, err := range mirror.Runs(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				got = append(got, text(b, report))
				if len(got) == stop && stop < len(want) {
					break
				}
				if _, err := mirror.Holds(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			if len(got) != min(stop, len(want)) {
				b.Fatalf("%d runs, want %d", len(got), min(stop, len(want)))
			}
			for n := range got {
				if expected := text(b, want[n]); got[n] != expected {
					b.Errorf("run %d is\n%s, want\n%s", n, got[n], expected)
				}
			}
		}
	})
}

func text(b *bench, report *usersync.Report) string {
	b.Helper()
	data, err := json.Marshal(report)
	if err != nil {
		b.Fatal(err)
	}
	return string(data)
}

func (b *bench) refusal() {
	fields := usersync.AllFields()
	users, _ := somebody(fields, 24, 4)
	b.publish(plan{fields: fields, users: users[:1]})
	ids := []usersync.ID{users[1].ID, users[2].ID, users[3].ID}
	runs := make(map[usersync.Status]string)
	for _, status := range []usersync.Status{usersync.StatusRefused, usersync.StatusFailed} {
		b.open(func(mirror Mirror) {
			report := b.begin(b.Context(), mirror, plan{fields: fields, users: users[1:]})
			report.Status, report.Refused = status, ids
			if err := mirror.Abandon(b.Context(), report); err != nil {
				b.Fatal(err)
			}
			runs[status] = report.RunID
		})
	}
	b.open(func(mirror Mirror) {
		got, found, err := mirror.Refused(b.Context(), runs[usersync.StatusRefused])
		if err != nil || !found || !slices.Equal(got, ids) {
			b.Errorf("refused were %v (found %v), want %v, %v", got, found, ids, err)
		}
		for _, run := range []string{"", "never", runs[usersync.StatusFailed], strings.ToLower(runs[usersync.StatusRefused])} {
			if got, found, err := mirror.Refused(b.Context(), run); err != nil || found || len(got) > 0 {
				b.Errorf("refused by run %q were %v (found %v), %v", run, got, found, err)
			}
		}
	})
}

func (b *bench) beats() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 25, 2)
	b.open(func(mirror Mirror) {
		report := b.begin(b.Context(), mirror, plan{fields: fields, users: users})
		for range 1000 {
			if err := mirror.Beat(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		if err := mirror.Publish(b.Context(), report); err != nil {
			b.Fatal(err)
		}
	})
	b.expect(fields, all)
}
