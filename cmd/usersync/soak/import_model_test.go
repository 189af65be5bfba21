package soak_test

import (
	"maps"
	"slices"
	"strings"

	"usersync/sync/userimport"
)

// A person is a user as far as imports go: what an importCase says of who is
// there, what the model makes of them, and what the emulator is found to have.
type person struct {
	ID         string
	Logins     map[string]string // as Authgear keeps them, by the names of their claims
	OAuth      string            // the email of an account of an identity provider
	Verified   []string          `json:",omitempty"` // claims and their values, sorted
	Attributes map[string]any    // standard ones that are no login IDs
	Custom     map[string]any
	Roles      []string `json:",omitempty"` // sorted
	Groups     []string `json:",omitempty"`
	Disabled   bool
	Scheduled  bool // to be deleted, and disabled therefore
	From       string
	Until      string
	Password   string
	TOTP       string
	Second     string // the email to which second factors go
	// late is what will be verified if the row is sent once more: then the user has
	// the email, and it is sent as Authgear spells it.
	late string
}

func newPerson() *person {
	return &person{Logins: map[string]string{}, Attributes: map[string]any{}, Custom: map[string]any{}}
}

func (p *person) clone() *person {
	q := *p
	q.Logins, q.Attributes, q.Custom = maps.Clone(p.Logins), maps.Clone(p.Attributes), maps.Clone(p.Custom)
	q.Verified, q.Roles, q.Groups = slices.Clone(p.Verified), slices.Clone(p.Roles), slices.Clone(p.Groups)
	return &q
}

// holds says whether a login ID, or an account's email, is the person's.
func (p *person) holds(kind, value string) bool {
	return p.Logins[kind] == value || kind == "email" && p.OAuth == value
}

func (p *person) verify(claim, value string, verified bool) {
	entry := claim + " " + value
	p.Verified = slices.DeleteFunc(p.Verified, func(e string) bool { return e == entry })
	if verified {
		p.Verified = append(p.Verified, entry)
		slices.Sort(p.Verified)
	}
}

// set gives the person what a row says, but for login IDs and what is for those
// alone who are created. What the row does not name stays; nil removes.
func (p *person) set(said map[string]any) {
	address, _ := p.Attributes["address"].(map[string]any)
	if address = maps.Clone(address); address == nil {
		address = make(map[string]any)
	}
	for field, value := range said {
		group, name, _ := strings.Cut(field, ".")
		switch {
		case group == "address":
			put(address, name, value)
		case group == "custom_attributes":
			if name != "ghost" { // which the project does not know
				put(p.Custom, name, value)
			}
		case field == "roles":
			p.Roles = slices.Sorted(slices.Values(value.([]string)))
		case field == "groups":
			p.Groups = slices.Sorted(slices.Values(value.([]string)))
		case field == "disabled":
			p.Disabled = p.Scheduled || value.(bool)
		case field == "account_valid_from":
			p.From = value.(string)
		case field == "account_valid_until":
			p.Until = value.(string)
		case field == "mfa.email":
			p.Second, _ = value.(string)
		case isLoginID(field), slices.Contains([]string{"email_verified", "password_hash", "mfa.totp.secret"}, field):
		default:
			put(p.Attributes, field, value)
		}
	}
	// Its parts are given one by one, as all else is, and none is no address.
	if delete(p.Attributes, "address"); len(address) > 0 {
		p.Attributes["address"] = address
	}
}

func put(object map[string]any, name string, value any) {
	if value == nil {
		delete(object, name)
	} else {
		object[name] = value
	}
}

// setNew gives somebody who is created what nobody else is given.
func (p *person) setNew(said map[string]any) {
	p.Password, _ = said["password_hash"].(string)
	p.TOTP, _ = said["mfa.totp.secret"].(string)
}

// created is who comes of a row.
func created(said map[string]any) *person {
	p := newPerson()
	for field, value := range said {
		if id, is := value.(loginID); is {
			p.Logins[field] = id.normal
		}
	}
	if email := p.Logins["email"]; email != "" && said["email_verified"] == true {
		p.verify("email", email, true)
	}
	p.set(said)
	p.setNew(said)
	return p
}

// updated is who a person becomes by a row.
func (p *person) updated(said map[string]any, identifier userimport.Identifier) *person {
	q := p.clone()
	sent := "" // how the email is spelled in the request
	for field, value := range said {
		if !isLoginID(field) {
			continue
		}
		id, _ := value.(loginID)
		if field == "email" {
			if sent = id.spelled; p.Logins["email"] == id.normal || identifier == userimport.Email {
				sent = id.normal // as Authgear has it
			}
		}
		switch {
		case field == string(identifier): // it only finds the person
		case value == nil:
			delete(q.Logins, field)
		default:
			q.Logins[field] = id.normal
		}
	}
	verified, has := said["email_verified"].(bool)
	switch {
	case !has || sent == "":
	case q.Logins["email"] == sent:
		q.verify("email", sent, verified)
	case verified && q.Logins["email"] != "":
		q.late = "email " + q.Logins["email"]
	}
	q.set(said)
	q.Verified = slices.DeleteFunc(q.Verified, func(entry string) bool {
		claim, value, _ := strings.Cut(entry, " ")
		return !q.holds(claim, value) && (claim != "email" || q.Second != value)
	})
	return q
}

// settleLate allows for what is verified late.
func (p *person) settleLate(found *person) {
	claim, value, has := strings.Cut(p.late, " ")
	if has && slices.Contains(found.Verified, p.late) {
		p.verify(claim, value, true)
	}
	p.late = ""
}

// A model is the project as it must be.
type model struct {
	*importCase
	people []*person
	// unsure are rows that were rejected because tasks died that they were in, by
	// chance and not by them: a POST of them without an answer may have been
	// carried out all the same.
	unsure []verdict
	// came are the strangers who came, by the rows that they came to.
	came map[int]*person
}

// said is what a row says, by its fields; right is false for one that must be
// rejected, whoever exists.
func (c *importCase) said(row []cell) (said map[string]any, right bool) {
	said, right = make(map[string]any), true
	for i, column := range c.columns {
		field, cell := column.field, row[i]
		if strings.TrimSuffix(field, "_verified") == c.without {
			continue // the whole column is left out
		}
		switch cell.kind {
		case cellAbsent:
		case cellWrong:
			right = false
		case cellRight:
			said[field] = cell.means
		case cellEmpty, cellNull:
			switch {
			case field == string(c.identifier), c.empty == userimport.EmptyKeep:
			case c.empty == userimport.EmptyError:
				right = false
			case field == "roles", field == "groups":
				said[field] = []string{}
			case fieldNamed(field).nullable:
				said[field] = nil
			}
		}
	}
	from, _ := said["account_valid_from"].(string)
	until, _ := said["account_valid_until"].(string)
	if from != "" && until != "" && from >= until || said[string(c.identifier)] == nil {
		right = false
	}
	return said, right
}

// repeated says which login IDs stand in several rows, as "kind value".
func (c *importCase) repeated() map[string]bool {
	count := make(map[string]int)
	for _, row := range c.rows {
		for i, column := range c.columns {
			if id, is := row[i].means.(loginID); is {
				count[column.field+" "+id.normal]++
			}
		}
	}
	more := make(map[string]bool)
	for id, n := range count {
		more[id] = n > 1
	}
	return more
}
