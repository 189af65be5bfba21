package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"usersync/migrations"
	"usersync/migrations/database"
)

func (a *app) migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Create or upgrade the tables of a Postgres mirror",
		Long: `Create or upgrade the tables of a Postgres mirror, or show how they stand.

usersync sync does this by itself. These commands are for those who give it a
database user that may not create tables: run migrate up as one who may, and
sync with --no-migrate.`,
		Args: cobra.ArbitraryArgs,
		RunE: groupOf,
	}
	cmd.AddCommand(a.migrateUpCommand(), a.migrateStatusCommand())
	return cmd
}

func (a *app) migrateUpCommand() *cobra.Command {
	return a.migration(&cobra.Command{
		Use:   "up --to DEST",
		Short: "Create the tables, or bring them up to date",
		Long: `Create the tables of a mirror, or bring them up to what this usersync knows.
Running it again does no harm.

DEST is postgres://USER@HOST/DATABASE, or postgres for the database whose URL is
in DATABASE_URL.`,
		Example: "  usersync migrate up --to postgres\n  usersync migrate up --to postgres://admin@db.example.com/app --schema people",
	}, func(ctx context.Context, conn *pgx.Conn, schema string) error {
		from, to, err := migrations.Up(ctx, conn, schema)
		if err != nil {
			return err
		}
		if from == to {
			return a.print(fmt.Sprintf("The tables in schema %s are up to date, at version %d.\n", schema, to))
		}
		return a.print(fmt.Sprintf("The tables in schema %s went from version %d to %d.\n", schema, from, to))
	})
}

func (a *app) migrateStatusCommand() *cobra.Command {
	return a.migration(&cobra.Command{
		Use:   "status --to DEST",
		Short: "Show which version the tables have",
		Long: `Show which version the tables of a mirror have and which one this usersync knows.
Nothing is changed.

DEST is postgres://USER@HOST/DATABASE, or postgres for the database whose URL is
in DATABASE_URL.`,
		Example: "  usersync migrate status --to postgres",
	}, func(ctx context.Context, conn *pgx.Conn, schema string) error {
		current, latest, err := migrations.Status(ctx, conn, schema)
		if err != nil {
			return err
		}
		verdict := "They are up to date."
		switch {
		case current == 0:
			verdict = "There are no tables yet: usersync migrate up, or the first usersync sync, creates them."
		case current < latest:
			verdict = "Run usersync migrate up, or usersync sync, to upgrade them."
		case current > latest:
			verdict = "A newer usersync made them: use that one."
		}
		return a.print(fmt.Sprintf("schema   %s\nversion  %d\nlatest   %d\n%s\n", schema, current, latest, verdict))
	})
}

// migration makes a command of what is done over a connection to the mirror.
func (a *app) migration(cmd *cobra.Command, do func(ctx context.Context, conn *pgx.Conn, schema string) error) *cobra.Command {
	options := &mirrorOptions{}
	a.declare(cmd, "Mirror", options.settings()...)
	return a.command(cmd, func(cmd *cobra.Command) error {
		if err := checkNeeds(options.need()); err != nil {
			return err
		}
		to, err := a.destination(options)
		if err != nil {
			return err
		}
		if to.url == "" {
			return usageErrorf("a CSV file has no tables to migrate. Write --to postgres://USER@HOST/DATABASE, or postgres for the database in DATABASE_URL")
		}
		err = overConnection(cmd.Context(), to, func(conn *pgx.Conn) error { return do(cmd.Context(), conn, to.schema) })
		return interrupted(cmd.Context(), err, "Each migration was done as a whole or not at all; run it again")
	})
}

func overConnection(ctx context.Context, to destination, do func(*pgx.Conn) error) error {
	conn, err := database.Connect(ctx, to.url)
	if err != nil {
		return err
	}
	return errors.Join(do(conn), database.Close(conn))
}
