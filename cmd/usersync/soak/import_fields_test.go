package soak_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// An importField is a field that tables of the test can have.
type importField struct {
	name      string
	spellings []string // of its column, besides the name
	often     int      // in how many of ten tables it is
	right     []cell
	wrong     []string // what every import refuses
	// nullable says that Authgear can remove it.
	nullable bool
}

const (
	tierless   = "gold" // what Authgear refuses by the project's configuration alone
	notYet     = "2091-01-01T00:00:00Z"
	bcryptHash = "$2b$10$EXAMPLEEXAMPLEEXAMPLE.EXAMPLEEXAMPLEEXAMPLEEXAMPLE.00"
)

func importFields() []importField {
	texts := func(values ...string) []cell {
		var cells []cell
		for _, value := range values {
			cells = append(cells, cell{kind: cellRight, text: value, means: value})
		}
		return cells
	}
	flags := []cell{
		{cellRight, "true", true, true}, {cellRight, "false", true, false}, {cellRight, "Yes", false, true}, {cellRight, "0", false, false},
	}
	keys := func(one, two string) []cell {
		return []cell{
			{cellRight, one, false, []string{one}},
			{cellRight, " " + two + " ; " + one + ";", false, []string{one, two}},
			{cellRight, `["` + two + `"]`, true, []string{two}},
			{cellRight, `[]`, true, []string{}},
		}
	}
	return []importField{
		{name: "email", spellings: []string{"E-Mail"}, often: 7, wrong: []string{"nobody", "Ann <ann@example.com>", "a b@example.com"}, nullable: true},
		{name: "phone_number", spellings: []string{"Phone Number"}, often: 5, wrong: []string{"0912", "+852 12", "8.52988E+11"}, nullable: true},
		{name: "preferred_username", spellings: []string{"preferred-username"}, often: 5, wrong: []string{"two words"}, nullable: true},
		{name: "email_verified", often: 4, right: flags, wrong: []string{"maybe"}},
		{name: "name", often: 6, right: texts("Ann", "Zoë  Ünal ", "He said \"no\", twice;\nthen\tleft", "=1+1"), nullable: true},
		{name: "nickname", often: 2, right: texts("陳大文", "  "), nullable: true},
		{name: "birthdate", often: 3, right: texts("1990-12-31", "2001-02-03"), wrong: []string{"31/12/1990", "1990-02-30"}, nullable: true},
		{name: "zoneinfo", often: 2, right: texts("Asia/Hong_Kong", "Europe/Berlin"), wrong: []string{"UTC+8", "Asia/Hongkong_"}, nullable: true},
		{
			name: "locale", often: 2, wrong: []string{"english please"}, nullable: true,
			right: []cell{{cellRight, "en", false, "en"}, {cellRight, "zh_hk", false, "zh-HK"}},
		},
		{name: "website", often: 2, right: texts("https://example.com/a", "http://example.com/b?c=d"), wrong: []string{"example.com"}, nullable: true},
		{name: "address.country", often: 3, right: texts("HK", "DE"), nullable: true},
		{name: "address.locality", often: 2, right: texts("Central", "Berlin"), nullable: true},
		{
			name: "custom_attributes.points", often: 4, wrong: []string{"many"}, nullable: true,
			right: []cell{{cellRight, "12.50", true, 12.5}, {cellRight, "7", false, 7.0}, {cellRight, "-1e3", true, -1000.0}},
		},
		{name: "custom_attributes.tier", often: 3, right: texts("free", "pro", "free", "pro", "free", "pro", "free", "pro", tierless), nullable: true},
		{name: "custom_attributes.note", often: 3, right: texts("1", "likes tea ", "null"), nullable: true},
		{name: "custom_attributes.ghost", often: 1, right: texts("boo"), nullable: true},
		{name: "roles", often: 4, right: keys("reader", "writer"), wrong: []string{"wizard", "reader,writer"}},
		{name: "groups", often: 3, right: keys("north", "south"), wrong: []string{"east"}},
		{name: "disabled", often: 3, right: flags, wrong: []string{"locked"}},
		{
			name: "account_valid_from", often: 2, wrong: []string{"1999-06-01", "soon"},
			right: []cell{{cellRight, "1999-06-01T08:00:00+08:00", false, "1999-06-01T00:00:00Z"}, {cellRight, notYet, false, notYet}},
		},
		{
			name: "account_valid_until", often: 2, wrong: []string{"2090-01-01 00:00:00"},
			right: []cell{{cellRight, "2090-01-01T00:00:00Z", false, "2090-01-01T00:00:00Z"}, {cellRight, "2095-01-01T00:00:00.5Z", false, "2095-01-01T00:00:00.5Z"}},
		},
		{name: "password_hash", often: 2, right: texts(bcryptHash), wrong: []string{"$argon2id$v=19$m=65536", "5f4dcc3b5aa765d61d8327deb882cf99"}},
		{
			name: "mfa.totp.secret", often: 1, wrong: []string{"not base32!"},
			right: []cell{{cellRight, "gezd gnbv gy3t qojq", false, "GEZDGNBVGY3TQOJQ"}},
		},
		{name: "mfa.email", often: 1, right: texts("second@example.com", "another@example.com"), wrong: []string{"second"}, nullable: true},
	}
}

// kept says whether a value of the field stands by itself, so that it can be
// changed by hand, and is then found to be another.
func (f *importField) kept() bool {
	group, _, _ := strings.Cut(f.name, ".")
	return !isLoginID(f.name) && !slices.Contains([]string{"email_verified", "password_hash", "mfa", "account_valid_from", "account_valid_until"}, group) &&
		f.name != "custom_attributes.ghost"
}

func fieldNamed(name string) importField {
	fields := importFields()
	return fields[slices.IndexFunc(fields, func(f importField) bool { return f.name == name })]
}

// drawPerson is somebody who is there already, by the same values.
func drawPerson(t *rapid.T, number int) person {
	p := newPerson()
	for _, kind := range []string{"email", "phone_number", "preferred_username"} {
		if rapid.IntRange(0, 9).Draw(t, "has "+kind) < 7 {
			p.Logins[kind] = loginIDOf(kind, number)
		}
	}
	if len(p.Logins) == 0 || rapid.IntRange(0, 9).Draw(t, "oauth") == 0 {
		p.OAuth = loginIDOf("email", number)
	}
	if email := p.Logins["email"]; email != "" && rapid.Bool().Draw(t, "verified") {
		p.verify("email", email, true)
	}
	said := make(map[string]any)
	for _, f := range importFields() {
		if !isLoginID(f.name) && f.name != "custom_attributes.ghost" && rapid.IntRange(0, 2).Draw(t, "has "+f.name) == 0 {
			said[f.name] = rapid.SampledFrom(f.right).Draw(t, "value").means
		}
	}
	maps.DeleteFunc(said, func(field string, value any) bool {
		return field == "email_verified" || value == tierless || value == notYet
	})
	p.set(said)
	p.setNew(said)
	if rapid.IntRange(0, 9).Draw(t, "scheduled") == 0 {
		p.Disabled, p.Scheduled = true, true
	}
	return *p
}
