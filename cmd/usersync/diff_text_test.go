package main

import (
	"encoding/json"
	"strings"
	"testing"

	usersync "usersync/sync"
	"usersync/sync/userdiff"
)

// TestDiffText is what people read, with everything that can be in it.
func TestDiffText(t *testing.T) {
	t.Parallel()
	const header = "sub,email,name,disabled,roles,created_at,address.country,custom_attributes.member_id,custom_attributes.tier\n"
	row := func(id, rest string) string { return "00000000-0000-4000-8000-00000000000" + id + "," + rest + "\n" }
	a := writeFile(t, "a.csv", header+
		row("1", "ann@example.com,Ann,false,\"[\"\"x\"\"]\",2026-01-02T03:04:05Z,HK,M-1,")+
		row("2", "bob@example.com,Bob,true,,2026-01-02T03:04:05Z,,,")+
		row("3", "eve@example.com,\"E\x1b[2J\u202e\",false,,,,,")+
		row("4", ",nobody,,,,,,")+row("5", "twin@example.com,,,,,,,")+row("6", "twin@example.com,,,,,,,"))
	b := writeFile(t, "b.csv", header+
		row("1", "ann@example.com,\"Anne, the 2nd\",false,\"[\"\"x\"\",\"\"y\"\"]\",2026-01-02T03:04:06+00:00,GB,7,pro")+
		row("7", "bob@example.com,Bob,true,,2026-01-02T03:04:05Z,,,")+
		row("9", "new@example.com,New,false,,,,,"))
	text := ""
	for _, args := range []string{"", " --key email", " --key email --json", " --summary --fields name,custom_attributes.tier", " --summary --json"} {
		got := invoke(t, strings.Fields("diff "+a+" "+b+args)...)
		if got.code != exitDifferences {
			t.Fatalf("%+v", got)
		}
		_, logged, _ := strings.Cut(got.stderr, "level=")
		text += "usersync diff a.csv b.csv" + args + "\n\n" + got.stdout + logged + "\n"
	}
	c := writeFile(t, "c.csv", "sub,email,given_name,custom_attributes.tier\n"+row("1", "ann@example.com,Ann,"))
	text += "usersync diff a.csv c.csv --summary --ignore disabled\n\n" + invoke(t, "diff", a, c, "--summary", "--ignore", "disabled").stdout + "\n"
	same := invoke(t, "diff", a, a)
	if same.code != exitOK || invoke(t, "diff", a, a, "--quiet").stdout != "" {
		t.Errorf("%+v", same)
	}
	golden(t, "diff", strings.NewReplacer(a, "a.csv", b, "b.csv", c, "c.csv").Replace(text+"usersync diff a.csv a.csv\n\n"+same.stdout))
}

func TestDiffOnATerminal(t *testing.T) {
	t.Parallel()
	listing := &diffListing{width: 10, paint: true}
	text := listing.text(&userdiff.Difference{Op: usersync.Update, Fields: []userdiff.Change{
		{Name: "name", Old: json.RawMessage(`"a long name, old"`), New: json.RawMessage(`"a long name, new"`)},
		{Name: "x\x1b", New: json.RawMessage("true")},
	}})
	want := "\x1b[33mupdate\x1b[0m 00000000-0000-0000-0000-000000000000\n" +
		"    name     \x1b[31m…e, old\"\x1b[0m → \x1b[32m…e, new\"\x1b[0m\n" +
		"    x\\u001b  \x1b[31mnone\x1b[0m → \x1b[32mtrue\x1b[0m\n"
	if text != want {
		t.Errorf("got  %q\nwant %q", text, want)
	}
}
