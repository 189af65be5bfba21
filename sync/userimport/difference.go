package userimport

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	usersync "usersync/sync"
)

// A Difference is one thing that a record says otherwise than Authgear has it.
type Difference struct {
	// Field is the record's field, what is inside of it after a dot:
	// address.country, custom_attributes.member_id.
	Field string `json:"field"`
	// Old is what the user has and New what the record says: nil for nothing,
	// a string, a bool, a [json.Number], a []string of roles or groups, or other
	// JSON as a custom attribute can hold it. Times are strings in RFC 3339.
	Old any `json:"old"`
	New any `json:"new"`
}

// String is the difference in one line, its values shortened.
func (d Difference) String() string { return d.Field + ": " + shown(d.Old) + " → " + shown(d.New) }

func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case string:
		return strconv.Quote(shortened(v))
	case []string:
		return shortened(strings.Join(v, ";"))
	default:
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprintf("a %T", v)
		}
		return shortened(string(data))
	}
}

// An Effect is what an update by a record does to a user.
type Effect struct {
	// Changes are what the update changes, field by field.
	Changes []Difference
	// Ineffective are what the record says otherwise than Authgear has it and the
	// update leaves as it is; the Warnings say why.
	Ineffective []Difference
	// Unreadable is what the record sets and nobody can read back, as the subject
	// of "cannot be compared"; empty when there is nothing of the kind. Whether
	// the user has it cannot be known, so that the record may have to be sent
	// although there is no change to be seen.
	Unreadable string
	// Refusal is why Authgear would refuse the record, or why it cannot be said
	// whom it would change; empty when neither is so.
	Refusal string
	// Warnings are what the row's result should say because somebody should look
	// at it, Notes what it should say all the same.
	Warnings, Notes []string
}

// Missing is all that the record says otherwise than Authgear has it. Of a
// record that was sent, it is what was quietly left out.
func (e Effect) Missing() []Difference {
	return slices.Concat(e.Changes, e.Ineffective)
}

// EffectAt holds a record that is sent against the user who has its identifier,
// read with at least [Settable], by the rules of Authgear's own import: what is
// absent stays as it is and null removes, but for flags and times, which no import
// can remove; custom attributes are changed one by one, roles and groups are
// replaced as sets, and so is the address, to which [Respelled] adds the parts that
// the row does not say; other login IDs are created, changed and removed; passwords
// are for those who are created only. (The rules were read in Authgear's source,
// pkg/lib/userimport.)
//
// The time is when the user was read, by Authgear's clock: by it an account that is
// disabled within its valid period is told from one that is outside of it. The zero
// time tells neither.
func EffectAt(record Record, user *usersync.User, identifier Identifier, at time.Time) Effect {
	c := newComparing(record, user, identifier, at)
	c.compare()
	return c.effect
}

// comparing is an Effect in the making.
type comparing struct {
	record     Record
	user       *usersync.User
	identifier Identifier
	at         time.Time      // when the user was read; zero where nobody says
	others     map[string]any // the user's attributes that have no field, or do not fit it
	effect     Effect
	had        []string // the record's flags that the user has already
}

func newComparing(record Record, user *usersync.User, identifier Identifier, at time.Time) *comparing {
	others, _ := value(user, "other_attributes").(map[string]any)
	return &comparing{record: record, user: user, identifier: identifier, at: at, others: others}
}

func (c *comparing) compare() {
	if value(c.user, "is_anonymized") == true {
		c.refuse("the user has been anonymised")
		return
	}
	c.loginIDs()
	c.verified(Email, "email_verified")
	c.verified(Phone, "phone_number_verified")
	c.texts()
	c.address()
	c.customAttributes()
	c.set("roles")
	c.set("groups")
	c.disabled()
	c.period()
	c.irremovable()
	c.secrets()
}

// needed is the record without the flags that the user has already, of most of
// which Authgear warns and does nothing.
func (c *comparing) needed() Record {
	needed := maps.Clone(c.record)
	for _, field := range c.had {
		delete(needed, field)
	}
	return needed
}

func (c *comparing) change(field string, from, to any) {
	c.effect.Changes = append(c.effect.Changes, Difference{Field: field, Old: from, New: to})
}

func (c *comparing) changes(field string) bool {
	return slices.ContainsFunc(c.effect.Changes, func(d Difference) bool { return d.Field == field })
}

// ineffective tells what will not change, and why.
func (c *comparing) ineffective(field string, from, to any, why string) {
	d := Difference{Field: field, Old: from, New: to}
	c.effect.Ineffective = append(c.effect.Ineffective, d)
	c.effect.Warnings = append(c.effect.Warnings, d.String()+" has no effect: "+why)
}

func (c *comparing) note(text string) { c.effect.Notes = append(c.effect.Notes, text) }

// unreadable tells of the first thing that cannot be compared; one is enough.
func (c *comparing) unreadable(what string) {
	if c.effect.Unreadable == "" {
		c.effect.Unreadable = what
	}
}

// secrets are what goes to new users only, and what nobody can read back.
func (c *comparing) secrets() {
	if _, has := c.record["password"]; has {
		c.note("the password is ignored: the user exists")
	}
	if !c.record.Unreadable() {
		return
	}
	c.unreadable("a second factor")
	factors, _ := c.record["mfa"].(map[string]any)
	for _, factor := range []string{"password", "totp"} {
		if _, has := factors[factor]; has {
			c.note("mfa." + factor + " is ignored: the user exists")
		}
	}
}

// value is the user's value of a field, and nil where there is none.
func value(user *usersync.User, name string) any {
	f := settable[name]
	if !user.Has(f) {
		return nil
	}
	return user.Get(f)
}

//nolint:gochecknoglobals // a table of constants: fields are asked for by name for every user
var settable = func() map[string]*usersync.Field {
	byName := make(map[string]*usersync.Field)
	for f := range Settable().All() {
		byName[f.Name] = f
	}
	return byName
}()
