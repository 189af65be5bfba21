package source_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"usersync/adminapi/emulator"
	"usersync/sync/userimport"
)

// value is a login ID of the trial's own.
func (r *importTrial) value(kind userimport.Identifier, name string) string {
	switch kind {
	case userimport.Phone:
		return fmt.Sprintf("+85298%05d%s", r.number, name)
	case userimport.Username:
		return fmt.Sprintf("%s%d", name, r.number)
	default:
		return fmt.Sprintf("%s%d@example.com", name, r.number)
	}
}

func (r *importTrial) some(label string) bool { return rapid.Bool().Draw(r.T, label) }

func (r *importTrial) drawUser() emulator.User {
	email, phone, username := r.value(userimport.Email, "ann"), r.value(userimport.Phone, "1"), r.value(userimport.Username, "ann")
	user := emulator.User{Identities: []emulator.Identity{}, StandardAttributes: map[string]any{}, CustomAttributes: map[string]any{}}
	if rapid.IntRange(0, 4).Draw(r.T, "has email") > 0 {
		user.Identities = append(user.Identities, emulator.EmailIdentity(email))
		if r.some("email verified") {
			user.VerifiedClaims = append(user.VerifiedClaims, emulator.Claim{Name: "email", Value: email})
		}
	}
	if rapid.IntRange(0, 4).Draw(r.T, "has phone") > 0 {
		user.Identities = append(user.Identities, emulator.PhoneIdentity(phone))
		if rapid.IntRange(0, 4).Draw(r.T, "second phone") == 0 {
			user.Identities = append(user.Identities, emulator.PhoneIdentity(r.value(userimport.Phone, "3")))
		}
	}
	if rapid.IntRange(0, 4).Draw(r.T, "has username") > 0 {
		user.Identities = append(user.Identities, emulator.UsernameIdentity(username))
	}
	switch rapid.IntRange(0, 7).Draw(r.T, "account") {
	case 0:
		user.Identities = append(user.Identities, emulator.OAuthIdentity("google", "google-"+username, map[string]any{"email": email}))
	case 1:
		user.Identities = append(user.Identities, emulator.OAuthIdentity("google", "google-"+username, map[string]any{"email": r.value(userimport.Email, "gail")}))
	}
	for _, name := range []string{"name", "nickname"} {
		if r.some("has " + name) {
			user.StandardAttributes[name] = "A"
		}
	}
	if r.some("has address") {
		user.StandardAttributes["address"] = map[string]any{"country": "HK", "locality": "A"}
	}
	if r.some("has tier") {
		user.CustomAttributes["tier"] = "A"
	}
	if r.some("has points") {
		user.CustomAttributes["points"] = json.Number("7")
	}
	if r.some("has roles") {
		user.Roles, user.Groups = []string{"a", "b"}, []string{"c"}
	}
	r.drawStatus(&user)
	return user
}

func (r *importTrial) drawStatus(user *emulator.User) {
	now := time.Now()
	before, later := now.Add(-24*time.Hour), now.Add(24*time.Hour)
	switch rapid.IntRange(0, 5).Draw(r.T, "status") {
	case 0:
		user.Disabled = true
	case 1:
		user.TemporarilyDisabledFrom, user.TemporarilyDisabledUntil = &before, &later
	case 2:
		user.Disabled, user.DeleteAt = true, &later
	case 3:
		user.Disabled, user.AnonymizeAt = true, &later
	}
	switch rapid.IntRange(0, 5).Draw(r.T, "period") {
	case 0:
		user.AccountValidUntil = new(now.Add(100 * 24 * time.Hour))
	case 1:
		user.AccountValidUntil = new(now.Add(-time.Hour))
		user.TemporarilyDisabledFrom, user.TemporarilyDisabledUntil = nil, nil
	}
}

// drawRecord is a record of what is often as the user has it.
func (r *importTrial) drawRecord(identifier userimport.Identifier) userimport.Record {
	record := make(userimport.Record)
	texts := map[userimport.Identifier][]string{
		userimport.Email:    {"ann", "ANN", "ann", "gail", "other", "new", "New"},
		userimport.Phone:    {"1", "1", "1", "2", "3", "4"},
		userimport.Username: {"ann", "ANN", "ann", "other", "new"},
	}
	for _, kind := range userimport.Identifiers() {
		choice := rapid.IntRange(0, 5).Draw(r.T, "with "+string(kind))
		switch {
		case choice <= 1 || kind == identifier:
			record[string(kind)] = r.value(kind, rapid.SampledFrom(texts[kind]).Draw(r.T, string(kind)))
		case choice == 2:
			record[string(kind)] = nil
		}
	}
	values := map[string][]string{
		"email_verified": {`true`, `false`, `null`}, "phone_number_verified": {`true`, `false`, `null`},
		"name": {`"A"`, `"B"`, `null`}, "nickname": {`"A"`, `"B"`, `null`}, "gender": {`"A"`, `null`},
		"address":           {`{"country":"HK","locality":"A"}`, `{"country":"HK"}`, `{"country":"US"}`, `{"country":"US","locality":"A"}`, `{"country":null}`, `{"country":"US","locality":null}`, `{"country":null,"locality":null,"region":null}`, `null`},
		"custom_attributes": {`{"tier":"A"}`, `{"tier":"B","points":7.0}`, `{"points":8}`, `{"tier":null}`, `{"points":null}`, `{}`},
		"roles":             {`["b","a"]`, `["a","c"]`, `[]`}, "groups": {`["c"]`, `["a"]`, `[]`},
		"disabled":            {`true`, `false`, `null`},
		"account_valid_from":  {`"2001-01-01T00:00:00Z"`, `null`},
		"account_valid_until": {`"2099-01-01T00:00:00Z"`, `"2002-01-01T08:00:00+08:00"`, `null`},
		"password":            {`{"type":"bcrypt","password_hash":"$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"}`},
		"mfa":                 {`{"email":"second@example.com"}`, `{"email":null}`},
	}
	for _, field := range slices.Sorted(maps.Keys(values)) {
		if rapid.IntRange(0, 3).Draw(r.T, "with "+field) > 0 {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader([]byte(rapid.SampledFrom(values[field]).Draw(r.T, field))))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			r.Fatal(err)
		}
		record[field] = value
	}
	return record
}
