//go:build unix

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	"usersync/migrations/pgtest"
)

// A mirrorTable is a table or view of the mirror, as PostgreSQL's catalog has it.
type mirrorTable struct {
	comment string
	view    bool
	columns []mirrorColumn
}

type mirrorColumn struct {
	name, kind, comment string
	required            bool
	made                bool // from other columns
}

func (t *mirrorTable) column(test *testing.T, name string) mirrorColumn {
	test.Helper()
	i := slices.IndexFunc(t.columns, func(c mirrorColumn) bool { return c.name == name })
	if i < 0 {
		test.Fatalf("there is no column %s", name)
	}
	return t.columns[i]
}

// mirrorTables are the tables that the migrations make, by name.
func mirrorTables(t *testing.T, conn *pgx.Conn) map[string]*mirrorTable {
	t.Helper()
	schema := pgtest.Schema(t)
	if _, _, err := migrations.Up(t.Context(), conn, schema); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `
		select c.relname, c.relkind = 'v', coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
			a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '' or a.attidentity <> '',
			coalesce(pg_catalog.col_description(c.oid, a.attnum), '')
		from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = $1::pg_catalog.regnamespace and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped
		order by c.relname, a.attnum`, pgx.Identifier{schema}.Sanitize())
	if err != nil {
		t.Fatal(err)
	}
	tables := make(map[string]*mirrorTable)
	var name string
	var table mirrorTable
	var column mirrorColumn
	if _, err := pgx.ForEachRow(rows, []any{
		&name, &table.view, &table.comment, &column.name, &column.kind, &column.required, &column.made, &column.comment,
	}, func() error {
		if tables[name] == nil {
			begun := table
			tables[name] = &begun
		}
		tables[name].columns = append(tables[name].columns, column)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return tables
}

func writeTablesPage(t *testing.T, page *markdown) {
	t.Helper()
	tables := mirrorTables(t, pgtest.Conn(t))
	page.paragraph("In the schema that `--schema` names, `usersync` unless told otherwise. `\\d+ usersync.users` in\npsql says the same of the table that is there. *Null* says where a value may be missing.")
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		table := tables[name]
		if table.comment == "" {
			t.Errorf("table %s has no comment", name)
		}
		page.heading(name)
		page.paragraph(plain(table.comment) + ".")
		if table.view {
			writeView(page, table, tables)
			continue
		}
		page.table("column", "type", "null", "what it is")
		for _, column := range table.columns {
			if column.comment == "" {
				t.Errorf("column %s.%s has no comment", name, column.name)
			}
			null := "null"
			if column.required {
				null = ""
			}
			kind := column.kind
			if column.made {
				kind += ", made by the database"
			}
			page.row(code(column.name), kind, null, plain(column.comment))
		}
	}
}

// writeView writes what a view has otherwise than the table whose columns it shows.
func writeView(page *markdown, view *mirrorTable, tables map[string]*mirrorTable) {
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		table := tables[name]
		if table.view || !slices.ContainsFunc(table.columns, func(c mirrorColumn) bool { return view.has(c) }) {
			continue
		}
		var missing []string
		for _, column := range table.columns {
			if !view.has(column) {
				missing = append(missing, column.name)
			}
		}
		if len(table.columns)-len(missing) == len(view.columns) {
			page.paragraph("A view with the columns of [" + name + "](#" + name + "), but for " + codes(missing) + ".")
			return
		}
	}
	page.table("column", "type", "what it is")
	for _, column := range view.columns {
		page.row(code(column.name), column.kind, plain(column.comment))
	}
}

// has says whether the view shows the column under its name, with its type and its
// explanation.
func (t *mirrorTable) has(column mirrorColumn) bool {
	return slices.ContainsFunc(t.columns, func(c mirrorColumn) bool {
		return c.name == column.name && c.kind == column.kind && strings.TrimSpace(c.comment) == column.comment
	})
}
