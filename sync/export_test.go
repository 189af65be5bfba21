package usersync_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

func TestUsersComeBackFromExportsOfObjects(t *testing.T) {
	t.Parallel()
	set := usersync.AllFields()
	rapid.Check(t, func(t *rapid.T) {
		record := usersync.Record{User: usertest.Wild(set).Draw(t, "user")}
		if rapid.Bool().Draw(t, "gone") {
			record.DeletedAt = usertest.Time().Draw(t, "deleted at")
		}
		line, err := record.AppendExport(nil, set, rapid.Bool().Draw(t, "explicit"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(line, "\n\r") {
			t.Fatalf("more than one line: %q", line)
		}
		back, err := usersync.ParseExport(line)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if usersync.FingerprintOf(record.User, set) != usersync.FingerprintOf(back.User, set) || !back.DeletedAt.Equal(record.DeletedAt) {
			t.Fatalf("read back as another user: %s", line)
		}
	})
}

func TestExportsLeaveOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	u := usersync.NewUser(usersync.ID{1})
	u.Set(field(t, "email"), "ann@example.com")
	set := usersync.FieldsNamed([]string{"email", "name", "address", "roles", "disabled", "created_at", "passkey_count"})
	for explicit, want := range map[bool]string{
		false: `{"sub":"01000000-0000-0000-0000-000000000000","email":"ann@example.com","disabled":false,"passkey_count":0}`,
		true:  `{"sub":"01000000-0000-0000-0000-000000000000","email":"ann@example.com","name":null,"address":{},"roles":[],"disabled":false,"created_at":null,"passkey_count":0}`,
	} {
		line, err := usersync.Record{User: u}.AppendExport(nil, set, explicit)
		if err != nil || string(line) != want {
			t.Errorf("got %s, %v\nwant %s", line, err, want)
		}
	}
}

func TestExportKeys(t *testing.T) {
	t.Parallel()
	keys, null, err := usersync.ExportKeys([]byte(`{"sub":"x","email":"a","custom_attributes":{"k":null},"mfa":{},"shoe_size":null}`))
	if err != nil || null || !slices.Equal(keys.Names(), []string{"email", "custom_attributes"}) {
		t.Errorf("got %v, %v, %v", keys.Names(), null, err)
	}
	if _, null, err = usersync.ExportKeys([]byte(`{"name": null}`)); err != nil || !null {
		t.Errorf("got %v, %v", null, err)
	}
}

func TestParseExportNamesTheKeyAndNotTheValue(t *testing.T) {
	t.Parallel()
	const sub = `"sub":"00000000-0000-4000-8000-000000000001"`
	for line, want := range map[string]string{
		`secret`:                                            "not one JSON object",
		`null`:                                              "not one JSON object",
		`[1]`:                                               "not one JSON object",
		`{` + sub + `} {}`:                                  "not one JSON object",
		"{" + sub + ",\"name\":\"s\xe9cret\"}":              "not UTF-8",
		`{"email":"secret"}`:                                "no sub",
		`{"sub":"secret"}`:                                  "sub: not a UUID",
		`{` + sub + `,"shoe_size":7}`:                       `"shoe_size": not one of the keys of Authgear's exports or usersync's`,
		`{` + sub + `,"email":7}`:                           `"email": not the JSON of a string`,
		`{` + sub + `,"disabled":"secret"}`:                 `"disabled": not the JSON of a bool`,
		`{` + sub + `,"created_at":"secret"}`:               `"created_at": not the JSON of a Time`,
		`{` + sub + `,"_deleted_at":"secret"}`:              `"_deleted_at": not a time like 2026-01-02T15:04:05Z`,
		`{` + sub + `,"address":{"planet":"x"}}`:            `"address": unknown key "planet"`,
		`{` + sub + `,"address":{"country":7}}`:             `"address": key country: not a text`,
		`{` + sub + `,"` + strings.Repeat("k", 70) + `":1}`: `"` + strings.Repeat("k", 60) + `…": not one of the keys of Authgear's exports or usersync's`,
	} {
		if _, err := usersync.ParseExport([]byte(line)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}

func TestParseExportTakesOtherSpellings(t *testing.T) {
	t.Parallel()
	record, err := usersync.ParseExport([]byte(` { "sub":"00000000-0000-4000-8000-000000000001", "created_at":"2026-01-02T03:04:05.000006+00:00",
		"address":{"country":"HK","region":""}, "mfa":{"totps":[{"secret":"x"}]}, "name":null, "custom_attributes":{"big":9007199254740993,"none":null} } `))
	if err != nil {
		t.Fatal(err)
	}
	u := record.User
	if at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC); u.Get(field(t, "created_at")) != at {
		t.Errorf("created at %v", u.Get(field(t, "created_at")))
	}
	if address := u.Get(field(t, "address")).(map[string]any); len(address) != 1 {
		t.Errorf("address %v", address)
	}
	custom := u.Get(field(t, "custom_attributes")).(map[string]any)
	if custom["big"] != json.Number("9007199254740993") || len(custom) != 2 {
		t.Errorf("attributes %v", custom)
	}
	if u.Has(field(t, "name")) || u.Has(field(t, "other_attributes")) {
		t.Error("there are values that nobody gave")
	}
}

func TestLoggedChangesAreWritten(t *testing.T) {
	t.Parallel()
	change := &usersync.LoggedChange{
		Op: "update", ID: usersync.ID{1}, Fields: []string{"name"},
		Before: json.RawMessage(`{"name": "Ann, <A>"}`), After: json.RawMessage(`{"name": 9007199254740993}`),
		At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), RunID: "run",
	}
	cells, err := change.Cells()
	want := []string{"update", change.ID.String(), `["name"]`, `{"name":"Ann, <A>"}`, `{"name":9007199254740993}`, "2026-01-02T02:04:05Z", "run"}
	if err != nil || !slices.Equal(cells, want) {
		t.Errorf("got %q, %v", cells, err)
	}
	line, err := change.AppendLine(nil)
	if wantLine := `{"op":"update","sub":"` + change.ID.String() + `","fields":["name"],"before":{"name":"Ann, <A>"},"after":{"name":9007199254740993},"at":"2026-01-02T02:04:05Z","run":"run"}`; err != nil || string(line) != wantLine {
		t.Errorf("got %s, %v", line, err)
	}
	bare := &usersync.LoggedChange{Op: "delete"}
	if cells, err = bare.Cells(); err != nil || cells[2] != "[]" || cells[3] != "" || cells[4] != "" {
		t.Errorf("got %q, %v", cells, err)
	}
	if line, err = bare.AppendLine(nil); err != nil || !strings.Contains(string(line), `"fields":[],"before":null,"after":null`) {
		t.Errorf("got %s, %v", line, err)
	}
}
