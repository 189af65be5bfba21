package adminapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// A Document is a GraphQL document of anybody's with the operation in it that is
// meant. It has been read, so that it is known what it does before it is sent.
type Document struct {
	text      string
	operation *ast.OperationDefinition
}

// A Variable is one that an operation declares.
type Variable struct {
	Name     string // without the $
	Type     string // the name of its type, such as "String"; of a list, that of its elements
	List     bool   // whether it is a list of these
	Required bool   // whether it must be given: it may not be null and has no default
}

// ParseDocument reads a document and finds the operation with the name in it;
// no name means the only one that there is. A document that cannot be read, and
// one with two operations of that name, are errors: of neither it can be said
// what a server would do with it. Errors give the place by line and column.
func ParseDocument(text, name string) (*Document, error) {
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, fmt.Errorf("read GraphQL document: %w", withPlace(err))
	}
	var found []*ast.OperationDefinition
	for _, operation := range parsed.Operations {
		if name == "" || operation.Name == name {
			found = append(found, operation)
		}
	}
	switch {
	case len(parsed.Operations) == 0:
		return nil, errors.New("read GraphQL document: there is no operation in it")
	case len(found) == 0:
		return nil, fmt.Errorf("read GraphQL document: there is no operation %q in it, but %s", name, operationNames(parsed.Operations))
	case len(found) > 1 && name == "":
		return nil, fmt.Errorf("read GraphQL document: there are %d operations in it, of which one has to be named: %s", len(found), operationNames(found))
	case len(found) > 1:
		return nil, fmt.Errorf("read GraphQL document: there are %d operations %q in it", len(found), name)
	}
	return &Document{text: text, operation: found[0]}, nil
}

func operationNames(operations ast.OperationList) string {
	names := make([]string, len(operations))
	for i, operation := range operations {
		names[i] = operation.Name
		if names[i] == "" {
			names[i] = "one without a name"
		}
	}
	return strings.Join(names, ", ")
}

// withPlace is what the parser says, with the place in front.
func withPlace(err error) error {
	wrong, is := errors.AsType[*gqlerror.Error](err)
	if !is || len(wrong.Locations) == 0 {
		return err
	}
	at := wrong.Locations[0]
	return fmt.Errorf("line %d, column %d: %s", at.Line, at.Column, wrong.Message)
}

// Name is the operation's, "" if it has none.
func (d *Document) Name() string { return d.operation.Name }

// Kind is "query", "mutation" or "subscription".
func (d *Document) Kind() string { return string(d.operation.Operation) }

// Changes tells whether the operation may change something: whether it is
// anything but a query.
func (d *Document) Changes() bool { return d.operation.Operation != ast.Query }

// Variables are those that the operation declares, in its order.
func (d *Document) Variables() []Variable {
	var declared []Variable
	for _, definition := range d.operation.VariableDefinitions {
		declared = append(declared, Variable{
			Name: definition.Variable, Type: definition.Type.Name(), List: definition.Type.Elem != nil,
			Required: definition.Type.NonNull && definition.DefaultValue == nil,
		})
	}
	return declared
}
