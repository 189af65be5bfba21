package source

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"usersync/adminapi"
)

func TestEachEventHasOneConcern(t *testing.T) {
	t.Parallel()
	var all []string
	for _, table := range []string{eventsOfUsers, eventsOfNobody, eventsOfAnybody} {
		all = append(all, strings.Fields(table)...)
	}
	slices.Sort(all)
	if once := slices.Compact(slices.Clone(all)); len(once) != len(all) || len(all) != len(concerns()) || len(all) < 100 {
		t.Errorf("%d rows, %d events", len(all), len(once))
	}
}

// The tables have every event of the server's published schema, and no other.
func TestEventsAgainstSchema(t *testing.T) {
	t.Parallel()
	path := cmp.Or(os.Getenv("AUTHGEAR_SCHEMA"), filepath.Join("..", "..", "shared", "authgear", "schema.graphql"))
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no schema at %s; set AUTHGEAR_SCHEMA to the schema.graphql of an Authgear server to run this test", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: path, Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	concerns := concerns()
	for _, value := range schema.Types["AuditLogActivityType"].EnumValues {
		if concerns[value.Name] == 0 {
			t.Errorf("%s is in no table", value.Name)
		}
		delete(concerns, value.Name)
	}
	for activity := range concerns {
		t.Errorf("%s is not in the schema", activity)
	}
}

// Ids are found in every place where Authgear puts them.
func TestIDsOfARow(t *testing.T) {
	t.Parallel()
	object := func(key string, value any) map[string]any { return map[string]any{key: value} }
	for name, c := range map[string]struct {
		row  adminapi.AuditLogEntry
		want []string
	}{
		"nothing":        {adminapi.AuditLogEntry{}, nil},
		"user":           {adminapi.AuditLogEntry{UserID: "a"}, []string{"a"}},
		"context":        {adminapi.AuditLogEntry{Data: object("context", object("user_id", "a"))}, []string{"a"}},
		"context null":   {adminapi.AuditLogEntry{Data: object("context", object("user_id", nil))}, nil},
		"payload user":   {adminapi.AuditLogEntry{Data: object("payload", object("user", object("id", "a")))}, []string{"a"}},
		"who was merged": {adminapi.AuditLogEntry{Data: object("payload", object("anonymous_user", object("id", "a")))}, []string{"a"}},
		"user_id":        {adminapi.AuditLogEntry{Data: object("payload", object("user_id", "a"))}, []string{"a"}},
		"user_ids":       {adminapi.AuditLogEntry{Data: object("payload", object("user_ids", []any{"a", "b"}))}, []string{"a", "b"}},
		"role_user_ids":  {adminapi.AuditLogEntry{Data: object("payload", object("role_user_ids", []any{"a"}))}, []string{"a"}},
		"group_user_ids": {adminapi.AuditLogEntry{Data: object("payload", object("group_user_ids", []any{"a"}))}, []string{"a"}},
		"not a text":     {adminapi.AuditLogEntry{Data: object("payload", object("user_ids", []any{7}))}, []string{""}},
		"elsewhere":      {adminapi.AuditLogEntry{Data: object("payload", object("identity", object("id", "a")))}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := named(&c.row); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
