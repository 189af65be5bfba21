package sink_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	usersync "usersync/sync"
)

type ledgerRow struct {
	RunID    string
	Status   string
	Finished *time.Time
	Report   *string
	Error    *string
}

func ledger(t *testing.T, p place) []ledgerRow {
	t.Helper()
	return rows[ledgerRow](t, p, "select run_id, status, finished_at, report::text, error from "+p.table("runs")+" order by started_at, run_id")
}

func TestPostgresLedgerTellsHowRunsEnded(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	var want []usersync.Start
	var published *usersync.Report
	for i, status := range []usersync.Status{usersync.StatusRefused, usersync.StatusFailed, usersync.StatusInterrupted, usersync.StatusRunning, usersync.StatusOK} {
		at := firstStart.Add(time.Duration(i) * time.Hour)
		mirror := openPostgres(t, p.config())
		start := newStart(at, all)
		if err := begin(t.Context(), mirror, start, creates(somebody(all, i, 1)...)); err != nil {
			t.Fatal(err)
		}
		if row := ledger(t, p)[i]; row.Status != "running" || row.Finished != nil || row.RunID != start.RunID {
			t.Errorf("while it runs, run %d is %+v", i, row)
		}
		report := newReport(start, status)
		sentence := "It did not work. Try again."
		var err error
		switch status {
		case usersync.StatusRunning: // it dies
		case usersync.StatusOK:
			published = report
			err = mirror.Publish(t.Context(), report)
		default:
			report.Error = &sentence
			err = mirror.Abandon(t.Context(), report)
		}
		if err != nil {
			t.Fatal(err)
		}
		closeMirror(t, mirror)
		want = append(want, start)
	}
	for i, row := range ledger(t, p) {
		status := []string{"refused", "failed", "interrupted", "interrupted", "ok"}[i]
		finished := want[i].StartedAt.Add(time.Minute)
		switch i {
		case 3:
			finished = want[4].StartedAt // when the next run noticed
		case 4:
			finished = published.FinishedAt.Truncate(time.Microsecond) // publishing counts
		}
		if row.RunID != want[i].RunID || row.Status != status || row.Finished == nil || !row.Finished.Equal(finished) {
			t.Errorf("run %d: %+v, want status %s, finished %v", i, row, status, finished)
		}
		if (row.Error == nil) != (status == "ok") || (row.Report == nil) != (i == 3) {
			t.Errorf("run %d: error %v, report %v", i, row.Error, row.Report)
		}
		var report usersync.Report
		if row.Report != nil {
			if err := json.Unmarshal([]byte(*row.Report), &report); err != nil || report.RunID != row.RunID {
				t.Errorf("run %d: report %s, %v", i, *row.Report, err)
			}
		}
	}
	if n := value[int](t, p, "select count(*)::int from "+p.table("users")); n != 1 {
		t.Errorf("%d users, of the one run that was published", n)
	}
}

type changeRow struct {
	RunID  string
	Sub    string
	Op     string
	At     time.Time
	Fields []string
	Before map[string]any
	After  map[string]any
}

func TestPostgresChangeLog(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	fields, err := usersync.ParseFields([]string{"email", "roles"})
	if err != nil {
		t.Fatal(err)
	}
	email := func(id byte, text string) *usersync.User {
		created, _ := fields.Lookup("created_at")
		u := usersync.NewUser(usersync.ID{id})
		u.Set(created, firstStart)
		return with(u, "email", text)
	}
	ann, bob := email(1, "ann@example.com"), email(2, "bob@example.com")
	annNew := email(1, "ann@example.org")
	hour := func(n int) time.Time { return firstStart.Add(time.Duration(n) * time.Hour) }
	whole := func(u *usersync.User) map[string]any {
		text, _ := fields.Lookup("email")
		return map[string]any{"sub": u.ID.String(), "email": u.Get(text), "roles": []any{}, "created_at": "2026-01-02T03:04:05Z", "is_anonymized": false}
	}
	emailOf := func(u *usersync.User) map[string]any {
		return map[string]any{"sub": u.ID.String(), "email": whole(u)["email"]}
	}

	runs := []usersync.Start{
		publishAt(t, p, hour(0), fields, creates(bob, ann)...),
		publishAt(t, p, hour(1), fields, updateOf(ann, annNew, fields), usersync.Change{Op: usersync.Refill, ID: bob.ID, After: bob}),
		publishAt(t, p, hour(2), fields, usersync.Change{Op: usersync.Delete, ID: ann.ID, Before: annNew}),
		publishAt(t, p, hour(3), fields, usersync.Change{Op: usersync.Restore, ID: ann.ID, Before: annNew, After: ann, Fields: usersync.Diff(annNew, ann, fields)}),
	}
	want := []changeRow{
		{runs[0].RunID, ann.ID.String(), "create", hour(0), []string{}, nil, whole(ann)},
		{runs[0].RunID, bob.ID.String(), "create", hour(0), []string{}, nil, whole(bob)},
		{runs[1].RunID, ann.ID.String(), "update", hour(1), []string{"email"}, emailOf(ann), emailOf(annNew)},
		{runs[2].RunID, ann.ID.String(), "delete", hour(2), []string{}, whole(annNew), nil},
		{runs[3].RunID, ann.ID.String(), "restore", hour(3), []string{"email"}, emailOf(annNew), emailOf(ann)},
	}
	got := rows[changeRow](t, p, "select run_id, sub::text, op, at, fields, before, after from "+p.table("user_changes")+" order by id")
	for i := range got {
		got[i].At = got[i].At.UTC()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("change log (-want +got):\n%s", diff)
	}

	type times struct {
		Sub                string
		FirstSeen, Changed time.Time
		Deleted            *time.Time
	}
	for _, row := range rows[times](t, p, "select sub::text, _first_seen_at, _changed_at, _deleted_at from "+p.table("users")) {
		changed := hour(0) // a refill does not move it
		if row.Sub == ann.ID.String() {
			changed = hour(3)
		}
		if !row.FirstSeen.Equal(hour(0)) || !row.Changed.Equal(changed) || row.Deleted != nil {
			t.Errorf("%+v, want _changed_at %v", row, changed)
		}
	}
}

func TestPostgresTombstonesKeepTheirRow(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	user := with(somebody(all, 1, 1)[0], "email", "ann@example.com")
	publishAt(t, p, firstStart, all, creates(user)...)
	gone := firstStart.Add(time.Hour)
	publishAt(t, p, gone, all, usersync.Change{Op: usersync.Delete, ID: user.ID, Before: user})
	type tombstone struct {
		Email            string
		Changed, Deleted time.Time
	}
	got := rows[tombstone](t, p, "select email, _changed_at, _deleted_at from "+p.table("users"))
	if len(got) != 1 || got[0].Email != "ann@example.com" || !got[0].Changed.Equal(gone) || !got[0].Deleted.Equal(gone) {
		t.Errorf("%+v", got)
	}
	if n := value[int](t, p, "select count(*)::int from "+p.table("active_users")); n != 0 {
		t.Errorf("%d active users", n)
	}
}

// What a row looks like inside PostgreSQL changes with every writing of it, even
// of the same values.
func TestPostgresUnchangedRunWritesNoUser(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	publishAt(t, p, firstStart, all, creates(somebody(all, 2, 30)...)...)
	versions := "select string_agg(ctid::text || xmin::text || xmax::text, ',' order by sub) from " + p.table("users")
	before := value[string](t, p, versions)
	publishAt(t, p, firstStart.Add(time.Hour), all)
	if after := value[string](t, p, versions); after != before {
		t.Errorf("rows were written:\n%s\n%s", before, after)
	}
	if n := value[int](t, p, "select count(*)::int from "+p.table("runs")); n != 2 {
		t.Errorf("%d runs in the ledger", n)
	}
}
