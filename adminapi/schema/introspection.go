package schema

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// introspection asks for a schema in the way that every server of these ten
// years understands. Types are at most seven lists and non-nulls deep.
const introspection = `query UsersyncSchema {
  __schema {
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types {
      kind name description
      fields(includeDeprecated: true) { name description args { ...input } type { ...type } isDeprecated deprecationReason }
      inputFields { ...input }
      interfaces { name }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { name }
    }
    directives { name description locations args { ...input } }
  }
}
fragment input on __InputValue { name description type { ...type } defaultValue }
fragment type on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } }
}`

// introspected is the answer. Names are the specification's.
type introspected struct {
	Schema struct {
		QueryType        *named          `json:"queryType"`
		MutationType     *named          `json:"mutationType"`
		SubscriptionType *named          `json:"subscriptionType"`
		Types            []typeNode      `json:"types"`
		Directives       []directiveNode `json:"directives"`
	} `json:"__schema"`
}

type named struct {
	Name string `json:"name"`
}

type typeNode struct {
	Kind          ast.DefinitionKind `json:"kind"`
	Name          string             `json:"name"`
	Description   string             `json:"description"`
	Fields        []fieldNode        `json:"fields"`
	InputFields   []inputNode        `json:"inputFields"`
	Interfaces    []named            `json:"interfaces"`
	EnumValues    []valueNode        `json:"enumValues"`
	PossibleTypes []named            `json:"possibleTypes"`
}

type fieldNode struct {
	valueNode
	Args []inputNode `json:"args"`
	Type *typeRef    `json:"type"`
}

type valueNode struct {
	Name              string `json:"name"`
	Description       string `json:"description"`
	IsDeprecated      bool   `json:"isDeprecated"`
	DeprecationReason string `json:"deprecationReason"`
}

type inputNode struct {
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Type         *typeRef `json:"type"`
	DefaultValue *string  `json:"defaultValue"`
}

type directiveNode struct {
	Name        string                  `json:"name"`
	Description string                  `json:"description"`
	Locations   []ast.DirectiveLocation `json:"locations"`
	Args        []inputNode             `json:"args"`
}

type typeRef struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	OfType *typeRef `json:"ofType"`
}

// astType is the type as GraphQL's own language writes it.
func (t *typeRef) astType() (*ast.Type, error) {
	if t == nil {
		return nil, fmt.Errorf("a type is missing, or is too deep")
	}
	switch t.Kind {
	case "NON_NULL":
		of, err := t.OfType.astType()
		if err != nil {
			return nil, err
		}
		of.NonNull = true
		return of, nil
	case "LIST":
		of, err := t.OfType.astType()
		if err != nil {
			return nil, err
		}
		return ast.ListType(of, nil), nil
	}
	if t.Name == "" {
		return nil, fmt.Errorf("a type has no name")
	}
	return ast.NamedType(t.Name, nil), nil
}

// defaultValue reads a value that the answer spells in GraphQL.
func (n inputNode) defaultValue() (*ast.Value, error) {
	if n.DefaultValue == nil {
		return nil, nil
	}
	parsed, err := parser.ParseQuery(&ast.Source{Input: "query($v: T = " + *n.DefaultValue + ") { f }"})
	if err != nil || len(parsed.Operations) != 1 || len(parsed.Operations[0].VariableDefinitions) != 1 {
		return nil, fmt.Errorf("the default of %s is no value", n.Name)
	}
	return parsed.Operations[0].VariableDefinitions[0].DefaultValue, nil
}
