//go:build unix

package main

import (
	"strings"
	"testing"

	usersync "usersync/sync"
)

// TestOnDelete in Postgres: the row is marked, emptied or removed, and so is what
// the change log knows.
func TestOnDelete(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]struct{ rows, withEmail, logged, withValues int }{
		"tombstone": {1, 1, 2, 2},
		"scrub":     {1, 0, 2, 0},
		"purge":     {0, 0, 0, 0},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "postgres", 30)
			b.usersync(t, exitOK, "sync")
			id := b.ids()[0]
			b.edit(t, id, rename)
			b.usersync(t, exitOK, "sync")
			b.remove(t, 1)
			b.usersync(t, exitOK, "sync", "--on-delete", how)
			var got struct{ rows, withEmail, logged, withValues int }
			err := b.conn.QueryRow(t.Context(), "select"+
				" (select count(*) from "+b.table("users")+" where sub = $1), (select count(*) from "+b.table("users")+" where sub = $1 and email is not null),"+
				" (select count(*) from "+b.table("user_changes")+" where sub = $1 and op <> 'create'),"+
				" (select count(*) from "+b.table("user_changes")+" where sub = $1 and op <> 'create' and coalesce(before, '{}') <> '{}')", id).
				Scan(&got.rows, &got.withEmail, &got.logged, &got.withValues)
			if err != nil || got != want {
				t.Errorf("got %+v, want %+v, %v", got, want, err)
			}
			b.wantExact(t)
		})
	}
}

// TestKeepDeleted in a file: the row stays with the time, until somebody says that
// it shall not, and then it is said how many go.
func TestKeepDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t, "csv", 30)
	b.usersync(t, exitOK, "sync", "--keep-deleted")
	gone := b.remove(t, 1)[0]
	b.usersync(t, exitOK, "sync", "--keep-deleted")
	rows := csvRows(t, b.path)
	if len(rows) != 30 {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		if (row[usersync.DeletedColumn] != "") != (row["sub"] == gone) {
			t.Errorf("%s is deleted at %q", row["sub"], row[usersync.DeletedColumn])
		}
	}
	b.wantExact(t)
	for _, args := range [][]string{{"sync"}, {"sync", "--dry-run", "--exit-code"}, {"verify"}} {
		b.usersync(t, exitOK, args...)
		if rows := csvRows(t, b.path); len(rows) != 30 {
			t.Fatalf("%d rows after %q", len(rows), args)
		}
	}
	const said = "   rows of users who were gone already, for --keep-deleted=false\n"
	if got := b.usersync(t, exitDifferences, "sync", "--keep-deleted=false", "--dry-run", "--exit-code"); !strings.Contains(got.stdout, "\nto discard   1"+said) {
		t.Errorf("%+v", got)
	}
	if got := b.usersync(t, exitOK, "sync", "--keep-deleted=false", "-v"); !strings.Contains(got.stdout, "\ndiscarded    1"+said) || !strings.Contains(got.stdout, "\nDone. ") {
		t.Errorf("%+v", got)
	}
	if rows := csvRows(t, b.path); len(rows) != 29 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestHistoryDays trims the change log.
func TestHistoryDays(t *testing.T) {
	t.Parallel()
	b := newBench(t, "postgres", 20)
	b.usersync(t, exitOK, "sync")
	count := func() (changes int) {
		if err := b.conn.QueryRow(t.Context(), "select count(*) from "+b.table("user_changes")).Scan(&changes); err != nil {
			t.Fatal(err)
		}
		return changes
	}
	b.alter(t, 5, rename)
	b.usersync(t, exitOK, "sync", "--history-days", "7")
	before := count()
	if before < 5 {
		t.Fatalf("%d changes", before)
	}
	if _, err := b.conn.Exec(t.Context(), "update "+b.table("user_changes")+" set at = at - interval '8 days'"); err != nil {
		t.Fatal(err)
	}
	b.usersync(t, exitOK, "sync")
	if kept := count(); kept != before {
		t.Errorf("%d of %d changes kept by default", kept, before)
	}
	b.usersync(t, exitOK, "sync", "--history-days", "7")
	if left := count(); left != 0 {
		t.Errorf("%d changes left", left)
	}
}

// TestForget: people who are still at Authgear leave the mirror and do not come
// back.
func TestForget(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 40)
			b.usersync(t, exitOK, "sync")
			ids := b.ids()
			emails := b.emails()
			got := b.usersync(t, exitOK, "forget", ids[0], strings.ToUpper(ids[1]), ids[0])
			if !strings.HasPrefix(got.stdout, "Forgot 2 users in ") {
				t.Errorf("%+v", got)
			}
			b.usersync(t, exitOK, "forget", "--purge", ids[2])
			for range 2 {
				mirrored := b.mirrored(t)
				for i, id := range ids[:3] {
					if email, there := mirrored[id]; there && (email != "" || i == 2) {
						t.Errorf("user %d is there", i)
					}
				}
				if mirrored[ids[3]] != emails[ids[3]] {
					t.Error("somebody else is not there")
				}
				b.usersync(t, exitOK, "sync", "--mode", "full")
			}
			list := b.usersync(t, exitOK, "runs").stdout
			if strings.Count(list, "forget") != 2 {
				t.Errorf("the ledger has\n%s", list)
			}
			for _, wrong := range []string{"ann@example.com", ids[4][:35], ""} {
				got := b.usersync(t, exitUsage, "forget", ids[4], wrong)
				if !strings.Contains(got.stderr, "argument 2 is not a UUID") || wrong != "" && strings.Contains(got.stderr, wrong) {
					t.Errorf("%+v", got)
				}
			}
			if _, there := b.mirrored(t)[ids[4]]; !there {
				t.Error("one was forgotten beside a mistake")
			}
		})
	}
}

// TestRuns looks back on a mirror's runs.
func TestRuns(t *testing.T) {
	t.Parallel()
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 60)
			first := b.report(t, exitOK, "sync", "--fields", "email")
			b.usersync(t, exitOK, "sync", "--fields", "email", "--dry-run")
			gone := b.remove(t, 20)
			refused := b.report(t, exitRefused, "sync", "--fields", "email")
			list := b.usersync(t, exitOK, "runs", "list").stdout
			if lines := strings.Split(list, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], refused.RunID) || !strings.HasPrefix(lines[2], first.RunID) || b.usersync(t, exitOK, "runs").stdout != list {
				t.Errorf("the list is\n%s", list)
			}
			objects := strings.Split(strings.TrimSpace(b.usersync(t, exitOK, "runs", "--json").stdout), "\n")
			if len(objects) != 2 || !strings.HasPrefix(objects[0], `{"run_id":"`+refused.RunID) {
				t.Errorf("%q", objects)
			}
			shown := b.usersync(t, exitOK, "runs", "show").stdout
			for _, want := range append(gone, refused.RunID, "refused", "max-delete", "--approve "+refused.RunID, "for the sake of 20 users", b.url) {
				if !strings.Contains(shown, want) {
					t.Errorf("no %q in\n%s", want, shown)
				}
			}
			if shown := b.usersync(t, exitOK, "runs", "show", first.RunID).stdout; !strings.Contains(shown, "created     60\n") || strings.Contains(shown, "sake") {
				t.Errorf("the first run:\n%s", shown)
			}
			if document := b.usersync(t, exitOK, "runs", "show", "--json").stdout; strings.Count(document, gone[0]) < 1 || !strings.Contains(document, `"refused":["`) {
				t.Errorf("%s", document)
			}
			for _, args := range [][]string{{"runs", "shw"}, {"runs", "show", "20000101-000000-aaaaaa"}, {"runs", "show", "a", "b"}, {"runs", "list", "a"}} {
				if got := b.usersync(t, exitUsage, args...); got.stdout != "" {
					t.Errorf("%+v", got)
				}
			}
		})
	}
}
