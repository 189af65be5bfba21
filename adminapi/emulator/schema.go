package emulator

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
)

// schemaTypes are the object types that others refer to.
type schemaTypes struct {
	node, entity                 *graphql.Interface
	pageInfo                     *graphql.Object
	user, role, group, audit     *graphql.Object
	users, roles, groups, audits *graphql.Object // their connections
	sortDirection                *graphql.Enum
}

// sharedSchema is built once a process: it says nothing of any server, whose
// store reaches the resolvers through their context.
var sharedSchema = sync.OnceValues(buildSchema) //nolint:gochecknoglobals // a constant that takes a function to make

func buildSchema() (graphql.Schema, error) {
	t := newSchemaTypes()
	schema, err := graphql.NewSchema(graphql.SchemaConfig{
		Query: newQueryType(t), Mutation: newMutationType(t),
		Extensions: []graphql.Extension{apiErrors{}},
	})
	if err != nil {
		return schema, fmt.Errorf("build GraphQL schema: %w", err)
	}
	warmUp(&schema)
	return schema, nil
}

// warmUp makes graphql-go fill the tables that it otherwise fills at first
// use, without a lock, while several requests are served.
func warmUp(schema *graphql.Schema) {
	for _, t := range schema.TypeMap() {
		switch t := t.(type) {
		case *graphql.Enum:
			t.Serialize("")
			t.ParseValue("")
		case *graphql.Interface:
			schema.IsPossibleType(t, schema.QueryType())
		}
	}
}

func newSchemaTypes() *schemaTypes {
	t := &schemaTypes{pageInfo: newPageInfoType()}
	t.node = graphql.NewInterface(graphql.InterfaceConfig{
		Name: "Node", ResolveType: t.resolve,
		Fields: graphql.Fields{"id": {Type: nonNull(graphql.ID)}},
	})
	t.entity = graphql.NewInterface(graphql.InterfaceConfig{
		Name: "Entity", ResolveType: t.resolve,
		Fields: graphql.Fields{
			"id": {Type: nonNull(graphql.ID)}, "createdAt": {Type: nonNull(graphql.DateTime)},
			"updatedAt": {Type: nonNull(graphql.DateTime)},
		},
	})
	identity := newIdentityType(t.node, t.entity)
	t.user = newUserType(t.node, t.entity, identity, newConnectionType(identity, t.pageInfo))
	t.role = newKeyedType("Role", t.node, t.entity, func(s any) *keyed { return s.(roleNode).keyed })
	t.group = newKeyedType("Group", t.node, t.entity, func(s any) *keyed { return s.(groupNode).keyed })
	t.audit = newAuditLogType(t.node, t.user)
	t.users = newConnectionType(t.user, t.pageInfo)
	t.roles = newConnectionType(t.role, t.pageInfo)
	t.groups = newConnectionType(t.group, t.pageInfo)
	t.audits = newConnectionType(t.audit, t.pageInfo)
	t.sortDirection = enum("SortDirection", map[string]any{"ASC": "ASC", "DESC": "DESC"})
	linkMembership(t)
	return t
}

// resolve tells which type a node is of.
func (t *schemaTypes) resolve(p graphql.ResolveTypeParams) *graphql.Object {
	switch p.Value.(type) {
	case *User:
		return t.user
	case roleNode:
		return t.role
	case groupNode:
		return t.group
	case *auditRow:
		return t.audit
	default:
		return nil
	}
}

// apiErrors gives the errors of an execution the form in which the real server
// shows them, by the same extension point *(source: api_error.go)*: its own
// errors with extensions, all others as "unexpected error" without a path.
type apiErrors struct{}

func (apiErrors) Name() string { return "APIError" }

func (apiErrors) Init(ctx context.Context, _ *graphql.Params) context.Context { return ctx }

func (apiErrors) ParseDidStart(ctx context.Context) (context.Context, graphql.ParseFinishFunc) {
	return ctx, func(error) {}
}

func (apiErrors) ValidationDidStart(ctx context.Context) (context.Context, graphql.ValidationFinishFunc) {
	return ctx, func([]gqlerrors.FormattedError) {}
}

func (apiErrors) ResolveFieldDidStart(ctx context.Context, _ *graphql.ResolveInfo) (context.Context, graphql.ResolveFieldFinishFunc) {
	return ctx, func(any, error) {}
}

func (apiErrors) HasResult() bool { return false }

func (apiErrors) GetResult(context.Context) any { return nil }

func (apiErrors) ExecutionDidStart(ctx context.Context) (context.Context, graphql.ExecutionFinishFunc) {
	return ctx, func(result *graphql.Result) {
		for i, shown := range result.Errors {
			if own, ok := errors.AsType[*apiError](originalError(shown)); ok {
				shown.Message, shown.Extensions = own.Message, own.extensions()
				result.Errors[i] = shown
			} else if shown.Message != "Must provide an operation." {
				result.Errors[i] = gqlerrors.NewFormattedError("unexpected error")
			}
		}
	}
}

// originalError unwraps what the engine wrapped, possibly several times; its
// errors have ways of their own for that.
func originalError(shown gqlerrors.FormattedError) error {
	err := shown.OriginalError()
	for {
		var located *gqlerrors.Error
		var formatted gqlerrors.FormattedError
		switch {
		case errors.As(err, &located) && located.OriginalError != nil:
			err = located.OriginalError
		case errors.As(err, &formatted) && formatted.OriginalError() != nil:
			err = formatted.OriginalError()
		default:
			return err
		}
	}
}
