package source_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/migrations"
	"usersync/source"
	usersync "usersync/sync"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	const sub = "4df76823-72ce-4665-b873-61bd278a7505"
	id, err := usersync.ParseID(sub)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.source().History(t.Context(), id); err == nil {
		t.Errorf("of a mirror that nothing was published to: %+v", got)
	}
	m.publish(t, usersync.FieldsNamed([]string{"email"}), usersync.NewUser(id))
	changes := migrations.Table(m.schema, "user_changes")
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, row := range [][]any{
		{"run-1", sub, "create", at, []string{}, nil, `{"sub":"x","email":null}`, false},
		{"run-2", "21a9cd5e-9f00-4b8c-bba4-d6ab654465c3", "create", at, []string{}, nil, `{}`, false},
		{"run-2", sub, "update", at.Add(time.Hour), []string{"email"}, `{}`, `{}`, true},
	} {
		if _, err := m.conn.Exec(t.Context(), "insert into "+changes+" (run_id, sub, op, at, fields, before, after, scrubbed) values ($1, $2, $3, $4, $5, $6, $7, $8)", row...); err != nil {
			t.Fatal(err)
		}
	}
	want := &source.History{
		Known: true, FirstSeen: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Changes: []usersync.LoggedChange{
			{Op: "create", ID: id, Fields: []string{}, After: []byte(`{"sub": "x", "email": null}`), At: at, RunID: "run-1"},
			{Op: "update", ID: id, Fields: []string{"email"}, Before: []byte(`{}`), After: []byte(`{}`), At: at.Add(time.Hour), RunID: "run-2"},
		},
	}
	check := func() {
		t.Helper()
		got, err := m.source().History(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Error(difference)
		}
	}
	check()
	m.execute(t, "update USERS set _deleted_at = $1", at)
	want.Deleted = at
	check()
	m.execute(t, "update USERS set _delete_confirmed_at = $1", at)
	want.Confirmed = true
	check()
	m.execute(t, "delete from USERS")
	want = &source.History{Changes: want.Changes}
	check()
}
