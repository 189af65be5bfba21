package schema_test

import (
	"cmp"
	"errors"
	"flag"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/adminapi/schema"
)

var update = flag.Bool("update", false, "write known.txt anew from the published schema")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// published is the schema of the release that adminapi was built against.
func published(t *testing.T) *schema.Schema {
	t.Helper()
	path := cmp.Or(os.Getenv("AUTHGEAR_SCHEMA"), filepath.Join("..", "..", "..", "shared", "authgear", "schema.graphql"))
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no schema at %s; set AUTHGEAR_SCHEMA to the schema.graphql of an Authgear server to run this test", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

func parse(t *testing.T, text string) *schema.Schema {
	t.Helper()
	parsed, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func client(t *testing.T, handler http.Handler, key []byte) *adminapi.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	parsed, err := adminapi.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := adminapi.New(adminapi.Config{Endpoint: server.URL, AppID: "myapp", KeyID: "key-1", Key: parsed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func newEmulator(t *testing.T) *emulator.Server {
	t.Helper()
	server, err := emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// TestKnown keeps known.txt what the published schema says.
func TestKnown(t *testing.T) {
	t.Parallel()
	facts := published(t).Facts()
	if *update {
		if err := os.WriteFile("known.txt", []byte(facts), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if difference := gocmp.Diff(facts, schema.Known()); difference != "" {
		t.Errorf("known.txt differs from the published schema (run with -update if that is meant):\n%s", difference)
	}
}

// TestPublished: on the release that it was built against all is well, and
// nothing is new.
func TestPublished(t *testing.T) {
	t.Parallel()
	s := published(t)
	if problems := s.Check(adminapi.Operations()); len(problems) > 0 {
		t.Errorf("%v", problems)
	}
	if news := s.News(); len(news.New)+len(news.Gone)+len(news.Changed) > 0 {
		t.Errorf("%+v", news)
	}
}

// TestRead reads the emulator's schema as it reads any server's. What comes out
// says the same once more.
func TestRead(t *testing.T) {
	t.Parallel()
	server := newEmulator(t)
	s, err := schema.Read(t.Context(), client(t, server, server.PrivateKeyPEM()))
	if err != nil {
		t.Fatal(err)
	}
	if problems := s.Check(adminapi.Operations()); len(problems) > 0 {
		t.Errorf("%v", problems)
	}
	for _, want := range []string{
		"type User implements Entity & Node {\n", "searchKeyword: String, ", "enum SortDirection {\n  ASC\n  DESC\n}\n",
		"scalar UserCustomAttributes\n", "interface Node {\n  id: ID!\n}\n", "input CreateUserInput {\n",
	} {
		if !strings.Contains(s.SDL(), want) {
			t.Errorf("no %q in it", want)
		}
	}
	for _, builtIn := range []string{"__Type", "scalar String", "directive @skip"} {
		if strings.Contains(s.SDL(), builtIn) {
			t.Errorf("it has %s", builtIn)
		}
	}
	again, err := schema.Read(t.Context(), client(t, server, server.PrivateKeyPEM()))
	if err != nil || again.SDL() != s.SDL() {
		t.Errorf("another time it reads otherwise: %v", err)
	}
	news := s.News()
	if len(news.New)+len(news.Changed) > 0 || len(news.Gone) == 0 {
		t.Errorf("the emulator is to be a part of Authgear: %+v", news)
	}
}

func TestNews(t *testing.T) {
	t.Parallel()
	if schema.Known() == "" {
		t.Fatal("nothing is known")
	}
	// Everything is gone but what is named here.
	s := parse(t, `
type Query { users(first: Int!, fresh: Boolean): UserConnection  weather: Weather }
type UserConnection { totalCount: Int }
type Weather { sunny(at: Int): Boolean! }
enum SortDirection { ASC SIDEWAYS }`)
	news := s.News()
	if want := []string{"Query.users(fresh)", "Query.weather", "SortDirection.SIDEWAYS", "Weather"}; !gocmp.Equal(news.New, want) {
		t.Errorf("new: %v", news.New)
	}
	if want := []schema.Difference{{Name: "Query.users(first)", Was: "Int", Is: "Int!"}}; !gocmp.Equal(news.Changed, want) {
		t.Errorf("changed: %v", news.Changed)
	}
	gone := strings.Join(news.Gone, "\n") + "\n"
	for name, want := range map[string]bool{
		"User\n": true, "User.email\n": false, "User.id\n": false, "Query.users(after)\n": true, "Query.users\n": false,
		"SortDirection.DESC\n": true, "Query.roles\n": true, "Query.roles(first)\n": false,
	} {
		if got := strings.Contains("\n"+gone, "\n"+name); got != want {
			t.Errorf("%q is gone: %v", name, got)
		}
	}
}

// TestCheck names the operation and what is wrong with it.
func TestCheck(t *testing.T) {
	t.Parallel()
	s := parse(t, "type Query { users(first: Int): Users } type Users { count: Int }")
	problems := s.Check([]adminapi.Operation{
		{Name: "Good", Document: "query Good { users(first: 0) { count } }"},
		{Name: "Bad", Document: "query Bad { users(first: 0) { totalCount } }"},
		{Name: "Broken", Document: "query Broken {"},
	})
	if len(problems) != 2 || problems[0].Operation != "Bad" || !strings.Contains(problems[0].Message, "totalCount") || problems[1].Operation != "Broken" {
		t.Errorf("%v", problems)
	}
}

// TestAnswersThatAreNoSchema are errors, each with what is wrong.
func TestAnswersThatAreNoSchema(t *testing.T) {
	t.Parallel()
	key := newEmulator(t).PrivateKeyPEM()
	for name, test := range map[string]struct{ answer, want string }{
		"introspection is off": {`{"data":null,"errors":[{"message":"introspection is not allowed"}]}`, "introspection is not allowed"},
		"nothing":              {`{"data":{}}`, "it holds no schema"},
		"another form":         {`{"data":{"__schema":[]}}`, "is not understood"},
		"a type too deep":      {`{"data":{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"f","type":{"kind":"LIST"}}]}]}}}`, "type Query: field f: a type is missing"},
		"no type of its own":   {`{"data":{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"f","type":{"kind":"OBJECT","name":"Nowhere"}}]}]}}}`, "Nowhere"},
		"a default of no sort": {`{"data":{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"f","args":[{"name":"a","type":{"kind":"SCALAR","name":"Int"},"defaultValue":"]"}],"type":{"kind":"SCALAR","name":"Int"}}]}]}}}`, "the default of a is no value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(test.answer))
			})
			if _, err := schema.Read(t.Context(), client(t, handler, key)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

// TestWholeWay writes a schema with everything that there is as introspection
// tells it, and reads it again.
func TestWholeWay(t *testing.T) {
	t.Parallel()
	answer := `{"data":{"__schema":{"queryType":{"name":"Query"},"mutationType":null,"types":[
{"kind":"OBJECT","name":"Query","description":"asks \"\"\"everything\"\"\" \\ and\nmore","interfaces":[],"fields":[
 {"name":"find","description":"","type":{"kind":"UNION","name":"Found"},"isDeprecated":true,"deprecationReason":"use \"search\"",
  "args":[{"name":"by","type":{"kind":"NON_NULL","ofType":{"kind":"INPUT_OBJECT","name":"By"}},"defaultValue":"{kind: [OLD], word: \"a\\nb\"}"}]}]},
{"kind":"UNION","name":"Found","possibleTypes":[{"name":"Query"}]},
{"kind":"INPUT_OBJECT","name":"By","inputFields":[
 {"name":"kind","type":{"kind":"LIST","ofType":{"kind":"NON_NULL","ofType":{"kind":"ENUM","name":"Kind"}}},"defaultValue":null},
 {"name":"word","type":{"kind":"SCALAR","name":"String"},"defaultValue":"\"\""}]},
{"kind":"ENUM","name":"Kind","enumValues":[{"name":"OLD","isDeprecated":true,"deprecationReason":"none left"},{"name":"NEW"}]},
{"kind":"SCALAR","name":"String"}],
"directives":[{"name":"skip","locations":["FIELD"],"args":[]},{"name":"slow","locations":["FIELD","QUERY"],"args":[{"name":"by","type":{"kind":"SCALAR","name":"Int"},"defaultValue":"3"}]}]}}}`
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(answer))
	})
	s, err := schema.Read(t.Context(), client(t, handler, newEmulator(t).PrivateKeyPEM()))
	if err != nil {
		t.Fatal(err)
	}
	want := "By input_object\nBy.kind [Kind!]\nBy.word String\nFound union\nKind enum\nKind.NEW value\nKind.OLD value\nQuery object\nQuery.find Found\nQuery.find(by) By!\n"
	if difference := gocmp.Diff(want, s.Facts()); difference != "" {
		t.Error(difference)
	}
	for _, want := range []string{`directive @slow(by: Int = 3)`, `@deprecated(reason: "use \"search\"")`, "union Found = Query"} {
		if !strings.Contains(s.SDL(), want) {
			t.Errorf("no %q in\n%s", want, s.SDL())
		}
	}
	if parse(t, s.SDL()).SDL() != s.SDL() {
		t.Error("it cannot be read again")
	}
}
