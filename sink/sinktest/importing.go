package sinktest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	usersync "usersync/sync"
)

// end is how a run comes to its end: published, unless its status says otherwise.
func (b *bench) end(p plan, change func(*usersync.Report)) {
	b.Helper()
	b.open(func(mirror Mirror) {
		report := b.begin(b.Context(), mirror, p)
		report.Census = &usersync.CensusReport{Complete: true, Gaps: []usersync.GapReport{}}
		change(report)
		end := mirror.Publish
		if report.Status != usersync.StatusOK {
			end = mirror.Abandon
		}
		if err := end(b.Context(), report); err != nil {
			b.Fatal(err)
		}
	})
}

func (b *bench) noteImport(at time.Time, rows int) {
	b.Helper()
	b.open(func(mirror Mirror) {
		if err := mirror.NoteImport(b.Context(), project(), at, rows); err != nil {
			b.Fatal(err)
		}
	})
}

// expectDue checks that a full run is due for the sake of an import of so many
// rows, or of none.
func (b *bench) expectDue(after, rows string) {
	b.Helper()
	b.open(func(mirror Mirror) {
		held, err := mirror.Holds(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		want := ""
		if rows != "" {
			want = "an import of " + rows + " was noted; the audit log does not tell of imports"
		}
		if held.Due != want || held.Project != project() {
			b.Errorf("after %s a full run is due because %q, want %q; the users are of %v", after, held.Due, want, held.Project)
		}
	})
}

func (b *bench) importNoted() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 40, 2)
	full := func(*usersync.Report) {}
	b.end(plan{fields: fields, users: users}, full)
	b.expectDue("the first run", "")

	imported := noon().Add(time.Hour)
	b.noteImport(imported, 1)
	b.expectDue("the import", "1 row")
	b.expect(fields, all)
	b.noteImport(imported.Add(-time.Minute), 300)
	b.expectDue("another import, noted late", "301 rows")

	// What did not read everybody since leaves it.
	since := plan{fields: fields, at: imported.Add(time.Hour)}
	for _, run := range []struct {
		what   string
		plan   plan
		change func(*usersync.Report)
	}{
		{"an incremental run", since, func(r *usersync.Report) { r.Mode = usersync.ModeIncremental }},
		{"an incremental run without a sweep", since, func(r *usersync.Report) { r.Mode, r.Census = usersync.ModeIncremental, nil }},
		{"a sweep with gaps", since, func(r *usersync.Report) { r.Census.Complete = false }},
		{"a refused run", since, func(r *usersync.Report) { r.Status = usersync.StatusRefused }},
		{"a failed run", since, func(r *usersync.Report) { r.Status = usersync.StatusFailed }},
		{"a run that had begun before", plan{fields: fields, at: imported.Add(-time.Microsecond)}, full},
	} {
		b.end(run.plan, run.change)
		b.expectDue(run.what, "301 rows")
	}
	b.open(func(mirror Mirror) {
		b.begin(b.Context(), mirror, since) // it dies
	})
	b.expectDue("a run that died", "301 rows")
	b.open(func(mirror Mirror) {
		if err := mirror.Forget(b.Context(), []usersync.ID{{1, 0xff}}, usersync.EraseUser); err != nil {
			b.Fatal(err)
		}
	})
	b.expectDue("somebody was forgotten", "301 rows")

	b.end(plan{fields: fields, at: imported}, full)
	b.expectDue("everybody was read", "")
	b.end(plan{fields: fields, at: imported}, func(r *usersync.Report) { r.Mode = usersync.ModeIncremental })
	b.expectDue("the run after that", "")
	b.noteImport(imported, 20)
	b.expectDue("an import of which a run was told too late", "20 rows")
	b.expect(fields, all)
	b.expectNotes(3)
}

// expectNotes checks what the ledger tells of imports.
func (b *bench) expectNotes(count int) {
	b.Helper()
	b.open(func(mirror Mirror) {
		var reasons []string
		for report, err := range mirror.Runs(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			if report.Mode != "import" {
				continue
			}
			reasons = append(reasons, report.ModeReason)
			if report.Status != usersync.StatusOK || report.RunID == "" || report.Project != project() || report.StartedAt.IsZero() ||
				report.Changes.Any() || report.Watermark != nil || report.Census != nil {
				b.Errorf("the ledger has %+v of an import", report)
			}
		}
		unlike := func(reason string) bool { return !strings.HasPrefix(reason, "an import of ") }
		if len(reasons) != count || slices.ContainsFunc(reasons, unlike) {
			b.Errorf("the ledger has %q of imports, want %d", reasons, count)
		}
	})
}

func (b *bench) importRefused() {
	fields := usersync.AllFields()
	users, _ := somebody(fields, 41, 1)
	b.end(plan{fields: fields, users: users}, func(*usersync.Report) {})
	other := usersync.Project{Endpoint: project().Endpoint, AppID: "other"}
	b.open(func(mirror Mirror) {
		err := mirror.NoteImport(b.Context(), other, noon(), 5)
		if refused, is := errors.AsType[*usersync.RefusedError](err); !is || !strings.Contains(refused.Reason, other.String()) {
			b.Errorf("an import into another project: %v", err)
		}
		stopped, stop := context.WithCancel(b.Context())
		stop()
		if err := mirror.NoteImport(stopped, project(), noon(), 5); !errors.Is(err, context.Canceled) {
			b.Errorf("stopped: %v", err)
		}
	})
	b.expectDue("what was refused", "")
	b.expectNotes(0)
}

func (b *bench) importBefore() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 42, 2)
	b.noteImport(noon(), 2)
	b.open(func(mirror Mirror) {
		held, err := mirror.Holds(b.Context())
		if err != nil || held.Published || held.Due != "" || held.Project != (usersync.Project{}) {
			b.Errorf("holds %+v, %v", held, err)
		}
	})
	b.end(plan{fields: fields, users: users}, func(r *usersync.Report) { r.Census.Complete = false })
	b.expectDue("a first run with gaps", "2 rows")
	b.end(plan{fields: fields}, func(*usersync.Report) {})
	b.expectDue("a complete run", "")
	b.expect(fields, all)
	b.expectNotes(1)
}
