package migrations

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// longestName is how many bytes PostgreSQL keeps of a name; it cuts longer ones
// off without an error.
const longestName = 63

// CheckSchema says what is wrong with a name for the mirror's schema. Any name
// is good, whatever its characters, but an empty one, one of more than 63 bytes,
// one with U+0000 or bytes that are no UTF-8, and one that begins like
// PostgreSQL's own, with pg_.
func CheckSchema(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("schema: the name is empty")
	case len(name) > longestName:
		return fmt.Errorf("schema %q: the name has %d bytes, and PostgreSQL keeps %d", name, len(name), longestName)
	case strings.Contains(name, "\x00"), !utf8.ValidString(name):
		return fmt.Errorf("schema %q: the name has characters that PostgreSQL cannot hold", name)
	case len(name) >= 3 && strings.EqualFold(name[:3], "pg_"):
		return fmt.Errorf("schema %q: names that begin with pg_ are PostgreSQL's own", name)
	}
	return nil
}

// Table is the quoted name of one of the mirror's tables.
func Table(schema, table string) string {
	return pgx.Identifier{schema, table}.Sanitize()
}
