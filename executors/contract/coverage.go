package contract

import (
	"fmt"
	"strconv"

	"github.com/semantest/semantest/executors/contract/graphql"
)

// coverage counts what of a document was tried and seen.
type coverage struct {
	ops    map[*operation]*covered
	fields map[string]map[string]int // of GraphQL: how often answers held them, by type
}

type covered struct {
	requests int
	params   map[paramKey]int
	seen     map[int]int
}

func newCoverage() *coverage {
	return &coverage{ops: map[*operation]*covered{}, fields: map[string]map[string]int{}}
}

// field counts a field that an answer held.
func (c *coverage) field(typ, name string) {
	if c.fields[typ] == nil {
		c.fields[typ] = map[string]int{}
	}
	c.fields[typ][name]++
}

func (c *coverage) count(k *call, a *answer) {
	if k.purpose == otherMethod {
		return
	}
	o := c.ops[k.op]
	if o == nil {
		o = &covered{params: map[paramKey]int{}, seen: map[int]int{}}
		c.ops[k.op] = o
	}
	o.requests++
	for key := range k.params {
		o.params[key]++
	}
	if k.graph != nil {
		for _, name := range k.graph.Arguments() {
			o.params[paramKey{argument, name}]++
		}
	}
	if a.status != 0 {
		o.seen[a.status]++
	}
}

// documented counts the statuses of an operation, and those that were seen.
func (c *coverage) documented(op *operation) (all, seen int) {
	for code := range op.responses {
		if code == "DEFAULT" {
			continue
		}
		all++
		if o := c.ops[op]; o != nil {
			for status := range o.seen {
				if text := strconv.Itoa(status); text == code || text[:1]+"XX" == code {
					seen++
					break
				}
			}
		}
	}
	return all, seen
}

func (c *coverage) operations(ops []*operation) float64 {
	tried := 0
	for _, op := range ops {
		if c.ops[op] != nil {
			tried++
		}
	}
	return share(tried, len(ops))
}

func (c *coverage) parameters(ops []*operation) float64 {
	all, tried := 0, 0
	for _, op := range ops {
		all += len(op.keys())
		if o := c.ops[op]; o != nil {
			tried += len(o.params)
		}
	}
	return share(tried, all)
}

func (c *coverage) statuses(ops []*operation) float64 {
	all, seen := 0, 0
	for _, op := range ops {
		a, s := c.documented(op)
		all, seen = all+a, seen+s
	}
	return share(seen, all)
}

// share is 1 where there is nothing to cover.
func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// of is the coverage as a file for people and programs.
func (c *coverage) of(ops []*operation) map[string]any {
	var list []any
	for _, op := range ops {
		o := c.ops[op]
		if o == nil {
			o = &covered{}
		}
		statuses := map[string]int{}
		for code := range op.responses {
			statuses[code] = 0
		}
		for code, n := range o.seen {
			statuses[strconv.Itoa(code)] = n
		}
		params := map[string]int{}
		for _, key := range op.keys() {
			params[fmt.Sprintf("%s %s", key.in, key.name)] = o.params[key]
		}
		list = append(list, map[string]any{"operation": op.title(), "operationId": op.id, "requests": o.requests, "parameters": params, "statuses": statuses})
	}
	return map[string]any{
		"operations": list, "operationsCovered": c.operations(ops), "parametersCovered": c.parameters(ops), "statusesCovered": c.statuses(ops),
	}
}

// argument is where GraphQL's parameters are.
const argument = "argument"

// keys are the parameters of an operation.
func (o *operation) keys() []paramKey {
	var out []paramKey
	for _, p := range o.params {
		out = append(out, paramKey{p.in, p.name})
	}
	if o.field != nil {
		for _, name := range o.field.Arguments() {
			out = append(out, paramKey{argument, name})
		}
	}
	return out
}

// graph is the coverage of a schema's types, and of their fields.
func (c *coverage) graph(schema *graphql.Schema, ops []*operation) (types map[string]any, typesCovered, fieldsCovered float64) {
	var fields []*graphql.Field
	for _, op := range ops {
		fields = append(fields, op.field)
	}
	reachable := schema.Reachable(fields)
	types = map[string]any{}
	met, all, seen := 0, 0, 0
	for name, list := range reachable {
		counts := map[string]int{}
		for _, f := range list {
			counts[f] = c.fields[name][f]
			if all++; counts[f] > 0 {
				seen++
			}
		}
		if len(c.fields[name]) > 0 {
			met++
		}
		types[name] = counts
	}
	return types, share(met, len(reachable)), share(seen, all)
}
