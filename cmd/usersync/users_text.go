package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// userText is all about one user, for people.
func (a *app) userText(known knownUser) string {
	page := &userPage{width: columns(a.stdout)}
	if known.user != nil {
		page.user(known, a.now())
	} else {
		page.section("", []pageLine{{"id", known.id.String()}})
	}
	if known.history != nil {
		page.history(known)
	}
	return page.text.String()
}

// A userPage is written line by line: names on the left, values beside them.
type userPage struct {
	text  strings.Builder
	width int // of the terminal; 0 for none
}

// mostLines is how many lines a value has at most on a terminal. What is longer is
// cut, and is whole in JSON.
const mostLines = 8

// A line of a page.
type pageLine struct{ name, value string }

// section writes lines under a heading, if there are some.
func (p *userPage) section(heading string, lines []pageLine) {
	if len(lines) == 0 {
		return
	}
	indent := ""
	if heading != "" {
		p.text.WriteString("\n" + heading + "\n")
		indent = "  "
	}
	left := 12
	for _, line := range lines {
		left = max(left, cellWidth(printableName(line.name))+2)
	}
	for _, line := range lines {
		name := printableName(line.name)
		start := indent + name + strings.Repeat(" ", left-cellWidth(name))
		values := []string{printableName(line.value)}
		if p.width > 0 {
			values = foldCell(line.value, max(p.width-cellWidth(start), narrowestCell), mostLines)
		}
		for i, value := range values {
			if i == 1 {
				start = strings.Repeat(" ", cellWidth(start))
			}
			p.text.WriteString(strings.TrimRight(start+value, " ") + "\n")
		}
	}
}

func (p *userPage) user(known knownUser, now time.Time) {
	user := known.user
	head := []pageLine{
		{"id", user.ID.String()},
		{"node ID", adminapi.NodeID(user.ID.String())},
		{"account", orNone(textOf(user, "end_user_account_id"))},
		{"name", orNone(textOf(user, "formatted_name"))},
		{"status", strings.Join(accountStatus(user, now), ", ")},
		{"created", instant(timeOf(user, "created_at"))},
		{"updated", instant(timeOf(user, "updated_at"))},
		{"last login", orNever(timeOf(user, "last_login_at"))},
		{"roles", rolesOf(known)},
		{"groups", orNone(strings.Join(keysIn(user, "groups"), ", "))},
	}
	if until := timeOf(user, "mfa_grace_period_end_at"); !until.IsZero() {
		head = append(head, pageLine{"no second factor needed until", instant(until)})
	}
	p.section("", head)
	p.section("Attributes", attributeLines(user))
	p.section("Custom attributes", objectLines(user, "custom_attributes"))
	p.section("Other attributes", objectLines(user, "other_attributes"))
	p.section("Verified claims", claimLines(user))
	p.section("Identities", identityLines(user))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func orNever(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return instant(t)
}

// keysIn are the keys of roles or groups, sorted.
func keysIn(user *usersync.User, field string) []string {
	keys, _ := user.Get(fieldNamed(field)).([]string)
	return slices.Sorted(slices.Values(keys))
}

// rolesOf are the roles that a user was given, and then those that groups give.
func rolesOf(known knownUser) string {
	own := keysIn(known.user, "roles")
	byGroups := slices.DeleteFunc(slices.Clone(known.roles), func(key string) bool { return slices.Contains(own, key) })
	text := orNone(strings.Join(own, ", "))
	if len(byGroups) > 0 {
		text += "; by groups: " + strings.Join(byGroups, ", ")
	}
	return text
}

// attributeLines are the standard attributes that have a field, each part of an
// address on a line of its own.
func attributeLines(user *usersync.User) []pageLine {
	var lines []pageLine
	for field := range usersync.AllFields().All() {
		if field.From != "standardAttributes" || field.Name == "other_attributes" {
			continue
		}
		if of, isVerified := strings.CutSuffix(field.Name, "_verified"); isVerified && textOf(user, of) != "" && !user.Has(field) {
			lines = append(lines, pageLine{field.Name, "no"})
		}
		if !user.Has(field) {
			continue
		}
		switch value := user.Get(field).(type) {
		case string:
			lines = append(lines, pageLine{field.Name, value})
		case bool:
			lines = append(lines, pageLine{field.Name, "yes"})
		case map[string]any:
			for _, part := range field.Parts {
				if text, has := value[part].(string); has {
					lines = append(lines, pageLine{field.Name + "." + part, text})
				}
			}
		}
	}
	return lines
}

// objectLines are what an object has, in the order of its keys.
func objectLines(user *usersync.User, field string) []pageLine {
	object, _ := user.Get(fieldNamed(field)).(map[string]any)
	var lines []pageLine
	for _, key := range slices.Sorted(maps.Keys(object)) {
		lines = append(lines, pageLine{key, plainValue(object[key])})
	}
	return lines
}

// plainValue is a text as it is, and everything else as JSON.
func plainValue(value any) string {
	if text, is := value.(string); is {
		return text
	}
	spelled, err := json.Marshal(value)
	if err != nil {
		return "not JSON" // values come from JSON, so this never happens
	}
	return string(spelled)
}

func claimLines(user *usersync.User) []pageLine {
	claims, _ := user.Get(fieldNamed("verified_claims")).([]any)
	var lines []pageLine
	for _, claim := range claims {
		object, _ := claim.(map[string]any)
		lines = append(lines, pageLine{plainValue(object["name"]), plainValue(object["value"])})
	}
	slices.SortFunc(lines, comparePageLines)
	return lines
}

func comparePageLines(a, b pageLine) int {
	return strings.Compare(a.name+"\x00"+a.value, b.name+"\x00"+b.value)
}

// identityLines are the ways in which the user signs in. Passkeys and biometric
// ones are only counted: Authgear's exports tell no more of them.
func identityLines(user *usersync.User) []pageLine {
	identities, _ := user.Get(fieldNamed("identities")).([]any)
	var lines []pageLine
	for _, identity := range identities {
		object, _ := identity.(map[string]any)
		kind, _ := object["type"].(string)
		details, _ := object[kind].(map[string]any)
		claims, _ := object["claims"].(map[string]any)
		switch kind {
		case "login_id":
			lines = append(lines, pageLine{joined("login ID", details["key"]), joined(details["value"])})
		case "oauth":
			lines = append(lines, pageLine{joined("OAuth", details["provider_alias"]), joined(details["provider_subject_id"], claims["email"])})
		case "ldap":
			lines = append(lines, pageLine{joined("LDAP", details["server_name"]), joined(details["last_login_username"], details["user_id_attribute_value"])})
		default:
			lines = append(lines, pageLine{kind, plainValue(claims)})
		}
	}
	slices.SortFunc(lines, comparePageLines)
	for _, counted := range []struct{ name, field string }{{"passkeys", "passkey_count"}, {"biometric", "biometric_count"}} {
		if n, _ := user.Get(fieldNamed(counted.field)).(int64); n > 0 {
			lines = append(lines, pageLine{counted.name, fmt.Sprint(n)})
		}
	}
	return lines
}

// joined is the texts that there are.
func joined(values ...any) string {
	var texts []string
	for _, value := range values {
		if text, is := value.(string); is && text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}

// history writes what the mirror remembers.
func (p *userPage) history(known knownUser) {
	h := known.history
	p.text.WriteString("\nIn the mirror\n")
	switch {
	case !h.Known && len(h.Changes) == 0:
		p.text.WriteString("  nothing is known of this user\n")
		return
	case !h.Known:
		p.text.WriteString("  the user's row is gone, as is done on request; what follows is left\n")
	case !h.Deleted.IsZero() && !h.Confirmed && known.user != nil:
		fmt.Fprintf(&p.text, "  there from %s, forgotten on %s, and kept out since\n", instant(h.FirstSeen), instant(h.Deleted))
	case !h.Deleted.IsZero():
		fmt.Fprintf(&p.text, "  there from %s, and found gone on %s\n", instant(h.FirstSeen), instant(h.Deleted))
	default:
		fmt.Fprintf(&p.text, "  there since %s\n", instant(h.FirstSeen))
	}
	for _, change := range h.Changes {
		p.change(change)
	}
}

// change writes one change with the fields that it is about. Who came or went did
// so as a whole, and the values are above, or gone.
func (p *userPage) change(logged usersync.LoggedChange) {
	fields := usersync.FieldsNamed(logged.Fields)
	fmt.Fprintf(&p.text, "  %s  %s, run %s\n", instant(logged.At), logged.Op, logged.RunID)
	before, errBefore := usersync.UserFromJSON(logged.Before, fields)
	after, errAfter := usersync.UserFromJSON(logged.After, fields)
	values := changeWriter{}
	if p.width > 0 {
		values.width = max(20, (p.width-36)/2)
	}
	for field := range fields.All() {
		value := "the values were taken out"
		if errBefore == nil && errAfter == nil {
			value = values.show(before, field) + " → " + values.show(after, field)
		}
		fmt.Fprintf(&p.text, "    %-*s  %s\n", longestName(fields), field.Name, value)
	}
}

func longestName(fields usersync.FieldSet) int {
	longest := 0
	for _, name := range fields.Names() {
		longest = max(longest, len(name))
	}
	return longest
}
