package contract

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// maxShrinks is how many requests may go into making one finding smaller.
const (
	maxShrinks     = 60
	maxLateShrinks = 1 // where each takes as long as a request may
)

// shrink drops and shortens what a finding does not need. still sends a
// scenario and reports whether the finding is there.
func shrink(ctx context.Context, calls []*call, most int, still func([]*call) bool) []*call {
	tries := 0
	for again := true; again && tries < most && ctx.Err() == nil; {
		again = false
		for _, smaller := range reductions(ctx, calls) {
			if tries++; tries > most || ctx.Err() != nil {
				break
			}
			if still(smaller) {
				calls, again = smaller, true
				break
			}
		}
	}
	return calls
}

// reductions lists scenarios that are a little smaller and of the same kind.
func reductions(ctx context.Context, calls []*call) [][]*call {
	var out [][]*call
	for i, c := range calls {
		for _, smaller := range c.reductions(ctx) {
			next := slices.Clone(calls)
			next[i] = smaller
			out = append(out, next)
		}
	}
	return out
}

func (c *call) reductions(ctx context.Context) []*call {
	var out []*call
	if c.graph != nil {
		for _, g := range c.graph.Reductions(func(v any) []any { return lesser(v, 0) }) {
			smaller := c.clone()
			smaller.graph = g
			out = append(out, smaller)
		}
		return out
	}
	for _, p := range c.op.params {
		key := paramKey{p.in, p.name}
		v, ok := c.params[key]
		if !ok || c.purpose == negative && p.schema.invalid(ctx, v) {
			continue
		}
		if !p.required {
			smaller := c.clone()
			delete(smaller.params, key)
			out = append(out, smaller)
		}
		if p.in == "path" {
			continue // a shorter one is another thing
		}
		for _, w := range lesser(v, 0) {
			if p.schema.valid(ctx, w) && p.schema.valid(ctx, v) {
				smaller := c.clone()
				smaller.params[key] = w
				if _, ok := smaller.wire(); ok {
					out = append(out, smaller)
				}
			}
		}
	}
	if !c.hasBody {
		return out
	}
	if !c.op.body.required && c.purpose != negative {
		smaller := c.clone()
		smaller.media, smaller.body, smaller.hasBody = nil, nil, false
		out = append(out, smaller)
	}
	for _, w := range lesser(c.body, 0) {
		if sameFault(c.media.schema.check(ctx, c.body), c.media.schema.check(ctx, w)) {
			smaller := c.clone()
			smaller.body = w
			out = append(out, smaller)
		}
	}
	return out
}

// sameFault reports whether two values are valid both, or wrong in the same
// way: a smaller request must not be wrong for another reason.
func sameFault(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	x, ok := errors.AsType[*deviation](a)
	y, ok2 := errors.AsType[*deviation](b)
	return ok && ok2 && x.place == y.place && x.rule == y.rule && x.more == y.more
}

// lesser lists values that are smaller in one place, the largest cuts first.
func lesser(v any, depth int) []any {
	if depth > maxNest {
		return nil
	}
	var out []any
	switch v := v.(type) {
	case object:
		for _, k := range sorted(v) {
			less := maps.Clone(v)
			delete(less, k)
			out = append(out, less)
		}
		for _, k := range sorted(v) {
			for _, w := range lesser(v[k], depth+1) {
				less := maps.Clone(v)
				less[k] = w
				out = append(out, less)
			}
		}
	case []any:
		if len(v) > 1 {
			out = append(out, []any{}, slices.Clone(v[:len(v)/2]))
		}
		for i := range v {
			out = append(out, slices.Delete(slices.Clone(v), i, i+1))
		}
		for i := range v {
			for _, w := range lesser(v[i], depth+1) {
				less := slices.Clone(v)
				less[i] = w
				out = append(out, less)
			}
		}
	case string:
		if r := []rune(v); len(r) > 1 {
			out = append(out, "", string(r[:1]), string(r[:len(r)/2]))
		}
	case int64:
		if v > 1 || v < 0 {
			out = append(out, int64(0), int64(1), v/2)
		}
	case float64:
		out = append(out, int64(0), int64(1))
	}
	return out
}
