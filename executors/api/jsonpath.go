package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/theory/jsonpath"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// document returns the body as JSON; numbers stay json.Number.
func (r *response) document() (any, error) {
	if r.decoded {
		return r.json, r.jsonErr
	}
	r.decoded = true
	r.json, r.jsonErr = r.decode()
	return r.json, r.jsonErr
}

func (r *response) decode() (any, error) {
	if len(bytes.TrimSpace(r.body)) == 0 {
		return nil, errors.New("the body is empty")
	}
	if r.shape = measure(r.body); r.shape.values > maxValues {
		return nil, fmt.Errorf("the body holds more than %d JSON values", maxValues)
	}
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %s", cause(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body is not JSON: something follows the first value")
	}
	return v, nil
}

// selection is what an expression found.
type selection struct {
	nodes    []any
	singular bool // the expression can find one node at most
}

// find evaluates an expression on the body.
func (r *response) find(expression string) (selection, error) {
	path, err := jsonpath.Parse(expression)
	if err != nil {
		return selection{}, fmt.Errorf("the expression is wrong: %s", cause(err))
	}
	doc, err := r.document()
	if err != nil {
		return selection{}, err
	}
	s := selection{singular: path.Query().Singular() != nil}
	if s.singular {
		s.nodes = path.Select(doc)
		return s, nil
	}
	cost := r.shape.cost(path)
	if cost > maxCost {
		return s, errors.New("the expression is too costly for a body of this size: use fewer .. and name the members")
	}
	s.nodes = inOrder(path, doc, cost)
	return s, nil
}

// inOrder returns the nodes in the order of the document, members of objects by
// name: Go's maps have none of their own, and "the first node" must be the same
// every time. Expressions that ask for an order keep theirs.
func inOrder(path *jsonpath.Path, doc any, cost float64) []any {
	if cost > maxOrdered || !orderable(path) {
		return path.Select(doc)
	}
	located := path.SelectLocated(doc)
	located.Sort()
	nodes := make([]any, len(located))
	for i, n := range located {
		nodes[i] = n.Node
	}
	return nodes
}

// jsonpath checks what an expression finds. An expression that can find many
// nodes is judged by its one node, and as a list where it found several or the
// matcher is about lists.
func (a *attempt) jsonpath(expression string, m spec.Matcher, in *response) []executors.Check {
	subject := "jsonpath " + expression
	found, err := in.find(expression)
	if err != nil {
		checks := a.verdicts(subject, m, spec.NoActual())
		for i, c := range checks {
			checks[i] = failedCheck(c.Name, c.Expected, "nothing", fmt.Sprintf("%s cannot be read: %s", subject, err))
		}
		return checks
	}
	actual := spec.NoActual()
	switch {
	case len(found.nodes) == 0:
	case len(found.nodes) == 1 && (found.singular || !aboutLists(m)):
		actual = spec.JSONActual(found.nodes[0])
	default:
		actual = spec.JSONActual(found.nodes)
	}
	return a.verdicts(subject, m, actual)
}

func aboutLists(m spec.Matcher) bool {
	if m.Contains != nil || m.NotContains != nil || m.Length != nil || m.Type == "array" {
		return true
	}
	if m.Equals != nil {
		_, list := m.Equals.V.([]any)
		return list
	}
	return false
}
