package userimport

import (
	"fmt"
	"maps"
	"slices"
	"time"

	usersync "usersync/sync"
)

// A holding is an identity by which a user has an email address, phone number
// or username.
type holding struct {
	value string // the claim, which is what Authgear matches records with
	// settable says that an import can change it: it is the login ID whose key is
	// that of the kind. Others are login IDs with keys of the project's own, and
	// accounts of identity providers.
	settable bool
}

// holdingsOf are the identities by which a user has a kind of login ID, as far as
// imports look at them.
func holdingsOf(user *usersync.User, kind Identifier) []holding {
	identities, _ := value(user, "identities").([]any)
	var holdings []holding
	for _, element := range identities {
		identity, _ := element.(map[string]any)
		claims, _ := identity["claims"].(map[string]any)
		claim, has := claims[string(kind)].(string)
		if !has {
			continue
		}
		switch identity["type"] {
		case "login_id":
			login, _ := identity["login_id"].(map[string]any)
			key := kind.LoginIDKey()
			holdings = append(holdings, holding{value: claim, settable: login["key"] == key && login["type"] == key})
		case "oauth", "ldap":
			holdings = append(holdings, holding{value: claim})
		}
	}
	return holdings
}

// matching are those of the holdings that are what a record says, however each
// is written.
func matching(kind Identifier, holdings []holding, said string) []holding {
	normal := kind.Normalize(said)
	return slices.DeleteFunc(slices.Clone(holdings), func(h holding) bool {
		return kind.Normalize(h.value) != normal
	})
}

// identityOf is the identity by which a user has a record's identifier: a login
// ID rather than an account. Nothing is found where it cannot be said which of
// several is meant.
func identityOf(user *usersync.User, identifier Identifier, said string) (holding, bool) {
	all := holdingsOf(user, identifier)
	found := matching(identifier, all, said)
	if len(found) == 0 && len(all) == 1 {
		// Authgear's own way of telling login IDs apart can be set to overlook
		// more than case, such as dots; who found the user went by that.
		found = all
	}
	if len(found) == 0 {
		return holding{}, false
	}
	if i := slices.IndexFunc(found, func(h holding) bool { return h.settable }); i >= 0 {
		return found[i], true
	}
	return found[0], true
}

// Respelled is the record as it has to be sent for an update of the user who has
// its identifier: with login IDs in the spelling that Authgear has for them,
// because it finds users by the identifier as written, and passes over verified
// flags of login IDs that are written otherwise. A login ID that the user has
// among several is left out, because Authgear would give it to each of them, and
// fail. So are the flags that the user has already: disabled, email_verified,
// phone_number_verified. Of the
// address the record says all that is to remain, because Authgear replaces it as
// a whole; one that is as it is to be is left out. The record itself is left
// alone.
func Respelled(record Record, user *usersync.User, identifier Identifier) Record {
	sent := maps.Clone(record)
	c := newComparing(sent, user, identifier, time.Time{})
	for _, kind := range Identifiers() {
		said := record.LoginID(kind)
		if said == "" {
			continue
		}
		if kind == identifier {
			if identity, found := identityOf(user, kind, said); found {
				sent[string(kind)] = identity.value
			}
			continue
		}
		all := settables(user, kind)
		switch same := matching(kind, all, said); {
		case len(same) > 0 && len(all) > 1:
			delete(sent, string(kind))
			if flag := string(kind) + "_verified"; sent[flag] == c.isVerified(kind, same[0].value) {
				delete(sent, flag)
			}
		case len(same) > 0:
			sent[string(kind)] = same[0].value
		}
	}
	c.flags()
	c.completeAddress()
	return c.needed()
}

// loginIDs compares the record's login IDs with the user's.
func (c *comparing) loginIDs() {
	for _, kind := range Identifiers() {
		said, has := c.record[string(kind)]
		switch {
		case !has:
		case kind == c.identifier:
			c.identify(c.record.LoginID(kind))
		case said == nil:
			c.removeLoginID(kind)
		default:
			c.setLoginID(kind, c.record.LoginID(kind))
		}
	}
}

// identify sees whether Authgear finds the user by the identifier: by one
// identity, and no other beside it.
func (c *comparing) identify(said string) {
	kind := c.identifier
	identity, found := identityOf(c.user, kind, said)
	if !found {
		// Authgear would find nobody either, and create somebody.
		c.ineffective(string(kind), nil, said, "an import only finds users by it")
		c.refuse(fmt.Sprintf("the user has no %s, or several, by which Authgear would find the row's user", kind))
		return
	}
	same := 0
	for _, h := range holdingsOf(c.user, kind) {
		if h.value == identity.value {
			same++
		}
	}
	switch {
	case same > 1:
		c.refuse(fmt.Sprintf("the user has this %s both as a login ID and by an account of an identity provider, and Authgear imports no record that it finds two identities for: match by another --identifier and leave this column out, or unlink one of the two in the portal", kind))
	case !identity.settable:
		c.note(fmt.Sprintf("the user has this %s by an account of an identity provider, not as a login ID of the import's kind", kind))
	}
}

// settables are a user's login IDs of a kind that an import changes.
func settables(user *usersync.User, kind Identifier) []holding {
	return slices.DeleteFunc(holdingsOf(user, kind), func(h holding) bool { return !h.settable })
}

// removeLoginID compares a login ID that the record removes.
func (c *comparing) removeLoginID(kind Identifier) {
	for _, h := range holdingsOf(c.user, kind) {
		if h.settable {
			c.change(string(kind), h.value, nil)
		} else {
			c.ineffective(string(kind), h.value, nil, "it is not the user's login ID that an import can remove")
		}
	}
}

// setLoginID compares a login ID other than the identifier. Authgear gives the
// value to each of the user's login IDs with that key, and fails where there are
// two.
func (c *comparing) setLoginID(kind Identifier, said string) {
	all := settables(c.user, kind)
	switch {
	case len(matching(kind, all, said)) > 0:
	case len(all) > 1:
		c.refuse(fmt.Sprintf("the user has %d login IDs of the kind %s, of which an import would have to change all", len(all), kind))
	case len(all) == 1:
		c.change(string(kind), all[0].value, said)
	default:
		c.change(string(kind), nil, said)
	}
}

// refuse tells of the first reason not to send the record.
func (c *comparing) refuse(why string) {
	if c.effect.Refusal == "" {
		c.effect.Refusal = why
	}
}

// verified compares whether a login ID is verified. Authgear looks for the claim
// as the record writes it among the login IDs that the user has once those of
// the record are set, and passes over the field where there is none.
func (c *comparing) verified(kind Identifier, field string) {
	to, has := c.record[field].(bool)
	if !has {
		return
	}
	sent := c.record.LoginID(kind)
	if sent == "" {
		c.verifiedAlone(kind, field, to)
		return
	}
	stored, takes := c.stored(kind, sent)
	from := c.isVerified(kind, stored)
	switch {
	case from == to && c.holds(kind, stored):
		c.had = append(c.had, field)
	case from == to:
	case takes:
		c.change(field, from, to)
	default:
		c.ineffective(field, from, to, fmt.Sprintf("it counts only for a login ID that is written as Authgear keeps it, and the user has no such %s", kind))
	}
}

// verifiedAlone compares a flag whose login ID the record does not set.
func (c *comparing) verifiedAlone(kind Identifier, field string, to bool) {
	from := value(c.user, field) == true
	why := fmt.Sprintf("give %s in the same row", kind)
	_, removed := c.record[string(kind)]
	several := !removed && len(settables(c.user, kind)) > 1 // of which another may be meant
	switch {
	case removed:
		why = fmt.Sprintf("the row removes the %s", kind)
		from = slices.ContainsFunc(holdingsOf(c.user, kind), func(h holding) bool {
			return !h.settable && c.isVerified(kind, h.value)
		})
	case several:
		why = fmt.Sprintf("the user has several login IDs of the kind %s, and an import sets none of them", kind)
	}
	switch {
	case from != to:
		c.ineffective(field, from, to, why)
	case !several:
		c.had = append(c.had, field)
	}
}

// holds says whether the user has a login ID already.
func (c *comparing) holds(kind Identifier, claim string) bool {
	return slices.ContainsFunc(holdingsOf(c.user, kind), func(h holding) bool { return h.value == claim })
}

// stored is the claim that Authgear has for a login ID once the record was
// imported, and whether the verified flag that goes with it is heeded.
func (c *comparing) stored(kind Identifier, sent string) (claim string, heeded bool) {
	claim = kind.Normalize(sent)
	heeded = kind != c.identifier && claim == sent
	for _, h := range holdingsOf(c.user, kind) {
		if h.value == sent {
			claim, heeded = sent, heeded || h.settable
		}
	}
	return claim, heeded
}

func (c *comparing) isVerified(kind Identifier, claim string) bool {
	verified, _ := value(c.user, "verified_claims").([]any)
	return slices.ContainsFunc(verified, func(element any) bool {
		entry, _ := element.(map[string]any)
		return entry["name"] == string(kind) && entry["value"] == claim
	})
}
