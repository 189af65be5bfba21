package sink_test

import (
	"bytes"
	"encoding/csv"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// What a run writes must be read alike by those who have never heard of it.
func TestCSVIsReadByOthers(t *testing.T) {
	t.Parallel()
	path, set := filepath.Join(t.TempDir(), "users.csv"), usersync.AllFields()
	users := usertest.Users(set, 100, 100).Example(1)
	var changes []usersync.Change
	for _, u := range users {
		changes = append(changes, create(u))
	}
	runCSV(t, path, set, changes...)
	slices.SortFunc(users, byAge)
	want := [][]string{usersync.Columns(set)}
	for _, u := range users {
		cells, err := u.Cells(set)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, cells)
	}
	text := readFile(t, path)

	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(want[1:], copiedToPostgres(t, want[0], text)); diff != "" {
			t.Errorf("(-written +read)\n%s", diff)
		}
	})
	t.Run("encoding/csv", func(t *testing.T) {
		t.Parallel()
		got, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		lenient := make([][]string, len(want))
		for i, cells := range want {
			for _, cell := range cells {
				lenient[i] = append(lenient[i], strings.ReplaceAll(cell, "\r\n", "\n"))
			}
		}
		if diff := cmp.Diff(lenient, got); diff != "" {
			t.Errorf("(-written +read)\n%s", diff)
		}
	})
}

// copiedToPostgres loads a file as people do and gives its rows back, with empty
// cells for null.
func copiedToPostgres(t *testing.T, columns []string, text []byte) [][]string {
	t.Helper()
	conn := pgtest.Conn(t)
	names, values := make([]string, len(columns)), make([]string, len(columns))
	for i, column := range columns {
		names[i] = pgx.Identifier{column}.Sanitize()
		values[i] = "coalesce(" + names[i] + ", '')"
	}
	create := "create temporary table people (place bigint generated always as identity, " + strings.Join(names, " text, ") + " text)"
	if _, err := conn.Exec(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	load := "copy people (" + strings.Join(names, ", ") + ") from stdin (format csv, header, encoding 'utf8')"
	if _, err := conn.PgConn().CopyFrom(t.Context(), bytes.NewReader(text), load); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), "select array["+strings.Join(values, ", ")+"] from people order by place")
	if err != nil {
		t.Fatal(err)
	}
	read, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	if err != nil {
		t.Fatal(err)
	}
	return read
}
