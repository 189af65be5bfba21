package soak_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"usersync/adminapi/emulator"
	"usersync/sync/userimport"
)

// An importCase is a project, a table that is imported into it, how, and what
// goes wrong meanwhile. All chance is in it, but for which of several requests at
// a time comes first.
type importCase struct {
	identifier   userimport.Identifier
	without      string // a login ID that the project has not enabled, if any
	upsert       bool
	empty        userimport.EmptyRule
	region       string
	allowUnknown bool
	readback     bool
	jobs         int
	jobTimeout   time.Duration

	json    bool // the table is NDJSON, or else CSV
	columns []column
	rows    [][]cell
	people  []person // who is there already

	faults  emulator.Faults
	retries int     // how often the client repeats a request
	pace    float64 // records a second
	quota   int     // a day; 0 is none
	deadly  int     // the row that kills its task, counted from 0; -1 is none
	stops   []time.Duration

	// strangers are rows, counted from 0, to whom somebody else comes first who has
	// their identifier: when the import sends its first, or a later POST.
	strangers   []int
	strangeness int64 // which POST that is, from 1

	changes []change // between the import and the one in peace
}

// A change is one that somebody makes to a person by hand.
type change struct {
	who   int // of all people, counted round and round
	field string
	to    any
}

// A column is a field and how the header spells it.
type column struct{ field, header string }

type cellKind uint8

const (
	cellAbsent cellKind = iota // only an object can lack a key
	cellEmpty
	cellNull // in JSON alone
	cellRight
	cellWrong
)

// A cell is what a row has in a column, and what that means.
type cell struct {
	kind   cellKind
	text   string
	native bool // NDJSON has it as it stands, not as a text
	means  any  // of one that is filled: a loginID, string, bool, float64 or []string
}

// A loginID is one as the row spells it, spaces aside, and as Authgear keeps it.
type loginID struct{ spelled, normal string }

func drawImport(t *rapid.T) importCase {
	c := importCase{
		identifier:   rapid.SampledFrom([]userimport.Identifier{userimport.Email, userimport.Email, userimport.Phone, userimport.Username}).Draw(t, "identifier"),
		upsert:       rapid.IntRange(0, 9).Draw(t, "upsert") < 7,
		empty:        rapid.SampledFrom([]userimport.EmptyRule{userimport.EmptyKeep, userimport.EmptyKeep, userimport.EmptyKeep, userimport.EmptyNull, userimport.EmptyNull, userimport.EmptyNull, userimport.EmptyError}).Draw(t, "empty"),
		region:       rapid.SampledFrom([]string{"", "HK"}).Draw(t, "region"),
		allowUnknown: rapid.Bool().Draw(t, "allow unknown attributes"),
		readback:     rapid.IntRange(0, 3).Draw(t, "readback") > 0,
		jobs:         rapid.IntRange(1, 3).Draw(t, "jobs"),
		jobTimeout:   rapid.SampledFrom([]time.Duration{0, 0, time.Minute}).Draw(t, "job timeout"),
		json:         rapid.Bool().Draw(t, "json"),
	}
	if without := rapid.SampledFrom([]string{"", "", "", "email", "phone_number", "preferred_username"}).Draw(t, "not enabled"); without != string(c.identifier) {
		c.without = without
	}
	c.drawPeople(t)
	c.drawTable(t)
	c.drawTrouble(t)
	c.drawChanges(t)
	return c
}

func (c *importCase) drawStrangers(t *rapid.T) {
	if rapid.IntRange(0, 4).Draw(t, "strangers") > 0 {
		return
	}
	c.strangeness = rapid.Int64Range(1, 3).Draw(t, "when")
	for range rapid.IntRange(1, 4).Draw(t, "how many") {
		c.strangers = append(c.strangers, rapid.IntRange(0, len(c.rows)-1).Draw(t, "whose"))
	}
}

func (c *importCase) drawChanges(t *rapid.T) {
	for range rapid.IntRange(0, 8).Draw(t, "changes") {
		f := rapid.SampledFrom(importFields()).Draw(t, "changed field")
		if f.kept() {
			c.changes = append(c.changes, change{rapid.IntRange(0, 1000).Draw(t, "who"), f.name, rapid.SampledFrom(f.right).Draw(t, "value").means})
		}
	}
}

func (c *importCase) drawPeople(t *rapid.T) {
	for i := range rapid.IntRange(0, 15).Draw(t, "people") {
		p := drawPerson(t, i)
		if delete(p.Logins, c.without); p.Logins["email"] == "" {
			p.Verified = nil
		}
		c.people = append(c.people, p)
	}
}

func (c *importCase) drawTable(t *rapid.T) {
	for _, f := range importFields() {
		if f.name == "custom_attributes.ghost" && !c.allowUnknown {
			continue // the whole table is refused
		}
		if f.name == string(c.identifier) || rapid.IntRange(0, 9).Draw(t, "has "+f.name) < f.often {
			c.columns = append(c.columns, column{f.name, rapid.SampledFrom(append([]string{f.name}, f.spellings...)).Draw(t, "header")})
		}
	}
	rows := rapid.IntRange(1, 30).Draw(t, "rows")
	if rapid.IntRange(0, 19).Draw(t, "size") == 0 {
		// More than a task of Authgear's has.
		rows = rapid.IntRange(110, 240).Draw(t, "many rows")
		c.columns = c.columns[:min(5, len(c.columns))]
		if !c.has(string(c.identifier)) {
			c.columns[0] = column{string(c.identifier), string(c.identifier)}
		}
	}
	for number := range rows {
		row := make([]cell, len(c.columns))
		for i, column := range c.columns {
			row[i] = c.drawCell(t, number, column.field)
		}
		c.rows = append(c.rows, row)
	}
}

func (c *importCase) has(field string) bool {
	for _, column := range c.columns {
		if column.field == field {
			return true
		}
	}
	return false
}

func (c *importCase) drawCell(t *rapid.T, row int, field string) cell {
	dice := rapid.IntRange(0, 299).Draw(t, field)
	isIdentifier := field == string(c.identifier)
	switch {
	case dice == 299:
		return c.drawWrong(t, field)
	case dice > 295 && isIdentifier, dice > 240 && !isIdentifier:
		kinds := []cellKind{cellEmpty}
		if c.json {
			kinds = append(kinds, cellNull)
		}
		if c.json && !isIdentifier { // without which there would be no column
			kinds = append(kinds, cellAbsent)
		}
		return cell{kind: rapid.SampledFrom(kinds).Draw(t, "nothing")}
	case isLoginID(field):
		return c.drawLoginID(t, row, field)
	default:
		return rapid.SampledFrom(fieldNamed(field).right).Draw(t, "value")
	}
}

func (c *importCase) drawWrong(t *rapid.T, field string) cell {
	wrongs := fieldNamed(field).wrong
	if len(wrongs) == 0 {
		return cell{kind: cellEmpty}
	}
	return cell{kind: cellWrong, text: rapid.SampledFrom(wrongs).Draw(t, "wrong")}
}

// drawLoginID is mostly the one of somebody of whom no other row tells, at times
// a new one, and at times anybody's.
func (c *importCase) drawLoginID(t *rapid.T, row int, field string) cell {
	const strangers = 1000 // the numbers from here on nobody has yet
	number := row
	switch dice := rapid.IntRange(0, 99).Draw(t, "whose"); {
	case dice > 96:
		number = rapid.IntRange(0, len(c.people)+5).Draw(t, "number")
	case dice > 80:
		number = strangers + row
	}
	id := loginID{normal: loginIDOf(field, number)}
	id.spelled = id.normal
	text := id.normal
	spelling := rapid.IntRange(0, 9).Draw(t, "spelling")
	switch {
	case spelling > 4:
	case field == string(userimport.Phone):
		text = spelledPhone(id.normal, spelling, c.region)
	case spelling > 2:
		text = " " + text + " "
	default:
		id.spelled = strings.ToUpper(id.normal[:1]) + id.normal[1:]
		if spelling == 0 {
			id.spelled = strings.ToUpper(id.normal)
		}
		text = id.spelled
	}
	return cell{kind: cellRight, text: text, means: id}
}

func spelledPhone(normal string, spelling int, region string) string {
	local := normal[len("+852"):]
	if region != "" && spelling > 1 {
		return local[:4] + " " + local[4:]
	}
	return []string{"+852 ", "+852-"}[spelling%2] + local[:4] + "-" + local[4:]
}

func isLoginID(field string) bool {
	return field == "email" || field == "phone_number" || field == "preferred_username"
}

func loginIDOf(field string, number int) string {
	switch field {
	case "email":
		return fmt.Sprintf("person%d@example.com", number)
	case "phone_number":
		return fmt.Sprintf("+8529800%04d", number)
	default:
		return fmt.Sprintf("person.%d", number)
	}
}

// drawTrouble is nothing at all in a third of the cases.
func (c *importCase) drawTrouble(t *rapid.T) {
	c.deadly = -1
	c.drawStrangers(t)
	c.pace = rapid.SampledFrom([]float64{0, 27, 80, 0.5}).Draw(t, "pace")
	c.retries = rapid.IntRange(0, 3).Draw(t, "retries")
	if rapid.IntRange(0, 2).Draw(t, "trouble") == 0 {
		return
	}
	likely := func(what string) float64 {
		return rapid.SampledFrom([]float64{0, 0, 0, 0.02, 0.1, 0.3}).Draw(t, what)
	}
	c.faults = emulator.Faults{
		Seed:            rapid.Uint64().Draw(t, "seed of faults"),
		TooManyRequests: likely("429"), RetryAfter: time.Second, TooManyRequestsBare: likely("bare 429"),
		InternalError: likely("500") / 2, BadGateway: likely("502") / 2, Unavailable: likely("503") / 2, GatewayTimeout: likely("504") / 2,
		DroppedConnection: likely("dropped") / 2, TruncatedBody: likely("truncated") / 2, PartialData: likely("partial") / 2,
		ImportDropped: likely("import dropped"), ImportError: likely("import 500"), ImportTimeout: likely("import 504"),
		ImportHalfQueued: likely("import half queued"), TaskPanics: likely("panic"), TaskKilled: likely("killed"),
	}
	if rapid.IntRange(0, 3).Draw(t, "deadly") == 0 {
		c.deadly = rapid.IntRange(0, len(c.rows)-1).Draw(t, "deadly row")
	}
	if rapid.IntRange(0, 5).Draw(t, "quota") == 0 {
		c.quota = rapid.IntRange(1, 2*len(c.rows)).Draw(t, "records a day")
	}
	for range rapid.IntRange(0, 2).Draw(t, "interruptions") {
		c.stops = append(c.stops, time.Duration(rapid.IntRange(0, 60_000).Draw(t, "stop"))*time.Millisecond)
	}
}
