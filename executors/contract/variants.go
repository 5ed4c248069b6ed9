package contract

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// boundaries lists values that a schema accepts and that programs get wrong:
// limits, each of an enumeration, members on and off. The caller has the
// validator drop what is not valid after all.
func (g *generator) boundaries(raw any, depth int) []sample {
	f := g.flat(raw, 0)
	var out []sample
	add := func(what string, v any) { out = append(out, sample{v, what}) }
	if _, ok := f["const"]; ok {
		return nil
	}
	if enum := list(f["enum"]); len(enum) > 0 {
		for _, v := range enum[:min(len(enum), 20)] {
			add(fmt.Sprintf("is %v", v), v)
		}
		return out
	}
	if t := list(f["type"]); slices.Contains(t, any("null")) {
		add("is null", nil)
	}
	switch g.typeOf(f) {
	case "integer", "number":
		step := 1.0
		low, high := bounds(f, step)
		for _, n := range []struct {
			v    float64
			what string
		}{{low, "at its minimum"}, {low + 1, "above its minimum"}, {high - 1, "below its maximum"}, {high, "at its maximum"}, {0, "zero"}} {
			if !math.IsInf(n.v, 0) && math.Abs(n.v) < 1<<53 {
				add(n.what, number(n.v))
			}
		}
	case "string":
		if f["pattern"] != nil || f["format"] != nil && malformed[text(f["format"])] != "" {
			add("another text", g.text(f))
			break
		}
		low, high := atLeast(f["minLength"], 0), atMost(f["maxLength"], -1)
		add("of least length", g.word(low))
		if high >= 0 && high <= maxText {
			add("of greatest length", g.word(high))
		}
		for _, t := range []string{"it's", "Ærø 漢字", "a b", "<b>&amp;</b>", "0", "null"} {
			add("special characters", t)
		}
	case "boolean":
		add("true", true)
		add("false", false)
	case "array":
		if depth < maxNest {
			add("with the fewest elements", g.items(f, atLeast(f["minItems"], 0), full, depth))
			if high := atMost(f["maxItems"], -1); high >= 0 && high <= maxItems {
				add("with the most elements", g.items(f, high, minimal, depth))
			}
			for _, v := range g.boundaries(orTrue(f["items"]), depth+1) {
				if _, plain := orTrue(f["items"]).(bool); !plain {
					add("an element "+v.what, []any{v.value})
				}
			}
		}
	case "object":
		out = append(out, g.members(f, depth, g.boundaries)...)
	}
	return out[:min(len(out), maxValues)]
}

// members lists the object with each of its members replaced by each of its
// variants.
func (g *generator) members(f object, depth int, variants func(any, int) []sample) []sample {
	var out []sample
	if depth >= maxNest {
		return nil
	}
	base, ok := g.object(f, full, depth).(object)
	if !ok {
		return nil
	}
	for _, name := range sorted(asObject(f["properties"])) {
		for _, v := range variants(asObject(f["properties"])[name], depth+1) {
			changed := maps.Clone(base)
			changed[name] = v.value
			out = append(out, sample{changed, join2(name, v.what)})
		}
	}
	return out
}

func join2(name, what string) string {
	if strings.Contains(what, ": ") || strings.HasPrefix(what, ".") {
		return name + "." + strings.TrimPrefix(what, ".")
	}
	return name + ": " + what
}

// violations lists values that a schema does not accept. The caller has the
// validator drop what is valid after all.
func (g *generator) violations(raw any, depth int) []sample {
	f := g.flat(raw, 0)
	var out []sample
	add := func(what string, v any) { out = append(out, sample{v, what}) }
	for _, w := range []sample{{object{"unexpected": int64(1)}, "an object"}, {[]any{int64(1)}, "a list"}, {"text", "a text"}, {int64(42), "a number"}, {true, "a boolean"}, {nil, "null"}} {
		add("wrong type, "+w.what, w.value)
	}
	if f["enum"] != nil || f["const"] != nil {
		add("not in the enumeration", "not-"+g.word(6))
	}
	switch g.typeOf(f) {
	case "integer", "number":
		low, high := bounds(f, 1)
		if !math.IsInf(low, 0) {
			add("below its minimum", number(low-1))
		}
		if !math.IsInf(high, 0) {
			add("above its maximum", number(high+1))
		}
		add("not a whole number", 1.5)
		add("a number in quotes", "1")
	case "string":
		if low := atLeast(f["minLength"], 0); low > 0 {
			add("too short", g.word(low-1))
		}
		if high := atMost(f["maxLength"], -1); high >= 0 && high < maxText {
			add("too long", g.word(high+1))
		}
		if f["pattern"] != nil {
			add("against its pattern", "!"+g.word(3)+" \u00a7")
		}
		if bad, ok := malformed[text(f["format"])]; ok {
			add("of a bad format", bad)
		}
	case "array":
		if low := atLeast(f["minItems"], 0); low > 0 && depth < maxNest {
			add("too few elements", g.items(object{"items": f["items"]}, low-1, minimal, depth))
		}
		if high := atMost(f["maxItems"], -1); high >= 0 && high < maxItems && depth < maxNest {
			add("too many elements", g.items(object{"items": f["items"]}, high+1, minimal, depth))
		}
		if _, plain := orTrue(f["items"]).(bool); !plain && depth < maxNest {
			for _, v := range g.violations(f["items"], depth+1) {
				add("an element: "+v.what, []any{v.value})
			}
		}
	case "object":
		out = append(out, g.brokenObjects(f, depth)...)
	}
	return out[:min(len(out), 3*maxValues)]
}

func (g *generator) brokenObjects(f object, depth int) []sample {
	var out []sample
	base, ok := g.object(f, full, depth).(object)
	if !ok || depth >= maxNest {
		return nil
	}
	for _, name := range list(f["required"]) {
		less := maps.Clone(base)
		delete(less, text(name))
		out = append(out, sample{less, "without the required member " + text(name)})
	}
	more := maps.Clone(base)
	more["unexpected"] = "extra"
	out = append(out, sample{more, "with a member that is not allowed"})
	return append(out, g.members(f, depth, g.violations)...)
}
