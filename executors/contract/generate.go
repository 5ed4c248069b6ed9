package contract

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

const (
	maxNest   = 6      // levels of a value that refers to itself
	maxText   = 2_000  // characters of a text that only its schema would bound
	maxItems  = 50     // elements of a list
	maxValues = 60     // variants of one schema
	maxWork   = 20_000 // schemas that are joined for one value
	maxMerge  = 20     // schemas that one schema is made of
	alphabet  = "abcdefghijklmnopqrstuvwxyz"
)

// generator makes values from schemas. The same random source makes the same
// values.
type generator struct {
	doc  *document
	rng  *rand.Rand
	work int // schemas joined for the value at hand
}

// sample is a value with what is special about it.
type sample struct {
	value any
	what  string // "quantity at its minimum"
}

// how a value is made: with the optional members, without them, or by chance.
type fullness int

const (
	full fullness = iota
	minimal
	byChance
)

// valid makes a value that the schema accepts, and reports false where none was
// found.
func (g *generator) valid(ctx context.Context, s *schema, how fullness) (any, bool) {
	for try := range 12 {
		if g.work = 0; ctx.Err() != nil {
			return nil, false
		}
		if try == 4 && how == full {
			how = minimal
		}
		v := g.value(s.raw, how, 0)
		err := s.check(ctx, v)
		if err == nil {
			return v, true
		}
		if _, ok := errors.AsType[*deviation](err); !ok {
			return nil, false // it cannot be judged, whatever the value is
		}
	}
	return nil, false
}

func (g *generator) value(raw any, how fullness, depth int) any {
	f := g.flat(raw, 0)
	if c, ok := f["const"]; ok {
		return c
	}
	if enum := list(f["enum"]); len(enum) > 0 {
		return enum[g.rng.IntN(len(enum))]
	}
	switch g.typeOf(f) {
	case "object":
		return g.object(f, how, depth)
	case "array":
		return g.array(f, how, depth)
	case "integer":
		return g.integer(f)
	case "number":
		return g.number(f)
	case "boolean":
		return g.rng.IntN(2) == 0
	case "null":
		return nil
	}
	return g.text(f)
}

func (g *generator) object(f object, how fullness, depth int) any {
	out := object{}
	required := list(f["required"])
	properties := asObject(f["properties"])
	for _, name := range sorted(properties) {
		needed := slices.Contains(required, any(name))
		switch {
		case asObject(g.flat(properties[name], 0))["readOnly"] == true:
			continue
		case needed:
		case depth >= maxNest, how == minimal, how == byChance && g.rng.IntN(2) == 0:
			continue
		}
		if depth > 2*maxNest {
			continue
		}
		out[name] = g.value(properties[name], how, depth+1)
	}
	for _, name := range required {
		if _, ok := out[text(name)]; !ok && properties[text(name)] == nil {
			out[text(name)] = g.word(6)
		}
	}
	extra, wanted := f["additionalProperties"], atLeast(f["minProperties"], 0)
	for i := 0; len(out) < wanted && i < maxItems; i++ {
		out[fmt.Sprintf("key%d", i)] = g.value(orTrue(extra), how, depth+1)
	}
	if schema, ok := extra.(object); ok && how != minimal && depth < maxNest && len(properties) == 0 {
		out["key"] = g.value(schema, how, depth+1)
	}
	return out
}

func (g *generator) array(f object, how fullness, depth int) any {
	low := atLeast(f["minItems"], 0)
	n := low
	if how != minimal && depth < maxNest {
		n = max(low, min(atMost(f["maxItems"], 2), 1+g.rng.IntN(2)))
	}
	return g.items(f, min(n, maxItems), how, depth)
}

func (g *generator) items(f object, n int, how fullness, depth int) []any {
	prefix := list(f["prefixItems"])
	n = min(max(n, len(prefix)), maxItems)
	out := make([]any, 0, n)
	for i := 0; len(out) < n && i < 4*n; i++ {
		item := orTrue(f["items"])
		if len(out) < len(prefix) {
			item = prefix[len(out)]
		}
		if depth > 2*maxNest {
			break
		}
		v := g.value(item, how, depth+1)
		if f["uniqueItems"] == true && slices.ContainsFunc(out, func(o any) bool { return fmt.Sprint(o) == fmt.Sprint(v) }) {
			continue
		}
		out = append(out, v)
	}
	return out
}

// bounds returns the least and the greatest number that a schema allows.
func bounds(f object, step float64) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if n, ok := toFloat(f["minimum"]); ok {
		low = n
	}
	if n, ok := toFloat(f["maximum"]); ok {
		high = n
	}
	if n, ok := toFloat(f["exclusiveMinimum"]); ok {
		low = max(low, n+step)
	}
	if n, ok := toFloat(f["exclusiveMaximum"]); ok {
		high = min(high, n-step)
	}
	if m, ok := toFloat(f["multipleOf"]); ok && m > 0 {
		low, high = math.Ceil(low/m)*m, math.Floor(high/m)*m
	}
	if f["format"] == "int32" {
		low, high = max(low, math.MinInt32), min(high, math.MaxInt32)
	}
	return low, high
}

func (g *generator) integer(f object) any {
	low, high := bounds(f, 1)
	low, high = window(math.Ceil(low), math.Floor(high))
	v := low + math.Floor(g.rng.Float64()*(high-low+1))
	if m, ok := toFloat(f["multipleOf"]); ok && m > 0 {
		v = max(low, math.Floor(v/m)*m)
	}
	return int64(v)
}

func (g *generator) number(f object) any {
	low, high := bounds(f, 0.01)
	low, high = window(low, high)
	v := math.Round((low+g.rng.Float64()*(high-low))*100) / 100
	if m, ok := toFloat(f["multipleOf"]); ok && m > 0 {
		v = max(low, math.Floor(v/m)*m)
	}
	return number(min(max(v, low), high))
}

// window keeps numbers small where nothing bounds them.
func window(low, high float64) (float64, float64) {
	switch {
	case math.IsInf(low, 0) && math.IsInf(high, 0):
		return 0, 1000
	case math.IsInf(low, 0):
		return high - 1000, high
	case math.IsInf(high, 0):
		return low, low + 1000
	}
	return low, high
}

func (g *generator) text(f object) string {
	low := atLeast(f["minLength"], 0)
	high := atMost(f["maxLength"], max(low+8, 12))
	if p := text(f["pattern"]); p != "" {
		for range 5 {
			if s, ok := g.matching(p); ok && len([]rune(s)) >= low && len([]rune(s)) <= atMost(f["maxLength"], maxText) {
				return s
			}
		}
	}
	if s, ok := g.formatted(text(f["format"])); ok {
		return s
	}
	if m := text(f["contentMediaType"]); strings.HasPrefix(m, "image/") {
		return picture
	}
	return g.word(max(low, min(high, max(1, low)+g.rng.IntN(8))))
}

func (g *generator) word(n int) string {
	b := make([]byte, min(n, maxText))
	for i := range b {
		b[i] = alphabet[g.rng.IntN(len(alphabet))]
	}
	return string(b)
}

// typeOf chooses one of the types of a schema; where none is named, the other
// keywords tell.
func (g *generator) typeOf(f object) string {
	switch t := f["type"].(type) {
	case string:
		return t
	case []any:
		others := slices.DeleteFunc(slices.Clone(t), func(v any) bool { return v == "null" })
		if len(others) > 0 {
			return text(others[g.rng.IntN(len(others))])
		}
		return "null"
	}
	for _, hint := range []struct{ key, typ string }{
		{"properties", "object"}, {"required", "object"}, {"additionalProperties", "object"}, {"items", "array"}, {"prefixItems", "array"},
		{"minimum", "number"}, {"maximum", "number"}, {"multipleOf", "number"},
	} {
		if _, ok := f[hint.key]; ok {
			return hint.typ
		}
	}
	return "string"
}

// flat resolves the references of a schema and joins what it is made of: allOf,
// one of oneOf and of anyOf. What cannot be joined is left to the validator.
func (g *generator) flat(raw any, depth int) object {
	s := asObject(raw)
	if g.work++; s == nil || depth > maxMerge || g.work > maxWork {
		return object{}
	}
	out := object{}
	for k, v := range s {
		if k != "$ref" && k != "allOf" && k != "oneOf" && k != "anyOf" {
			out[k] = v
		}
	}
	if ref, ok := s["$ref"].(string); ok {
		if target, found := at(g.doc.root, strings.TrimPrefix(ref, "#")); found {
			join(out, g.flat(target, depth+1))
		}
	}
	for _, part := range list(s["allOf"]) {
		join(out, g.flat(part, depth+1))
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if parts := list(s[key]); len(parts) > 0 {
			join(out, g.flat(parts[g.rng.IntN(len(parts))], depth+1))
		}
	}
	return out
}

// join adds what another schema asks for.
func join(into, from object) {
	for k, v := range from {
		have, ok := into[k]
		switch {
		case !ok:
			into[k] = v
		case k == "properties":
			both := object{}
			for n, p := range asObject(have) {
				both[n] = p
			}
			for n, p := range asObject(v) {
				if q, twice := both[n]; twice {
					p = object{"allOf": []any{q, p}}
				}
				both[n] = p
			}
			into[k] = both
		case k == "required":
			into[k] = append(slices.Clone(list(have)), list(v)...)
		case k == "minimum" || k == "minLength" || k == "minItems" || k == "exclusiveMinimum" || k == "minProperties":
			if a, b := float(have), float(v); b > a {
				into[k] = v
			}
		case k == "maximum" || k == "maxLength" || k == "maxItems" || k == "exclusiveMaximum" || k == "maxProperties":
			if a, b := float(have), float(v); b < a {
				into[k] = v
			}
		}
	}
}

func orTrue(v any) any {
	if v == nil {
		return true
	}
	return v
}

func toFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func float(v any) float64 { f, _ := toFloat(v); return f }

func atLeast(v any, def int) int {
	if n, ok := toFloat(v); ok && n >= 0 && n < 1e6 {
		return int(n)
	}
	return def
}

func atMost(v any, def int) int { return atLeast(v, def) }
