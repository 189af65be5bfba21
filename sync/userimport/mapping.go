package userimport

import (
	"slices"
	"sync"
	"time"

	usersync "usersync/sync"
)

// A MappingConfig says how the columns of a table become fields of records.
// Fields are named as Authgear names them, with dots: email, address.country,
// custom_attributes.member_id, password_hash, mfa.totp.secret.
type MappingConfig struct {
	Identifier Identifier
	// Map is from columns, as the table spells them, to the fields they fill.
	Map map[string]string
	// Set is from fields to the value that every row gets, written as in a cell.
	Set map[string]string
	// Keys says that the columns are the keys of objects, as in NDJSON, which no row
	// needs to have: a custom attribute that nobody has is then wrong in the rows
	// that have it, and refuses no others.
	Keys bool
	// Ignore are columns to leave out.
	Ignore []string
	// Preset is one of [Presets], or empty.
	Preset string
	// Empty says what an empty cell means; none is [EmptyKeep].
	Empty EmptyRule
	// DefaultRegion is the country of phone numbers that are written without
	// one, in ISO 3166-1 alpha-2, such as "HK"; without it they are problems.
	DefaultRegion string
	// Now is the time by which an account is outside of its valid period: the row of
	// an export says that such an account is disabled, and nobody decided so. The zero
	// time takes every row at its word.
	Now time.Time
}

// An EmptyRule says what an empty cell means, and null in JSON with it. A key
// that an object lacks always leaves what the user has alone.
type EmptyRule string

// The rules for empty cells.
const (
	// EmptyKeep leaves what the user has alone.
	EmptyKeep EmptyRule = "keep"
	// EmptyNull removes what the user has. What Authgear cannot remove is left
	// alone: flags and times, which is a warning where the user has them, passwords,
	// and second factors other than mfa.email and mfa.phone_number. Roles and groups
	// become none.
	EmptyNull EmptyRule = "null"
	// EmptyError refuses the row.
	EmptyError EmptyRule = "error"
)

// A Target is where the values of a column go.
type Target struct {
	Column string // as the header spells it; empty for a value that every row gets
	Field  string
}

// A Project is what is known of the project that records go to.
type Project struct {
	Roles, Groups []string // keys
	// NoLoginIDs are the login IDs that the table fills and the project has not
	// enabled. Records are made without them: Authgear would ignore them with a
	// warning, and refuse to give them to somebody who exists.
	NoLoginIDs []Identifier `json:",omitempty"`
	// CustomAttributes are the project's, with their types as
	// [Directory.CustomAttributes] gives them, and Sampled how many users were looked
	// at for them; 0 where nobody knows any more.
	CustomAttributes map[string]string
	Sampled          int `json:",omitempty"`
	// AllowUnknown lets records set custom attributes that no user seems to have.
	AllowUnknown bool
}

// A Mapping makes records from the rows of a table. It is safe for use by
// several goroutines once [Mapping.Know] has returned.
type Mapping struct {
	identifier Identifier
	region     string
	empty      EmptyRule
	table      fieldTable
	bindings   []binding
	notices    []notice
	leftOut    []string
	keys       bool
	now        time.Time
	deleted    int // index of the column that says who is gone, or -1
	identified string
	columns    map[string]int // by folded name
	escaped    func(presetRow) bool
	project    *knownProject
	zones      *sync.Map // names of time zones that were found to be ones
}

// A binding is one way for values to get into a record.
type binding struct {
	column   string // for problems
	index    int    // of the column, or -1
	constant Value  // where there is no column
	target   target
	take     takeFunc // nil takes the value as it is
}

// A notice looks at a column that cannot come along, to say so where it matters.
type notice struct {
	column string
	index  int
	take   takeFunc
}

// LeftOut are the columns that nothing is done with: what an export has and
// nobody can set, and what was to be ignored; in the table's order.
func (m *Mapping) LeftOut() []string { return slices.Clone(m.leftOut) }

// Targets say what goes where, in the table's order, and last what every row gets.
func (m *Mapping) Targets() []Target {
	targets := make([]Target, 0, len(m.bindings))
	for _, b := range m.bindings {
		t := Target{Field: b.target.name()}
		if b.index >= 0 {
			t.Column = b.column
		}
		targets = append(targets, t)
	}
	return targets
}

// Record is the row as a record, normalised, and checked by the rules of
// Authgear's own schema. A problem that is no warning means that the row is not
// to be sent; the record then holds what is right about it.
//
// Texts are trimmed where spaces around them mean nothing: in login IDs, flags,
// times, dates, languages, addresses of pages and keys; not in names and in
// custom attributes. Email addresses and usernames stay as they are spelled,
// phone numbers become E.164.
func (m *Mapping) Record(row Row) (Record, []Problem) {
	d := &draft{mapping: m, row: row, record: Record{}}
	source := presetRow{columns: m.columns, row: row}
	if m.escaped != nil {
		source.escaped = m.escaped(source)
	}
	for _, n := range m.notices {
		_, said := n.take(source, source.at(n.index))
		d.say(n.column, said)
	}
	for i := range m.bindings {
		b := &m.bindings[i]
		if m.project.lacks(b.target) {
			continue
		}
		value, said := b.value(source)
		d.say(b.column, said)
		d.put(b.column, b.target, value)
	}
	d.finish()
	return d.record, d.problems
}

// value is what a row has for the binding, and what of it cannot come along.
func (b *binding) value(source presetRow) (value Value, said string) {
	value = b.constant
	if b.index >= 0 {
		value = source.at(b.index)
	}
	if b.take != nil {
		return b.take(source, value)
	}
	return value, ""
}

// isDeletedColumn says whether a column is the one by which usersync's own files
// keep users who are gone.
func isDeletedColumn(name string) bool { return foldName(name) == foldName(usersync.DeletedColumn) }
