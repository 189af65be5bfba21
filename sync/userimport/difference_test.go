package userimport_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/userimport"
	"usersync/sync/usertest"
)

// ann signs in by all three login IDs.
const ann = `{
	"sub": "4df76823-72ce-4665-b873-61bd278a7505", "created_at": "2026-01-02T03:04:05Z",
	"email": "ann@example.com", "email_verified": true, "phone_number": "+85298765432", "preferred_username": "ann",
	"name": "Ann Example", "nickname": "A", "birthdate": "1990-01-02",
	"address": {"country": "HK", "locality": "Hong Kong"},
	"custom_attributes": {"tier": "pro", "number": 7, "ratio": 0.5, "member": true},
	"roles": ["admin", "editor"], "groups": ["staff"],
	"identities": [
		{"type": "login_id", "login_id": {"key": "email", "type": "email", "value": "ann@example.com", "original_value": "Ann@Example.com"}, "claims": {"email": "ann@example.com"}},
		{"type": "login_id", "login_id": {"key": "phone", "type": "phone", "value": "+85298765432", "original_value": "+85298765432"}, "claims": {"phone_number": "+85298765432"}},
		{"type": "login_id", "login_id": {"key": "username", "type": "username", "value": "ann", "original_value": "Ann"}, "claims": {"preferred_username": "ann"}}
	],
	"verified_claims": [{"name": "email", "value": "ann@example.com"}]
}`

// userOf reads a user from JSON, with some fields replaced by others.
func userOf(t testing.TB, base string, fields map[string]any) *usersync.User {
	t.Helper()
	object := make(map[string]any)
	if err := json.Unmarshal([]byte(base), &object); err != nil {
		t.Fatal(err)
	}
	maps.Copy(object, fields)
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	user, err := usersync.UserFromJSON(data, userimport.Settable())
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func recordOf(t testing.TB, text string) userimport.Record {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var record userimport.Record
	if err := decoder.Decode(&record); err != nil {
		t.Fatal(err)
	}
	return record
}

func jsonOf(t testing.TB, record userimport.Record) string {
	t.Helper()
	data, err := record.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func texts(differences []userimport.Difference) []string {
	var texts []string
	for _, d := range differences {
		texts = append(texts, d.String())
	}
	return texts
}

type fields = map[string]any

func loginID(key, kind, claim, value string) any {
	return fields{"type": "login_id", "login_id": fields{"key": key, "type": kind, "value": value}, "claims": fields{claim: value}}
}

func oauth(email string) any {
	return fields{"type": "oauth", "oauth": fields{"provider_alias": "google"}, "claims": fields{"email": email}}
}

// Every rule by which Authgear's import treats a user who exists.
func TestEffectAt(t *testing.T) {
	t.Parallel()
	annsEmail, annsPhone := loginID("email", "email", "email", "ann@example.com"), loginID("phone", "phone", "phone_number", "+85298765432")
	tests := map[string]struct {
		user        fields // what ann has otherwise
		record      string
		by          userimport.Identifier // email when empty
		changes     []string
		ineffective []string
		notes       []string
		unreadable  string
		refusal     string
		sent        string // the record when empty
	}{
		"nothing but the identifier": {record: `{"email":"ann@example.com"}`},
		"all that ann has": {record: `{
			"email":"ann@example.com","email_verified":true,"phone_number":"+85298765432","phone_number_verified":false,"preferred_username":"ann",
			"name":"Ann Example","nickname":"A","birthdate":"1990-01-02","address":{"country":"HK","locality":"Hong Kong"},
			"custom_attributes":{"tier":"pro","number":7.0,"ratio":5e-1,"member":true},"roles":["editor","admin","admin"],"groups":["staff"],"disabled":false}`, sent: `{
			"email":"ann@example.com","phone_number":"+85298765432","preferred_username":"ann",
			"name":"Ann Example","nickname":"A","birthdate":"1990-01-02",
			"custom_attributes":{"tier":"pro","number":7.0,"ratio":5e-1,"member":true},"roles":["editor","admin","admin"],"groups":["staff"]}`},

		"a text changes":                        {record: `{"email":"ann@example.com","name":"Anne"}`, changes: []string{`name: "Ann Example" → "Anne"`}},
		"a text comes":                          {record: `{"email":"ann@example.com","gender":"f"}`, changes: []string{`gender: nothing → "f"`}},
		"null removes a text":                   {record: `{"email":"ann@example.com","nickname":null}`, changes: []string{`nickname: "A" → nothing`}},
		"null removes nothing":                  {record: `{"email":"ann@example.com","gender":null}`},
		"a text that was no text":               {user: fields{"other_attributes": fields{"gender": 7}}, record: `{"email":"ann@example.com","gender":"f"}`, changes: []string{`gender: 7 → "f"`}},
		"null removes a text that was no text":  {user: fields{"other_attributes": fields{"gender": 7}}, record: `{"email":"ann@example.com","gender":null}`, changes: []string{`gender: 7 → nothing`}},
		"other standard attributes stay":        {user: fields{"other_attributes": fields{"shoe_size": 7}}, record: `{"email":"ann@example.com"}`},
		"a part of the address changes":         {record: `{"email":"ann@example.com","address":{"country":"US"}}`, sent: `{"email":"ann@example.com","address":{"country":"US","locality":"Hong Kong"}}`, changes: []string{`address.country: "HK" → "US"`}},
		"a part of the address comes":           {record: `{"email":"ann@example.com","address":{"region":"NT"}}`, sent: `{"email":"ann@example.com","address":{"country":"HK","locality":"Hong Kong","region":"NT"}}`, changes: []string{`address.region: nothing → "NT"`}},
		"a part of the address is as it was":    {record: `{"email":"ann@example.com","address":{"country":"HK"}}`, sent: `{"email":"ann@example.com"}`},
		"null removes a part of the address":    {record: `{"email":"ann@example.com","address":{"country":"US","locality":null,"region":null}}`, sent: `{"email":"ann@example.com","address":{"country":"US"}}`, changes: []string{`address.country: "HK" → "US"`, `address.locality: "Hong Kong" → nothing`}},
		"and the others stay":                   {record: `{"email":"ann@example.com","address":{"locality":null}}`, sent: `{"email":"ann@example.com","address":{"country":"HK"}}`, changes: []string{`address.locality: "Hong Kong" → nothing`}},
		"null removes all parts there are":      {record: `{"email":"ann@example.com","address":{"country":null,"locality":null}}`, sent: `{"email":"ann@example.com","address":null}`, changes: []string{`address.country: "HK" → nothing`, `address.locality: "Hong Kong" → nothing`}},
		"null removes a part that is not there": {record: `{"email":"ann@example.com","address":{"region":null}}`, sent: `{"email":"ann@example.com"}`},
		"an address comes":                      {user: fields{"address": nil}, record: `{"email":"ann@example.com","address":{"country":"HK"}}`, changes: []string{`address.country: nothing → "HK"`}},
		"what no address can have goes along":   {user: fields{"other_attributes": fields{"address": fields{"planet": "Mars"}}}, record: `{"email":"ann@example.com","address":{"country":"US"}}`, sent: `{"email":"ann@example.com","address":{"country":"US","locality":"Hong Kong"}}`, changes: []string{`address.country: "HK" → "US"`, `address.planet: "Mars" → nothing`}},
		"but stays where nothing changes":       {user: fields{"other_attributes": fields{"address": fields{"planet": "Mars"}}}, record: `{"email":"ann@example.com","address":{"country":"HK","locality":"Hong Kong"}}`, sent: `{"email":"ann@example.com"}`},
		"an address that was none":              {user: fields{"address": nil, "other_attributes": fields{"address": "here"}}, record: `{"email":"ann@example.com","address":{"country":"HK"}}`, changes: []string{`address: "here" → {"country":"HK"}`}},
		"null removes the address":              {record: `{"email":"ann@example.com","address":null}`, changes: []string{`address.country: "HK" → nothing`, `address.locality: "Hong Kong" → nothing`}},
		"an address that was none stays":        {user: fields{"address": nil, "other_attributes": fields{"address": "here"}}, record: `{"email":"ann@example.com","address":{"country":null}}`, sent: `{"email":"ann@example.com"}`},
		"null leaves flags and times alone":     {user: fields{"disabled": true, "account_valid_from": "2026-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":null,"email_verified":null,"account_valid_from":null}`, sent: `{"email":"ann@example.com"}`, ineffective: []string{`account_valid_from: "2026-01-01T00:00:00Z" → nothing`, `email_verified: true → nothing`}, notes: []string{`account_valid_from: "2026-01-01T00:00:00Z" → nothing has no effect: an import cannot remove it`, `email_verified: true → nothing has no effect: an import cannot remove it; write false`}},
		"custom attributes change one by one":   {record: `{"email":"ann@example.com","custom_attributes":{"tier":"free","new":1}}`, changes: []string{`custom_attributes.new: nothing → 1`, `custom_attributes.tier: "pro" → "free"`}},
		"null removes one custom attribute":     {record: `{"email":"ann@example.com","custom_attributes":{"tier":null,"none":null}}`, changes: []string{`custom_attributes.tier: "pro" → nothing`}},
		"an empty text is none":                 {record: `{"email":"ann@example.com","gender":"","nickname":"","address":{"country":"HK","region":""}}`, sent: `{"email":"ann@example.com","gender":"","nickname":""}`, changes: []string{`nickname: "A" → nothing`}},
		"a number is no text":                   {record: `{"email":"ann@example.com","custom_attributes":{"number":"7","tier":7}}`, changes: []string{`custom_attributes.number: 7 → "7"`, `custom_attributes.tier: "pro" → 7`}},
		"numbers are floating point":            {user: fields{"custom_attributes": fields{"big": json.Number("9007199254740992"), "list": []any{1, fields{"a": 1}}}}, record: `{"email":"ann@example.com","custom_attributes":{"big":9007199254740993,"list":[1.0,{"a":1e0}]}}`},
		"lists have an order":                   {user: fields{"custom_attributes": fields{"list": []any{1, 2}}}, record: `{"email":"ann@example.com","custom_attributes":{"list":[2,1]}}`, changes: []string{`custom_attributes.list: [1,2] → [2,1]`}},
		"a list is no text":                     {user: fields{"custom_attributes": fields{"list": "x"}}, record: `{"email":"ann@example.com","custom_attributes":{"list":["x"]}}`, changes: []string{`custom_attributes.list: "x" → ["x"]`}},
		"roles are replaced":                    {record: `{"email":"ann@example.com","roles":["editor","guest"]}`, changes: []string{`roles: admin;editor → editor;guest`}},
		"roles are removed, groups come":        {user: fields{"groups": nil}, record: `{"email":"ann@example.com","roles":[],"groups":["b","a"]}`, changes: []string{`roles: admin;editor → nothing`, `groups: nothing → a;b`}},
		"long values are shown in short":        {record: `{"email":"ann@example.com","name":"` + strings.Repeat("x", 500) + `"}`, changes: []string{`name: "Ann Example" → "` + strings.Repeat("x", 39) + `…"`}},
		"values are shown without line breaks":  {record: `{"email":"ann@example.com","name":"A\nB"}`, changes: []string{`name: "Ann Example" → "A\nB"`}},
		"the password is not for ann":           {record: `{"email":"ann@example.com","password":{"type":"bcrypt","password_hash":"$2a$10$secret"}}`, notes: []string{"the password is ignored: the user exists"}},
		"second factors cannot be compared":     {record: `{"email":"ann@example.com","mfa":{"email":"ann@example.com"}}`, unreadable: "a second factor"},
		"some second factors are not for ann":   {record: `{"email":"ann@example.com","mfa":{"totp":{"secret":"S"},"password":{"type":"bcrypt","password_hash":"$2a$"}}}`, unreadable: "a second factor", notes: []string{"mfa.password is ignored: the user exists", "mfa.totp is ignored: the user exists"}},
		"nobody comes back from being nobody":   {user: fields{"is_anonymized": true}, record: `{"email":"ann@example.com","name":"B"}`, refusal: "the user has been anonymised"},
		"the identifier is sent as Authgear's":  {record: `{"email":"ANN@example.com"}`, sent: `{"email":"ann@example.com"}`},
		"however Authgear has it":               {user: fields{"identities": []any{loginID("email", "email", "email", "Ann@example.com")}}, record: `{"email":"ann@EXAMPLE.com"}`, sent: `{"email":"Ann@example.com"}`},
		"where Authgear overlooks more":         {user: fields{"identities": []any{loginID("email", "email", "email", "ab@example.com")}}, record: `{"email":"a.b@example.com","nickname":"A"}`, sent: `{"email":"ab@example.com","nickname":"A"}`},
		"but not where there are two":           {user: fields{"identities": []any{loginID("email", "email", "email", "ab@example.com"), loginID("email", "email", "email", "c@example.com")}}, record: `{"email":"a.b@example.com"}`, ineffective: []string{`email: nothing → "a.b@example.com"`}, notes: []string{`email: nothing → "a.b@example.com" has no effect: an import only finds users by it`}, refusal: "the user has no email, or several, by which Authgear would find the row's user"},
		"one of two":                            {user: fields{"identities": []any{annsEmail, loginID("email", "email", "email", "c@example.com")}}, record: `{"email":"C@example.com"}`, sent: `{"email":"c@example.com"}`},
		"the identifier is nowhere":             {user: fields{"identities": nil}, record: `{"email":"ann@example.com"}`, ineffective: []string{`email: nothing → "ann@example.com"`}, notes: []string{`email: nothing → "ann@example.com" has no effect: an import only finds users by it`}, refusal: "the user has no email, or several, by which Authgear would find the row's user"},
		"both a login ID and an account":        {user: fields{"identities": []any{annsEmail, oauth("ann@example.com")}}, record: `{"email":"ann@example.com"}`, refusal: "the user has this email both as a login ID and by an account of an identity provider, and Authgear imports no record that it finds two identities for: match by another --identifier and leave this column out, or unlink one of the two in the portal"},
		"an account that is written otherwise":  {user: fields{"identities": []any{oauth("ANN@example.com"), annsEmail}}, record: `{"email":"Ann@example.com"}`, sent: `{"email":"ann@example.com"}`},
		"an account alone":                      {user: fields{"identities": []any{oauth("ann@example.com"), annsPhone}}, record: `{"email":"ANN@example.com","name":"B"}`, sent: `{"email":"ann@example.com","name":"B"}`, changes: []string{`name: "Ann Example" → "B"`}, notes: []string{"the user has this email by an account of an identity provider, not as a login ID of the import's kind"}},
		"by phone number":                       {by: userimport.Phone, record: `{"phone_number":"+85298765432","name":"B"}`, changes: []string{`name: "Ann Example" → "B"`}},
		"by username":                           {by: userimport.Username, record: `{"preferred_username":"ANN"}`, sent: `{"preferred_username":"ann"}`},
		"another login ID changes":              {record: `{"email":"ann@example.com","phone_number":"+85211111111"}`, changes: []string{`phone_number: "+85298765432" → "+85211111111"`}},
		"another login ID comes":                {user: fields{"identities": []any{annsEmail}}, record: `{"email":"ann@example.com","phone_number":"+85211111111"}`, changes: []string{`phone_number: nothing → "+85211111111"`}},
		"another login ID goes":                 {record: `{"email":"ann@example.com","phone_number":null,"preferred_username":null}`, changes: []string{`phone_number: "+85298765432" → nothing`, `preferred_username: "ann" → nothing`}},
		"another login ID was never there":      {user: fields{"identities": []any{annsEmail}}, record: `{"email":"ann@example.com","phone_number":null}`},
		"another login ID in another spelling":  {record: `{"email":"ann@example.com","preferred_username":"ANN"}`, sent: `{"email":"ann@example.com","preferred_username":"ann"}`},
		"another key is another login ID":       {by: userimport.Phone, user: fields{"identities": []any{annsPhone, loginID("work", "email", "email", "ann@example.com")}}, record: `{"phone_number":"+85298765432","email":"ann@example.com"}`, changes: []string{`email: nothing → "ann@example.com"`}},
		"another key cannot be removed":         {by: userimport.Phone, user: fields{"identities": []any{annsPhone, annsEmail, loginID("work", "email", "email", "w@example.com")}}, record: `{"phone_number":"+85298765432","email":null}`, changes: []string{`email: "ann@example.com" → nothing`}, ineffective: []string{`email: "w@example.com" → nothing`}, notes: []string{`email: "w@example.com" → nothing has no effect: it is not the user's login ID that an import can remove`}},
		"two of another kind":                   {user: fields{"identities": []any{annsEmail, annsPhone, loginID("phone", "phone", "phone_number", "+85222222222")}}, record: `{"email":"ann@example.com","phone_number":"+85211111111"}`, refusal: "the user has 2 login IDs of the kind phone_number, of which an import would have to change all", changes: nil},
		"one of two of another kind":            {user: fields{"identities": []any{annsEmail, annsPhone, loginID("phone", "phone", "phone_number", "+85222222222")}}, record: `{"email":"ann@example.com","phone_number":"+85222222222"}`, sent: `{"email":"ann@example.com"}`},
		"becomes verified":                      {user: fields{"verified_claims": nil}, record: `{"email":"ann@example.com","email_verified":true}`, changes: []string{`email_verified: false → true`}},
		"becomes unverified":                    {record: `{"email":"ANN@example.com","email_verified":false}`, sent: `{"email":"ann@example.com","email_verified":false}`, changes: []string{`email_verified: true → false`}},
		"another login ID becomes verified":     {record: `{"email":"ann@example.com","phone_number":"+85298765432","phone_number_verified":true}`, changes: []string{`phone_number_verified: false → true`}},
		"verified is one kind and not another":  {user: fields{"verified_claims": []any{fields{"name": "phone_number", "value": "ann@example.com"}}}, record: `{"email":"ann@example.com","email_verified":true}`, changes: []string{`email_verified: false → true`}},
		"a login ID beside an account":          {by: userimport.Phone, user: fields{"identities": []any{annsPhone, oauth("ann@example.com")}, "verified_claims": nil}, record: `{"phone_number":"+85298765432","email":"ann@example.com","email_verified":true}`, changes: []string{`email: nothing → "ann@example.com"`, `email_verified: false → true`}},
		"an account of a directory service":     {user: fields{"identities": []any{fields{"type": "ldap", "claims": fields{"email": "ann@example.com"}}}}, record: `{"email":"ann@example.com"}`, notes: []string{"the user has this email by an account of an identity provider, not as a login ID of the import's kind"}},
		"other identities do not count":         {user: fields{"identities": []any{annsEmail, fields{"type": "siwe", "claims": fields{"email": "ann@example.com"}}}}, record: `{"email":"ann@example.com"}`},
		"a new login ID becomes verified":       {record: `{"email":"ann@example.com","phone_number":"+85211111111","phone_number_verified":true}`, changes: []string{`phone_number: "+85298765432" → "+85211111111"`, `phone_number_verified: false → true`}},
		"a new login ID was not verified":       {record: `{"email":"ann@example.com","phone_number":"+85211111111","phone_number_verified":false}`, changes: []string{`phone_number: "+85298765432" → "+85211111111"`}},
		"verified only as Authgear writes it":   {by: userimport.Phone, record: `{"phone_number":"+85298765432","email":"New@example.com","email_verified":true}`, changes: []string{`email: "ann@example.com" → "New@example.com"`}, ineffective: []string{`email_verified: false → true`}, notes: []string{`email_verified: false → true has no effect: it counts only for a login ID that is written as Authgear keeps it, and the user has no such email`}},
		"verified without a login ID":           {by: userimport.Phone, record: `{"phone_number":"+85298765432","email_verified":false}`, ineffective: []string{`email_verified: true → false`}, notes: []string{`email_verified: true → false has no effect: give email in the same row`}},
		"verified and removed":                  {by: userimport.Phone, record: `{"phone_number":"+85298765432","email":null,"email_verified":true}`, changes: []string{`email: "ann@example.com" → nothing`}, ineffective: []string{`email_verified: false → true`}, notes: []string{`email_verified: false → true has no effect: the row removes the email`}},
		"not verified and removed":              {by: userimport.Phone, record: `{"phone_number":"+85298765432","email":null,"email_verified":false}`, sent: `{"phone_number":"+85298765432","email":null}`, changes: []string{`email: "ann@example.com" → nothing`}},
		"as verified as it is without login ID": {by: userimport.Phone, record: `{"phone_number":"+85298765432","email_verified":true}`, sent: `{"phone_number":"+85298765432"}`},
		"verified and several removed":          {user: fields{"identities": []any{annsEmail, annsPhone, loginID("phone", "phone", "phone_number", "+85222222222")}}, record: `{"email":"ann@example.com","phone_number":null,"phone_number_verified":false}`, sent: `{"email":"ann@example.com","phone_number":null}`, changes: []string{`phone_number: "+85298765432" → nothing`, `phone_number: "+85222222222" → nothing`}},
		"verified by the one that is meant":     {user: fields{"identities": []any{annsEmail, annsPhone, loginID("phone", "phone", "phone_number", "+85222222222")}, "verified_claims": []any{fields{"name": "phone_number", "value": "+85222222222"}}}, record: `{"email":"ann@example.com","phone_number":"+85222222222","phone_number_verified":true}`, sent: `{"email":"ann@example.com"}`},
		"verified by another than is meant":     {user: fields{"phone_number_verified": true, "identities": []any{annsEmail, annsPhone, loginID("phone", "phone", "phone_number", "+85222222222")}}, record: `{"email":"ann@example.com","phone_number":"+85222222222","phone_number_verified":true}`, sent: `{"email":"ann@example.com","phone_number_verified":true}`},
		"verified, one of several":              {user: fields{"identities": []any{annsEmail, annsPhone, loginID("phone", "phone", "phone_number", "+85222222222")}}, record: `{"email":"ann@example.com","phone_number":"+85222222222","phone_number_verified":true}`, sent: `{"email":"ann@example.com","phone_number_verified":true}`, ineffective: []string{`phone_number_verified: false → true`}, notes: []string{`phone_number_verified: false → true has no effect: the user has several login IDs of the kind phone_number, and an import sets none of them`}},
		"verified, in capitals":                 {record: `{"email":"ANN@Example.com","email_verified":true}`, sent: `{"email":"ann@example.com"}`},
		"verified, in capitals, by another":     {by: userimport.Phone, record: `{"phone_number":"+85298765432","email":"ANN@Example.com","email_verified":true}`, sent: `{"phone_number":"+85298765432","email":"ann@example.com"}`},
		"becomes unverified, in capitals":       {by: userimport.Phone, record: `{"phone_number":"+85298765432","email":"ANN@Example.com","email_verified":false}`, sent: `{"phone_number":"+85298765432","email":"ann@example.com","email_verified":false}`, changes: []string{`email_verified: true → false`}},
		"an account is not verified":            {user: fields{"identities": []any{oauth("ann@example.com")}, "verified_claims": nil}, record: `{"email":"ann@example.com","email_verified":true}`, ineffective: []string{`email_verified: false → true`}, notes: []string{"the user has this email by an account of an identity provider, not as a login ID of the import's kind", `email_verified: false → true has no effect: it counts only for a login ID that is written as Authgear keeps it, and the user has no such email`}},
		"an account is verified":                {user: fields{"identities": []any{oauth("Ann@example.com")}, "verified_claims": []any{fields{"name": "email", "value": "Ann@example.com"}}}, record: `{"email":"ann@example.com","email_verified":true}`, sent: `{"email":"Ann@example.com"}`, notes: []string{"the user has this email by an account of an identity provider, not as a login ID of the import's kind"}},
		"the account is disabled":               {record: `{"email":"ann@example.com","disabled":true}`, changes: []string{`disabled: false → true`}},
		"the account is enabled":                {user: fields{"disabled": true}, record: `{"email":"ann@example.com","disabled":false}`, changes: []string{`disabled: true → false`}},
		"disabled once is enough":               {user: fields{"disabled": true}, record: `{"email":"ann@example.com","disabled":true}`, sent: `{"email":"ann@example.com"}`},
		"disabled for a time":                   {user: fields{"disabled": true, "temporarily_disabled_from": "2026-01-01T00:00:00Z", "temporarily_disabled_until": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":true}`, changes: []string{`disabled: "until 2027-01-01T00:00:00Z" → true`}},
		"enabled before the time":               {user: fields{"disabled": true, "temporarily_disabled_from": "2026-01-01T00:00:00Z", "temporarily_disabled_until": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":false}`, changes: []string{`disabled: true → false`}},
		"due to be deleted":                     {user: fields{"disabled": true, "delete_at": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":false}`, ineffective: []string{`disabled: true → false`}, notes: []string{`disabled: true → false has no effect: the account is due to be deleted or anonymised`}},
		"due to be anonymised":                  {user: fields{"disabled": true, "anonymize_at": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":true}`, sent: `{"email":"ann@example.com"}`},
		"perhaps only out of its period":        {user: fields{"disabled": true, "account_valid_until": "2026-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":true}`, sent: `{"email":"ann@example.com"}`},
		"null leaves disabled alone":            {user: fields{"disabled": true}, record: `{"email":"ann@example.com","disabled":null}`, sent: `{"email":"ann@example.com"}`, ineffective: []string{`disabled: true → nothing`}, notes: []string{`disabled: true → nothing has no effect: an import cannot remove it; write false`}},
		"nothing beside its period":             {user: fields{"disabled": true, "account_valid_until": "2026-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":null}`},
		"perhaps not only out of its period":    {user: fields{"disabled": true, "account_valid_from": "2026-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":false}`, unreadable: "whether an account with a valid period is disabled besides"},
		"within its period":                     {user: fields{"account_valid_from": "2026-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":false}`, sent: `{"email":"ann@example.com"}`},
		"a period comes":                        {record: `{"email":"ann@example.com","account_valid_from":"2026-01-01T08:00:00+08:00"}`, changes: []string{`account_valid_from: nothing → "2026-01-01T08:00:00+08:00"`}},
		"a period changes":                      {user: fields{"account_valid_until": "2026-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","account_valid_until":"2026-01-01T00:00:01Z"}`, changes: []string{`account_valid_until: "2026-01-01T00:00:00Z" → "2026-01-01T00:00:01Z"`}},
		"a period that ends before it begins":   {user: fields{"account_valid_from": "2026-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","account_valid_until":"2026-01-01T00:00:00Z"}`, changes: []string{`account_valid_until: nothing → "2026-01-01T00:00:00Z"`}, refusal: "account_valid_until would not be after account_valid_from"},
		"a period less than disabled":           {user: fields{"temporarily_disabled_from": "2026-01-01T00:00:00Z", "temporarily_disabled_until": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","account_valid_until":"2027-01-01T00:00:00Z"}`, changes: []string{`account_valid_until: nothing → "2027-01-01T00:00:00Z"`}, refusal: "the account is disabled for a time that would not be within its valid period"},
		"a period that begins in disabled":      {user: fields{"temporarily_disabled_from": "2026-01-01T00:00:00Z", "temporarily_disabled_until": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","account_valid_from":"2026-01-01T00:00:00Z"}`, changes: []string{`account_valid_from: nothing → "2026-01-01T00:00:00Z"`}, refusal: "the account is disabled for a time that would not be within its valid period"},
		"a period that holds disabled":          {user: fields{"temporarily_disabled_from": "2026-01-01T00:00:00Z", "temporarily_disabled_until": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","account_valid_from":"2025-01-01T00:00:00Z","account_valid_until":"2028-01-01T00:00:00Z"}`, changes: []string{`account_valid_from: nothing → "2025-01-01T00:00:00Z"`, `account_valid_until: nothing → "2028-01-01T00:00:00Z"`}},
		"a period after disabled":               {user: fields{"disabled": true, "temporarily_disabled_from": "2026-01-01T00:00:00Z", "temporarily_disabled_until": "2027-01-01T00:00:00Z"}, record: `{"email":"ann@example.com","disabled":false,"account_valid_until":"2026-06-01T00:00:00Z"}`, changes: []string{`disabled: true → false`, `account_valid_until: nothing → "2026-06-01T00:00:00Z"`}},
		"a period in another zone":              {user: fields{"account_valid_until": "2026-01-01T00:00:00.123457Z"}, record: `{"email":"ann@example.com","account_valid_until":"2026-01-01T08:00:00.1234567+08:00"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user, record := userOf(t, ann, test.user), recordOf(t, test.record)
			by := test.by
			if by == "" {
				by = userimport.Email
			}
			respelled := userimport.Respelled(record, user, by)
			effect := userimport.EffectAt(respelled, user, by, time.Time{})
			compare := func(what string, want, got any) {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			compare("changes", test.changes, texts(effect.Changes))
			compare("ineffective", test.ineffective, texts(effect.Ineffective))
			compare("missing", append(test.changes, test.ineffective...), texts(effect.Missing()))
			var warnings, notes []string // what has no effect is to be looked at
			for _, note := range test.notes {
				if strings.Contains(note, "has no effect") {
					warnings = append(warnings, note)
				} else {
					notes = append(notes, note)
				}
			}
			compare("warnings", warnings, effect.Warnings)
			compare("notes", notes, effect.Notes)
			compare("unreadable", test.unreadable, effect.Unreadable)
			compare("refusal", test.refusal, effect.Refusal)
			sent := test.sent
			if sent == "" {
				sent = test.record
			}
			compare("sent", jsonOf(t, recordOf(t, sent)), jsonOf(t, respelled))
			compare("sent again", jsonOf(t, respelled), jsonOf(t, userimport.Respelled(respelled, user, by)))
			compare("record afterwards", recordOf(t, test.record), record)
		})
	}
}

// What a difference shows as JSON is for programs: whole values.
func TestDifferenceAsJSON(t *testing.T) {
	t.Parallel()
	record := recordOf(t, `{"email":"ann@example.com","name":"`+strings.Repeat("x", 50)+`","nickname":null,"roles":["b","a"],"custom_attributes":{"number":8}}`)
	got, err := json.Marshal(userimport.EffectAt(record, userOf(t, ann, nil), userimport.Email, time.Time{}).Changes)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"field":"name","old":"Ann Example","new":"` + strings.Repeat("x", 50) + `"},` +
		`{"field":"nickname","old":"A","new":null},` +
		`{"field":"custom_attributes.number","old":7,"new":8},` +
		`{"field":"roles","old":["admin","editor"],"new":["a","b"]}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestForNewUser(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`{"email":"a@example.com","email_verified":true,"disabled":true,"roles":[],"custom_attributes":{"x":null,"y":false}}`: `{"email":"a@example.com","email_verified":true,"disabled":true,"roles":[],"custom_attributes":{"x":null,"y":false}}`,
		`{"email":"a@example.com","email_verified":false,"phone_number_verified":false,"disabled":false}`:                     `{"email":"a@example.com"}`,
		`{"email":"a@example.com","phone_number":null,"name":null,"address":null}`:                                            `{"email":"a@example.com"}`,
		`{"email":"a@example.com","address":{"country":null},"disabled":null,"account_valid_from":null}`:                      `{"email":"a@example.com"}`,
		`{"email":"a@example.com","address":{"country":"HK","region":null}}`:                                                  `{"email":"a@example.com","address":{"country":"HK"}}`,
		`{"email":"a@example.com","mfa":{"email":null,"phone_number":null}}`:                                                  `{"email":"a@example.com"}`,
		`{"email":"a@example.com","mfa":{"email":null,"totp":{"secret":"S"}}}`:                                                `{"email":"a@example.com","mfa":{"totp":{"secret":"S"}}}`,
	}
	for given, want := range tests {
		record := recordOf(t, given)
		if diff := cmp.Diff(jsonOf(t, recordOf(t, want)), jsonOf(t, record.ForNewUser())); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(recordOf(t, given), record); diff != "" {
			t.Errorf("the record was changed: %s", diff)
		}
	}
}

// Whatever a user has, a record of just that changes nothing.
func TestWhatAUserHasIsNoDifference(t *testing.T) {
	t.Parallel()
	readable := []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website",
		"gender", "birthdate", "zoneinfo", "locale", "address", "custom_attributes", "roles", "groups",
		"account_valid_from", "account_valid_until",
	}
	set := usersync.FieldsNamed(readable)
	rapid.Check(t, func(t *rapid.T) {
		user := usertest.User(set).Draw(t, "user")
		data, err := user.AppendJSON(nil, set.All())
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		var record userimport.Record
		if err := decoder.Decode(&record); err != nil {
			t.Fatal(err)
		}
		if got := userimport.EffectAt(record, user, userimport.Email, time.Time{}).Changes; len(got) > 0 {
			t.Fatalf("%v", got)
		}
	})
}

// A record that created somebody is as it was sent, however its login IDs are
// written and whatever it would remove.
func TestWhoWasCreatedIsNoDifference(t *testing.T) {
	t.Parallel()
	record := recordOf(t, `{"email":"ANN@Example.com","email_verified":true,"phone_number":"+85298765432","phone_number_verified":null,"preferred_username":"ANN",
		"disabled":false,"account_valid_from":null,"address":{"country":"HK","region":null},"nickname":null}`)
	user := userOf(t, ann, fields{"nickname": nil, "address": fields{"country": "HK"}})
	if missing := userimport.EffectAt(record.ForNewUser(), user, userimport.Email, time.Time{}).Missing(); len(missing) > 0 {
		t.Errorf("missing is %v", texts(missing))
	}
}
