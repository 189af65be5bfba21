package sink

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// Count counts in the columns, by the rule of [usersync.User.Has].
func (p *Postgres) Count(ctx context.Context, f *usersync.Field, key string) (int, error) {
	if !p.exists {
		return 0, nil
	}
	column := pgx.Identifier{f.Name}.Sanitize()
	condition, arguments := hasValue(f.Kind, column), []any(nil)
	if key != "" {
		condition, arguments = "pg_catalog.jsonb_typeof("+column+" -> $1) <> 'null'", []any{key}
	}
	var count int
	err := p.conn.QueryRow(ctx, "select pg_catalog.count(*) from "+p.table("users")+" where _deleted_at is null and "+condition, arguments...).Scan(&count)
	if err != nil {
		return 0, database.Explain(ctx, "count users who have "+f.Name, err)
	}
	return count, nil
}

// hasValue is the condition in SQL that a column holds what is a value. Null
// meets none of them.
func hasValue(kind usersync.Kind, column string) string {
	switch kind {
	case usersync.Text:
		return column + " <> ''"
	case usersync.Bool:
		return column
	case usersync.Int:
		return column + " <> 0"
	case usersync.Set:
		return column + " <> '{}'"
	case usersync.Object:
		return column + " <> '{}'::pg_catalog.jsonb"
	case usersync.List:
		return column + " <> '[]'::pg_catalog.jsonb"
	default: // a time
		return column + " is not null"
	}
}

// dueColumns hold the times at which the clock alone changes an account. Those
// that are not mirrored are null.
//
//nolint:gochecknoglobals // a table of constants, which Go has no other way to write
var dueColumns = []string{
	"temporarily_disabled_from", "temporarily_disabled_until", "account_valid_from", "account_valid_until",
	"delete_at", "anonymize_at",
}

// Due reads the whole table: such users are few, and an index would be written
// for all.
func (p *Postgres) Due(ctx context.Context, from, until time.Time) iter.Seq2[usersync.ID, error] {
	return func(yield func(usersync.ID, error) bool) {
		if !p.exists {
			return
		}
		const doing = "read whose state ends"
		conditions := make([]string, len(dueColumns))
		for i, column := range dueColumns {
			conditions[i] = fmt.Sprintf("%[1]s > $1 and %[1]s <= $2", column)
		}
		rows, err := p.conn.Query(ctx, "select sub from "+p.table("users")+" where _deleted_at is null and ("+strings.Join(conditions, " or ")+")", from, until)
		if err == nil {
			defer rows.Close()
			for rows.Next() {
				var id usersync.ID
				if err := rows.Scan((*[16]byte)(&id)); err != nil {
					yield(usersync.ID{}, database.Explain(ctx, doing, err))
					return
				}
				if !yield(id, nil) {
					return
				}
			}
			err = rows.Err()
		}
		if err != nil {
			yield(usersync.ID{}, database.Explain(ctx, doing, err))
		}
	}
}
