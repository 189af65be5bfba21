package main

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi"
)

func TestReadVariables(t *testing.T) {
	t.Parallel()
	const text = `query Q($text: String!, $id: ID, $n: Int, $many: [String!], $on: Boolean, $half: Float, $order: SortDirection, $at: DateTime = null, $o: Anything) { a }`
	tests := []struct {
		name  string
		vars  []string
		file  string
		want  map[string]any
		wrong string
	}{
		{name: "as text", vars: []string{"text=12", "id=true"}, want: map[string]any{"text": "12", "id": "true"}},
		{name: "what has an equals sign, or nothing", vars: []string{"text=a=b", "id="}, want: map[string]any{"text": "a=b", "id": ""}},
		{name: "as JSON", vars: []string{"text=x", "n=12345678901234567890", "on=true", `many=["a","b"]`, `o={"k":null}`}, want: map[string]any{
			"text": "x", "n": json.Number("12345678901234567890"), "on": true, "many": []any{"a", "b"}, "o": map[string]any{"k": nil},
		}},
		{name: "as it stands where it is no JSON", vars: []string{"text=x", "order=DESC", "at=2026-11-23T12:00:00Z", "many=a"}, want: map[string]any{
			"text": "x", "order": "DESC", "at": "2026-11-23T12:00:00Z", "many": "a",
		}},
		{name: "with the dollar", vars: []string{"$text=x"}, want: map[string]any{"text": "x"}},
		{name: "from a file", file: `{"text": "x", "n": 1.50, "more": [1]}`, want: map[string]any{"text": "x", "n": json.Number("1.50"), "more": []any{json.Number("1")}}},
		{name: "both", file: `{"text": "x", "n": 1}`, vars: []string{"n=2"}, want: map[string]any{"text": "x", "n": json.Number("2")}},
		{name: "half", vars: []string{"text=x", "half=-0.50", "on=null"}, want: map[string]any{"text": "x", "half": json.Number("-0.50"), "on": nil}},
		{name: "no whole number", vars: []string{"text=x", "n=1.5"}, wrong: "--var n: the document declares Int, and this is no whole number"},
		{name: "a text for a number", vars: []string{"text=x", `n="1"`}, wrong: "no whole number"},
		{name: "nothing for a number", vars: []string{"text=x", "n="}, wrong: "no whole number"},
		{name: "no number", vars: []string{"text=x", "half=half"}, wrong: "--var half: the document declares Float, and this is no number"},
		{name: "neither true nor false", vars: []string{"text=x", "on=yes"}, wrong: "--var on: the document declares Boolean, and this is neither true nor false"},
		{name: "undeclared", vars: []string{"txet=x"}, wrong: `no variable "txet" (did you mean text?)`},
		{name: "twice", vars: []string{"text=x", "$text=y"}, wrong: "text is given twice"},
		{name: "no value", vars: []string{"text"}, wrong: "NAME=VALUE"},
		{name: "missing", vars: []string{"n=1"}, wrong: "text has no value. Give --var text=VALUE"},
		{name: "a file of something else", file: `["text"]`, wrong: "no JSON object"},
		{name: "a file of null", file: `null`, wrong: "no JSON object"},
		{name: "a file with more", file: `{"text":"x"} {}`, wrong: "no JSON object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document, err := adminapi.ParseDocument(text, "")
			if err != nil {
				t.Fatal(err)
			}
			o := &queryOptions{variables: test.vars}
			if test.file != "" {
				o.variablesFile = "-"
			}
			got, err := newApp(nil, strings.NewReader(test.file), nil, nil).readVariables(o, document)
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) || exitCode(err) != exitUsage {
					t.Errorf("got %v, want %q in it", err, test.wrong)
				}
				return
			}
			if difference := cmp.Diff(test.want, got); err != nil || difference != "" {
				t.Errorf("%v %s", err, difference)
			}
		})
	}
}

// TestVariablesThatNobodyDeclared in a file are told of: a misspelt one would be
// taken for none.
func TestVariablesThatNobodyDeclared(t *testing.T) {
	t.Parallel()
	document, err := adminapi.ParseDocument("query Q($word: String) { a }", "")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	a := newApp(nil, strings.NewReader(`{"wrod": "secret", "word": "x"}`), nil, nil)
	a.logger = slog.New(slog.NewTextHandler(&log, nil))
	if _, err := a.readVariables(&queryOptions{variablesFile: "-"}, document); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "variable=wrod") || strings.Contains(log.String(), "secret") || strings.Contains(log.String(), "variable=word") {
		t.Error(log.String())
	}
}

// TestDataText: a pipe gets what the server sent, a terminal nothing that it
// would act upon.
func TestDataText(t *testing.T) {
	t.Parallel()
	const data = `{ "a": 12345678901234567890, "b": "<é\u009b\u202e\udb40\udc67>" }`
	raw := strings.ReplaceAll(strings.ReplaceAll(data, `\u009b`, "\u009b"), `\u202e`, "\u202e")
	raw = strings.ReplaceAll(raw, `\udb40\udc67`, "\U000e0067")
	got, err := dataText([]byte(raw), false)
	if want := strings.ReplaceAll(raw, " ", "") + "\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	got, err = dataText([]byte(raw), true)
	if want := "{\n  \"a\": 12345678901234567890,\n  \"b\": \"<é\\u009b\\u202e\\udb40\\udc67>\"\n}\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}
