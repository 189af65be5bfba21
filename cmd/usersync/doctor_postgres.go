package main

import (
	"context"
	"strings"

	"usersync/migrations"
	"usersync/migrations/database"
	"usersync/sink"
)

func (p *patient) postgresChecks() []check {
	after := []string{"database"}
	return []check{
		{name: "database", look: p.lookAtDatabase},
		{name: "lock", after: after, look: p.lookAtSession},
		{name: "tables", after: after, look: p.lookAtTables},
		{name: "permissions", after: []string{"tables"}, look: p.lookAtPermissions},
	}
}

// lookAtDatabase connects, which finds out whether the server and the database
// will do at all.
func (p *patient) lookAtDatabase(ctx context.Context) finding {
	conn, err := database.Connect(ctx, p.to.url)
	if err != nil {
		return failure(err)
	}
	p.conn = conn
	return well("PostgreSQL %s (14 or newer is needed)", conn.PgConn().ParameterStatus("server_version"))
}

// close ends what was opened.
func (p *patient) close() {
	if p.client != nil {
		p.client.CloseIdleConnections()
	}
	if p.conn != nil {
		// Nothing was written, so nothing can be lost.
		_ = database.Close(p.conn)
	}
}

// lookAtSession is about who holds the mirror.
func (p *patient) lookAtSession(ctx context.Context) finding {
	holder, err := sink.CheckUpPostgres(p.conn, p.to.schema).Holder(ctx)
	if err != nil {
		return failure(err)
	}
	return p.heldBy(holder)
}

// heldBy is the finding on a lock that a run has, or nobody.
func (p *patient) heldBy(holder *sink.Holder) finding {
	switch {
	case holder == nil:
		return well("nobody holds the mirror")
	case p.to.waitLock > 0:
		return warning("sync waits for it, for "+shortDuration(p.to.waitLock)+" at most", "the mirror is held by %s", holder)
	}
	return amiss(exitLocked, "Wait until it is done, or have sync wait for it with --wait-lock", "the mirror is held by %s", holder)
}

func (p *patient) lookAtTables(ctx context.Context) finding {
	current, latest, err := migrations.Status(ctx, p.conn, p.to.schema)
	if err != nil {
		return failure(err)
	}
	p.tables, p.latest = current, latest
	_, unfit := migrations.Check(ctx, p.conn, p.to.schema)
	switch {
	case current == 0 && p.options.noMigrate:
		return amiss(exitUsage, "Run usersync migrate up as a user who may, or leave --no-migrate out", "there are none in schema %q", p.to.schema)
	case current == 0:
		return well("none yet: the first run makes them in schema %q", p.to.schema)
	case current < latest && !p.options.noMigrate:
		return warning("Nothing needs to be done: the next run brings them up to date, as usersync migrate up does",
			"version %d of %d, in schema %q", current, latest, p.to.schema)
	case unfit != nil:
		return failure(unfit)
	}
	return well("version %d, the latest, in schema %q", current, p.to.schema)
}

func (p *patient) lookAtPermissions(ctx context.Context) finding {
	var readOnly bool
	if err := p.conn.QueryRow(ctx, "select pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool").Scan(&readOnly); err != nil {
		return failure(database.Explain(ctx, "look up whether the database can be written to", err))
	}
	lacking, err := sink.CheckUpPostgres(p.conn, p.to.schema).Lacking(ctx, sink.PostgresUse{
		Migrate: !p.options.noMigrate, OnDelete: p.options.policy.OnDelete, TrimHistory: p.options.historyDays > 0,
	})
	if err != nil {
		return failure(err)
	}
	if len(lacking) > 0 {
		hint := "Have this granted to the database user, or use another one"
		if readOnly {
			hint = "Use the address of the primary server, or have writing switched on"
		}
		return amiss(exitUsage, hint, "the user may not %s", strings.Join(lacking, "; "))
	}
	return well("the user may do all that a run does")
}
