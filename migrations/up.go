package migrations

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/tern/v2/migrate"

	"usersync/migrations/database"
)

//go:embed *.sql
var files embed.FS

// versionTable holds the number of the last migration, beside the tables
// themselves. It is not called as tern's own is by default: in a schema that
// others use, that may be theirs.
const versionTable = "mirror_version"

// Up makes the schema if it is not there and runs the migrations that it has not
// had, each in a transaction. It says from which version to which it brought the
// tables; they are equal when there was nothing to do, and then nothing was
// written and no permission to write was needed. However many call it at once,
// each migration is run once.
//
// Tables newer than this program are an error. So is a migration that the
// database refuses; the error names the file and the line, and nothing of that
// migration remains. The session is left as [database.Configure] makes it; when
// the context ends, the connection is closed, for that is what surely gives up
// the lock.
func Up(ctx context.Context, conn *pgx.Conn, schema string) (from, to int32, err error) {
	return up(ctx, conn, schema, files)
}

// Status says which version the tables have, 0 where there are none, and which
// is the latest that this program knows. It changes nothing.
func Status(ctx context.Context, conn *pgx.Conn, schema string) (current, latest int32, err error) {
	return status(ctx, conn, schema, files)
}

func status(ctx context.Context, conn *pgx.Conn, schema string, files fs.FS) (current, latest int32, err error) {
	if err := CheckSchema(schema); err != nil {
		return 0, 0, err
	}
	names, err := migrate.FindMigrations(files)
	if err != nil {
		return 0, 0, fmt.Errorf("list the migrations: %w", err)
	}
	current, err = version(ctx, conn, schema)
	return current, int32(len(names)), err //nolint:gosec // there are not so many
}

func version(ctx context.Context, conn *pgx.Conn, schema string) (current int32, err error) {
	doing := fmt.Sprintf("read the version of the tables in schema %q", schema)
	table := Table(schema, versionTable)
	var found bool
	if err := conn.QueryRow(ctx, "select pg_catalog.to_regclass($1) is not null", table).Scan(&found); err != nil {
		return 0, database.Explain(ctx, doing, err)
	}
	if !found {
		return 0, nil
	}
	if err := conn.QueryRow(ctx, "select version from "+table).Scan(&current); err != nil {
		return 0, database.Explain(ctx, doing, err)
	}
	return current, nil
}

func up(ctx context.Context, conn *pgx.Conn, schema string, files fs.FS) (from, to int32, err error) {
	from, latest, err := pending(ctx, conn, schema, files)
	if err != nil || from == latest {
		return from, from, err
	}
	unlock, err := lock(ctx, conn)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	// Others may have been at work before the lock was ours.
	if from, latest, err = pending(ctx, conn, schema, files); err != nil || from == latest {
		return from, from, err
	}
	if err := run(ctx, conn, schema, files); err != nil {
		return from, from, err
	}
	return from, latest, database.Configure(ctx, conn)
}

// pending is status, with an error for tables that this program does not know.
func pending(ctx context.Context, conn *pgx.Conn, schema string, files fs.FS) (current, latest int32, err error) {
	current, latest, err = status(ctx, conn, schema, files)
	if err == nil && current > latest {
		err = &database.Error{
			Doing:  fmt.Sprintf("look at the tables in schema %q", schema),
			Reason: fmt.Sprintf("they have version %d, and this usersync knows %d", current, latest),
			Remedy: "Use the usersync that made them, or a newer one", Class: database.Misconfigured,
		}
	}
	return current, latest, err
}

// run runs what is missing; the caller holds the lock.
func run(ctx context.Context, conn *pgx.Conn, schema string, files fs.FS) error {
	doing := fmt.Sprintf("migrate schema %q", schema)
	if err := makeSchema(ctx, conn, schema); err != nil {
		return database.Explain(ctx, doing, err)
	}
	migrator, err := migrate.NewMigrator(ctx, conn, Table(schema, versionTable))
	if err != nil {
		return database.Explain(ctx, doing, err)
	}
	migrator.Data["schema"] = pgx.Identifier{schema}.Sanitize()
	if err := migrator.LoadMigrations(files); err != nil {
		return fmt.Errorf("%s: read the migrations: %w", doing, err)
	}
	err = migrator.Migrate(ctx)
	if refused, is := errors.AsType[migrate.MigrationPgError](err); is {
		doing += ": run " + refused.MigrationName + place(refused.Sql, refused.PgError)
	}
	if err != nil {
		return database.Explain(ctx, doing, err)
	}
	return nil
}

// makeSchema makes the schema unless it is there: the statement alone, with if
// not exists, would ask for a permission that a user for whom the schema was
// made need not have.
func makeSchema(ctx context.Context, conn *pgx.Conn, schema string) error {
	name := pgx.Identifier{schema}.Sanitize()
	var found bool
	if err := conn.QueryRow(ctx, "select pg_catalog.to_regnamespace($1) is not null", name).Scan(&found); err != nil || found {
		return err
	}
	_, err := conn.Exec(ctx, "create schema if not exists "+name)
	return err
}

// place is where in the SQL the server's error points, if anywhere. The position
// counts characters, not bytes.
func place(sql string, refused *pgconn.PgError) string {
	characters := []rune(sql)
	if refused.Position < 1 || int(refused.Position) > len(characters) {
		return ""
	}
	return fmt.Sprintf(", line %d", 1+strings.Count(string(characters[:refused.Position-1]), "\n"))
}
