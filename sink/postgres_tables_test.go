package sink_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	usersync "usersync/sync"
)

type column struct{ Name, Type string }

// The field table and the SQL must not drift apart.
func TestPostgresColumnsAreTheFieldTable(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	closeMirror(t, openPostgres(t, p.config()))

	types := map[usersync.Kind]string{
		usersync.Text: "text", usersync.Bool: "boolean", usersync.Int: "bigint", usersync.Time: "timestamp with time zone",
		usersync.Set: "text[]", usersync.Object: "jsonb", usersync.List: "jsonb",
	}
	fields := []column{{"sub", "uuid"}}
	for f := range usersync.AllFields().All() {
		fields = append(fields, column{f.Name, types[f.Kind]})
	}
	seen := []column{{"_first_seen_at", "timestamp with time zone"}, {"_changed_at", "timestamp with time zone"}}
	gone := []column{{"_deleted_at", "timestamp with time zone"}, {"_delete_confirmed_at", "timestamp with time zone"}, {"_deleted_by_run", "text"}}
	for table, want := range map[string][]column{
		"users":        slices.Concat(fields, []column{{"_row_hash", "bytea"}}, seen, gone),
		"active_users": slices.Concat(fields, seen),
	} {
		got := rows[column](t, p, `select attname::text, format_type(atttypid, atttypmod) from pg_attribute
			where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum`, p.table(table))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("columns of %s (-want +got):\n%s", table, diff)
		}
	}
}

// Analysts need no coalesce: what is mirrored and empty is not null, but for
// texts and times.
func TestPostgresEmptyValues(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	nobody := usersync.NewUser(usersync.ID{1})
	created, _ := all.Lookup("created_at")
	nobody.Set(created, firstStart)
	publishAt(t, p, firstStart, all, creates(nobody)...)

	empty := map[usersync.Kind]string{
		usersync.Text: "null", usersync.Time: "null", usersync.Bool: "false", usersync.Int: "0",
		usersync.Set: "[]", usersync.List: "[]", usersync.Object: "{}",
	}
	for f := range all.All() {
		if f == created {
			continue
		}
		got := value[string](t, p, "select coalesce(to_jsonb("+f.Name+")::text, 'null') from "+p.table("users"))
		if got != empty[f.Kind] {
			t.Errorf("%s is %s, want %s", f.Name, got, empty[f.Kind])
		}
	}

	// What is not mirrored is null, for those who are gone, too.
	few := usersync.FieldsNamed([]string{"created_at", "email"})
	gone := usersync.NewUser(usersync.ID{2})
	gone.Set(created, firstStart)
	publishAt(t, p, firstStart, all, creates(gone)...)
	publishAt(t, p, firstStart, all, usersync.Change{Op: usersync.Delete, ID: gone.ID, Before: gone})
	publishAt(t, p, firstStart, few, usersync.Change{Op: usersync.Refill, ID: nobody.ID, After: nobody})
	for f := range all.All() {
		if _, kept := few.Lookup(f.Name); !kept && value[int](t, p, "select count("+f.Name+")::int from "+p.table("users")) > 0 {
			t.Errorf("%s still has values", f.Name)
		}
	}
}
