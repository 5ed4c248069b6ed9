package contract

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// mostByChance is how many requests of an operation are made by chance alone.
const mostByChance = 40

// planner makes the requests of operations.
type planner struct {
	generator
	examples bool
	asks     func(check string) bool
	seen     map[string][]any // ids in answers, by path of the list and name; of GraphQL, by type and field

	depth   int            // of GraphQL's selections
	scalars map[string]any // values of GraphQL's custom scalars
}

// base is a valid call; false says that none could be made.
func (p *planner) base(ctx context.Context, op *operation, how fullness) (*call, bool) {
	c := &call{op: op, purpose: positive, method: op.method, path: op.path, params: map[paramKey]any{}, auth: authGiven}
	for _, param := range op.params {
		if !param.required && (how == minimal || how == byChance && p.rng.IntN(2) == 0) || param.in == "header" && reserved(param.name) {
			continue
		}
		v, ok := p.known(op, param, how)
		if !ok {
			v, ok = p.valid(ctx, param.schema, how)
		}
		switch {
		case ok:
			c.params[paramKey{param.in, param.name}] = v
		case param.required:
			return nil, false
		}
	}
	if op.body == nil || how == minimal && !op.body.required || len(op.body.media) == 0 {
		return c, true
	}
	c.media = op.body.media[0]
	if how == byChance {
		c.media = op.body.media[p.rng.IntN(len(op.body.media))]
	}
	c.body, c.hasBody = p.valid(ctx, c.media.schema, how)
	return c, c.hasBody || !op.body.required
}

// reserved names headers that OpenAPI leaves to HTTP.
func reserved(name string) bool {
	return slices.ContainsFunc([]string{"Accept", "Content-Type", "Authorization"}, func(r string) bool { return strings.EqualFold(r, name) })
}

// known takes a parameter of a path from the answers so far or from the
// examples, so that something is found there.
func (p *planner) known(op *operation, param *parameter, how fullness) (any, bool) {
	if param.in != "path" || how == byChance && p.rng.IntN(2) == 0 {
		return nil, false
	}
	if ids := p.seenFor(op, param.name); len(ids) > 0 {
		return ids[0], true
	}
	if p.examples && len(param.examples) > 0 {
		return param.examples[0], true
	}
	return nil, false
}

func (p *planner) seenFor(op *operation, name string) []any {
	above, _, ok := strings.Cut(op.path, "/{"+name+"}")
	if !ok {
		return nil
	}
	if ids := p.seen[above+"|"+name]; len(ids) > 0 {
		return ids
	}
	return p.seen[above+"|id"]
}

// learn keeps the ids in an answer of a list or of what creates an item.
func (p *planner) learn(op *operation, a *answer) {
	if a.status/100 != 2 || len(a.body) > 1<<20 {
		return
	}
	v, ok := a.json()
	if !ok {
		return
	}
	items := list(v)
	if o := asObject(v); o != nil {
		items = []any{o}
		for _, name := range sorted(o) {
			items = append(items, list(o[name])...)
		}
	}
	for _, item := range items[:min(len(items), 20)] {
		for name, value := range asObject(item) {
			key := op.path + "|" + name
			if s, ok := value.(string); ok && s != "" && len(s) < 200 && len(p.seen[key]) < 3 {
				p.seen[key] = append(p.seen[key], s)
			} else if n, ok := number(value).(int64); ok && len(p.seen[key]) < 3 {
				p.seen[key] = append(p.seen[key], n)
			}
		}
	}
}

// positives lists valid requests: whole and least, the examples, every limit,
// and some by chance.
func (p *planner) positives(ctx context.Context, op *operation) []*call {
	if op.field != nil {
		return p.graphPositives(op)
	}
	var out []*call
	whole, ok := p.base(ctx, op, full)
	if !ok {
		return nil
	}
	whole.what, whole.pinned = "everything", true
	out = append(out, whole)
	if least, ok := p.base(ctx, op, minimal); ok {
		least.what, least.pinned = "only what is required", true
		out = append(out, least)
	}
	for _, param := range op.params {
		if param.in == "header" && reserved(param.name) {
			continue
		}
		p.work = 0
		variants := p.boundaries(param.schema.raw, 0)
		if p.examples {
			for _, e := range param.examples {
				variants = append([]sample{{e, anExample}}, variants...)
			}
		}
		for _, v := range variants {
			if s, ok := v.value.(string); param.in == "path" && ok && strings.ContainsAny(s, "/?#%") || !param.schema.valid(ctx, v.value) {
				continue
			}
			c := whole.clone()
			c.params[paramKey{param.in, param.name}] = v.value
			c.what, c.pinned = param.name+": "+v.what, v.what == anExample
			out = append(out, c)
		}
	}
	if op.body != nil {
		out = append(out, p.bodies(ctx, op, whole)...)
	}
	for range mostByChance {
		if c, ok := p.base(ctx, op, byChance); ok {
			c.what = "by chance"
			out = append(out, c)
		}
	}
	return distinct(out)
}

func (p *planner) bodies(ctx context.Context, op *operation, whole *call) []*call {
	var out []*call
	for _, m := range op.body.media {
		var variants []sample
		if p.examples {
			for _, e := range m.examples {
				variants = append(variants, sample{e, anExample})
			}
		}
		p.work = 0
		for _, v := range append(variants, p.boundaries(m.schema.raw, 0)...) {
			if !m.schema.valid(ctx, v.value) {
				continue
			}
			c := whole.clone()
			c.media, c.body, c.hasBody, c.what = m, v.value, true, v.what
			c.pinned = v.what == anExample
			out = append(out, c)
		}
	}
	return out
}

// negatives lists requests that the document does not allow. They differ from
// a good one, one that was accepted where there was such, in one thing.
func (p *planner) negatives(ctx context.Context, op *operation, good *call) []*call {
	if op.field != nil {
		return p.graphNegatives(op, good)
	}
	var out []*call
	add := func(why purpose, what string, change func(c *call)) {
		c := good.clone()
		c.purpose, c.what = why, what
		change(c)
		out = append(out, c)
	}
	for _, param := range op.params {
		key := paramKey{param.in, param.name}
		switch {
		case param.in == "header" && reserved(param.name):
			continue
		case param.required && param.in == "header":
			add(withoutHeader, "without the required header "+param.name, func(c *call) { delete(c.params, key) })
		case param.required && param.in != "path":
			add(negative, "without the required "+param.in+" parameter "+param.name, func(c *call) { delete(c.params, key) })
		}
		p.work = 0
		for _, v := range p.violations(param.schema.raw, 0) {
			if carried(param, v.value) && param.schema.invalid(ctx, v.value) && param.schema.invalid(ctx, param.schema.read(param.write(v.value))) {
				add(negative, param.in+" parameter "+param.name+": "+v.what, func(c *call) { c.params[key] = v.value })
			}
		}
	}
	if op.body == nil || len(op.body.media) == 0 {
		return distinct(out)
	}
	if op.body.required {
		add(negative, "without a body", func(c *call) { c.media, c.hasBody, c.raw = nil, false, nil })
	}
	for _, m := range op.body.media {
		p.work = 0
		for _, v := range p.violations(m.schema.raw, 0) {
			if !m.schema.invalid(ctx, v.value) || isForm(m.contentType) && !m.schema.invalid(ctx, p.fields(m.schema.raw, v.value)) {
				continue
			}
			add(negative, v.what, func(c *call) { c.media, c.body, c.hasBody = m, v.value, true })
		}
		if isJSON(m.contentType) {
			broken := `{"broken": `
			add(negative, "a body that is not JSON", func(c *call) { c.media, c.raw, c.hasBody = m, &broken, false })
		}
	}
	return distinct(out)
}

// fields is what a server may make of a form: it has texts only, and those that
// look like a number or a boolean are one where that is asked for. What a form
// cannot carry becomes an empty one.
func (p *planner) fields(raw, v any) any {
	properties := asObject(p.flat(raw, 0)["properties"])
	out := object{}
	for name, value := range asObject(v) {
		switch value.(type) {
		case nil, object:
			value = ""
		}
		read := func(v any) any { return (&schema{raw: p.flat(properties[name], 0)}).read(plainText(v)) }
		if items, ok := value.([]any); ok {
			if len(items) == 0 {
				continue
			}
			value = items[0]
		}
		out[name] = read(value)
	}
	return out
}

func isForm(contentType string) bool {
	return strings.HasPrefix(contentType, "multipart/") || strings.HasPrefix(contentType, "application/x-www-form-urlencoded")
}

// carried reports whether a wrong value still looks wrong as a parameter's text.
func carried(p *parameter, v any) bool {
	switch v := v.(type) {
	case nil, object, []any, bool:
		return p.json
	case string:
		return v != "" && !(p.in == "path" && strings.ContainsAny(v, "/?#%"))
	}
	return true
}

// others lists what no document allows: methods that it does not have, and
// calls of people who are not known.
func (p *planner) others(op *operation, good *call) []*call {
	var out []*call
	if op.graph != nil {
		return nil
	}
	if p.asks("unsupported_method") && op.siblings[0] == op.method {
		for _, m := range []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodPatch, http.MethodTrace} {
			if !slices.Contains(op.siblings, m) {
				c := good.clone()
				c.purpose, c.method, c.what = otherMethod, m, "the method "+m
				c.media, c.hasBody, c.raw = nil, false, nil
				out = append(out, c)
			}
		}
	}
	if p.asks("ignored_auth") && len(op.security) > 0 && !op.anonymous {
		for _, how := range []string{authNone, authWrong} {
			c := good.clone()
			c.purpose, c.auth, c.what = withoutAuth, how, map[string]string{authNone: "without credentials", authWrong: "with wrong credentials"}[how]
			out = append(out, c)
		}
	}
	return out
}

// distinct drops calls that look alike on the wire, or cannot be sent.
func distinct(calls []*call) []*call {
	seen := map[string]bool{}
	return slices.DeleteFunc(calls, func(c *call) bool {
		r, ok := c.wire()
		if !ok {
			return true
		}
		key := string(c.purpose) + "\x00" + r.Method + r.Path + "?" + r.Query + "\x00" + r.Body
		for _, h := range sorted(r.Headers) {
			key += "\x00" + h + ":" + r.Headers[h]
		}
		twice := seen[key]
		seen[key] = true
		return twice
	})
}

// anExample says of a value that the document gives it.
const anExample = "an example"

// sampleOf takes n of the calls: first those that are most likely accepted, then
// others spread evenly, so that a small budget still reaches every part of an
// operation.
func sampleOf(calls []*call, n int) []*call {
	if len(calls) <= n || n <= 0 {
		return calls[:min(len(calls), max(n, 0))]
	}
	var out, rest []*call
	for _, c := range calls {
		if c.pinned && len(out) < (n+1)/2 {
			out = append(out, c)
		} else {
			rest = append(rest, c)
		}
	}
	left := n - len(out)
	for i := range left {
		out = append(out, rest[i*len(rest)/left])
	}
	return out
}
