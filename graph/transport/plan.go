package transport

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// plan is how an operation is shared. It depends on the text alone.
type plan struct {
	text     string // printed from the syntax tree, without name and cursor
	field    Field
	root     *ast.Field
	variable string // the variable that holds the cursor, if one does
}

// maxPlanned is how long a text may be for its plan to be kept, in bytes.
const maxPlanned = 16 << 10

// planOf returns nil for an operation that runs for its client alone.
func planOf(fields map[string]Field, op *graphql.OperationContext) *plan {
	if op.Operation.Operation != ast.Subscription || len(op.Operation.SelectionSet) != 1 {
		return nil
	}
	root, ok := op.Operation.SelectionSet[0].(*ast.Field)
	if !ok {
		return nil
	}
	field, ok := fields[root.Name]
	if !ok {
		return nil
	}
	p := &plan{field: field, root: root}
	printed, bare := *op.Operation, *root
	printed.Name = ""
	if field.Cursor != "" {
		if a := root.Arguments.ForName(field.Cursor); a != nil {
			if a.Value.Kind == ast.Variable {
				p.variable = a.Value.Raw
			}
			bare.Arguments = without(root.Arguments, func(other *ast.Argument) bool { return other == a })
		}
		printed.VariableDefinitions = without(printed.VariableDefinitions, func(d *ast.VariableDefinition) bool {
			return p.variable != "" && d.Variable == p.variable
		})
	}
	printed.SelectionSet = ast.SelectionSet{&bare}
	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithCompacted()).FormatQueryDocument(
		&ast.QueryDocument{Operations: ast.OperationList{&printed}, Fragments: op.Doc.Fragments})
	p.text = text.String()
	// A cursor that decides something else too, such as a directive, makes each
	// of its values another operation.
	if p.variable != "" && mentions(p.text, p.variable) {
		return nil
	}
	return p
}

func without[T any](list []T, drop func(T) bool) []T {
	var out []T
	for _, v := range list {
		if !drop(v) {
			out = append(out, v)
		}
	}
	return out
}

// mentions reports whether a variable may occur in a text; at worst it sees one
// inside a string.
func mentions(text, variable string) bool {
	for rest := text; ; {
		i := strings.Index(rest, "$"+variable)
		if i < 0 {
			return false
		}
		rest = rest[i+1+len(variable):]
		if rest == "" || !nameByte(rest[0]) {
			return true
		}
	}
}

func nameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// key identifies what is shared: the operation, its variables and the scope.
func (p *plan) key(variables map[string]any, scope string) (string, error) {
	if p.variable != "" {
		rest := make(map[string]any, len(variables))
		for k, v := range variables {
			if k != p.variable {
				rest[k] = v
			}
		}
		variables = rest
	}
	values, err := json.Marshal(variables)
	if err != nil {
		return "", fmt.Errorf("encode the variables: %w", err)
	}
	// The lengths keep one part from passing for the end of another.
	return fmt.Sprintf("%d %d %s%s%s", len(p.text), len(values), p.text, values, scope), nil
}

// cursor returns the number after which a client asks to begin.
func (p *plan) cursor(variables, extensions map[string]any) int64 {
	if p.field.Cursor == "" {
		return 0
	}
	if n, ok := resumeAfter(extensions); ok {
		return n
	}
	n, _ := number(p.root.ArgumentMap(variables)[p.field.Cursor])
	return n
}

// resumeAfter reads the extension by which a client that repeats a request word
// for word says what it has seen.
func resumeAfter(extensions map[string]any) (int64, bool) {
	return number(extensions["resumeAfter"])
}

func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}
