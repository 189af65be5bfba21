package table_test

import (
	"encoding/json"
	"testing"

	"usersync/sync/userimport"
)

// TestObjectsBecomeRows whose lines are 0 where any two begin on one.
func TestObjectsBecomeRows(t *testing.T) {
	t.Parallel()
	type rows = [][]string
	for name, test := range map[string]struct {
		text    string
		columns []string
		cells   rows
		lines   []int
	}{
		"lines": {
			"{\"email\":\"a\",\"name\":\"A\"}\n\n {\"phone\":\"1\",\"email\":\"b\"} \r\n",
			[]string{"email", "name", "phone"},
			rows{{"a", "A", "-"}, {"b", "-", "1"}},
			[]int{1, 3},
		},
		"lines but for one": {"{\"a\":1}\n{\"a\":2}{\"a\":3}\n{\"a\":4}\n", []string{"a"}, rows{{"1"}, {"2"}, {"3"}, {"4"}}, []int{0, 0, 0, 0}},
		"no line ends":      {`{"a":1}{"a":2} {"a":3}`, []string{"a"}, rows{{"1"}, {"2"}, {"3"}}, []int{0, 0, 0}},
		"an array":          {`[{"a":1},{"a":2}]`, []string{"a"}, rows{{"1"}, {"2"}}, []int{0, 0}},
		"an array printed":  {"[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": [1,\n 2]\n  }\n]\n", []string{"a"}, rows{{"1"}, {"[1,2]"}}, []int{2, 5}},
		"objects printed":   {"{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", []string{"a"}, rows{{"1"}, {"2"}}, []int{1, 4}},
		"numbers as they are": {
			`{"a":1.0,"b":12345678901234567890,"c":1E+2,"d":-0}`,
			[]string{"a", "b", "c", "d"},
			rows{{"1.0", "12345678901234567890", "1E+2", "-0"}},
			[]int{1},
		},
		"nested": {
			`{"address":{"country":"HK","geo":{"lat":1.50}},"custom_attributes":{"member_id":"x"}}` + "\n" + `{"custom_attributes":{"vip":true}}`,
			[]string{"address.country", "address.geo.lat", "custom_attributes.member_id", "custom_attributes.vip"},
			rows{{"HK", "1.50", "x", "-"}, {"-", "-", "-", "true"}},
			[]int{1, 2},
		},
		"objects in custom attributes": {
			`{"custom_attributes":{"tags":{"a":1, "b":{"c":2}},"tier":"x"}}` + "\n" + `{"custom_attributes.tags":{"d":1}}` + "\n" + `{"Custom Attributes":{"tags":{}}}`,
			[]string{"custom_attributes.tags", "custom_attributes.tier", "Custom Attributes.tags"},
			rows{{`{"a":1,"b":{"c":2}}`, "x", "-"}, {`{"d":1}`, "-", "-"}, {"-", "-", "{}"}},
			[]int{1, 2, 3},
		},
		"dots and nesting are one": {`{"a.b":1}{"a":{"b":2}}`, []string{"a.b"}, rows{{"1"}, {"2"}}, []int{0, 0}},
		"an empty object says nothing": {
			`{"a":{},"b":1}{"a":{"x":{}}}{"a":{"x":{"y":1}}}`,
			[]string{"b", "a.x.y"},
			rows{{"1", "-"}, {"-", "-"}, {"-", "1"}},
			[]int{0, 0, 0},
		},
		"unless it is all there ever is": {`{"a":{ }}{"a":null}`, []string{"a"}, rows{{"{}"}, {"null"}}, []int{0, 0}},
		"null where things are nested": {
			`{"a":null,"b":1}{"a":{"x":{"y":1},"z":2}}{"a":{"x":null}}{"a":null,"a.z":3}`,
			[]string{"b", "a.x.y", "a.z"},
			rows{{"1", "null", "null"}, {"-", "1", "2"}, {"-", "null", "-"}, {"-", "null", "3"}},
			[]int{0, 0, 0, 0},
		},
		"both a value and nested": {
			`{"a":"Main St"}{"a":{"x":1}}{"a":null}{"a":{}}`,
			[]string{"a", "a.x"},
			rows{{"Main St", "-"}, {"-", "1"}, {"null", "-"}, {"{}", "-"}},
			[]int{0, 0, 0, 0},
		},
		"arrays as JSON": {
			`{"roles":[ "a,b" , {"x": 1.0} ],"groups":[]}`,
			[]string{"roles", "groups"},
			rows{{`["a,b",{"x":1.0}]`, `[]`}},
			[]int{1},
		},
		"escapes": {
			`{"\u0061\"":"\"\\\/\b\f\n\r\t\u00e9\ud83d\uDC22é\ufffd\uFEFF"}`,
			[]string{`a"`},
			rows{{"\"\\/\b\f\n\r\té🐢é\ufffd\ufeff"}},
			[]int{1},
		},
		"braces in texts": {`{"a}":"{[\"}\\"}`, []string{"a}"}, rows{{`{["}\`}}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{test.text, utf16BE(test.text), gzipped(test.text)} {
				got, err := read(t.Context(), file(t, "users.json", text))
				if err != nil {
					t.Fatal(err)
				}
				compare(t, got.Columns, test.columns)
				compare(t, got.cells(), test.cells)
				compare(t, got.lines(), test.lines)
			}
		})
	}
}

// What is empty, null or absent stays apart, and texts are no JSON.
func TestValuesOfJSONKeepTheirKind(t *testing.T) {
	t.Parallel()
	const text = `{"a":"","b":null,"c":"1","d":1,"e":false,"f":[]}`
	got, err := read(t.Context(), file(t, "users.ndjson", text+"\n{}"))
	if err != nil {
		t.Fatal(err)
	}
	raw := func(s string) userimport.Value { return userimport.Value{JSON: json.RawMessage(s)} }
	compare(t, got.Rows[0], userimport.Row{
		Number: 1, Line: 1, Raw: json.RawMessage(text),
		Values: []userimport.Value{{}, raw("null"), {Text: "1"}, raw("1"), raw("false"), raw("[]")},
	})
	for i, value := range got.Rows[1].Values {
		if !value.Absent {
			t.Errorf("%s: %+v", got.Columns[i], value)
		}
	}
}
