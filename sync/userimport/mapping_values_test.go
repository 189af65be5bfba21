package userimport_test

import (
	"encoding/json"
	"strings"
	"testing"

	"usersync/sync/userimport"
)

const (
	bcryptHash = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
	argonHash  = "$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHRzYWx0$m7RQFczcKr5bIR0IIxbpO2P0tyrLjf3eUW3M3QSwnLc"
)

// Each is the value of one column beside an email address: what it becomes in
// the record, or the rule that it breaks and the hint.
var valueTests = []struct {
	column, value string // a value that begins with = is JSON
	want          string // the record's member as JSON; empty if it is refused
	rule, hint    string
}{
	{column: "phone_number", value: " +852 9876-5432 ", want: `"+85298765432"`},
	{column: "phone_number", value: "0912 345 678", rule: "with + and its country code", hint: "add --default-region"},
	{column: "phone_number", value: "0085298765432", rule: "with + and its country code", hint: "write +85298765432"},
	{column: "phone_number", value: "12345", rule: "with + and its country code"},
	{column: "phone_number", value: "+85212345", rule: "no such phone number"},
	{column: "phone_number", value: "+15550100000", rule: "no such phone number"},
	{column: "phone_number", value: "8.52988E+11", rule: "country code", hint: "a spreadsheet has rounded it"},
	{column: "phone_number", value: "+1 415 555 2671 ext. 5", rule: "country code", hint: "extensions cannot be kept"},
	{column: "phone_number", value: "=85298765432", rule: "a text is asked for", hint: "in quotes"},
	{column: "preferred_username", value: "  ann.example ", want: `"ann.example"`},
	{column: "preferred_username", value: "ann example", rule: "does not take, such as spaces"},
	{column: "preferred_username", value: "日本", want: `"日本"`, rule: "only letters of English"},
	{column: "preferred_username", value: strings.Repeat("a", 41), want: `"` + strings.Repeat("a", 41) + `"`, rule: "40 bytes"},
	{column: "email_verified", value: "Yes", want: "true"},
	{column: "email_verified", value: "=false", want: "false"},
	{column: "email_verified", value: " 0 ", want: "false"},
	{column: "email_verified", value: "T", want: "true"},
	{column: "email_verified", value: "verified", rule: "true or false"},
	{column: "name", value: " Ann ", want: `" Ann "`},
	{column: "name", value: "=7", rule: "a text is asked for"},
	{column: "name", value: "a\x00b", rule: "NUL"},
	{column: "website", value: " https://example.com ", want: `"https://example.com"`},
	{column: "website", value: "www.example.com/ann", rule: "a whole URL", hint: "write https://www.example.com/ann"},
	{column: "website", value: "https://example.com//ann", rule: "no URL with //"},
	{column: "profile", value: "ann", rule: "a whole URL", hint: "such as https://"},
	{column: "picture", value: "https://example.com/a.jpg?s=1", want: `"https://example.com/a.jpg?s=1"`},
	{column: "picture", value: "authgearimages:///app/a", want: `"authgearimages:///app/a"`},
	{column: "picture", value: "ftp://example.com/a.jpg", rule: "http or https"},
	{column: "picture", value: "data:image/png;base64,AAAA", rule: "a whole URL"},
	{column: "birthdate", value: "1990-12-31", want: `"1990-12-31"`},
	{column: "birthdate", value: "--12-31", want: `"--12-31"`},
	{column: "birthdate", value: "0000-02-29", want: `"0000-02-29"`},
	{column: "birthdate", value: "1990", want: `"1990"`},
	{column: "birthdate", value: "31/12/1990", rule: "YYYY-MM-DD", hint: "write 1990-12-31"},
	{column: "birthdate", value: "12/31/1990", rule: "YYYY-MM-DD", hint: "write 1990-12-31"},
	{column: "birthdate", value: "5/6/1990", rule: "YYYY-MM-DD", hint: "write 1990-06-05 if the day comes first, 1990-05-06 if the month does"},
	{column: "birthdate", value: "6.6.1990", rule: "YYYY-MM-DD", hint: "write 1990-06-06"},
	{column: "birthdate", value: "1990/1/2", rule: "YYYY-MM-DD", hint: "write 1990-01-02"},
	{column: "birthdate", value: "19901231", rule: "YYYY-MM-DD", hint: "write 1990-12-31"},
	{column: "birthdate", value: "1990-12-31T00:00:00Z", rule: "YYYY-MM-DD", hint: "write 1990-12-31"},
	{column: "birthdate", value: "31 Dec 1990", rule: "YYYY-MM-DD", hint: "write 1990-12-31"},
	{column: "birthdate", value: "1990-02-30", rule: "YYYY-MM-DD"},
	{column: "birthdate", value: "31/12/90", rule: "YYYY-MM-DD"},
	{column: "zoneinfo", value: "Asia/Hong_Kong", want: `"Asia/Hong_Kong"`},
	{column: "zoneinfo", value: "UTC", rule: "a time zone is a name", hint: "abbreviations are not taken"},
	{column: "zoneinfo", value: "Asia/Nowhere", rule: "a time zone is a name"},
	{column: "zoneinfo", value: "../etc/passwd", rule: "a time zone is a name"},
	{column: "locale", value: "zh-HK", want: `"zh-HK"`},
	{column: "locale", value: "en_us", want: `"en-US"`},
	{column: "locale", value: "iw", rule: "canonical", hint: "write he"},
	{column: "locale", value: "English", rule: "BCP 47"},
	{column: "address", value: `{"country":"HK","locality":"Central"}`, want: `{"country":"HK","locality":"Central"}`},
	{column: "address", value: `{"country":"HK","planet":"Earth"}`, rule: `address has no "planet"`, hint: "formatted, street_address"},
	{column: "address", value: `{"country":7}`, rule: "a text is asked for"},
	{column: "address", value: "1 Example Street", rule: "a JSON object"},
	{column: "roles", value: "editor; viewer;editor;", want: `["editor","viewer"]`},
	{column: "roles", value: `=["editor"]`, want: `["editor"]`},
	{column: "roles", value: `["editor"]`, want: `["editor"]`},
	{column: "roles", value: "=[]", want: `[]`},
	{column: "roles", value: " ; ", rule: "no key in it", hint: "write [] for none"},
	{column: "roles", value: `=[""]`, rule: "never empty"},
	{column: "roles", value: `=[7]`, rule: "keys are asked for"},
	{column: "roles", value: "edtor", rule: `no role "edtor"`, hint: "editor is nearest"},
	{column: "roles", value: "editor,viewer", rule: "no role", hint: "write ; between keys"},
	{column: "groups", value: "sales", want: `["sales"]`},
	{column: "groups", value: "editor", rule: `no group "editor"`, hint: "make it in Authgear first"},
	{column: "disabled", value: "1", want: "true"},
	{column: "account_valid_until", value: "2036-01-01T00:00:00+08:00", want: `"2036-01-01T00:00:00+08:00"`},
	{column: "account_valid_until", value: "2036-01-01", rule: "RFC 3339", hint: "write 2036-01-01T00:00:00Z"},
	{column: "account_valid_until", value: "2036-01-01 09:30", rule: "RFC 3339", hint: "write 2036-01-01T09:30:00Z if it is in UTC"},
	{column: "account_valid_until", value: "2036-01-01 09:30:00+08", rule: "RFC 3339", hint: "write 2036-01-01T09:30:00+08:00"},
	{column: "account_valid_until", value: "tomorrow", rule: "RFC 3339"},
	{column: "password_hash", value: " " + bcryptHash + " ", want: `{"password_hash":"` + bcryptHash + `","type":"bcrypt"}`},
	{column: "password_hash", value: strings.Replace(bcryptHash, "2a", "2y", 1), want: `{"password_hash":"` + strings.Replace(bcryptHash, "2a", "2y", 1) + `","type":"bcrypt"}`},
	{column: "password_hash", value: argonHash, rule: "a bcrypt hash", hint: "it looks like argon2"},
	{column: "password_hash", value: bcryptHash[:59], rule: "a bcrypt hash"},
	{column: "password_hash", value: strings.Replace(bcryptHash, "$10$", "$03$", 1), rule: "a bcrypt hash"},
	{column: "password_hash", value: "hunter2", rule: "a bcrypt hash"},
	{column: "password", value: `{"type":"bcrypt","password_hash":"` + bcryptHash + `","expire_after":"2027-01-01T00:00:00Z"}`, want: `{"expire_after":"2027-01-01T00:00:00Z","password_hash":"` + bcryptHash + `","type":"bcrypt"}`},
	{column: "password", value: `{"type":"md5","password_hash":"` + bcryptHash + `"}`, rule: "bcrypt alone"},
	{column: "password", value: `{"type":"bcrypt","salt":"x"}`, rule: `password has no "salt"`, hint: "type, password_hash, expire_after"},
	{column: "password", value: `{"type":"bcrypt"}`, want: "null"},
	{column: "password.expire_after", value: "2027-01-01T00:00:00Z", rule: "has no hash"},
	{column: "mfa.email", value: "ann2@example.com", want: `{"email":"ann2@example.com"}`},
	{column: "mfa.phone_number", value: "nope", rule: "with + and its country code", hint: "extensions"},
	{column: "mfa.phone_number", value: "0085298765432", rule: "with + and its country code"},
	{column: "mfa.password_hash", value: bcryptHash, want: `{"password":{"password_hash":"` + bcryptHash + `","type":"bcrypt"}}`},
	{column: "mfa.totp.secret", value: "gezd gnbv gy3t qojq", want: `{"totp":{"secret":"GEZDGNBVGY3TQOJQ"}}`},
	{column: "mfa.totp.secret", value: "hunter1", rule: "base32", hint: "digits 2 to 7"},
	{column: "mfa", value: `{"email":"ann2@example.com","totp":{"secret":"GEZDGNBVGY3TQOJQ"}}`, want: `{"email":"ann2@example.com","totp":{"secret":"GEZDGNBVGY3TQOJQ"}}`},
	{column: "mfa", value: `{"sms":true}`, rule: `mfa has no "sms"`, hint: "email, phone_number, password, password_hash, totp"},
	{column: "custom_attributes.tier", value: " pro ", want: `{"tier":" pro "}`},
	{column: "custom_attributes.tier", value: "7", want: `{"tier":"7"}`},
	{column: "custom_attributes.tier", value: "=7", rule: "a text is asked for"},
	{column: "custom_attributes.points", value: " 7.50 ", want: `{"points":7.50}`},
	{column: "custom_attributes.points", value: "=12345678901234567890", want: `{"points":12345678901234567890}`},
	{column: "custom_attributes.points", value: "1,234", rule: "a number", hint: "digits and a point"},
	{column: "custom_attributes.points", value: `"7"`, rule: "a number"},
	{column: "custom_attributes.either", value: "=[7]", rule: "a text is asked for"},
	{column: "name", value: "a\xffb", rule: "UTF-8"},
	{column: "custom_attributes.points:integer", value: "7.5", rule: "a whole number"},
	{column: "custom_attributes.points:number", value: "1e400", rule: "the number is too large", hint: "a text"},
	{column: "custom_attributes.points:number", value: "-1.7e308", want: `{"points":-1.7e308}`},
	{column: "custom_attributes.points:number", value: "1e-400", want: `{"points":1e-400}`},
	{column: "custom_attributes.points", value: "=-1e400", rule: "the number is too large"},
	{column: "custom_attributes.points:integer", value: strings.Repeat("9", 309), rule: "the number is too large"},
	{column: "custom_attributes.list", value: `=[1,{"a":1e400}]`, rule: "the number is too large"},
	{column: "custom_attributes.points:string", value: "1e400", want: `{"points":"1e400"}`},
	{column: "custom_attributes.member", value: "yes", want: `{"member":true}`},
	{column: "custom_attributes.either", value: "7", want: `{"either":"7"}`},
	{column: "custom_attributes.either", value: "=7", want: `{"either":7}`},
	{column: "custom_attributes.tiers", value: "pro", rule: "no user has a custom attribute", hint: "tier is nearest; if the project has it, add --allow-unknown-attributes"},
	{column: "password_hash", value: "5f4dcc3b5aa765d61d8327deb882cf99", rule: "a bcrypt hash", hint: "it looks like MD5, which Authgear does not take: leave the column out by --ignore-column, and those people set a new password"},
	{column: "password_hash", value: "0:xyz", rule: "a bcrypt hash", hint: "Authgear takes no other kind: leave the column out by --ignore-column"},
	{column: "custom_attributes", value: `{"tier":"pro","points":7}`, want: `{"points":7,"tier":"pro"}`},
	{column: "custom_attributes", value: `{"unheard_of":1}`, rule: "no user has a custom attribute"},
	{column: "custom_attributes", value: `{"tier":"a\u0000b"}`, rule: "NUL"},
	{column: "custom_attributes", value: "[]", rule: "a JSON object"},
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, test := range valueTests {
		t.Run(test.column+" "+test.value, func(t *testing.T) {
			t.Parallel()
			mapping := newMapping(t, []string{"email", test.column}, userimport.MappingConfig{})
			mapping.Know(userimport.Project{
				Roles: []string{"editor", "viewer"}, Groups: []string{"sales"},
				CustomAttributes: map[string]string{"tier": "string", "points": "number", "member": "boolean", "either": "string,number", "list": "array"},
			})
			row := cells("ann@example.com", test.value)
			if raw, isJSON := strings.CutPrefix(test.value, "="); isJSON {
				row.Values[1] = userimport.Value{JSON: json.RawMessage(raw)}
			}
			record, problems := mapping.Record(row)
			if userimport.Rejects(problems) != (test.want == "") {
				t.Fatalf("the verdict is wrong: %v", problems)
			}
			if test.rule == "" && len(problems) > 0 || test.rule != "" && len(problems) != 1 {
				t.Fatalf("problems are %v", problems)
			}
			if test.rule != "" {
				checkProblem(t, problems[0], test.column, test.rule, test.hint)
			}
			if test.want == "" {
				return
			}
			member, _, _ := strings.Cut(test.column, ".")
			if member == "password_hash" {
				member = "password"
			}
			got := recordJSON(t, userimport.Record{"": record[member]})
			if got != `{"":`+test.want+`}` {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func checkProblem(t *testing.T, problem userimport.Problem, column, rule, hint string) {
	t.Helper()
	if problem.Line != 7 || problem.Row != 3 {
		t.Errorf("it is told of row %d, line %d", problem.Row, problem.Line)
	}
	if problem.Column != "" && !strings.HasPrefix(problem.Column, column) {
		t.Errorf("it is told of the column %s", problem.Column)
	}
	isExact := column == "birthdate" || strings.HasPrefix(column, "mfa") && hint == ""
	if !strings.Contains(problem.Rule, rule) || !strings.Contains(problem.Hint, hint) || isExact && problem.Hint != hint {
		t.Errorf("it says %q, hint %q", problem.Rule, problem.Hint)
	}
	if secret := strings.HasPrefix(column, "mfa") || strings.HasPrefix(column, "password"); secret && problem.Value != "" {
		t.Errorf("it shows the secret %q", problem.Value)
	}
	if len([]rune(problem.Value)) > 40 {
		t.Errorf("it shows too much: %q", problem.Value)
	}
}

func TestEmailAddresses(t *testing.T) {
	t.Parallel()
	for value, hint := range map[string]string{
		" Ann@Example.COM ":       "",
		`"ann b"@example.com`:     "",
		"ann+x@example.co.uk":     "",
		"ann@bücher.example":      "",
		"Ann <ann@example.com>":   "write ann@example.com",
		`"Ann" <ann@example.com>`: "write ann@example.com",
		"<ann@example.com>":       "write ann@example.com",
		"ann":                     "such as",
		"ann@":                    "such as",
		"ann@example.com;b@c.org": "such as",
	} {
		mapping := newMapping(t, []string{"email"}, userimport.MappingConfig{})
		record, problems := mapping.Record(cells(value))
		if hint == "" {
			if len(problems) > 0 || record.LoginID(userimport.Email) != strings.TrimSpace(value) {
				t.Errorf("%q became %v, %v", value, record, problems)
			}
			continue
		}
		if len(problems) != 1 || !strings.Contains(problems[0].Hint, hint) || record.LoginID(userimport.Email) != "" {
			t.Errorf("%q became %v, %v", value, record, problems)
		}
	}
}

func TestDefaultRegion(t *testing.T) {
	t.Parallel()
	mapping := newMapping(t, []string{"phone"}, userimport.MappingConfig{
		Identifier: userimport.Phone, DefaultRegion: "tw", Map: map[string]string{"phone": "phone_number"},
	})
	for value, want := range map[string]string{
		"0912 345 678": "+886912345678", "(02) 2345-6789": "+886223456789", "+852 98765432": "+85298765432", "002 852 98765432": "+85298765432",
		"12": "",
	} {
		record, problems := mapping.Record(cells(value))
		if record.LoginID(userimport.Phone) != want || userimport.Rejects(problems) != (want == "") {
			t.Errorf("%q became %v, %v", value, record, problems)
		}
	}
}

func TestRowAsAWhole(t *testing.T) {
	t.Parallel()
	columns := []string{"email", "account_valid_from", "account_valid_until", "name", "address", "address.country"}
	mapping := newMapping(t, columns, userimport.MappingConfig{})
	const from, until = "2036-01-01T00:00:00Z", "2035-12-31T23:00:00-01:00"
	for rule, row := range map[string]userimport.Row{
		"the row has no email":   cells("  ", "", "", "Ann", "", ""),
		"is not before":          cells("ann@example.com", from, until, "", "", ""),
		"too large":              cells("ann@example.com", "", "", strings.Repeat("\x01", userimport.MaxRecord/6), "", ""),
		"is given twice":         cells("ann@example.com", "", "", "", `{"country":"HK"}`, "CN"),
		"an email address":       cells("ann", "", "", "", "", ""),
		"a JSON object is":       cells("ann@example.com", "", "", "", "[1]", ""),
		"address has no \"a\"":   cells("ann@example.com", "", "", "", `{"a":{"b":1}}`, ""),
		"a text is asked for":    cells("ann@example.com", "", "", "", `{"country":{"b":1}}`, ""),
		"a JSON object is asked": cells("ann@example.com", "", "", "", `{"country":`, ""),
	} {
		_, problems := mapping.Record(row)
		if len(problems) != 1 || !strings.Contains(problems[0].Rule, rule) || problems[0].Warning {
			t.Errorf("not %q but %v", rule, problems)
		}
	}
	if _, problems := mapping.Record(cells("ann@example.com", from, "2036-01-01T00:00:01Z", strings.Repeat("a", 100_000), "", "")); len(problems) > 0 {
		t.Errorf("a row that is right has %v", problems)
	}
}
