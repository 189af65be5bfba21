package emulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"usersync/adminapi/emulator"
)

// TestImportRecordRules sees what a record may hold; each refusal is told as
// "location kind".
func TestImportRecordRules(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	b.Project().SetCustomAttributes(map[string]emulator.CustomAttribute{
		"text": {Type: "string"}, "whole": {Type: "integer", Minimum: new(0.0), Maximum: new(10.0)}, "number": {Type: "number"},
		"phone": {Type: "phone_number"}, "mail": {Type: "email"}, "link": {Type: "url"}, "country": {Type: "country_code"},
	})
	custom := func(name string, value any) record { return record{"custom_attributes": record{name: value}} }
	for i, tt := range []struct {
		record record
		want   string
	}{
		{record{"name": ""}, "/name minLength"},
		{record{"name": 7}, "/name type"},
		{record{"email_verified": "true"}, "/email_verified type"},
		{record{"disabled": nil}, "/disabled type"},
		{record{"roles": nil}, "/roles type"},
		{record{"roles": []any{"admin", 7, ""}}, "/roles/1 type, /roles/2 minLength"},
		{record{"custom_attributes": nil}, "/custom_attributes type"},
		{record{"password": nil}, "/password type"},
		{record{"password": record{"type": "bcrypt"}}, "/password required"},
		{record{"mfa": record{"sms": true}}, "/mfa/sms "},
		{record{"mfa": record{"email": "x"}}, "/mfa/email format"},
		{record{"mfa": record{"totp": record{"secret": ""}}}, "/mfa/totp/secret minLength"},
		{record{"a/b~c": 1}, "/a~1b~0c "},
		{record{"account_valid_from": "2026-01-01"}, "/account_valid_from format"},
		{record{"account_valid_until": nil}, "/account_valid_until type"},
		{record{"address": record{"country": nil, "planet": "Earth"}}, "/address/country type"},
		{record{"address": "HK"}, "/address type"},
		{record{"birthdate": "1990-12-31"}, ""},
		{record{"birthdate": "1990"}, ""},
		{record{"birthdate": "1990-02-30"}, "/birthdate format"},
		{record{"zoneinfo": "Europe/Vienna"}, ""},
		{record{"zoneinfo": "UTC"}, "/zoneinfo format"},
		{record{"zoneinfo": "Europe/Atlantis"}, "/zoneinfo format"},
		{record{"locale": "pt-BR"}, ""},
		{record{"locale": "pt_BR"}, "/locale format"},
		{record{"locale": "not a tag"}, "/locale format"},
		{record{"website": "https://example.com/a?b=c"}, ""},
		{record{"website": "example.com"}, "/website format"},
		{record{"website": "https://example.com/a/../b"}, "/website format"},
		{record{"picture": "authgearimages:///a/b"}, ""},
		{record{"picture": "ftp://example.com/a"}, "/picture format"},
		{record{"phone_number": "+852 9876 5432"}, "/phone_number format"},
		{record{"phone_number": "+85211111111"}, "/phone_number format"},
		{custom("text", ""), "/text minLength"},
		{custom("text", "x"), ""},
		{custom("whole", 7.5), "/whole type"},
		{custom("whole", 7.0), ""},
		{custom("whole", 11), "/whole maximum"},
		{custom("whole", -1), "/whole minimum"},
		{custom("number", "7"), "/number type"},
		{custom("number", 7.5), ""},
		{custom("phone", "12"), "/phone format"},
		{custom("mail", "x"), "/mail format"},
		{custom("link", "x"), "/link format"},
		{custom("country", "hk"), "/country format"},
		{custom("country", "HK"), ""},
		{record{"nickname": "", "name": "", "nonsense": 1}, "/name minLength, /nickname minLength, /nonsense "},
	} {
		t.Run(fmt.Sprint(i, tt.want), func(t *testing.T) {
			t.Parallel()
			tt.record["email"] = fmt.Sprintf("rule%d@example.com", i)
			job := b.imports("email", false, tt.record)
			if got := causes(t, job); got != tt.want {
				t.Errorf("causes %q, want %q: %+v", got, tt.want, job.Details)
			}
			if failed := job.Summary.Failed == 1; failed != (tt.want != "") {
				t.Errorf("job %+v", job)
			}
		})
	}
}

// causes tells what is wrong with the only record of a job.
func causes(t *testing.T, job importJob) string {
	t.Helper()
	var all []string
	for _, e := range job.Details[0].Errors {
		for _, c := range e.Info["causes"].([]any) {
			all = append(all, fmt.Sprint(dig(t, c, "location"), " ", dig(t, c, "kind")))
		}
	}
	return strings.Join(all, ", ")
}

// TestImportHidesSecrets sees that no answer shows a secret again, in whatever
// form it came.
func TestImportHidesSecrets(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	const secret = "HUSHHUSH"
	job := b.begin("email", false,
		record{"email": "a@example.com", "password": secret, "mfa": secret},
		record{"email": "b@example.com", "password": record{"password_hash": secret}, "mfa": record{"password": secret, "totp": record{"secret": secret}}},
		record{"email": "c@example.com", "mfa": record{"password": record{"password_hash": secret}, "totp": []any{secret}}},
		record{"email": "d@example.com", "mfa": record{"totp": record{"secret": secret}}},
	)
	a, err := b.rest(http.MethodGet, importPath+"/"+job.ID, nil)
	must(t, err)
	if strings.Contains(string(a.body), secret) || !strings.Contains(string(a.body), "REDACTED") {
		t.Errorf("answer %s", a.body)
	}
	if got := b.look(job.ID).outcomes(); !slices.Equal(got, []string{"failed", "failed", "failed", "inserted"}) {
		t.Errorf("outcomes %v", got)
	}
}

// TestImportRequestRules sees what the whole body may be.
func TestImportRequestRules(t *testing.T) {
	t.Parallel()
	good := `{"identifier":"email","records":[{"email":"a@example.com"}]}`
	for name, tt := range map[string]struct {
		body, reason string
		status       int
	}{
		"good":                     {good, "", 200},
		"longest":                  {good + strings.Repeat(" ", 500_000-len(good)), "", 200},
		"too long":                 {good + strings.Repeat(" ", 500_001-len(good)), "JSONTooLarge", 413},
		"nothing":                  {"", "InvalidJSON", 400},
		"wrong syntax":             {`{identifier`, "InvalidJSON", 400},
		"something behind":         {good + "x", "InvalidJSON", 400},
		"list":                     {`[]`, "ValidationFailed", 400},
		"another field":            {`{"identifier":"email","records":[{}],"dry_run":true}`, "ValidationFailed", 400},
		"upsert as text":           {`{"identifier":"email","records":[{}],"upsert":"yes"}`, "ValidationFailed", 400},
		"record is no JSON object": {`{"identifier":"email","records":[null]}`, "ValidationFailed", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			a, err := b.rest(http.MethodPost, importPath, []byte(tt.body))
			must(t, err)
			if a.status != tt.status || errorReason(t, a) != tt.reason {
				t.Errorf("status %d: %s", a.status, a.body)
			}
			if made := b.Imports(); made.Posts != 1 || (made.Jobs == 1) != (tt.status == 200) {
				t.Errorf("stats %+v", made)
			}
		})
	}
}

func TestImportWantsTokenAndContentType(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tt := range []struct {
		method, authorization, contentType string
		want                               int
	}{
		{http.MethodPost, "", "application/json", http.StatusForbidden},
		{http.MethodGet, "", "", http.StatusForbidden},
		{http.MethodPost, b.lasting, "text/plain", http.StatusBadRequest},
		{http.MethodPost, b.lasting, "application/json; charset=latin1", http.StatusBadRequest},
		{http.MethodPost, b.lasting, "application/json; charset=UTF-8", http.StatusOK},
	} {
		path := importPath
		if tt.method == http.MethodGet {
			path += "/userimport_X"
		}
		r, err := http.NewRequestWithContext(t.Context(), tt.method, b.endpoint+path, strings.NewReader(`{"identifier":"email","records":[{"email":"a@example.com"}]}`))
		must(t, err)
		r.Header.Set("Authorization", tt.authorization)
		r.Header.Set("Content-Type", tt.contentType)
		a, err := b.do(r)
		must(t, err)
		if a.status != tt.want {
			t.Errorf("%+v: status %d: %s", tt, a.status, a.body)
		}
	}
}
