package shop

import (
	"errors"
	"slices"

	"github.com/graphql-go/graphql/language/ast"
)

const (
	maxQuery     = 8 << 10 // bytes
	maxDepth     = 16      // fields within fields; the usual introspection query has 14
	maxListDepth = 3       // introspection lists within each other
)

// Lists of the introspection types lead back to types, so nesting them
// multiplies the answer without end.
var multiplying = []string{"types", "fields", "inputFields", "interfaces", "possibleTypes", "enumValues", "args"}

// cost is the deepest path of a selection.
type cost struct{ depth, lists int }

// costing measures each fragment once, so that fragments which name each other
// many times cannot make the measuring itself expensive.
type costing struct {
	fragments map[string]*ast.FragmentDefinition
	known     map[string]cost
	open      map[string]bool
}

// tooCostly refuses documents whose execution could take long or grow large.
func tooCostly(doc *ast.Document) error {
	c := costing{map[string]*ast.FragmentDefinition{}, map[string]cost{}, map[string]bool{}}
	for _, d := range doc.Definitions {
		if f, ok := d.(*ast.FragmentDefinition); ok {
			c.fragments[f.Name.Value] = f
		}
	}
	for _, d := range doc.Definitions {
		var set *ast.SelectionSet
		switch d := d.(type) {
		case *ast.OperationDefinition:
			set = d.SelectionSet
		case *ast.FragmentDefinition:
			set = d.SelectionSet
		}
		total, err := c.of(set)
		if err != nil {
			return err
		}
		if total.depth > maxDepth || total.lists > maxListDepth {
			return errors.New("the query is nested too deeply")
		}
	}
	return nil
}

func (c costing) of(set *ast.SelectionSet) (cost, error) {
	var most cost
	if set == nil {
		return most, nil
	}
	for _, s := range set.Selections {
		var one cost
		var err error
		switch s := s.(type) {
		case *ast.Field:
			one, err = c.of(s.SelectionSet)
			one.depth++
			if slices.Contains(multiplying, s.Name.Value) {
				one.lists++
			}
		case *ast.InlineFragment:
			one, err = c.of(s.SelectionSet)
		case *ast.FragmentSpread:
			one, err = c.ofFragment(s.Name.Value)
		}
		if err != nil {
			return most, err
		}
		most = cost{max(most.depth, one.depth), max(most.lists, one.lists)}
	}
	return most, nil
}

func (c costing) ofFragment(name string) (cost, error) {
	if known, ok := c.known[name]; ok {
		return known, nil
	}
	f := c.fragments[name]
	if f == nil {
		return cost{}, nil // validation reports it
	}
	if c.open[name] {
		return cost{}, errors.New("a fragment spreads itself")
	}
	c.open[name] = true
	defer delete(c.open, name)
	got, err := c.of(f.SelectionSet)
	c.known[name] = got
	return got, err
}
