package contract

import (
	"context"
	"slices"
	"strings"
)

// chain is a way from what creates something to what happens with it.
type chain struct {
	create *operation
	get    *operation // nil where nothing reads one
	remove *operation // nil where nothing deletes one
	binds  []Bind     // of the path of the item
	others []*operation
}

func (c chain) title() string {
	parts := []string{c.create.title()}
	for _, op := range []*operation{c.get, c.remove} {
		if op != nil {
			parts = append(parts, op.method)
		}
	}
	return strings.Join(parts, " → ")
}

// chains finds, for everything that is created, the operations of its item: by
// the links of the document, or by their paths: POST /orders, then
// /orders/{id}.
func (d *document) chains(chosen []*operation) []chain {
	var out []chain
	for _, create := range chosen {
		if create.method != "POST" && create.method != "PUT" {
			continue
		}
		if c, ok := d.linked(create); ok {
			out = append(out, c)
			continue
		}
		if create.method == "POST" {
			if c, ok := d.below(create); ok {
				out = append(out, c)
			}
		}
	}
	return slices.DeleteFunc(out, func(c chain) bool {
		unwanted := func(op *operation) bool { return op != nil && !slices.Contains(chosen, op) }
		return unwanted(c.get) || unwanted(c.remove) || c.get == nil
	})
}

func (d *document) linked(create *operation) (chain, bool) {
	c := chain{create: create}
	for _, code := range sorted(create.responses) {
		if !strings.HasPrefix(code, "2") {
			continue
		}
		for _, l := range create.responses[code].links {
			target := d.find(l.target)
			if target == nil {
				continue
			}
			binds, ok := bindsOf(l)
			if !ok {
				continue
			}
			switch target.method {
			case "GET":
				c.get, c.binds = target, binds
			case "DELETE":
				c.remove = target
				if c.binds == nil {
					c.binds = binds
				}
			default:
				c.others = append(c.others, target)
			}
		}
	}
	if c.get != nil && c.remove == nil {
		c.remove = d.find("DELETE " + c.get.path)
	}
	return c, c.get != nil
}

// bindsOf reads the expressions $response.body#/id and $response.header.Location.
func bindsOf(l link) ([]Bind, bool) {
	var out []Bind
	for _, name := range sorted(l.params) {
		expr := l.params[name]
		_, bare, dotted := strings.Cut(name, ".") // path.id
		if !dotted {
			bare = name
		}
		if pointer, ok := strings.CutPrefix(expr, "$response.body#"); ok {
			out = append(out, Bind{Name: bare, Pointer: pointer})
		} else if header, ok := strings.CutPrefix(expr, "$response.header."); ok {
			out = append(out, Bind{Name: bare, Header: header})
		} else {
			return nil, false
		}
	}
	return out, len(out) > 0
}

func (d *document) below(create *operation) (chain, bool) {
	c := chain{create: create}
	for _, op := range d.operations {
		rest, ok := strings.CutPrefix(op.path, create.path+"/{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed || strings.Contains(after, "{") {
			continue
		}
		c.binds = []Bind{{Name: name}}
		switch {
		case after == "" && op.method == "GET":
			c.get = op
		case after == "" && op.method == "DELETE":
			c.remove = op
		case op.method != "DELETE":
			c.others = append(c.others, op)
		}
	}
	return c, c.get != nil || c.remove != nil
}

// resolve finds in the answer of what created something where its id is.
func (c *chain) resolve(a *answer) bool {
	for i, b := range c.binds {
		if b.Pointer != "" || b.Header != "" {
			if _, ok := a.id(b); !ok {
				return false
			}
			continue
		}
		found := false
		for _, pointer := range []string{"/" + b.Name, "/id", "/data/" + b.Name, "/data/id", "/uuid", "/key"} {
			try := Bind{Name: b.Name, Pointer: pointer}
			if _, ok := a.id(try); ok {
				c.binds[i], found = try, true
				break
			}
		}
		if try := (Bind{Name: b.Name, Header: "Location"}); !found {
			if _, ok := a.id(try); !ok {
				return false
			}
			c.binds[i] = try
		}
	}
	return true
}

// follow walks a chain: what was created is there, can be used, and is gone
// after it was deleted.
func (r *run) follow(ctx context.Context, c chain, report *tally) error {
	create, ok := r.good[c.create]
	if !ok {
		return nil // nothing could be created, which its own step tells
	}
	answers, err := r.client.play(ctx, []*Request{mustWire(create)})
	if err != nil {
		return spent(err)
	}
	first := answers[0]
	if first.status/100 != 2 || !c.resolve(first) {
		report.note("the answer to %s has no id to go on with", c.create.title())
		return nil
	}
	next := func(op *operation, why purpose) (*call, bool) {
		n, ok := r.planner.base(ctx, op, full)
		if ok {
			n.purpose, n.what, n.binds = why, "after "+c.create.title(), c.binds
		}
		return n, ok
	}
	var scenarios [][]*call
	if get, ok := next(c.get, afterCreate); ok && first.status == 201 {
		scenarios = append(scenarios, []*call{create, get})
	}
	for _, op := range c.others {
		if n, ok := next(op, positive); ok {
			scenarios = append(scenarios, []*call{create, n})
		}
	}
	if c.remove != nil {
		remove, ok := next(c.remove, positive)
		get, ok2 := next(c.get, afterDelete)
		if ok && ok2 {
			get.what = "after " + c.remove.title()
			scenarios = append(scenarios, []*call{create, remove}, []*call{create, remove, get})
		}
	}
	for _, s := range scenarios {
		if err := r.tryChain(ctx, s, report); err != nil {
			return err
		}
	}
	return nil
}

// tryChain sends a scenario and judges its last answer; for what was deleted
// only where the deletion was accepted.
func (r *run) tryChain(ctx context.Context, s []*call, report *tally) error {
	requests, ok := wires(s)
	if !ok {
		return nil
	}
	answers, err := r.client.play(ctx, requests)
	if err != nil {
		return spent(err)
	}
	last := s[len(s)-1]
	report.count(last.op, last, answers[len(answers)-1])
	if last.purpose == afterDelete && answers[len(answers)-2].status/100 != 2 {
		return nil
	}
	return r.judge(ctx, s, answers[len(answers)-1], report)
}

// rooted puts what creates an item before a call to an item that an answer
// named: the item may be gone when somebody sends the request again.
func (r *run) rooted(ctx context.Context, s []*call) ([]*call, bool) {
	if len(s) != 1 || !strings.Contains(s[0].path, "{") || s[0].purpose == negative {
		return nil, false
	}
	for _, c := range r.doc.chains(r.operations) {
		create, ok := r.good[c.create]
		if !ok || s[0].op != c.get && s[0].op != c.remove && !slices.Contains(c.others, s[0].op) {
			continue
		}
		answers, err := r.client.play(ctx, []*Request{mustWire(create)})
		if err != nil || !c.resolve(answers[0]) {
			return nil, false
		}
		bound := s[0].clone()
		bound.binds = c.binds
		return []*call{create, bound}, true
	}
	return nil, false
}

func wires(calls []*call) ([]*Request, bool) {
	out := make([]*Request, len(calls))
	for i, c := range calls {
		r, ok := c.wire()
		if !ok {
			return nil, false
		}
		out[i] = r
	}
	return out, true
}

// mustWire writes a call that was sent before.
func mustWire(c *call) *Request {
	r, ok := c.wire()
	if !ok {
		panic("contract: a call that was sent cannot be written")
	}
	return r
}
