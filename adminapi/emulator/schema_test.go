package emulator_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestSchemaIsAPartOfTheRealOne compares what the emulator serves with the
// published schema: the same names, types and arguments, none of its own.
func TestSchemaIsAPartOfTheRealOne(t *testing.T) {
	t.Parallel()
	path := os.Getenv("AUTHGEAR_SCHEMA")
	if path == "" {
		path = "../../../shared/authgear/schema.graphql"
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the published schema is not here (AUTHGEAR_SCHEMA names its file)")
	}
	must(t, err)
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: path, Input: string(text)})
	must(t, err)
	b := setup(t)
	served := b.must(`{__schema{types{name kind
		fields(includeDeprecated:true){name type{...T} args{name type{...T}}}
		inputFields{name type{...T}}
		enumValues(includeDeprecated:true){name}
		interfaces{name}}}}
		fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name}}}}}`, nil)
	types := 0
	for _, v := range dig(t, served, "__schema.types").([]any) {
		got := v.(map[string]any)
		name := got["name"].(string)
		if strings.HasPrefix(name, "__") {
			continue
		}
		types++
		published := schema.Types[name]
		if published == nil {
			t.Errorf("type %s is not in the real schema", name)
			continue
		}
		compareType(t, got, published)
	}
	if types < 60 {
		t.Errorf("only %d types", types)
	}
}

func compareType(t *testing.T, got map[string]any, want *ast.Definition) {
	t.Helper()
	if got["kind"] != string(want.Kind) {
		t.Errorf("%s is of kind %v, really %s", want.Name, got["kind"], want.Kind)
	}
	for _, f := range append(list(got["fields"]), list(got["inputFields"])...) {
		field := f.(map[string]any)
		name := fmt.Sprintf("%s.%s", want.Name, field["name"])
		published := want.Fields.ForName(field["name"].(string))
		if published == nil {
			t.Errorf("%s is not in the real schema", name)
			continue
		}
		if typ := spell(field["type"]); typ != published.Type.String() {
			t.Errorf("%s is %s, really %s", name, typ, published.Type)
		}
		args := list(field["args"])
		if len(args) != len(published.Arguments) {
			t.Errorf("%s has %d arguments, really %d", name, len(args), len(published.Arguments))
		}
		for _, a := range args {
			arg := a.(map[string]any)
			if w := published.Arguments.ForName(arg["name"].(string)); w == nil || spell(arg["type"]) != w.Type.String() {
				t.Errorf("%s(%s: %s) is not in the real schema", name, arg["name"], spell(arg["type"]))
			}
		}
	}
	if want.Kind == ast.InputObject && len(list(got["inputFields"])) != len(want.Fields) {
		t.Errorf("%s lacks fields of the real one", want.Name)
	}
	if want.Kind == ast.Enum && len(list(got["enumValues"])) != len(want.EnumValues) {
		t.Errorf("%s has %d values, really %d", want.Name, len(list(got["enumValues"])), len(want.EnumValues))
	}
	for _, v := range list(got["enumValues"]) {
		if name := v.(map[string]any)["name"].(string); want.EnumValues.ForName(name) == nil {
			t.Errorf("%s.%s is not in the real schema", want.Name, name)
		}
	}
	if want.Kind == ast.Object && len(list(got["interfaces"])) != len(want.Interfaces) {
		t.Errorf("%s implements %v, really %v", want.Name, got["interfaces"], want.Interfaces)
	}
}

// spell writes a type as in the schema language.
func spell(v any) string {
	typ, _ := v.(map[string]any)
	switch typ["kind"] {
	case "NON_NULL":
		return spell(typ["ofType"]) + "!"
	case "LIST":
		return "[" + spell(typ["ofType"]) + "]"
	default:
		name, _ := typ["name"].(string)
		return name
	}
}

// TestOddRequests checks answers that depend on the engine and on the way to it.
func TestOddRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create("a@example.com")
	for name, tt := range map[string]struct {
		contentType, body string
		status            int
		contains          string
	}{
		"operation chosen":     {"application/json", `{"query":"query A{a:__typename} query B{b:__typename}","operationName":"B"}`, 200, `{"data":{"b":"Query"}}`},
		"operation not chosen": {"application/json", `{"query":"query A{a:__typename} query B{b:__typename}"}`, 200, `"message":"unexpected error"`},
		"operation unknown":    {"application/json", `{"query":"query A{a:__typename}","operationName":"C"}`, 200, `"message":"unexpected error"`},
		"aliases":              {"application/json", `{"query":"{a:users(first:1){totalCount} b:users(first:2){totalCount}}"}`, 200, `{"data":{"a":{"totalCount":1},"b":{"totalCount":1}}}`},
		"wrong variable":       {"application/json", `{"query":"query($n:Int!){users(first:$n){totalCount}}","variables":{"n":"x"}}`, 200, `"message":"unexpected error"`},
		"missing variable":     {"application/json", `{"query":"query($n:Int!){users(first:$n){totalCount}}"}`, 200, `"message":"unexpected error"`},
		"unknown argument":     {"application/json", `{"query":"{users(nosuch:1){totalCount}}"}`, 200, `Unknown argument \"nosuch\"`},
		"charset":              {"application/json; charset=UTF-8", `{"query":"{__typename}"}`, 200, `"Query"`},
		"other charset":        {"application/json; charset=latin1", `{"query":"{__typename}"}`, 415, "invalid content type: application/json\n"},
		"no content type":      {"", `{"query":"{__typename}"}`, 415, "invalid content type: \n"},
		"plain GraphQL":        {"application/graphql", `{__typename}`, 200, `"Query"`},
		"query is a number":    {"application/json", `{"query":1}`, 500, `"reason":"UnexpectedError"`},
		"trailing garbage":     {"application/json", `{"query":"{__typename}"} x`, 400, `"reason":"InvalidJSON"`},
		"no body":              {"application/json", ``, 400, `"reason":"InvalidJSON"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := b.send(b.bearer(nil), tt.contentType, []byte(tt.body))
			must(t, err)
			if a.status != tt.status || !strings.Contains(string(a.body), tt.contains) {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}
