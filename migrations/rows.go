package migrations

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// UsersAsJSON is a query of the mirror's users, those who are gone included. Its
// rows have two columns: sub and the named columns as one JSON object (text),
// with times in the session's zone, which must be UTC; and whether the user is
// marked as gone. The tail is what comes after the from clause, in SQL, where
// the table is called users.
func UsersAsJSON(schema string, columns []string, tail string) string {
	list := []string{"users.sub"}
	for _, column := range columns {
		list = append(list, pgx.Identifier{"users", column}.Sanitize())
	}
	// An object is made of a row because functions take a hundred arguments.
	return "select pg_catalog.row_to_json(object)::pg_catalog.text, users._deleted_at is not null from " +
		Table(schema, "users") + " as users cross join lateral (select " + strings.Join(list, ", ") + ") as object " + tail
}
