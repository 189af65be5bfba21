package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	"usersync/migrations/database"
	usersync "usersync/sync"
)

// A PostgresCheckup looks at a mirror in a database as a run would find it. It
// changes nothing and takes no lock. Errors are a [*database.Error] or the
// context's.
type PostgresCheckup struct {
	conn   *pgx.Conn
	schema string
}

// CheckUpPostgres looks over a connection of [database.Connect].
func CheckUpPostgres(conn *pgx.Conn, schema string) *PostgresCheckup {
	return &PostgresCheckup{conn: conn, schema: schema}
}

// PostgresUse is what runs are to do in a mirror, by which they need permissions.
type PostgresUse struct {
	Migrate     bool // make the tables, or bring them up to date
	OnDelete    usersync.Erasure
	TrimHistory bool
}

// Lacking is what the connection's user may not do, and must be able to; empty
// when nothing is lacking. Who may not even find out the version of the tables
// gets an error.
func (c *PostgresCheckup) Lacking(ctx context.Context, use PostgresUse) ([]string, error) {
	const doing = "look up the user's permissions"
	current, latest, err := migrations.Status(ctx, c.conn, c.schema)
	if err != nil {
		return nil, err
	}
	migrates := use.Migrate && current < latest
	var readOnly, temporary, create, exists, createIn bool
	err = c.conn.QueryRow(ctx, `select pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool,
		pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'),
		pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
		schema.oid is not null, coalesce(pg_catalog.has_schema_privilege(schema.oid, 'CREATE'), false)
		from (select) as one left join pg_catalog.pg_namespace as schema on schema.nspname = $1`, c.schema).
		Scan(&readOnly, &temporary, &create, &exists, &createIn)
	if err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	var lacking []string
	for _, need := range []struct {
		what  string
		lacks bool
	}{
		{"write at all: this is a standby, or writing is switched off", readOnly},
		{"make temporary tables in the database (TEMPORARY)", !temporary},
		{fmt.Sprintf("make the schema %q in the database (CREATE)", c.schema), migrates && !exists && !create},
		{fmt.Sprintf("make tables in the schema %q (CREATE)", c.schema), migrates && exists && !createIn},
	} {
		if need.lacks {
			lacking = append(lacking, need.what)
		}
	}
	if current == 0 {
		return lacking, nil
	}
	more, err := c.lackingOnTables(ctx, use, migrates)
	if err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	return append(lacking, more...), nil
}

// privileges are what runs need on tables, a line each.
func (u PostgresUse) privileges() (tables, privileges []string) {
	for _, need := range []struct {
		table, privileges string
		needed            bool
	}{
		{"users", "SELECT INSERT UPDATE", true},
		{"user_changes", "INSERT", true},
		{"runs", "SELECT INSERT UPDATE", true},
		{"mirror", "SELECT UPDATE", true},
		{"forgotten", "SELECT", true},
		{"user_changes", "SELECT UPDATE", u.OnDelete == usersync.EraseValues},
		{"users", "DELETE", u.OnDelete == usersync.EraseUser},
		{"user_changes", "SELECT DELETE", u.OnDelete == usersync.EraseUser || u.TrimHistory},
	} {
		for privilege := range strings.FieldsSeq(need.privileges) {
			if need.needed {
				tables, privileges = append(tables, need.table), append(privileges, privilege)
			}
		}
	}
	return tables, privileges
}

// lackingOnTables is about tables that are there. One that is missing is made by
// a migration, or is for the first statement to complain of.
func (c *PostgresCheckup) lackingOnTables(ctx context.Context, use PostgresUse, migrates bool) ([]string, error) {
	tables, privileges := use.privileges()
	rows, err := c.conn.Query(ctx, `select need.privilege || ' on ' || need.name
		from rows from (pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.text[])) with ordinality as need (name, privilege, place)
		join pg_catalog.pg_namespace as schema on schema.nspname = $1
		join pg_catalog.pg_class as tab on tab.relnamespace = schema.oid and tab.relname = need.name
		where not pg_catalog.has_table_privilege(tab.oid, need.privilege)
		order by need.place`, c.schema, tables, privileges)
	if err != nil {
		return nil, err
	}
	lacking, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	lacking = slices.Compact(lacking)
	rows, err = c.conn.Query(ctx, `select case when pg_catalog.row_security_active(tab.oid) then 'see all rows of ' || tab.relname || ', which has row security'
			else 'alter ' || tab.relname || ', which another user owns' end
		from pg_catalog.pg_class as tab join pg_catalog.pg_namespace as schema on schema.oid = tab.relnamespace
		where schema.nspname = $1 and tab.relname = any($2) and
			(pg_catalog.row_security_active(tab.oid) or $3 and not pg_catalog.pg_has_role(tab.relowner, 'USAGE'))
		order by tab.relname`, c.schema, tables, migrates)
	if err != nil {
		return nil, err
	}
	more, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return append(lacking, more...), err
}

// Holder is who holds the mirror; nil when nobody does.
func (c *PostgresCheckup) Holder(ctx context.Context) (*Holder, error) {
	const doing = "look for the mirror's lock"
	key := uint64(lockKey(c.schema)) //nolint:gosec // the same bits, as pg_locks shows them in halves
	holder := &Holder{}
	err := c.conn.QueryRow(ctx, `select 'the session with the process ID ' || lock.pid || coalesce(' of user ' || session.usename, '') ||
			coalesce(', application_name ' || nullif(session.application_name, ''), '') || coalesce(', from ' || pg_catalog.host(session.client_addr), '')
		from pg_catalog.pg_locks as lock left join pg_catalog.pg_stat_activity as session on session.pid = lock.pid
		where lock.locktype = 'advisory' and lock.granted and lock.classid = $1 and lock.objid = $2 and lock.objsubid = 1
		and lock.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`,
		uint32(key>>32), uint32(key)).Scan(&holder.Session) //nolint:gosec // halves
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, database.Explain(ctx, doing, err)
	}
	if current, latest, err := migrations.Status(ctx, c.conn, c.schema); err != nil || current != latest {
		return holder, err
	}
	err = c.conn.QueryRow(ctx, "select run_id, coalesce(host, ''), started_at from "+migrations.Table(c.schema, "runs")+
		" where status = 'running' order by started_at desc limit 1").Scan(&holder.Run, &holder.Host, &holder.Since)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, database.Explain(ctx, doing, err)
	}
	return holder, nil
}
