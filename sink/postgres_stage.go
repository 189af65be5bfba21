package sink

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

// stagingTable keeps one row a staged user: what is to be done (_op, _erase), the
// columns that users will have, what is known of a deletion (_confirmed_at), and
// the row of the change log (_fields, _before, _after).
// It is temporary: no other session sees it, nothing of it is logged, and it is
// gone with the session.
const stagingTable = "usersync_staged"

const staging = "pg_temp." + stagingTable

// makeStaging makes the staging table, with the columns' types as users has them.
func (p *Postgres) makeStaging(ctx context.Context, fields usersync.FieldSet) error {
	_, err := p.conn.Exec(ctx, "create temporary table "+stagingTable+
		" as select null::text as _op, null::text as _erase, sub, "+columnList(fields.Names(), "")+", _row_hash, "+
		"null::timestamptz as _confirmed_at, null::text[] as _fields, null::jsonb as _before, null::jsonb as _after from "+p.table("users")+" with no data")
	if err != nil {
		return database.Explain(ctx, "make a temporary table for changes", err)
	}
	return nil
}

// Stage copies changes into the staging table, with their rows of the change log
// already written out. A value that PostgreSQL cannot hold is an error that names
// the user and the field.
func (p *Postgres) Stage(ctx context.Context, changes []usersync.Change) error {
	rows := make([][]any, len(changes))
	for i, change := range changes {
		row, err := p.stagedRow(change)
		if err != nil {
			return fmt.Errorf("stage user %s: %w", change.ID, err)
		}
		rows[i] = row
	}
	columns := slices.Concat([]string{"_op", "_erase", "sub"}, p.run.start.Fields.Names(), []string{"_row_hash", "_confirmed_at", "_fields", "_before", "_after"})
	if _, err := p.conn.CopyFrom(ctx, pgx.Identifier{"pg_temp", stagingTable}, columns, pgx.CopyFromRows(rows)); err != nil {
		return database.Explain(ctx, fmt.Sprintf("stage %d changes", len(changes)), err)
	}
	for _, change := range changes {
		p.run.staged[change.Op]++
		p.run.erased[change.Erase]++
	}
	return nil
}

func (p *Postgres) stagedRow(c usersync.Change) ([]any, error) {
	set := p.run.start.Fields
	row := make([]any, 0, set.Len()+8)
	row = append(row, c.Op.String(), erasures[c.Erase], [16]byte(c.ID))
	if c.After == nil {
		row = append(row, make([]any, set.Len()+1)...)
	} else {
		for field := range set.All() {
			value, err := columnValue(c.After, field)
			if err != nil {
				return nil, fmt.Errorf("field %s: %w", field.Name, err)
			}
			row = append(row, value)
		}
		hash := usersync.FingerprintOf(c.After, set)
		row = append(row, hash[:])
	}
	var confirmed any // null where nobody was asked
	if !c.ConfirmedAt.IsZero() {
		confirmed = c.ConfirmedAt
	}
	names, before, after, err := p.logEntry(c)
	return append(row, confirmed, names, before, after), err
}

// logEntry is the change's row in the change log: the names of the fields that
// changed, and their values before and after as JSON objects; or all the values,
// where the user as a whole came or went; or none of them, where the user's rows
// are to be emptied.
func (p *Postgres) logEntry(c usersync.Change) (names []string, before, after []byte, err error) {
	names = make([]string, len(c.Fields))
	for i, field := range c.Fields {
		names[i] = field.Name
	}
	changed := slices.Values(c.Fields)
	if c.Erase != usersync.EraseNothing {
		if c.Op != usersync.Create {
			before = []byte("{}")
		}
		if c.Op != usersync.Delete {
			after = []byte("{}")
		}
		return names, before, after, nil
	}
	switch c.Op {
	case usersync.Create:
		after, err = c.After.AppendJSON(nil, p.run.start.Fields.All())
	case usersync.Delete:
		before, err = c.Before.AppendJSON(nil, p.held.Fields.All())
	case usersync.Update, usersync.Restore:
		if before, err = c.Before.AppendJSON(nil, changed); err == nil {
			after, err = c.After.AppendJSON(nil, changed)
		}
	case usersync.Refill: // no change to people
	}
	return names, before, after, err
}
