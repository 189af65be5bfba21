//go:build unix

package main

import (
	"slices"
	"strings"
	"testing"

	"usersync/migrations/pgtest"
	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func writeFieldsPage(t *testing.T, page *markdown) {
	t.Helper()
	fields := usersync.AllFields()
	cheap := source.Cheap(fields)
	always, err := usersync.ParseFields([]string{"sub"})
	if err != nil {
		t.Fatal(err)
	}
	template, example := userimport.Template(userimport.Email)
	table := mirrorTables(t, pgtest.Conn(t))["users"]

	page.paragraph("Names and forms in files are those of Authgear's own exports. `--fields` chooses among the\nfields; " + codes(append([]string{"sub"}, always.Names()...)) + "\nbelong to every choice. In CSV, a field's column is called as the field, unless said otherwise;\nin SQL it always is.")
	page.paragraph("*Asked for* is the field of GraphQL's `User` that is read. What is *costly* costs the server a\nquery for each user: leave it out with `--fields` if it is not needed. *Import* says whether\n`usersync import` can set the field.")
	page.table("field", "what it is", "in JSON", "in SQL", "asked for", "import")
	page.row(code("sub"), "the user's ID", "text", table.column(t, "sub").kind, code("id"), "")
	for f := range fields.All() {
		asked := code(f.From)
		if _, found := cheap.Lookup(f.Name); !found {
			asked += ", costly"
		}
		about := plain(f.Doc)
		if f.Volatile {
			about += "; no change in the eyes of `--max-change`"
		}
		if columns := csvColumns(t, f); !slices.Equal(columns, []string{f.Name}) {
			about += "; in CSV " + codes(columns)
		}
		page.row(code(f.Name), about, jsonKind(f), table.column(t, f.Name).kind, asked, importable(f, template))
	}

	page.heading("Of imports alone")
	page.paragraph("Columns of `usersync import` that are no fields of a user who is read, with what\n`usersync import template` has as an example:")
	page.table("column", "example")
	for i, column := range template {
		first, _, _ := strings.Cut(column, ".")
		if _, found := fields.Lookup(first); !found {
			page.row(code(column), code(example[i]))
		}
	}
}

// csvColumns are the columns that the field has in files.
func csvColumns(t *testing.T, f *usersync.Field) []string {
	t.Helper()
	var columns []string
	for _, column := range usersync.Columns(usersync.AllFields()) {
		if column == f.Name || strings.HasPrefix(column, f.Name+".") {
			columns = append(columns, column)
		}
	}
	if len(columns) == 0 {
		t.Errorf("%s has no column", f.Name)
	}
	return columns
}

// jsonKind is what a value of the field is in JSON.
func jsonKind(f *usersync.Field) string {
	return map[usersync.Kind]string{
		usersync.Text: "text", usersync.Bool: "boolean", usersync.Int: "integer", usersync.Time: "time (RFC 3339)",
		usersync.Set: "list of texts", usersync.Object: "object", usersync.List: "list of objects",
	}[f.Kind]
}

func importable(f *usersync.Field, columns []string) string {
	if slices.ContainsFunc(columns, func(column string) bool { return column == f.Name || strings.HasPrefix(column, f.Name+".") }) {
		return "yes"
	}
	return ""
}
