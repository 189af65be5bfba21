package emulator

import (
	"encoding/json"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
)

// Sources of the resolvers: *User, *Identity, Claim, roleNode, groupNode,
// *auditRow, *connection, edge.
type (
	roleNode  struct{ *keyed }
	groupNode struct{ *keyed }
)

// connection is one page of a list.
type connection struct {
	edges          []edge
	previous, next bool
	total          func() any // nil means null
}

type edge struct {
	cursor string
	node   any // nil: null
}

// edgeCursor is the cursor of the first or last edge, "" for an empty page.
func (c *connection) edgeCursor(last bool) string {
	switch {
	case len(c.edges) == 0:
		return ""
	case last:
		return c.edges[len(c.edges)-1].cursor
	default:
		return c.edges[0].cursor
	}
}

// show is a field that needs nothing but its source.
func show[S any](t graphql.Output, get func(S) any) *graphql.Field {
	return &graphql.Field{Type: t, Resolve: func(p graphql.ResolveParams) (any, error) {
		return get(p.Source.(S)), nil
	}}
}

func nonNull(t graphql.Type) *graphql.NonNull { return graphql.NewNonNull(t) }

// listOf is [T!].
func listOf(t graphql.Type) *graphql.List { return graphql.NewList(nonNull(t)) }

// jsonScalar passes JSON values through. Written inside a query, a value is a
// string that holds JSON.
func jsonScalar(name string) *graphql.Scalar {
	same := func(v any) any { return v }
	return graphql.NewScalar(graphql.ScalarConfig{
		Name: name, Serialize: same, ParseValue: same,
		ParseLiteral: func(v ast.Value) any {
			text, ok := v.(*ast.StringValue)
			if !ok {
				return nil
			}
			var out any
			if err := json.Unmarshal([]byte(text.Value), &out); err != nil {
				return nil
			}
			return out
		},
	})
}

func enum(name string, values map[string]any) *graphql.Enum {
	config := graphql.EnumValueConfigMap{}
	for k, v := range values {
		config[k] = &graphql.EnumValueConfig{Value: v}
	}
	return graphql.NewEnum(graphql.EnumConfig{Name: name, Values: config})
}

// connectionArgs are the arguments of every paged list, and those given.
func connectionArgs(more map[string]graphql.Input) graphql.FieldConfigArgument {
	args := graphql.FieldConfigArgument{
		"first": {Type: graphql.Int}, "last": {Type: graphql.Int},
		"after": {Type: graphql.String}, "before": {Type: graphql.String},
	}
	for name, t := range more {
		args[name] = &graphql.ArgumentConfig{Type: t}
	}
	return args
}

func newPageInfoType() *graphql.Object {
	return graphql.NewObject(graphql.ObjectConfig{Name: "PageInfo", Fields: graphql.Fields{
		"hasNextPage":     show(nonNull(graphql.Boolean), func(c *connection) any { return c.next }),
		"hasPreviousPage": show(nonNull(graphql.Boolean), func(c *connection) any { return c.previous }),
		"startCursor":     show(graphql.String, func(c *connection) any { return c.edgeCursor(false) }),
		"endCursor":       show(graphql.String, func(c *connection) any { return c.edgeCursor(true) }),
	}})
}

func newConnectionType(node, pageInfo *graphql.Object) *graphql.Object {
	edgeType := graphql.NewObject(graphql.ObjectConfig{Name: node.Name() + "Edge", Fields: graphql.Fields{
		"cursor": show(nonNull(graphql.String), func(e edge) any { return e.cursor }),
		"node":   show(node, func(e edge) any { return e.node }),
	}})
	return graphql.NewObject(graphql.ObjectConfig{Name: node.Name() + "Connection", Fields: graphql.Fields{
		"edges":    show(graphql.NewList(edgeType), func(c *connection) any { return c.edges }),
		"pageInfo": show(nonNull(pageInfo), func(c *connection) any { return c }),
		"totalCount": show(graphql.Int, func(c *connection) any {
			if c.total == nil {
				return nil
			}
			return c.total()
		}),
	}})
}
