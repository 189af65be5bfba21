package schema

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"usersync/adminapi"
)

// A Schema is a GraphQL schema of the Admin API.
type Schema struct {
	text   string
	parsed *ast.Schema
}

// Read asks a server for its schema. Errors are the client's, or say what in the
// answer is no schema.
func Read(ctx context.Context, client *adminapi.Client) (*Schema, error) {
	document, err := adminapi.ParseDocument(introspection, "")
	if err != nil {
		return nil, err
	}
	answer, err := client.Execute(ctx, document, nil)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	if len(answer.Errors) > 0 {
		return nil, fmt.Errorf("read schema: the server answered: %s", answer.Errors[0].Message)
	}
	schema, err := fromIntrospection(answer.Data)
	if err != nil {
		return nil, fmt.Errorf("read schema: the answer is not understood: %w", err)
	}
	return schema, nil
}

func fromIntrospection(data []byte) (*Schema, error) {
	var got introspected
	if err := json.Unmarshal(data, &got); err != nil {
		return nil, err
	}
	if got.Schema.QueryType == nil {
		return nil, errors.New("it holds no schema")
	}
	document, err := got.document()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchemaDocument(document)
	return Parse(text.String())
}

// Parse reads a schema that is written in GraphQL.
func Parse(text string) (*Schema, error) {
	parsed, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: text})
	if err != nil {
		return nil, err
	}
	return &Schema{text: text, parsed: parsed}, nil
}

// SDL is the schema in GraphQL's own language. As [Read] makes it, everything is
// in the order of its name, so that those of two servers can be compared line by
// line.
func (s *Schema) SDL() string { return s.text }

// A Problem is an operation that a server with the schema would refuse.
type Problem struct {
	Operation string `json:"operation"` // its name, such as "UsersyncUsers"
	Message   string `json:"message"`   // what is wrong with it
}

// Check says what is not valid of the operations: with those of
// [adminapi.Operations], none means that adminapi can work with the server.
func (s *Schema) Check(operations []adminapi.Operation) []Problem {
	var problems []Problem
	for _, operation := range operations {
		_, errs := gqlparser.LoadQueryWithRules(s.parsed, operation.Document, rules.NewDefaultRules())
		for _, err := range errs {
			problems = append(problems, Problem{Operation: operation.Name, Message: err.Message})
		}
	}
	return problems
}
