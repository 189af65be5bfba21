package sink_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
	usersync "usersync/sync"
)

// sqlOfDocs are the statements that docs/postgres.md shows, block by block.
func sqlOfDocs(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/postgres.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for n, part := range strings.Split(string(text), "```") {
		if block, is := strings.CutPrefix(part, "sql\n"); is && n%2 == 1 {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// What the documentation shows works, with the permissions that it grants.
func TestPostgresDocumentationIsTrue(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	p := place{url: server.URL(), schema: "usersync"}
	all := usersync.AllFields()
	user, create := ann(1)
	gone, createGone := ann(2)
	now := time.Now()
	publishAt(t, p, now.Add(-25*time.Hour), all, create, createGone)
	publishAt(t, p, now.Add(-time.Hour), all,
		updateOf(user, with(user, "email", "ann@example.org"), all), usersync.Change{Op: usersync.Delete, ID: gone.ID, Before: gone})

	conn := pgtest.Connect(t, p.url)
	var queries []string
	for _, block := range sqlOfDocs(t) {
		if strings.HasPrefix(block, "create role") {
			if _, err := conn.Exec(t.Context(), block); err != nil {
				t.Fatalf("%s\n%v", block, err)
			}
			continue
		}
		for query := range strings.SplitSeq(block, ";\n") {
			if strings.TrimSpace(query) != "" {
				queries = append(queries, query)
			}
		}
	}
	if len(queries) < 10 {
		t.Fatalf("only %d queries", len(queries))
	}
	if _, err := conn.Exec(t.Context(), "set role analyst"); err != nil {
		t.Fatal(err)
	}
	for _, query := range queries {
		rows, err := conn.Query(t.Context(), query)
		if err == nil {
			rows.Close()
			err = rows.Err()
		}
		if err != nil {
			t.Errorf("%s\n%v", query, err)
		}
	}
	for role, test := range map[string]struct {
		may, mayNot []string
	}{
		"analyst": {[]string{"select * from usersync.users"}, []string{"select * from usersync.forgotten", "select forget_key from usersync.mirror", "delete from usersync.users"}},
		"reader":  {[]string{"select * from usersync.active_users"}, []string{"select * from usersync.users", "select * from usersync.user_changes"}},
		"support": {[]string{"select email from usersync.active_users"}, []string{"select phone_number from usersync.active_users"}},
	} {
		if _, err := conn.Exec(t.Context(), "set role "+role); err != nil {
			t.Fatal(err)
		}
		for _, sql := range test.may {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Errorf("%s may not %s: %v", role, sql, err)
			}
		}
		for _, sql := range test.mayNot {
			if _, err := conn.Exec(t.Context(), sql); err == nil {
				t.Errorf("%s may %s", role, sql)
			}
		}
	}
	// A night's run, with all that it may be told to do.
	if _, err := conn.Exec(t.Context(), "reset role; alter role nightly login; alter role analyst login"); err != nil {
		t.Fatal(err)
	}
	looking := newConfig(withSetting(t, p.url, "user", "analyst"), p.schema)
	looking.LedgerOnly = true
	ledger := openPostgres(t, looking)
	for _, err := range ledger.Runs(t.Context()) {
		if err != nil {
			t.Errorf("looking at the runs: %v", err)
		}
	}
	if _, _, err := ledger.Refused(t.Context(), "20261123-031500-q7m2ka"); err != nil {
		t.Errorf("looking at a refusal: %v", err)
	}
	closeMirror(t, ledger)
	cfg := newConfig(withSetting(t, p.url, "user", "nightly"), p.schema)
	mirror := openPostgres(t, cfg)
	defer closeMirror(t, mirror)
	start := newStart(now, all)
	start.KeepHistory = 24 * time.Hour
	changes := append(creates(somebody(all, 9, 2)...), usersync.Change{Op: usersync.Delete, ID: user.ID, Before: with(user, "email", "ann@example.org"), Erase: usersync.EraseUser})
	if err := begin(t.Context(), mirror, start, changes); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []usersync.Erasure{usersync.EraseValues, usersync.EraseUser} {
		if _, err := mirror.Forget(t.Context(), []usersync.ID{gone.ID}, mode); err != nil {
			t.Error(err)
		}
	}
	if n := value[int](t, p, "select count(*)::int from "+p.table("users")); n != 2 {
		t.Errorf("%d users", n)
	}
}

// asOf is the documentation's query of everyone as of a time, made for a place.
func asOf(t testing.TB, p place, at time.Time, fields usersync.FieldSet) map[usersync.ID]*usersync.User {
	t.Helper()
	var query string
	for _, block := range sqlOfDocs(t) {
		if strings.HasPrefix(block, "-- as of") {
			query = block
		}
	}
	query, _, found := strings.Cut(query, "\nand u.sub = ")
	if !found {
		t.Fatal("the documentation has no query of one user as of a time")
	}
	query = strings.ReplaceAll(query, "usersync.", p.name()+".")
	query = strings.ReplaceAll(query, "2026-01-01 00:00:00+00", at.Format(time.RFC3339Nano))
	users := make(map[usersync.ID]*usersync.User)
	p.query(t, func(conn *pgx.Conn) error {
		rows, err := conn.Query(t.Context(), query)
		if err != nil {
			return err
		}
		var sub [16]byte
		var was []byte
		_, err = pgx.ForEachRow(rows, []any{&sub, &was}, func() error {
			user, err := usersync.UserFromJSON(was, fields)
			users[sub] = user
			return err
		})
		return err
	})
	return users
}
