package api

import (
	"math"
	"strings"

	"github.com/theory/jsonpath"
	jp "github.com/theory/jsonpath/spec"
)

// Evaluating an expression cannot be interrupted, so one that would take too
// long on the body at hand is refused beforehand.
const (
	maxValues  = 1_000_000 // JSON values in a body
	maxCost    = 2e7       // nodes visited: a few seconds
	maxOrdered = 5e5       // nodes visited where the nodes' places are kept to sort them
)

// shape is the size of a JSON text, without decoding it.
type shape struct {
	values int // members and elements, a little too many rather than too few
	depth  int
}

func measure(text []byte) shape {
	s := shape{values: 1}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			s.values++
			depth++
			s.depth = max(s.depth, depth)
		case c == '}' || c == ']':
			depth--
		case c == ',':
			s.values++
		}
	}
	return s
}

// cost estimates from above how many nodes an expression visits. A descendant
// segment sees each node once for each of its ancestors that is selected, a
// list of selectors each node once for each of them. What stands in a filter is
// counted by its text: a query on @ stays below the node that is filtered, one
// on $ may walk the whole document for every node.
func (s shape) cost(path *jsonpath.Path) float64 {
	cost := float64(s.values)
	for _, segment := range path.Query().Segments() {
		if segment.IsDescendant() {
			cost *= float64(s.depth + 1)
		}
		cost *= float64(len(segment.Selectors()))
		for _, selector := range segment.Selectors() {
			if f, ok := selector.(*jp.FilterSelector); ok {
				cost *= s.filterCost(strings.TrimPrefix(f.String(), "?"))
			}
		}
	}
	return cost
}

func (s shape) filterCost(text string) float64 {
	terms := 1 + strings.Count(text, ",") + strings.Count(text, "&&") + strings.Count(text, "||")
	cost := float64(terms) * math.Pow(float64(s.depth+1), float64(strings.Count(text, "..")))
	if strings.Contains(text, "..") || strings.ContainsAny(text, "*?:") {
		cost *= math.Pow(float64(s.values), float64(strings.Count(text, "$")))
	}
	return cost
}

// orderable reports whether nothing in the expression asks for an order of its
// own: a list of selectors, or a slice that goes backwards.
func orderable(path *jsonpath.Path) bool {
	for _, segment := range path.Query().Segments() {
		selectors := segment.Selectors()
		if len(selectors) != 1 {
			return false
		}
		if slice, ok := selectors[0].(jp.SliceSelector); ok && slice.Step() < 0 {
			return false
		}
	}
	return true
}
