package sink_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	usersync "usersync/sync"
)

// oldMirror makes the tables as the release with version 3 of them did, and a
// mirror of some fields in them, with fingerprints made in another way.
func oldMirror(t *testing.T, p place, fields usersync.FieldSet, users []*usersync.User) {
	t.Helper()
	execute(t, p, "create schema "+p.name()+" create table mirror_version (version int4 not null)")
	execute(t, p, "insert into "+p.table("mirror_version")+" values (3)")
	for _, name := range []string{"001_mirror.sql", "002_runs.sql", "003_mirror_state.sql"} {
		sql, err := os.ReadFile("../migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		execute(t, p, strings.ReplaceAll(string(sql), "{{.schema}}", p.name()))
	}
	for n, status := range []string{"ok", "refused", "failed", "interrupted"} {
		execute(t, p, "insert into "+p.table("runs")+" (run_id, mode, status, started_at, finished_at, version, report) values ($1, 'full', $1, $2, $2, 'old', $3)",
			status, firstStart.Add(time.Duration(n)*time.Hour),
			`{"run_id": "`+status+`", "status": "`+status+`", "source": {"users": 7}, "changes": {"created": 7, "deleted": 1}, "duration_seconds": 1.5, "error": null}`)
	}
	for _, user := range users {
		object, err := user.AppendJSON(nil, fields.All())
		if err != nil {
			t.Fatal(err)
		}
		execute(t, p, "insert into "+p.table("users")+" select * from jsonb_populate_record(null::"+p.table("users")+", $1::jsonb || $2)", object,
			`{"_row_hash": "\\x00", "_first_seen_at": "2026-01-02T03:04:05Z", "_changed_at": "2026-01-02T03:04:05Z"}`)
		execute(t, p, "insert into "+p.table("user_changes")+" (run_id, sub, op, at, fields, after) values ('ok', $1, 'create', $2, '{}', $3)",
			[16]byte(user.ID), firstStart, object)
	}
	execute(t, p, "update "+p.table("users")+" set _deleted_at = _changed_at where sub = $1", [16]byte(users[0].ID))
	execute(t, p, "insert into "+p.table("user_changes")+" (run_id, sub, op, at, fields, before) values ('ok', $1, 'delete', $2, '{}', '{}')", [16]byte(users[0].ID), firstStart)
	execute(t, p, "update "+p.table("mirror")+" set fields = $1, fingerprint_version = 0, generation = 4", fields.Names())
}

// Users of an older release's mirror do not look changed: what is new is filled
// without a word, and the rest is as it was.
func TestPostgresUpgradeChangesNobody(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	few := usersync.FieldsNamed([]string{"created_at", "email", "roles", "custom_attributes", "disabled", "last_login_at"})
	users := somebody(all, 30, 8)
	oldMirror(t, p, few, users)

	source := make(crowd)
	for _, user := range users[1:] {
		source[user.ID] = user
	}
	upgraded := time.Now()
	for n := range 2 {
		at := upgraded.Add(time.Duration(n) * time.Hour)
		report := source.sync(t, p, at, all, func(cfg *usersync.Config) { cfg.Mode.Wanted = usersync.ModeAuto })
		if report.Changes.Any() || report.Changes.Unchanged != 7 || report.Mode != usersync.ModeFull {
			t.Fatalf("run %d: %s, changes %+v", n, report.Mode, report.Changes)
		}
		if logged := value[int](t, p, "select count(*)::int from "+p.table("user_changes")); logged != 9 {
			t.Errorf("run %d: %d rows in the change log", n, logged)
		}
		if moved := value[int](t, p, "select count(*)::int from "+p.table("users")+" where _changed_at <> '2026-01-02T03:04:05Z'"); moved != 0 {
			t.Errorf("run %d: %d users look changed", n, moved)
		}
	}
	got := p.read(t, all)
	if len(got) != 7 {
		t.Fatalf("%d users", len(got))
	}
	for _, user := range got {
		for _, f := range usersync.Diff(source[user.ID], user, all) {
			t.Errorf("%s is not filled", f.Name)
		}
	}
	// The history is told from the upgrade on, and what was not mirrored from then.
	since := value[map[string]time.Time](t, p, "select history_since from "+p.table("mirror"))
	if len(since) != all.Len() || since["email"].Before(upgraded.Add(-time.Minute)) || !since["name"].Equal(upgraded.Truncate(time.Nanosecond)) {
		t.Errorf("the history is told since %v", since)
	}
	if problem := replay(t, p); problem != "" {
		t.Error(problem)
	}
	// Earlier runs are still in the ledger, and a refusal of then names nobody.
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	var runs []string
	for report, err := range mirror.Runs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, string(report.Status))
	}
	if !slices.Equal(runs, []string{"ok", "ok", "interrupted", "failed", "refused", "ok"}) {
		t.Errorf("the ledger has %v", runs)
	}
	if refused, found, err := mirror.Refused(t.Context(), "refused"); err != nil || !found || len(refused) > 0 {
		t.Errorf("refused were %v (found %v), %v", refused, found, err)
	}
	p.query(t, func(conn *pgx.Conn) error {
		var deleted int
		err := conn.QueryRow(t.Context(), "select sum(deleted)::int from "+p.table("runs")).Scan(&deleted)
		if deleted != 4 {
			t.Errorf("%d deletions in the ledger", deleted)
		}
		return err
	})
}
