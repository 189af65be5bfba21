package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/sink/importreport"
	"usersync/source/table"
	"usersync/sync/userimport"
)

// TestRepeatedSettings add to each other as flags, have a line each in the
// environment, and are a list in the file.
func TestRepeatedSettings(t *testing.T) {
	t.Parallel()
	want := []string{"E-Mail, private=email", "a=b=name"}
	list := writeFile(t, "usersync.yaml", "map: [\"E-Mail, private=email\", a=b=name]\n")
	for name, given := range map[string][2][]string{
		"flags":       {nil, {"--map", want[0], "--map=" + want[1]}},
		"environment": {{"USERSYNC_MAP=" + strings.Join(want, "\n") + "\n"}, nil},
		"file":        {nil, {"--config", list}},
	} {
		a, cmd := parsed(t, "import", given[0], given[1])
		if err := a.resolve(cmd); err != nil {
			t.Fatal(err)
		}
		value, is := settingNamed(t, a, cmd, "map").value.(*repeated)
		if !is || !slices.Equal(*value.target, want) {
			t.Errorf("by %s: %v", name, value)
		}
	}
}

func TestPairs(t *testing.T) {
	t.Parallel()
	o := importOptions{mapped: []string{"a=b=name", "E-Mail=email"}, set: []string{"name=a=b", "locale="}}
	config, err := o.mapping()
	if err != nil {
		t.Fatal(err)
	}
	want := userimport.MappingConfig{Map: map[string]string{"a=b": "name", "E-Mail": "email"}, Set: map[string]string{"name": "a=b", "locale": ""}}
	if difference := cmp.Diff(want, config); difference != "" {
		t.Error(difference)
	}
	for want, o := range map[string]importOptions{
		"--map is to be of the form COLUMN=FIELD":                              {mapped: []string{"email"}},
		"--set is to be of the form FIELD=VALUE":                               {set: []string{"=hush"}},
		`--map is given twice for "a"`:                                         {mapped: []string{"a=email", "a=name"}},
		`--set is given twice for "password_hash". Leave one of them out`:      {set: []string{"password_hash=hush", "password_hash=hush"}},
		"--set is to be of the form FIELD=VALUE, and one has no = behind a na": {set: []string{"hush"}},
	} {
		_, err := o.mapping()
		if !isError[*usageError](err) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestDecisiveOptions: whatever order they were given in, and without secrets.
func TestDecisiveOptions(t *testing.T) {
	t.Parallel()
	const hash = "$2b$12$EXAMPLEEXAMPLEEXAMPLE.EXAMPLEEXAMPLEEXAMPLEEXAMPLE.00"
	o := importOptions{
		empty: "null", upsert: true, allowUnknown: true, preset: "clerk", region: "hk", ignore: []string{"y", "x", "y"},
		set: []string{"password_hash=" + hash, "email_verified=true"}, mapped: []string{"it's=email"},
	}
	config, err := o.mapping()
	if err != nil {
		t.Fatal(err)
	}
	got := o.decisive(&config)
	want := []string{
		"--allow-unknown-attributes", "--default-region HK", "--empty null", "--ignore-column x", "--ignore-column y",
		`--map 'it'\''s=email'`, "--preset clerk", "--set 'email_verified=true'",
		"--set 'password_hash=(a secret with the digest " + userimport.DigestOf([]byte(hash)).String() + ")'", "--upsert",
	}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Error(difference)
	}
}

// TestSecretsOfDecisiveOptions: however their fields are spelled.
func TestSecretsOfDecisiveOptions(t *testing.T) {
	t.Parallel()
	const secret = "$2b$12$EXAMPLEEXAMPLEEXAMPLE.EXAMPLEEXAMPLEEXAMPLEEXAMPLE.00"
	for _, spelled := range []string{"password_hash", "Password-Hash", "passwordHash", "Pass word.Password Hash", "MFA.Totp.Secret", "m-f-a.password_hash", "unheard of"} {
		o := importOptions{empty: "keep", set: []string{spelled + "=" + secret}}
		config, err := o.mapping()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(o.decisive(&config), " ")
		if strings.Contains(got, "EXAMPLE") || !strings.Contains(got, userimport.DigestOf([]byte(secret)).String()) {
			t.Errorf("%s: %s", spelled, got)
		}
	}
	o := importOptions{empty: "keep", set: []string{"E-mail Verified=true"}, mapped: []string{"Points=Custom-Attributes.Points:number", "Mail=E-Mail"}}
	config, err := o.mapping()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"--empty keep", "--map 'Mail=email'", "--map 'Points=custom_attributes.Points:number'", "--set 'email_verified=true'"}
	if difference := cmp.Diff(want, o.decisive(&config)); difference != "" {
		t.Error(difference)
	}
}

func TestDelimiter(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]rune{"": 0, ";": ';', "tab": '\t', "\t": '\t', `\t`: '\t', "^": '^'} {
		o := importOptions{delimiter: given}
		if got, err := o.tableOptions(); err != nil || got.Delimiter != want {
			t.Errorf("%q: %q, %v", given, got.Delimiter, err)
		}
	}
	for _, given := range []string{";;", "\"", "\n", "é", "comma"} {
		o := importOptions{delimiter: given}
		if got, err := o.tableOptions(); !isError[*usageError](err) {
			t.Errorf("%q: %q, %v", given, got.Delimiter, err)
		}
	}
}

func TestImportPlaces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		o      importOptions
		format table.Format
		want   importPlaces
	}{
		{"CSV", importOptions{}, table.CSV, importPlaces{
			"f.gz.results.csv", importreport.Rejects{Path: "f.gz.rejects.csv", Reasons: "f.gz.rejects.txt"}, "f.gz.import",
		}},
		{"JSON", importOptions{}, table.JSON, importPlaces{
			"f.gz.results.csv", importreport.Rejects{Path: "f.gz.rejects.ndjson", Reasons: "f.gz.rejects.txt"}, "f.gz.import",
		}},
		{"given", importOptions{results: "r", rejects: "bad.txt", journal: "j"}, table.NDJSON, importPlaces{
			"r", importreport.Rejects{Path: "bad.txt", Reasons: "bad.txt.txt"}, "j",
		}},
		{"dry run", importOptions{dryRun: true}, table.CSV, importPlaces{}},
		{"dry run that is to write", importOptions{dryRun: true, rejects: "bad", journal: "j"}, table.CSV, importPlaces{
			rejects: importreport.Rejects{Path: "bad", Reasons: "bad.txt"},
		}},
	}
	for _, test := range tests {
		if got := test.o.places("f.gz", test.format); got != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// TestNothingIsWrittenOver that is needed, by whatever name.
func TestNothingIsWrittenOver(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := writeFile(t, "users.csv", "email\n")
	in := func(name string) string { return filepath.Join(folder, name) }
	good := importPlaces{in("r.csv"), importreport.Rejects{Path: in("bad.csv"), Reasons: in("bad.txt")}, in("journal")}
	if err := good.check(file, ""); err != nil {
		t.Error(err)
	}
	change := func(edit func(*importPlaces)) *importPlaces {
		places := good
		edit(&places)
		return &places
	}
	for name, places := range map[string]*importPlaces{
		"the file": change(func(p *importPlaces) { p.results = file }),
		"the file by another name": change(func(p *importPlaces) {
			p.rejects.Path = filepath.Dir(file) + "/../" + filepath.Base(filepath.Dir(file)) + "/users.csv"
		}),
		"one of its own":               change(func(p *importPlaces) { p.results = p.rejects.Path }),
		"the reasons":                  change(func(p *importPlaces) { p.results = folder + "/./bad.txt" }),
		"a folder":                     change(func(p *importPlaces) { p.results = folder }),
		"a file as the journal":        change(func(p *importPlaces) { p.journal = file }),
		"a folder that is not there":   change(func(p *importPlaces) { p.results = in("no/r.csv") }),
		"the journal's folder":         change(func(p *importPlaces) { p.journal = in("no/journal") }),
		"rejects' folder is not there": change(func(p *importPlaces) { p.rejects.Path = in("no/bad.csv") }),
	} {
		if err := places.check(file, ""); !isError[*usageError](err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretColumns(t *testing.T) {
	t.Parallel()
	columns := []string{"E-Mail", "pw", "password_hash", "mfa.totp.secret", "hash tag", "old_password", "client_secret", "name", "mfa.email"}
	mapping, err := userimport.NewMapping(columns, userimport.MappingConfig{
		Identifier: userimport.Email, Map: map[string]string{"pw": "password_hash", "hash tag": "nickname"},
		Ignore: []string{"password_hash", "old_password", "client_secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	secret := secretColumns(mapping)
	for _, column := range columns {
		want := !slices.Contains([]string{"E-Mail", "hash tag", "name"}, column)
		if secret(column) != want {
			t.Errorf("%s is secret: %t", column, !want)
		}
	}
}
