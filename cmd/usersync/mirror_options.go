package main

import (
	"strings"

	"usersync/migrations"
)

// defaultSchema is the Postgres schema that a mirror has unless told otherwise.
const defaultSchema = "usersync"

// mirrorOptions say where a mirror is.
type mirrorOptions struct {
	to, databaseURL, schema string
}

func (o *mirrorOptions) settings() []*setting {
	o.schema = defaultSchema
	return []*setting{
		{name: "to", value: text(&o.to, "DEST"), usage: "where the mirror is: see above"},
		{
			name: "database-url", vars: []string{"DATABASE_URL"}, value: text(&o.databaseURL, "URL"), hidden: true,
			usage: "the database that --to postgres means",
		},
		{name: "schema", value: text(&o.schema, "NAME"), usage: "the Postgres schema that holds the mirror"},
	}
}

func (o *mirrorOptions) need() need {
	return need{"--to", "USERSYNC_TO", "where the mirror is: postgres://USER@HOST/DATABASE, postgres (the database in DATABASE_URL) or a file that ends in .csv", o.to != ""}
}

// destination is where the options say that the mirror is. It speaks up when
// they show a password to everybody who can list this machine's processes.
func (a *app) destination(o *mirrorOptions) (destination, error) {
	if err := migrations.CheckSchema(o.schema); err != nil {
		return destination{}, usageErrorf("--%w", err)
	}
	if a.origins["to"].level == byFlag && urlHasPassword(o.to) {
		a.logger.Warn("a password in an argument can be read by everybody on this machine. " +
			"Put the URL into DATABASE_URL and write --to postgres, or the password into PGPASSWORD or the file that PGPASSFILE names")
	}
	return parseDestination(strings.TrimSpace(o.to), strings.TrimSpace(o.databaseURL))
}
