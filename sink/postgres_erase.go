package sink

import usersync "usersync/sync"

// erasures are the degrees of erasure as the staging table spells them.
//
//nolint:gochecknoglobals // a table of constants, which Go has no other way to write
var erasures = map[usersync.Erasure]string{
	usersync.EraseNothing: "nothing", usersync.EraseHistory: "history",
	usersync.EraseValues: "values", usersync.EraseUser: "user",
}

// emptied empties a user's row but for its id and times. Those columns are null
// then, whatever their type, as nothing is known; and so is the fingerprint,
// from which a good guess at the values could be confirmed.
func emptied() string {
	var names []string
	for field := range usersync.AllFields().All() {
		if field.Kind != usersync.Time {
			names = append(names, field.Name)
		}
	}
	return columnList(names, " = null") + ", _row_hash = ''"
}

// scrubbed empties rows of the change log. That something changed, when, and in
// which fields remains.
const scrubbed = `before = case when before is not null then '{}'::pg_catalog.jsonb end,
	after = case when after is not null then '{}'::pg_catalog.jsonb end, scrubbed = true`

// erasing are the steps of publishing that take values out, of what the steps
// before them wrote as well, and the one that trims the change log.
func (p *Postgres) erasing() []publishStep {
	users, log, erased := p.table("users"), p.table("user_changes"), p.run.erased
	those := staging + " as staged where staged.sub = theirs.sub and staged._erase "
	steps := []publishStep{{
		doing: "empty users who are gone", rows: erased[usersync.EraseValues],
		sql: "update " + users + " as theirs set " + emptied() + " from " + those + "= 'values'",
	}, {
		doing: "remove users who are gone", rows: erased[usersync.EraseUser],
		sql: "delete from " + users + " as theirs using " + those + "= 'user'",
	}}
	if erased[usersync.EraseHistory]+erased[usersync.EraseValues] > 0 {
		steps = append(steps, publishStep{
			doing: "empty rows of the change log", rows: anyNumber,
			sql: "update " + log + " as theirs set " + scrubbed + " from " + those + "in ('history', 'values') and not scrubbed",
		})
	}
	if erased[usersync.EraseUser] > 0 {
		steps = append(steps, publishStep{
			doing: "remove rows of the change log", rows: anyNumber,
			sql: "delete from " + log + " as theirs using " + those + "= 'user'",
		})
	}
	if keep := p.run.start.KeepHistory; keep > 0 {
		steps = append(steps, publishStep{
			doing: "trim the change log", rows: anyNumber, arguments: []any{p.run.start.StartedAt.Add(-keep)},
			sql: "delete from " + log + " where at < $1",
		})
	}
	return steps
}
