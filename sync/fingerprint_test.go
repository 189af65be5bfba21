package usersync_test

import (
	"encoding/json"
	"testing"
	"time"

	usersync "usersync/sync"
)

const ann = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

func fromJSON(t *testing.T, text string) *usersync.User {
	t.Helper()
	u, err := usersync.UserFromJSON([]byte(text), usersync.AllFields())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func field(t *testing.T, name string) *usersync.Field {
	t.Helper()
	f, found := usersync.AllFields().Lookup(name)
	if !found {
		t.Fatalf("there is no field %s", name)
	}
	return f
}

func fingerprint(t *testing.T, body string) usersync.Fingerprint {
	t.Helper()
	return usersync.FingerprintOf(fromJSON(t, `{"sub":"`+ann+`",`+body+`}`), usersync.AllFields())
}

func TestFingerprintIgnoresSpelling(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]string{
		"order of keys":          {`"custom_attributes":{"a":1,"b":{"c":2,"d":3}}`, `"custom_attributes":{"b":{"d":3,"c":2},"a":1}`},
		"number as fraction":     {`"custom_attributes":{"a":1}`, `"custom_attributes":{"a":1.0}`},
		"number with exponent":   {`"custom_attributes":{"a":1500}`, `"custom_attributes":{"a":1.5E+3}`},
		"negative exponent":      {`"custom_attributes":{"a":0.015}`, `"custom_attributes":{"a":15e-3}`},
		"zeros of zero":          {`"custom_attributes":{"a":0}`, `"custom_attributes":{"a":-0.00e7}`},
		"order of roles":         {`"roles":["admin","editor"]`, `"roles":["editor","admin"]`},
		"order of groups":        {`"groups":["hr","sales"]`, `"groups":["sales","hr"]`},
		"order of identities":    {`"identities":[{"type":"a"},{"type":"b"}]`, `"identities":[{"type":"b"},{"type":"a"}]`},
		"zone of times":          {`"created_at":"2026-01-02T03:04:05.6Z"`, `"created_at":"2026-01-02T11:04:05.600000+08:00"`},
		"below a microsecond":    {`"created_at":"2026-01-02T03:04:05.000001Z"`, `"created_at":"2026-01-02T03:04:05.000001999Z"`},
		"empty and none":         {`"email":""`, `"email":null`},
		"escapes":                {`"name":"é"`, `"name":"\u00e9"`},
		"no roles and none said": {`"roles":[]`, `"roles":null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if fingerprint(t, pair[0]) != fingerprint(t, pair[1]) {
				t.Errorf("%s and %s differ", pair[0], pair[1])
			}
		})
	}
}

func TestFingerprintSeesEverythingElse(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]string{
		"case":                      {`"email":"a@example.com"`, `"email":"A@example.com"`},
		"composition of letters":    {`"name":"é"`, `"name":"e\u0301"`},
		"field":                     {`"email":"x"`, `"name":"x"`},
		"boundary between values":   {`"name":"ab","given_name":"c"`, `"name":"a","given_name":"bc"`},
		"boundary between roles":    {`"roles":["a","bc"]`, `"roles":["ab","c"]`},
		"repeated role":             {`"roles":["a","a"]`, `"roles":["a"]`},
		"number and text":           {`"custom_attributes":{"a":1}`, `"custom_attributes":{"a":"1"}`},
		"null and absent":           {`"custom_attributes":{"a":null}`, `"custom_attributes":{"b":null}`},
		"null and false":            {`"custom_attributes":{"a":null}`, `"custom_attributes":{"a":false}`},
		"empty text in JSON":        {`"custom_attributes":{"a":""}`, `"custom_attributes":{"a":null}`},
		"empty list and object":     {`"custom_attributes":{"a":[]}`, `"custom_attributes":{"a":{}}`},
		"order of a list in JSON":   {`"custom_attributes":{"a":[1,2]}`, `"custom_attributes":{"a":[2,1]}`},
		"integers beyond 2^53":      {`"custom_attributes":{"a":9007199254740993}`, `"custom_attributes":{"a":9007199254740992}`},
		"sign":                      {`"custom_attributes":{"a":1}`, `"custom_attributes":{"a":-1}`},
		"power of ten":              {`"custom_attributes":{"a":1}`, `"custom_attributes":{"a":10}`},
		"power of a fraction":       {`"custom_attributes":{"a":0.1}`, `"custom_attributes":{"a":0.01}`},
		"beyond floating point":     {`"custom_attributes":{"a":1e400}`, `"custom_attributes":{"a":1e401}`},
		"absurd exponents":          {`"custom_attributes":{"a":1e99999999999}`, `"custom_attributes":{"a":1e99999999998}`},
		"a microsecond":             {`"created_at":"2026-01-02T03:04:05.000001Z"`, `"created_at":"2026-01-02T03:04:05.000002Z"`},
		"false and true":            {`"disabled":false`, `"disabled":true`},
		"a nested identity's claim": {`"identities":[{"type":"a","claims":{"email":"x"}}]`, `"identities":[{"type":"a","claims":{"email":"y"}}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if fingerprint(t, pair[0]) == fingerprint(t, pair[1]) {
				t.Errorf("%s and %s have one fingerprint", pair[0], pair[1])
			}
		})
	}
}

// The fingerprint is stored: changing how it is made must change its version.
func TestFingerprintVersion(t *testing.T) {
	t.Parallel()
	got := fingerprint(t, `"email":"ann@example.com","roles":["b","a"],"custom_attributes":{"n":1.50,"o":{"k":[true,null,"x"]}},
		"disabled":true,"created_at":"2026-01-02T03:04:05.000006Z","passkey_count":2`)
	const want = "02e8da856c3090bacea195eeebdbae5d"
	if text := hexOf(got); usersync.FingerprintVersion != 1 || text != want {
		t.Errorf("version %d makes %s, version 1 made %s: count the version up", usersync.FingerprintVersion, text, want)
	}
}

func TestFingerprintOfOtherFieldsOnly(t *testing.T) {
	t.Parallel()
	without, err := usersync.ParseFields([]string{"-email"})
	if err != nil {
		t.Fatal(err)
	}
	a := fromJSON(t, `{"sub":"`+ann+`","email":"a@example.com"}`)
	b := fromJSON(t, `{"sub":"`+ann+`","email":"b@example.com"}`)
	if usersync.FingerprintOf(a, without) != usersync.FingerprintOf(b, without) {
		t.Error("a field outside the set counts")
	}
	if usersync.FingerprintOf(a, without) != usersync.FingerprintOf(fromJSON(t, `{"sub":"`+ann+`"}`), usersync.AllFields()) {
		t.Error("a field without a value counts, so that a new one would make everybody look changed")
	}
}

func TestSetKeepsMicrosecondsInUTC(t *testing.T) {
	t.Parallel()
	u := fromJSON(t, `{"sub":"`+ann+`"}`)
	u.Set(field(t, "created_at"), time.Date(2026, 1, 2, 11, 4, 5, 6789, time.FixedZone("", 8*3600)))
	if got, want := u.Get(field(t, "created_at")), time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSetRefusesAnotherType(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a number was taken for an email address")
		}
	}()
	fromJSON(t, `{"sub":"`+ann+`"}`).Set(field(t, "email"), json.Number("1"))
}
