package armour

import (
	"encoding/json"
	"math"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Cost is how many objects the answer of an operation may hold: each field that
// gives an object counts one, and below a page of a list it counts as often as
// the page is long. Plain values are free. The document has passed Check and
// validation.
func Cost(schema *ast.Schema, op *graphql.OperationContext) int {
	return cost{schema, op.Variables}.set(op.Operation.SelectionSet, 1)
}

type cost struct {
	schema    *ast.Schema
	variables map[string]any
}

// set counts a selection set of which there are so many. page is how many items
// the fields edges and nodes of a connection give.
func (c cost) set(set ast.SelectionSet, page int) int {
	sum := 0
	for _, selection := range set {
		switch v := selection.(type) {
		case *ast.Field:
			sum += c.field(v, page)
		case *ast.InlineFragment:
			sum += c.set(v.SelectionSet, page)
		case *ast.FragmentSpread:
			sum += c.set(v.Definition.SelectionSet, page)
		}
		sum = min(sum, math.MaxInt32)
	}
	return sum
}

func (c cost) field(f *ast.Field, page int) int {
	if f.Definition == nil || f.Name == "__schema" || f.Name == "__type" { // the schema is in memory
		return 0
	}
	if d := c.schema.Types[f.Definition.Type.Name()]; d == nil || !d.IsCompositeType() {
		return 0
	}
	items := 1
	if f.Definition.Arguments.ForName("first") != nil {
		items = first(f.ArgumentMap(c.variables)["first"])
	}
	each := min(1+c.set(f.SelectionSet, items), math.MaxInt32)
	if f.Name == "edges" || f.Name == "nodes" {
		each *= page
	}
	return min(each, math.MaxInt32)
}

// first is the length of a page, within what services allow: what is outside
// they refuse.
func first(v any) int {
	n := int64(100)
	switch v := v.(type) {
	case int:
		n = int64(v)
	case int64:
		n = v
	case json.Number:
		if i, err := v.Int64(); err == nil {
			n = i
		}
	}
	return int(min(max(n, 1), 100))
}
