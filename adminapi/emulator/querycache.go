package emulator

import (
	"fmt"
	"sync"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"
)

// cachedQueries bounds the cache; a client sends a few dozen different texts.
const cachedQueries = 512

// queryCache keeps what parsing and validating a query gave, up to a quarter
// of the cost of a page.
type queryCache struct {
	mu     sync.Mutex
	byText map[string]*parsedQuery
}

// parsedQuery is not changed once it is made; the engine only reads documents.
type parsedQuery struct {
	document    *ast.Document
	syntaxError error
	invalid     []gqlerrors.FormattedError
}

func (c *queryCache) get(schema *graphql.Schema, text string) *parsedQuery {
	c.mu.Lock()
	q, ok := c.byText[text]
	c.mu.Unlock()
	if ok {
		return q
	}
	q = parseQuery(schema, text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byText == nil || len(c.byText) >= cachedQueries {
		c.byText = map[string]*parsedQuery{}
	}
	c.byText[text] = q
	return q
}

func parseQuery(schema *graphql.Schema, text string) *parsedQuery {
	document, err := parser.Parse(parser.ParseParams{Source: text})
	if err != nil {
		return &parsedQuery{syntaxError: err}
	}
	own := *schema // the validator writes into the schema it is given
	validation := graphql.ValidateDocument(&own, document, nil)
	return &parsedQuery{document: document, invalid: validation.Errors}
}

// operation returns the operation of a name, or the only one when the name is
// empty, or nil.
func (q *parsedQuery) operation(name string) *ast.OperationDefinition {
	var found []*ast.OperationDefinition
	for _, definition := range q.document.Definitions {
		op, ok := definition.(*ast.OperationDefinition)
		if ok && (name == "" || op.Name != nil && op.Name.Value == name) {
			found = append(found, op)
		}
	}
	if len(found) == 0 || name == "" && len(found) > 1 {
		return nil
	}
	return found[0]
}

func (q *parsedQuery) operationName(name string) string {
	if op := q.operation(name); op != nil && op.Name != nil {
		return op.Name.Value
	}
	return ""
}

// checkMutationFields refuses more than five mutations in a request, fragments
// counted in.
func (q *parsedQuery) checkMutationFields(name string) error {
	op := q.operation(name)
	if op == nil || op.Operation != ast.OperationTypeMutation {
		return nil
	}
	if n := q.countFields(op.SelectionSet, map[string]bool{}); n > maxMutationFields {
		return &apiError{
			Name: "BadRequest", Reason: "BadRequest",
			Message: fmt.Sprintf("too many mutation fields in one request: got %d, limit is %d", n, maxMutationFields),
		}
	}
	return nil
}

// countFields counts the fields of a selection; open holds the fragments that
// lead here, so that a cycle ends.
func (q *parsedQuery) countFields(set *ast.SelectionSet, open map[string]bool) int {
	if set == nil {
		return 0
	}
	n := 0
	for _, selection := range set.Selections {
		switch sel := selection.(type) {
		case *ast.Field:
			n++
		case *ast.InlineFragment:
			n += q.countFields(sel.SelectionSet, open)
		case *ast.FragmentSpread:
			fragment := q.fragment(sel.Name.Value)
			if fragment == nil || open[sel.Name.Value] {
				continue
			}
			open[sel.Name.Value] = true
			n += q.countFields(fragment.SelectionSet, open)
			delete(open, sel.Name.Value)
		}
	}
	return n
}

func (q *parsedQuery) fragment(name string) *ast.FragmentDefinition {
	for _, definition := range q.document.Definitions {
		if f, ok := definition.(*ast.FragmentDefinition); ok && f.Name.Value == name {
			return f
		}
	}
	return nil
}
