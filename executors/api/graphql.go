package api

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxDocument = 1 << 20 // bytes of a file with an operation
	maxTokens   = 50_000  // of a document
)

// graphql performs a GraphQL operation.
func (a *attempt) graphql(ctx context.Context, step spec.APIStep, r *executors.Report) error {
	title := step.Title()
	g := *step.GraphQL
	acts := g.Events
	g.Events = nil // as in websocket
	step.GraphQL = nil
	step, err := spec.Expand(a.task.Scope, step)
	if err == nil {
		g, err = spec.Expand(a.task.Scope, g)
	}
	if err != nil {
		return executors.Errorf("the step cannot be filled in: %w", err)
	}
	if g.On != "" {
		s, err := a.streams.get(g.On)
		if err != nil {
			return err
		}
		return a.talk(ctx, s, acts, r)
	}
	if g.File != "" {
		data, err := readFile(a.task.Files, g.File, maxDocument)
		if err != nil {
			return err
		}
		g.Query = string(data)
	}
	operation, err := a.operation(ctx, g, r)
	if err != nil {
		return err
	}
	payload := payloadOf(g)
	if operation == ast.Subscription {
		return a.subscribe(ctx, g, payload, acts, r)
	}
	if len(acts) > 0 {
		return executors.Errorf("events are expected, but the operation is a %s, not a subscription", operation)
	}
	out, err := a.build(spec.HTTPRequest{Method: "POST", URL: g.URLOr(), Headers: g.Headers, JSON: &spec.Value{V: payload}})
	if err != nil {
		return err
	}
	if out.header.Get("Accept") == "*/*" {
		out.header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	}
	return a.roundTrip(ctx, title, step, out, r, func(in *response) {
		if c, ok := a.graphqlErrors(g, in); ok {
			r.Check(c)
		}
	})
}

// payloadOf is what is sent of an operation.
func payloadOf(g spec.GraphQL) map[string]any {
	payload := map[string]any{"query": g.Query}
	if g.OperationName != "" {
		payload["operationName"] = g.OperationName
	}
	if g.Variables != nil {
		variables := make(map[string]any, len(g.Variables))
		for name, v := range g.Variables {
			variables[name] = v.V
		}
		payload["variables"] = variables
	}
	return payload
}

// operation reads the document and validates it; it returns what kind of
// operation is meant.
func (a *attempt) operation(ctx context.Context, g spec.GraphQL, r *executors.Report) (ast.Operation, error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Name: "operation", Input: g.Query}, maxTokens)
	if err != nil {
		return "", executors.Errorf("the GraphQL document cannot be read: %s", graphqlProblem(err))
	}
	op := doc.Operations.ForName(g.OperationName)
	switch {
	case op == nil && g.OperationName != "":
		return "", executors.Errorf("the GraphQL document has no operation named %s", g.OperationName)
	case op == nil:
		return "", executors.Errorf("the GraphQL document has %d operations: say with operationName which one is meant", len(doc.Operations))
	}
	if g.Validate != nil && !*g.Validate {
		return op.Operation, nil
	}
	schema, why, err := a.schemaOf(ctx, g)
	if err != nil {
		return "", err
	}
	if schema == nil {
		r.Set("validation", "not validated: "+why)
		return op.Operation, nil
	}
	if problems := validator.ValidateWithRules(schema, doc, nil); len(problems) > 0 {
		text := graphqlProblem(problems[0])
		if n := len(problems) - 1; n > 0 {
			text += fmt.Sprintf(" (and %d more)", n)
		}
		return "", executors.Failf("the operation does not fit the schema of %s, and was not sent: %s", g.URLOr(), text)
	}
	variables, _ := payloadOf(g)["variables"].(map[string]any)
	if _, err := validator.VariableValues(schema, op, variables); err != nil {
		return "", executors.Failf("the variables do not fit the operation, which was not sent: %s", graphqlProblem(err))
	}
	r.Set("validation", "fits the schema")
	return op.Operation, nil
}

// graphqlProblem is an error with its place in the document, on one line.
func graphqlProblem(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*gqlerror.Error](err); ok {
		text = e.Message
		if len(e.Locations) > 0 {
			text = fmt.Sprintf("line %d, column %d: %s", e.Locations[0].Line, e.Locations[0].Column, e.Message)
		}
	}
	return oneLine(excerpt.Of(text, maxCause))
}

// graphqlErrors judges whether an answer holds errors and data as it should.
func (a *attempt) graphqlErrors(g spec.GraphQL, in *response) (executors.Check, bool) {
	want := g.Errors
	if want == "" {
		want = "none"
	}
	if want == "any" {
		return executors.Check{}, false
	}
	c := executors.Check{Name: "graphql errors: " + want, Expected: map[string]string{
		"none": "data without errors", "partial": "data and errors", "some": "errors"}[want]}
	doc, err := in.document()
	answer, isObject := doc.(map[string]any)
	switch {
	case err != nil:
		return failedCheck(c.Name, c.Expected, "no GraphQL answer", "the answer is no GraphQL answer: "+err.Error()), true
	case !isObject:
		return failedCheck(c.Name, c.Expected, "no GraphQL answer", "the answer is no GraphQL answer: it is not an object"), true
	}
	problems, _ := answer["errors"].([]any)
	data := answer["data"] != nil
	c.Actual = map[[2]bool]string{{true, true}: "data and errors", {true, false}: "data without errors",
		{false, true}: "errors without data", {false, false}: "neither data nor errors"}[[2]bool{data, len(problems) > 0}]
	switch want {
	case "none":
		c.Passed = data && len(problems) == 0
	case "partial":
		c.Passed = data && len(problems) > 0
	case "some":
		c.Passed = len(problems) > 0
	}
	if !c.Passed {
		c.Message = "the answer holds " + c.Actual
		if len(problems) > 0 {
			c.Message += ": " + a.firstProblem(problems)
		} else {
			c.Message += ", expected " + c.Expected
		}
	}
	return c, true
}

// firstProblem says the first error of an answer and where it belongs to.
func (a *attempt) firstProblem(problems []any) string {
	problem, _ := problems[0].(map[string]any)
	text, _ := problem["message"].(string)
	if path, ok := problem["path"].([]any); ok && len(path) > 0 {
		parts := make([]string, len(path))
		for i, p := range path {
			parts[i] = fmt.Sprint(p)
		}
		text += " (at " + strings.Join(parts, ".") + ")"
	}
	if n := len(problems) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return oneLine(excerpt.Of(a.task.Scope.Mask(text), maxCause))
}
