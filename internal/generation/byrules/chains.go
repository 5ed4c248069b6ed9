package byrules

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

// family are the operations on what another one creates.
type family struct {
	parameter string
	item      []importing.Operation // of the thing itself
	actions   []importing.Operation // POST below it
	list      *importing.Operation
}

// chains follow what an operation creates: it is read, changed and removed, and
// then it is not there any more. Each action on it gets a chain of its own.
func (g *openapi) chains(op importing.Operation) {
	status := goodStatus(op)
	if op.Method != http.MethodPost || op.Secured || status == "" {
		return
	}
	f, ok := g.family(op)
	if !ok {
		return
	}
	c, ok := g.created(op, status, f.parameter)
	if !ok {
		return
	}
	before, _ := g.created(op, status, f.parameter)
	for _, o := range slices.Concat(f.item, f.actions) {
		g.below[o.Name()] = before
	}
	if f.list != nil {
		c.follow(*f.list)
	}
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		for _, o := range f.item {
			if o.Method == method {
				c.follow(o)
			}
		}
	}
	c.gone(f)
	if len(c.steps) > 1 {
		c.done("chain", "What "+op.Name()+" creates can be followed")
	}
	for _, action := range f.actions {
		c, _ := g.created(op, status, f.parameter)
		before := len(c.steps)
		c.follow(action)
		if len(c.steps) > before {
			for _, o := range f.item {
				if o.Method == http.MethodGet {
					c.follow(o)
				}
			}
			c.done("then-"+uniqueID("", words(action), "", map[string]bool{}), "What "+op.Name()+" creates can go on with "+action.Name())
		}
	}
}

func words(op importing.Operation) string {
	if op.ID != "" {
		return op.ID
	}
	return op.Name()
}

func (g *openapi) family(op importing.Operation) (family, bool) {
	var f family
	for i, o := range g.api.Operations {
		rest, below := strings.CutPrefix(o.Path, op.Path+"/{")
		name, more, closed := strings.Cut(rest, "}")
		switch {
		case o.Path == op.Path && o.Method == http.MethodGet:
			f.list = &g.api.Operations[i]
		case !below || !closed || o.Secured || f.parameter != "" && name != f.parameter:
		case more == "":
			f.parameter, f.item = name, append(f.item, o)
		case o.Method == http.MethodPost && !strings.Contains(more, "{"):
			f.parameter, f.actions = name, append(f.actions, o)
		}
	}
	return f, f.parameter != ""
}

// chain is a case in the making.
type chain struct {
	g       *openapi
	root    importing.Operation
	values  map[string]string
	made    map[string]any // fields of the request that creates
	steps   []draft.StepDoc
	of      []importing.Operation
	deleted bool
}

// created begins with the request that creates, and finds out where the id of
// what it creates comes from: the answer, or the request itself.
func (g *openapi) created(op importing.Operation, status, parameter string) (*chain, bool) {
	r, why := g.request(op, nil)
	if why != "" {
		return nil, false
	}
	made, _ := r.body.(map[string]any)
	c := &chain{g: g, root: op, values: map[string]string{}, made: made, of: []importing.Operation{op}}
	step := r.step(g.answers(op, status))
	properties, _ := op.Responses[status].Schema["properties"].(map[string]any)
	switch {
	case properties[parameter] != nil && plainName.MatchString(parameter) && parameter != spec.VarBaseURL:
		step.Capture = map[string]draft.Pairs{parameter: {"jsonpath", "$." + parameter}}
		c.values[parameter] = "${{ " + parameter + " }}"
	case scalar(made[parameter]):
		c.values[parameter] = fmt.Sprint(made[parameter])
	default:
		return nil, false
	}
	step.Check = append(step.Check, g.echoes(op.Responses[status], c.made)...)
	c.steps = []draft.StepDoc{step}
	return c, true
}

// echoes are the checks that an answer says what was sent.
func (g *openapi) echoes(response importing.Response, sent map[string]any) []draft.Pairs {
	properties, _ := response.Schema["properties"].(map[string]any)
	var out []draft.Pairs
	for name, v := range sent {
		if properties[name] != nil && scalar(v) && plainName.MatchString(name) && g.api.Flat(properties[name])["readOnly"] != true {
			out = append(out, draft.Pairs{"jsonpath", "$." + name, "equals", v})
		}
	}
	slices.SortFunc(out, func(a, b draft.Pairs) int { return strings.Compare(a[1].(string), b[1].(string)) })
	return out
}

// follow goes on with another operation.
func (c *chain) follow(op importing.Operation) {
	status := goodStatus(op)
	r, why := c.g.request(op, c.values)
	if why != "" || status == "" || c.deleted {
		return
	}
	// What is changed keeps the values that it was made with: they are known to be
	// good ones.
	if body, ok := r.body.(map[string]any); ok {
		for name := range body {
			if v, ok := c.made[name]; ok {
				body[name] = v
			}
		}
	}
	checks := c.g.answers(op, status)
	properties, _ := op.Responses[status].Schema["properties"].(map[string]any)
	for name, reference := range c.values {
		if properties[name] != nil && plainName.MatchString(name) {
			checks = append(checks, draft.Pairs{"jsonpath", "$." + name, "equals", reference})
		}
	}
	c.steps = append(c.steps, r.step(checks))
	c.of = append(c.of, op)
	c.deleted = op.Method == http.MethodDelete
}

// gone asks again for what was removed.
func (c *chain) gone(f family) {
	if !c.deleted {
		return
	}
	for _, method := range []string{"GET", "DELETE"} {
		for _, o := range f.item {
			if _, ok := o.Responses["404"]; o.Method != method || !ok {
				continue
			}
			if r, why := c.g.request(o, c.values); why == "" {
				r.name = "It is not there any more"
				c.steps = append(c.steps, r.step(c.g.answers(o, "404")[:1]))
				return
			}
		}
	}
}

func (c *chain) done(suffix, name string) {
	aspects := make([]string, len(c.of))
	for i := range aspects {
		aspects[i] = good
	}
	c.g.add(draft.CaseDoc{
		ID: c.g.id(c.root, suffix), Name: c.g.line(name), Kind: string(spec.KindAPI), Tags: []string{"generated", "chain"}, Steps: listed(c.steps),
	}, c.of, aspects)
}

func listed(steps []draft.StepDoc) []any {
	list := make([]any, len(steps))
	for i := range steps {
		list[i] = steps[i]
	}
	return list
}
