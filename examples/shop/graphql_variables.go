package shop

import (
	"fmt"
	"math"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
)

// wrongVariable says which variable does not fit its type. The library takes
// numbers for texts and texts for numbers, which GraphQL does not allow.
func wrongVariable(schema *graphql.Schema, doc *ast.Document, given map[string]any) error {
	for _, d := range doc.Definitions {
		op, ok := d.(*ast.OperationDefinition)
		if !ok {
			continue
		}
		for _, v := range op.VariableDefinitions {
			name := v.Variable.Name.Value
			if value, there := given[name]; there && !fits(variableType(schema, v.Type), value) {
				return fmt.Errorf("the value of the variable $%s does not fit its type", name)
			}
		}
	}
	return nil
}

func variableType(schema *graphql.Schema, t ast.Type) graphql.Type {
	switch t := t.(type) {
	case *ast.NonNull:
		return graphql.NewNonNull(variableType(schema, t.Type))
	case *ast.List:
		return graphql.NewList(variableType(schema, t.Type))
	case *ast.Named:
		return schema.Type(t.Name.Value)
	}
	return nil
}

// fits holds a value to an input type; what else is wrong the library says.
func fits(t graphql.Type, v any) bool {
	if v == nil {
		return true
	}
	switch t := t.(type) {
	case *graphql.NonNull:
		return fits(t.OfType, v)
	case *graphql.List:
		list, ok := v.([]any)
		if !ok {
			return fits(t.OfType, v)
		}
		for _, e := range list {
			if !fits(t.OfType, e) {
				return false
			}
		}
	case *graphql.InputObject:
		o, ok := v.(map[string]any)
		if !ok {
			return false
		}
		for name, field := range t.Fields() {
			if !fits(field.Type, o[name]) {
				return false
			}
		}
	case *graphql.Scalar:
		return fitsScalar(t.Name(), v)
	}
	return true
}

func fitsScalar(name string, v any) bool {
	n, isNumber := v.(float64)
	_, isText := v.(string)
	whole := isNumber && n == math.Trunc(n)
	switch name {
	case "String":
		return isText
	case "ID":
		return isText || whole
	case "Int":
		return whole && math.Abs(n) <= math.MaxInt32
	case "Float":
		return isNumber
	case "Boolean":
		_, ok := v.(bool)
		return ok
	}
	return true
}
