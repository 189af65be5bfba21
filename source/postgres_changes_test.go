package source_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"usersync/migrations"
	"usersync/migrations/database"
	"usersync/source"
	usersync "usersync/sync"
)

// log writes a run with its changes, each an op and a name.
func (m mirror) log(t *testing.T, run string, started time.Time, changes ...string) {
	t.Helper()
	if _, err := m.conn.Exec(t.Context(), "insert into "+migrations.Table(m.schema, "runs")+
		" (run_id, mode, status, started_at, finished_at, version) values ($1, 'full', 'ok', $2, $2, 'test')", run, started); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		op, name, _ := strings.Cut(change, " ")
		var before, after any
		if op != "create" {
			before = `{"name": "before"}`
		}
		if op != "delete" {
			after = `{"name": "` + name + `"}`
		}
		if _, err := m.conn.Exec(t.Context(), "insert into "+migrations.Table(m.schema, "user_changes")+
			" (run_id, sub, op, at, fields, before, after) values ($1, '00000000-0000-4000-8000-000000000001', $2, $3, '{name}', $4, $5)", run, op, started, before, after); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPostgresChangesSince(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	m.publish(t, usersync.FieldsNamed([]string{"name", "created_at"}))
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	m.execute(t, `update MIRROR set history_since = '{"name": "2026-01-02T11:00:00.000000900Z", "created_at": "2026-01-01T00:00:00Z"}'`)
	m.log(t, "first", noon, "create a", "update b")
	m.log(t, "idle", noon.Add(time.Hour))
	m.log(t, "second", noon.Add(2*time.Hour), "update c")
	// A clock that was set back does not hide what came after.
	m.log(t, "third", noon.Add(90*time.Minute), "delete -")
	for name, test := range map[string]struct {
		since source.Since
		want  string
		from  time.Time
	}{
		"the beginning":          {source.Since{}, "create null a first,update before b first,update before c second,delete before null third", time.Time{}},
		"a time, it included":    {source.Since{Time: noon.Add(2 * time.Hour)}, "update before c second", noon.Add(2 * time.Hour)},
		"a run":                  {source.Since{RunID: "first"}, "update before c second,delete before null third", noon},
		"a run that found none":  {source.Since{RunID: "idle"}, "update before c second,delete before null third", noon.Add(time.Hour)},
		"a run before a clock's": {source.Since{RunID: "second"}, "delete before null third", noon.Add(2 * time.Hour)},
		"the last run":           {source.Since{RunID: "third"}, "", noon.Add(90 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			var reach source.Reach
			value := func(raw []byte) string {
				return strings.NewReplacer(`{"name": "`, "", `"}`, "").Replace(map[bool]string{true: "null", false: string(raw)}[raw == nil])
			}
			for change, err := range m.source().Changes(t.Context(), test.since, &reach) {
				if err != nil {
					t.Fatal(err)
				}
				if change.ID.String() != "00000000-0000-4000-8000-000000000001" || change.Fields[0] != "name" || change.At.IsZero() {
					t.Errorf("%+v", change)
				}
				got = append(got, strings.Join([]string{change.Op, value(change.Before), value(change.After), change.RunID}, " "))
			}
			if strings.Join(got, ",") != test.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ","), test.want)
			}
			if !reach.From.Equal(test.from) || !reach.CompleteSince.Equal(noon.Add(-time.Hour)) {
				t.Errorf("%+v", reach)
			}
		})
	}
	for _, err := range m.source().Changes(t.Context(), source.Since{RunID: "x"}, new(source.Reach)) {
		if failure, is := errors.AsType[*database.Error](err); !is || failure.Class != database.Misconfigured || !strings.Contains(err.Error(), `knows no run "x"`) {
			t.Errorf("got %v", err)
		}
	}
	for _, err := range m.source().Changes(t.Context(), source.Since{}, new(source.Reach)) {
		if err != nil {
			t.Fatal(err)
		}
		break // nothing may be yielded to who has left
	}
}

func TestPostgresTellsWhoIsGone(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	fields := usersync.FieldsNamed([]string{"name", "created_at"})
	m.publish(t, fields, usersync.NewUser(usersync.ID{1}), usersync.NewUser(usersync.ID{2}))
	gone := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	m.execute(t, "update USERS set _deleted_at = $1 where sub = $2", gone, [16]byte{1})
	if scope, err := m.source().Scope(t.Context()); err != nil || !scope.Fields.Equal(fields) {
		t.Errorf("%v, %v", scope.Names(), err)
	}
	var census usersync.Census
	found := make(map[usersync.ID]time.Time)
	for record, err := range m.source().Records(t.Context(), fields, &census) {
		if err != nil {
			t.Fatal(err)
		}
		found[record.User.ID] = record.DeletedAt
	}
	if len(found) != 2 || !found[usersync.ID{1}].Equal(gone) || !found[usersync.ID{2}].IsZero() || census.TotalEnd != 2 || !census.Complete {
		t.Errorf("%v %+v", found, census)
	}
	users, census, err := collect(t.Context(), m.source(), fields)
	if err != nil || len(users) != 1 || users[0].ID != (usersync.ID{2}) || census.TotalEnd != 1 || !census.Complete {
		t.Errorf("%d users, %+v, %v", len(users), census, err)
	}
}
