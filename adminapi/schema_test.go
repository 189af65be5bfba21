package adminapi_test

import (
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"usersync/adminapi"
)

// Everything that the client sends is valid against the server's published
// schema, documents and variables, with each field alone and all together.
func TestOperationsAgainstSchema(t *testing.T) {
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
	var (
		mu   sync.Mutex
		seen = map[string]int{}
	)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := readSent(t, r)
		mu.Lock()
		seen[got.OperationName]++
		mu.Unlock()
		document, errs := gqlparser.LoadQueryWithRules(schema, got.Query, rules.NewDefaultRules())
		if len(errs) > 0 {
			t.Errorf("%s: %v\n%s", got.OperationName, errs, got.Query)
			return
		}
		operation := document.Operations.ForName(got.OperationName)
		if operation == nil {
			t.Errorf("the document has no operation %q", got.OperationName)
			return
		}
		if _, err := validator.VariableValues(schema, operation, got.Variables); err != nil {
			t.Errorf("%s: %v", got.OperationName, err)
		}
		writeJSON(w, `{"data":{}}`)
	})

	sets := []adminapi.UserFields{0, adminapi.AllUserFields}
	for field := adminapi.UserFields(1); field <= adminapi.AllUserFields; field <<= 1 {
		sets = append(sets, field)
	}
	ctx := t.Context()
	// The answers are empty: that calls fail is no matter here.
	for _, fields := range sets {
		_, _ = client.Users(ctx, adminapi.UsersQuery{Fields: fields})
		_, _ = client.Users(ctx, adminapi.UsersQuery{
			Fields: fields, First: 1, After: "x", TotalCount: true, SearchKeyword: "x", RoleKeys: []string{"x"}, GroupKeys: []string{"x"},
			SortBy: adminapi.SortByLastLoginAt, SortDirection: adminapi.SortAscending,
		})
		_, _ = client.Users(ctx, adminapi.UsersQuery{Fields: fields, SortBy: adminapi.SortByCreatedAt, SortDirection: adminapi.SortDescending})
		_, _ = client.UsersByID(ctx, []string{annID, bobID}, fields)
		_, _ = client.UsersByAttribute(ctx, "email", "x", fields)
		_, _ = client.UsersByAttributes(ctx, "email", []string{"x", "y"}, fields)
		_, _ = client.UserByLoginID(ctx, "email", "x", fields)
	}
	_, _ = client.UsersByAttributes(ctx, "phone_number", make([]string, adminapi.MaxAliases), adminapi.AllUserFields)
	_, _ = client.AuditLogs(ctx, adminapi.AuditLogsQuery{})
	_, _ = client.AuditLogs(ctx, adminapi.AuditLogsQuery{
		First: 1, After: "x", From: time.Unix(1, 2), To: time.Unix(3, 4),
		ActivityTypes: []string{"USER_CREATED", "USER_DELETED"}, SortDirection: adminapi.SortAscending,
	})
	_, _ = client.TotalCount(ctx)
	_, _ = client.EffectiveRoles(ctx, annID)
	for _, err := range client.Roles(ctx) {
		_ = err
	}
	for _, err := range client.Groups(ctx) {
		_ = err
	}
	for _, operation := range adminapi.Operations() {
		if seen[operation.Name] == 0 {
			t.Errorf("%s was not sent", operation.Name)
		}
		delete(seen, operation.Name)
	}
	if len(seen) > 0 {
		t.Errorf("not among the client's operations: %v", seen)
	}
}
