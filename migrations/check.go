package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
)

// Check says whether the mirror's tables are in the schema, for those who use
// them without making them. Tables that are older or newer than this program's
// are an error that says what to do. It changes nothing.
func Check(ctx context.Context, conn *pgx.Conn, schema string) (found bool, err error) {
	current, latest, err := pending(ctx, conn, schema, files)
	if err != nil {
		return false, err
	}
	if current > 0 && current < latest {
		return false, &database.Error{
			Doing:  fmt.Sprintf("look at the tables in schema %q", schema),
			Reason: fmt.Sprintf("they have version %d, and this usersync works with %d", current, latest),
			Remedy: "Run `usersync migrate up`", Class: database.Misconfigured,
		}
	}
	return current > 0, nil
}
