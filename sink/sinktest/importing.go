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

// noteImport notes an import that has ended, or one that is open where rows is
// negative.
func (b *bench) noteImport(id string, at time.Time, rows int) {
	b.Helper()
	b.open(func(mirror Mirror) {
		noted, err := mirror.NoteImport(b.Context(), usersync.ImportNote{ID: id, Project: project(), Open: rows == open, At: at, Rows: max(0, rows)})
		if err != nil || !noted {
			b.Fatalf("noted %v, %v", noted, err)
		}
	})
}

const open = -1

// expectDue checks that a full run is due for the sake of an import of so many
// rows, or of an open one, or of none.
func (b *bench) expectDue(after, rows string) {
	b.Helper()
	b.open(func(mirror Mirror) {
		held, err := mirror.Holds(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		want := ""
		switch rows {
		case "":
		case "open":
			want = "an import was begun and has not been noted as ended; the audit log does not tell of imports"
		default:
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
	b.noteImport("one", imported, 1)
	b.expectDue("the import", "1 row")
	b.expect(fields, all)
	b.noteImport("two", imported, 300)
	b.expectDue("another import", "301 rows")

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
		if _, err := mirror.Forget(b.Context(), []usersync.ID{{1, 0xff}}, usersync.EraseUser); err != nil {
			b.Fatal(err)
		}
	})
	b.expectDue("somebody was forgotten", "301 rows")

	b.end(plan{fields: fields, at: imported}, full)
	b.expectDue("everybody was read", "")
	b.end(plan{fields: fields, at: imported}, func(r *usersync.Report) { r.Mode = usersync.ModeIncremental })
	b.expectDue("the run after that", "")
	b.noteImport("three", imported, 20)
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
		unlike := func(reason string) bool { return !strings.HasPrefix(reason, "an import ") }
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
		note := usersync.ImportNote{ID: "one", Project: other, At: noon(), Rows: 5}
		_, err := mirror.NoteImport(b.Context(), note)
		if refused, is := errors.AsType[*usersync.RefusedError](err); !is || !strings.Contains(refused.Reason, other.String()) {
			b.Errorf("an import into another project: %v", err)
		}
		stopped, stop := context.WithCancel(b.Context())
		stop()
		note.Project = project()
		if _, err := mirror.NoteImport(stopped, note); !errors.Is(err, context.Canceled) {
			b.Errorf("stopped: %v", err)
		}
	})
	b.expectDue("what was refused", "")
	b.expectNotes(0)
}

func (b *bench) importBefore() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 42, 2)
	b.noteImport("one", noon(), 2)
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

// An import is noted before anything is sent, so that it cannot be killed without
// having been noted, and again when it has ended.
func (b *bench) importOpen() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 43, 2)
	full := func(*usersync.Report) {}
	run := func(at time.Time) { b.end(plan{fields: fields, at: at}, full) }
	b.end(plan{fields: fields, users: users}, full)
	begun := noon().Add(time.Hour)
	tomorrow := begun.Add(24 * time.Hour)
	b.noteImport("one", tomorrow, open)
	b.expectDue("the import was begun", "open")
	run(begun.Add(time.Minute))
	b.expectDue("a run while it goes on", "open")
	b.noteImport("two", begun.Add(2*time.Minute), 7)
	b.expectDue("another import", "open")

	// It goes on after it was killed, and has its rows counted once.
	b.noteImport("one", tomorrow.Add(time.Hour), open)
	b.noteImport("one", begun.Add(time.Hour), 30)
	b.noteImport("one", begun.Add(2*time.Hour), 50)
	b.expectDue("both ended", "57 rows")
	run(begun.Add(time.Hour))
	b.expectDue("a run before the end of the one", "50 rows")
	run(begun.Add(2 * time.Hour))
	b.expectDue("a run after both", "")

	// What never ended counts until nothing of it can come any more.
	b.noteImport("three", tomorrow, open)
	run(tomorrow.Add(-time.Microsecond))
	b.expectDue("a run of the same day", "open")
	run(tomorrow)
	b.expectDue("a run of the next day", "")

	// One that changed nobody is taken back, and no other with it.
	b.noteImport("four", tomorrow, open)
	b.noteImport("five", tomorrow, 1)
	b.noteImport("four", tomorrow, 0)
	b.expectDue("one changed nobody", "1 row")
	b.noteImport("five", tomorrow, 0)
	b.expectDue("neither changed anybody", "")
	b.expect(fields, all)
	b.expectNotes(10)
}
