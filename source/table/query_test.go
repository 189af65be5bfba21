package table_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	"usersync/migrations/pgtest"
	"usersync/source/table"
)

func schemaIn(t *testing.T) (schema string, conn *pgx.Conn) {
	t.Helper()
	schema, conn = pgtest.Schema(t), pgtest.Conn(t)
	if _, err := conn.Exec(t.Context(), "create schema "+schema); err != nil {
		t.Fatal(err)
	}
	return schema, conn
}

func TestQueriesAreSpooledExactly(t *testing.T) {
	t.Parallel()
	schema, conn := schemaIn(t)
	for _, statement := range []string{
		"create table " + schema + `.people (id int8, mail text, note text, vip bool, big numeric, ratio float8, seen timestamptz, born date,
			tags text[], extra jsonb, plain json, ranks int[])`,
		"insert into " + schema + `.people values
			(1, 'ann@example.com', '', true, 12345678901234567890.10, 0.12345678901234567, '2024-05-06 07:08:09.123456+02', '1990-12-31',
			 array['a', 'b"c', null], '{"address": {"country": "HK"}, "n": 1.0}', '{"x":` + "\n" + `  1.50}', array[1,2]),
			(2, E'bob\n"B"\\', null, false, -0.00, 1e300, '1883-01-01', null, '{}', null, '"x"', null)`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "spool")
	// However the server is set up, no digit is lost and no time is local.
	url := pgtest.URL(t) + "&extra_float_digits=-10&TimeZone=Asia/Tokyo&DateStyle=German"
	f, err := table.SpoolQuery(t.Context(), url, "select *, id as \"address.code\" from "+schema+".people order by id; \n", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Remove(); err != nil {
			t.Error(err)
		}
	}()
	rows, err := rowsOf(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	got := content{Columns: f.Columns(), Rows: rows}
	compare(t, f.Format(), table.NDJSON)
	compare(t, got.Columns, []string{
		"id", "mail", "note", "vip", "big", "ratio", "seen", "born", "tags", "extra.n", "extra.address.country", "plain", "plain.x", "ranks", "address.code",
	})
	compare(t, got.cells(), [][]string{
		{
			"1", "ann@example.com", "", "true", "12345678901234567890.10", "0.12345678901234566", "2024-05-06T05:08:09.123456+00:00", "1990-12-31",
			`["a","b\"c",null]`, "1.0", "HK", "-", "1.50", "[1,2]", "1",
		},
		{"2", "bob\n\"B\"\\", "null", "false", "0.00", "1e+300", "1883-01-01T00:00:00+00:00", "null", "[]", "null", "null", "x", "-", "null", "2"},
	})
	compare(t, got.lines(), []int{1, 2})
	if note := got.Rows[0].Values[2]; note.JSON != nil || note.Absent {
		t.Errorf("the empty text is %+v", note)
	}
}

func TestQueriesThatCannotBeSpooled(t *testing.T) {
	t.Parallel()
	schema, conn := schemaIn(t)
	if _, err := conn.Exec(t.Context(), "create table "+schema+".people (id int)"); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"select 1 as a, 2 as a":        `the query: the column "a" is there twice; give it one by`,
		"select 1":                     "column 1 of the query has no name; give it one by: … as NAME",
		"select $1::int as a":          "the query has parameters such as $1",
		"select":                       "the query gives no columns",
		"":                             "the query gives no columns",
		"select 1 as a where false":    "the query has no rows",
		"selekt 1":                     "syntax error at or near \"selekt\" (SQLSTATE 42601). It must be one statement",
		"select * from nowhere":        "relation \"nowhere\" does not exist",
		"select 1 as a; select 2 as b": "cannot insert multiple commands into a prepared statement",
		"insert into " + schema + ".people values (1) returning id":                             "(SQLSTATE 42601)",
		"with x as (insert into " + schema + ".people values (1) returning id) select * from x": "such as a select",
		"select pg_catalog.nextval('" + schema + ".s') as a":                                    "does not exist",
		"select 1/0 as a": "the database refused a value",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "spool")
			_, err := table.SpoolQuery(t.Context(), pgtest.URL(t), query, path)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v\nwant %s", err, want)
			}
			compare(t, entries(t, path), nil)
		})
	}
}

// What a query does is undone whatever it calls.
func TestQueriesOnlyRead(t *testing.T) {
	t.Parallel()
	schema, conn := schemaIn(t)
	for _, statement := range []string{
		"create table " + schema + ".people (id int)",
		"create function " + schema + ".sneak() returns int language sql as 'insert into " + schema + ".people values (1) returning id'",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	_, err := table.SpoolQuery(t.Context(), pgtest.URL(t), "select "+schema+".sneak() as a", filepath.Join(t.TempDir(), "spool"))
	if wrong, explained := errors.AsType[*database.Error](err); !explained || wrong.Class != database.Misconfigured || !strings.Contains(wrong.Remedy, "only read") {
		t.Errorf("got %v", err)
	}
}

// A query sees the names that it would see in psql.
func TestQueriesHaveTheirOwnSearchPath(t *testing.T) {
	t.Parallel()
	schema, conn := schemaIn(t)
	if _, err := conn.Exec(t.Context(), "create view "+schema+".mine as select 7 as a"); err != nil {
		t.Fatal(err)
	}
	url := pgtest.URL(t) + "&search_path=" + schema
	f, err := table.SpoolQuery(t.Context(), url, "select a from mine -- all", filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, f.Columns(), []string{"a"})
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// Whoever may not see all rows can use a query as well as psql.
func TestQueriesObeyRowSecurity(t *testing.T) {
	t.Parallel()
	schema, conn := schemaIn(t)
	role, url := pgtest.Role(t)
	for _, statement := range []string{
		"create table " + schema + ".people as select generate_series(1, 3) as id",
		"alter table " + schema + ".people enable row level security",
		"create policy one on " + schema + ".people using (id = 2)",
		"grant usage on schema " + schema + " to \"" + role + "\"",
		"grant select on " + schema + ".people to \"" + role + "\"",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	f, err := table.SpoolQuery(t.Context(), url, "select id from "+schema+".people", filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := rowsOf(t.Context(), f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	compare(t, content{Rows: rows}.cells(), [][]string{{"2"}})
}

func TestQueriesStopWhenTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	path := filepath.Join(t.TempDir(), "spool")
	if _, err := table.SpoolQuery(ctx, pgtest.URL(t), "select 1 as a", path); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	compare(t, entries(t, path), nil)
}
