package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// document is the schema in the form in which it can be written and checked,
// without what every server has. All is in the order of its name: the engine that
// Authgear is built on has no order and answers in another one every time.
func (i *introspected) document() (*ast.SchemaDocument, error) {
	document := &ast.SchemaDocument{}
	roots := &ast.SchemaDefinition{}
	for operation, root := range map[ast.Operation]*named{
		ast.Query: i.Schema.QueryType, ast.Mutation: i.Schema.MutationType, ast.Subscription: i.Schema.SubscriptionType,
	} {
		if root != nil {
			roots.OperationTypes = append(roots.OperationTypes, &ast.OperationTypeDefinition{Operation: operation, Type: root.Name})
		}
	}
	sortBy(roots.OperationTypes, func(o *ast.OperationTypeDefinition) string { return string(o.Operation) })
	document.Schema = ast.SchemaDefinitionList{roots}
	for _, node := range i.Schema.Types {
		if strings.HasPrefix(node.Name, "__") || slices.Contains(builtInScalars(), node.Name) {
			continue
		}
		definition, err := node.definition()
		if err != nil {
			return nil, fmt.Errorf("type %s: %w", node.Name, err)
		}
		document.Definitions = append(document.Definitions, definition)
	}
	sortBy(document.Definitions, func(d *ast.Definition) string { return d.Name })
	for _, node := range i.Schema.Directives {
		if slices.Contains(builtInDirectives(), node.Name) {
			continue
		}
		arguments, err := arguments(node.Args)
		if err != nil {
			return nil, fmt.Errorf("directive %s: %w", node.Name, err)
		}
		document.Directives = append(document.Directives, &ast.DirectiveDefinition{
			Name: node.Name, Description: node.Description, Locations: node.Locations, Arguments: arguments,
			Position: &ast.Position{Src: &ast.Source{}},
		})
	}
	sortBy(document.Directives, func(d *ast.DirectiveDefinition) string { return d.Name })
	return document, nil
}

func sortBy[E any](list []E, name func(E) string) {
	slices.SortFunc(list, func(a, b E) int { return cmp.Compare(name(a), name(b)) })
}

func builtInScalars() []string { return []string{"Int", "Float", "String", "Boolean", "ID"} }

func builtInDirectives() []string {
	return []string{"include", "skip", "deprecated", "specifiedBy", "oneOf", "defer"}
}

func (n *typeNode) definition() (*ast.Definition, error) {
	definition := &ast.Definition{Kind: n.Kind, Name: n.Name, Description: n.Description}
	for _, of := range n.Interfaces {
		definition.Interfaces = append(definition.Interfaces, of.Name)
	}
	slices.Sort(definition.Interfaces)
	if n.Kind == ast.Union {
		for _, member := range n.PossibleTypes {
			definition.Types = append(definition.Types, member.Name)
		}
		slices.Sort(definition.Types)
	}
	for _, value := range n.EnumValues {
		definition.EnumValues = append(definition.EnumValues, &ast.EnumValueDefinition{
			Name: value.Name, Description: value.Description, Directives: value.deprecation(),
		})
	}
	sortBy(definition.EnumValues, func(v *ast.EnumValueDefinition) string { return v.Name })
	for _, field := range n.Fields {
		of, err := field.Type.astType()
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.Name, err)
		}
		arguments, err := arguments(field.Args)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.Name, err)
		}
		definition.Fields = append(definition.Fields, &ast.FieldDefinition{
			Name: field.Name, Description: field.Description, Type: of, Arguments: arguments, Directives: field.deprecation(),
		})
	}
	inputs, err := arguments(n.InputFields)
	if err != nil {
		return nil, err
	}
	for _, input := range inputs {
		definition.Fields = append(definition.Fields, &ast.FieldDefinition{
			Name: input.Name, Description: input.Description, Type: input.Type, DefaultValue: input.DefaultValue,
		})
	}
	sortBy(definition.Fields, func(f *ast.FieldDefinition) string { return f.Name })
	return definition, nil
}

func arguments(nodes []inputNode) (ast.ArgumentDefinitionList, error) {
	var list ast.ArgumentDefinitionList
	for _, node := range nodes {
		of, err := node.Type.astType()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", node.Name, err)
		}
		value, err := node.defaultValue()
		if err != nil {
			return nil, err
		}
		list = append(list, &ast.ArgumentDefinition{
			Name: node.Name, Description: node.Description, Type: of, DefaultValue: value,
		})
	}
	sortBy(list, func(a *ast.ArgumentDefinition) string { return a.Name })
	return list, nil
}

// deprecation is the directive that says so, if it is so.
func (n valueNode) deprecation() ast.DirectiveList {
	if !n.IsDeprecated {
		return nil
	}
	directive := &ast.Directive{Name: "deprecated"}
	if n.DeprecationReason != "" {
		directive.Arguments = ast.ArgumentList{{Name: "reason", Value: &ast.Value{Kind: ast.StringValue, Raw: n.DeprecationReason}}}
	}
	return ast.DirectiveList{directive}
}
