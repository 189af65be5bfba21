package emulator

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
)

// mishap is what shall go wrong with the data of one request.
type mishap struct {
	dice                    *rand.Rand
	partial, nulls, missing bool
	imported                importFate
}

type mishapKey struct{}

func mishapOf(ctx context.Context) *mishap { return ctx.Value(mishapKey{}).(*mishap) }

// spoil changes a query's result. A mutation's is left as it is.
func (m *mishap) spoil(result *graphql.Result, op *ast.OperationDefinition) {
	data, ok := result.Data.(map[string]any)
	if !ok || result.HasErrors() || op == nil || op.Operation != ast.OperationTypeQuery {
		return
	}
	for _, key := range responseKeys(op, "users") {
		connection, _ := data[key].(map[string]any)
		edges, _ := connection["edges"].([]any)
		if m.missing {
			for range min(len(edges), 1+m.dice.IntN(3)) {
				i := m.dice.IntN(len(edges))
				edges = slices.Delete(edges, i, i+1)
			}
			if connection != nil {
				connection["edges"] = edges
			}
		}
		if m.nulls {
			for range min(len(edges), 1+m.dice.IntN(3)) {
				nullNode(edges[m.dice.IntN(len(edges))])
			}
		}
	}
	if m.partial {
		m.loseSomething(data, op)
		result.Errors = append(result.Errors, gqlerrors.NewFormattedError("unexpected error"))
	}
}

// loseSomething nulls what a failing resolver would have nulled.
func (m *mishap) loseSomething(data map[string]any, op *ast.OperationDefinition) {
	for _, key := range responseKeys(op, "users") {
		connection, _ := data[key].(map[string]any)
		if edges, _ := connection["edges"].([]any); len(edges) > 0 {
			nullNode(edges[m.dice.IntN(len(edges))])
			return
		}
	}
	for _, key := range responseKeys(op, "nodes") {
		if nodes, _ := data[key].([]any); len(nodes) > 0 {
			nodes[m.dice.IntN(len(nodes))] = nil
			return
		}
	}
	for _, key := range responseKeys(op, "") {
		data[key] = nil
	}
}

func nullNode(edge any) {
	if e, ok := edge.(map[string]any); ok {
		e["node"] = nil
	}
}

// responseKeys are the keys under which an operation's answer holds a field
// ("" for every field): its aliases, or its name.
func responseKeys(op *ast.OperationDefinition, field string) []string {
	var keys []string
	for _, selection := range op.SelectionSet.Selections {
		f, ok := selection.(*ast.Field)
		if !ok || field != "" && f.Name.Value != field {
			continue
		}
		if f.Alias != nil {
			keys = append(keys, f.Alias.Value)
		} else {
			keys = append(keys, f.Name.Value)
		}
	}
	return keys
}
