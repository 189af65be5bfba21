package userimport

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxRecord is how many bytes of JSON a record may have: what Authgear takes at
// once, less what is written around it.
const MaxRecord = 499_900

// A draft is a record that is being made from a row.
type draft struct {
	mapping  *Mapping
	row      Row
	record   Record
	problems []Problem

	bytes         int  // of the values, before they are written as JSON
	wrongLoginID  bool // the identifier is there, and wrong
	removeAddress bool
}

// A fault is what is wrong with a value.
type fault struct {
	rule, hint string
	warning    bool // the value is sent all the same
}

// say notes what cannot come along.
func (d *draft) say(column, what string) {
	if what != "" {
		d.problems = append(d.problems, Problem{
			Row: d.row.Number, Line: d.row.Line, Column: column, Rule: what, Warning: true,
		})
	}
}

// wrong notes a problem with a value. Secrets are not shown.
func (d *draft) wrong(column string, t target, value Value, f *fault) {
	problem := Problem{
		Row: d.row.Number, Line: d.row.Line, Column: column,
		Rule: f.rule, Hint: f.hint, Warning: f.warning,
	}
	if !t.field.secret {
		problem.Value = shortened(value.String())
	} else if strings.HasPrefix(f.hint, "write ") {
		problem.Hint = "" // it may have the value in it
	}
	d.problems = append(d.problems, problem)
	if t.field.name == string(d.mapping.identifier) && !f.warning {
		d.wrongLoginID = true
	}
}

// put fills a field with a value.
func (d *draft) put(column string, t target, value Value) {
	if value.Absent {
		return
	}
	if !t.field.exact {
		value.Text = strings.TrimSpace(value.Text)
	}
	if value.IsEmpty() {
		d.putEmpty(column, t)
		return
	}
	d.bytes += len(value.Text) + len(value.JSON)
	switch t.field.kind {
	case objectKind:
		d.putObject(column, t, value)
	case attributesKind:
		d.putAttributes(column, t, value)
	default:
		checked, f := d.check(t, value)
		if f != nil {
			d.wrong(column, t, value, f)
			if !f.warning {
				return
			}
		}
		if !d.set(t.path, checked) {
			d.wrong(column, t, value, &fault{rule: t.name() + " is given twice, in two ways", hint: "ignore one of the columns"})
		}
	}
}

func (d *draft) check(t target, value Value) (any, *fault) {
	switch t.field.kind {
	case boolKind:
		return checkBool(value)
	case keysKind:
		return d.mapping.checkKeys(t.field.name, value)
	case attributeKind:
		return d.mapping.checkAttribute(t.attribute, t.declared, value)
	default:
		if value.JSON != nil {
			return nil, &fault{rule: "a text is asked for", hint: "write it in quotes"}
		}
		if f := checkStorable(value.Text); f != nil {
			return nil, f
		}
		return t.field.check(d.mapping, value.Text)
	}
}

// putEmpty does what the rule for empty cells says. An identifier that is empty
// is told once, by finish.
func (d *draft) putEmpty(column string, t target) {
	if t.field.name == string(d.mapping.identifier) {
		return
	}
	switch d.mapping.empty {
	case EmptyError:
		d.wrong(column, t, Value{}, &fault{rule: "the cell is empty", hint: "fill it, or say by --empty what empty cells mean"})
	case EmptyNull:
		switch {
		case t.field.name == "address":
			d.removeAddress = true
		case t.field.kind == attributeKind, t.field.nullable, isIrremovable(t.field.name):
			d.set(t.path, nil)
		case t.field.kind == keysKind:
			d.set(t.path, []any{})
		}
	case EmptyKeep:
	}
}

// putObject fills the fields inside of an object.
func (d *draft) putObject(column string, t target, value Value) {
	members, f := membersOf(value)
	if f != nil {
		d.wrong(column, t, value, f)
		return
	}
	if len(members) == 0 {
		d.putEmpty(column, t)
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		name := t.field.name + "." + key
		inside, found := d.mapping.table.named(name)
		if !found {
			d.wrong(column, t, Value{}, &fault{rule: t.field.name + " has no " + strconv.Quote(key), hint: d.mapping.table.insideHint(t.field.name)})
			continue
		}
		d.put(column+"."+key, d.mapping.table.of(inside), members[key])
	}
}

// putAttributes fills the custom attributes of an object.
func (d *draft) putAttributes(column string, t target, value Value) {
	members, f := membersOf(value)
	if f != nil {
		d.wrong(column, t, value, f)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		d.put(column+"."+key, d.mapping.table.attributed(key, ""), members[key])
	}
}

// set puts a value where the record has it; false where there is another already.
func (d *draft) set(path []string, value any) bool {
	object := map[string]any(d.record)
	for _, key := range path[:len(path)-1] {
		inside, isObject := object[key].(map[string]any)
		if !isObject {
			inside = map[string]any{}
			object[key] = inside
		}
		object = inside
	}
	last := path[len(path)-1]
	if _, taken := object[last]; taken {
		return false
	}
	object[last] = value
	return true
}

// finish looks at the record as a whole.
func (d *draft) finish() {
	if d.removeAddress {
		d.finishAddress()
	}
	d.finishPasswords()
	d.finishDisabled()
	if from, until, both := d.period(); both && !from.Before(until) {
		d.whole("account_valid_from", "account_valid_from is not before account_valid_until", "")
	}
	m := d.mapping
	if m.deleted >= 0 && m.deleted < len(d.row.Values) && !d.row.Values[m.deleted].IsEmpty() {
		d.whole("", "the row is of a user who was deleted", "take it out, or add --ignore-column to import the deleted as well")
	}
	if d.record.LoginID(m.identifier) == "" && !d.wrongLoginID {
		d.whole(m.identified, "the row has no "+string(m.identifier)+", which users are matched by", "fill it, or take the row out")
	}
	// No character takes more than six bytes.
	const widest = 6
	if d.bytes*widest < MaxRecord/2 {
		return
	}
	if data, err := d.record.JSON(); err != nil || len(data) > MaxRecord {
		d.whole("", "the row is too large: Authgear takes "+strconv.Itoa(MaxRecord)+" bytes", "shorten its longest values")
	}
}

// finishAddress removes the address, but for the parts that the row fills besides.
func (d *draft) finishAddress() {
	address, fills := d.record["address"].(map[string]any)
	if !fills {
		d.record["address"] = nil
		return
	}
	for _, part := range settable["address"].Parts {
		if _, said := address[part]; !said {
			address[part] = nil
		}
	}
}

// whole notes a problem of the row, or of a column without showing its value.
func (d *draft) whole(column, rule, hint string) {
	d.problems = append(d.problems, Problem{Row: d.row.Number, Line: d.row.Line, Column: column, Rule: rule, Hint: hint})
}

// finishPasswords completes the passwords. A type without a hash, as in the row
// of somebody who never had a password, is none.
func (d *draft) finishPasswords() {
	mfa, _ := d.record["mfa"].(map[string]any)
	for _, object := range []map[string]any{d.record, mfa} {
		password, isObject := object["password"].(map[string]any)
		if !isObject {
			continue
		}
		switch _, hashed := password["password_hash"]; {
		case hashed:
			password["type"] = "bcrypt"
		case password["expire_after"] != nil && !Rejects(d.problems):
			d.whole("", "the row says when a password expires, and has no hash of one", "fill password_hash, or leave expire_after empty")
			fallthrough
		default:
			delete(object, "password")
		}
	}
	if mfa != nil && len(mfa) == 0 {
		delete(d.record, "mfa")
	}
}

func (d *draft) period() (from, until time.Time, both bool) {
	first, _ := d.record["account_valid_from"].(string)
	last, _ := d.record["account_valid_until"].(string)
	if first == "" || last == "" {
		return from, until, false
	}
	from, err := time.Parse(time.RFC3339, first)
	if err != nil {
		return from, until, false
	}
	until, err = time.Parse(time.RFC3339, last)
	return from, until, err == nil
}

// membersOf reads an object, its members as values.
func membersOf(value Value) (map[string]Value, *fault) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(value.String()), &raw); err != nil {
		return nil, &fault{rule: "a JSON object is asked for", hint: "the cell is to begin with { and end with }"}
	}
	members := make(map[string]Value, len(raw))
	for key, member := range raw {
		var text string
		if err := json.Unmarshal(member, &text); err == nil {
			members[key] = Value{Text: text}
			continue
		}
		members[key] = Value{JSON: member}
	}
	return members, nil
}
