package graphql

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

const (
	maxNest      = 4   // levels of an input that refers to itself
	maxSelected  = 300 // fields of one operation
	maxVariants  = 40  // values of one argument
	mostByChance = 20  // operations of a field that are made by chance alone
	maxWork      = 20_000
	// DefaultDepth is how deep selections go where nothing is said.
	DefaultDepth = 3
)

// Generator makes operations. The same random source makes the same ones.
type Generator struct {
	Rand    *rand.Rand
	Depth   int                    // levels of a selection
	Scalars map[string]any         // a value of each custom scalar that the plan knows
	Seen    func(key string) []any // values of answers, by Type.field, or by .field for any type

	left int // fields that the operation at hand may still select
	work int // values made for the argument at hand
}

type fullness int

const (
	full fullness = iota
	minimal
	byChance
)

// sample is a value with what is special about it.
type sample struct {
	value any
	what  string
}

// Positives lists operations that the schema allows: whole and least, each limit
// of each argument, and some by chance. None says that a value of a required
// argument is not known.
func (g *Generator) Positives(f *Field) []*Call {
	whole := g.call(f, full)
	whole.What = "everything"
	least := g.call(f, minimal)
	least.What = "only what is required"
	out := []*Call{whole, least}
	for _, a := range f.def.Arguments {
		g.work = 0
		for _, v := range g.boundaries(f.schema, a.Type, 0) {
			c := whole.clone()
			c.args[a.Name] = v.value
			c.What = a.Name + ": " + v.what
			out = append(out, c)
		}
	}
	for range mostByChance {
		c := g.call(f, byChance)
		c.What = "by chance"
		out = append(out, c)
	}
	return settle(out, func(c *Call) bool { return c.fault() == nil })
}

// settle keeps the operations that are as they should be, each once.
func settle(calls []*Call, keep func(*Call) bool) []*Call {
	seen := map[string]bool{}
	var out []*Call
	for _, c := range calls {
		query, variables := c.Document()
		key := query + "\x00" + fmt.Sprint(variables)
		if seen[key] || !keep(c) {
			continue
		}
		seen[key] = true
		c.Sure = !c.guessed()
		out = append(out, c)
	}
	return out
}

// fault is the first argument that is not as the schema asks.
func (c *Call) fault() *fault {
	for _, a := range c.Field.def.Arguments {
		v, given := c.args[a.Name]
		if !given {
			if required(a.Type, a.DefaultValue) {
				return &fault{place: "/" + a.Name, rule: "missing"}
			}
			continue
		}
		if f := c.Field.schema.input(a.Type, v); f != nil {
			f.place = "/" + a.Name + f.place
			return f
		}
	}
	return nil
}

func (c *Call) guessed() bool {
	for _, a := range c.Field.def.Arguments {
		if v, ok := c.args[a.Name]; ok && c.Field.schema.custom(a.Type, v) {
			return true
		}
	}
	return guessedBelow(c.Field.schema, c.selection)
}

func guessedBelow(s *Schema, list []*selected) bool {
	for _, e := range list {
		if e.def == nil {
			continue
		}
		for _, a := range e.def.Arguments {
			if v, ok := e.args[a.Name]; ok && s.custom(a.Type, v) {
				return true
			}
		}
		if guessedBelow(s, e.sub) {
			return true
		}
	}
	return false
}

func (g *Generator) call(f *Field, how fullness) *Call {
	g.left, g.work = maxSelected, 0
	c := &Call{Field: f, args: map[string]any{}}
	g.arguments(f.schema, f.def, c.args, how)
	c.selection = g.selection(f.schema, f.def.Type.Name(), max(1, g.Depth), how)
	return c
}

func (g *Generator) arguments(s *Schema, def *ast.FieldDefinition, into map[string]any, how fullness) {
	for _, a := range def.Arguments {
		switch {
		case required(a.Type, a.DefaultValue):
		case how == minimal, how == byChance && g.Rand.IntN(2) == 0, g.unknown(s, a.Type):
			continue
		}
		if v, ok := g.known(a.Name, def.Type.Name(), a.Type, how); ok {
			into[a.Name] = v
			continue
		}
		into[a.Name] = g.value(s, a.Type, how, 0)
	}
}

// unknown reports whether a type is a custom scalar of which no value is known.
func (g *Generator) unknown(s *Schema, t *ast.Type) bool {
	def := s.ast.Types[t.Name()]
	if def == nil || def.Kind != ast.Scalar || def.BuiltIn {
		return false
	}
	_, given := g.Scalars[def.Name]
	return !given && common(def.Name) == nil
}

// known takes an argument from the answers so far, so that something is found:
// an id of the type that the field returns, or what any type calls so.
func (g *Generator) known(name, returned string, t *ast.Type, how fullness) (any, bool) {
	if t.Elem != nil || t.NamedType != "ID" && t.NamedType != "String" || how == byChance && g.Rand.IntN(2) == 0 {
		return nil, false
	}
	keys := []string{returned + "." + name, "." + name}
	if owner, ok := strings.CutSuffix(name, "Id"); ok && owner != "" {
		keys = append(keys, strings.ToUpper(owner[:1])+owner[1:]+".id")
	}
	for _, key := range keys {
		if values := g.Seen(key); len(values) > 0 {
			return values[0], true
		}
	}
	return nil, false
}

// value makes a value of a type. Beyond a bound of work it makes null, which the
// caller finds not to fit: wide inputs within inputs are exponential.
func (g *Generator) value(s *Schema, t *ast.Type, how fullness, depth int) any {
	if g.work++; g.work > maxWork {
		return nil
	}
	if !t.NonNull && (depth > maxNest || how == byChance && g.Rand.IntN(8) == 0) {
		return nil
	}
	if t.Elem != nil {
		if depth > maxNest {
			return []any{}
		}
		out := make([]any, 0, 2)
		for range 1 + g.Rand.IntN(2) {
			out = append(out, g.value(s, t.Elem, how, depth+1))
			if how == minimal {
				break
			}
		}
		return out
	}
	def := s.ast.Types[t.NamedType]
	switch {
	case def == nil:
		return nil
	case def.Kind == ast.Enum && len(def.EnumValues) > 0:
		return def.EnumValues[g.Rand.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		return g.object(s, def, how, depth)
	}
	return g.scalar(def.Name)
}

func (g *Generator) object(s *Schema, def *ast.Definition, how fullness, depth int) object {
	out := object{}
	if def.Directives.ForName("oneOf") != nil && len(def.Fields) > 0 {
		f := def.Fields[g.Rand.IntN(len(def.Fields))]
		inner := *f.Type
		inner.NonNull = true
		out[f.Name] = g.value(s, &inner, how, depth+1)
		return out
	}
	for _, f := range def.Fields {
		if !required(f.Type, f.DefaultValue) && (how == minimal || depth >= maxNest || how == byChance && g.Rand.IntN(2) == 0 || g.unknown(s, f.Type)) {
			continue
		}
		if v, ok := g.known(f.Name, def.Name, f.Type, how); ok {
			out[f.Name] = v
			continue
		}
		out[f.Name] = g.value(s, f.Type, how, depth+1)
	}
	return out
}

func (g *Generator) scalar(name string) any {
	switch name {
	case "Int":
		return int64(1 + g.Rand.IntN(20))
	case "Float":
		return math.Round(g.Rand.Float64()*1000) / 10
	case "Boolean":
		return g.Rand.IntN(2) == 0
	case "String":
		return g.word(6)
	case "ID":
		return g.word(4)
	}
	if v, ok := g.Scalars[name]; ok {
		return v
	}
	if v := common(name); v != nil {
		return v
	}
	return g.word(6)
}

// common is a value of a custom scalar by the names that many schemas use.
func common(name string) any {
	return map[string]any{
		"DateTime": "2026-03-01T10:00:00Z", "Timestamp": "2026-03-01T10:00:00Z", "Date": "2026-03-01", "Time": "10:00:00Z", "LocalDate": "2026-03-01",
		"UUID": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "URL": "https://example.com/", "URI": "https://example.com/", "EmailAddress": "ada@example.com",
		"Email": "ada@example.com", "JSON": object{"a": int64(1)}, "JSONObject": object{"a": int64(1)}, "Long": int64(1), "BigInt": int64(1),
		"Decimal": "1.00", "BigDecimal": "1.00", "PositiveInt": int64(1), "NonNegativeInt": int64(1), "Duration": "P1D",
	}[name]
}

func (g *Generator) word(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.Rand.IntN(len(alphabet))]
	}
	return string(b)
}

// boundaries lists values that a type takes and that programs get wrong.
func (g *Generator) boundaries(s *Schema, t *ast.Type, depth int) []sample {
	var out []sample
	add := func(what string, v any) { out = append(out, sample{v, what}) }
	if !t.NonNull {
		add("is null", nil)
	}
	def := s.ast.Types[t.Name()]
	switch {
	case depth >= maxNest || def == nil:
	case t.Elem != nil:
		add("an empty list", []any{})
		for _, v := range g.boundaries(s, t.Elem, depth+1) {
			add("an element "+v.what, []any{v.value})
		}
	case def.Kind == ast.Enum:
		for _, v := range def.EnumValues[:min(len(def.EnumValues), 20)] {
			add("is "+v.Name, v.Name)
		}
	case def.Kind == ast.InputObject:
		out = append(out, g.members(s, def, depth, g.boundaries)...)
	case def.Name == "Int":
		for _, n := range []int64{0, 1, -1, math.MaxInt32, math.MinInt32} {
			add(fmt.Sprintf("is %d", n), n)
		}
	case def.Name == "Float":
		add("is 0", int64(0))
		add("is a fraction", -0.5)
		add("is great", 1e15)
	case def.Name == "Boolean":
		add("is true", true)
		add("is false", false)
	case def.Name == "String", def.Name == "ID":
		add("an empty text", "")
		for _, text := range []string{"it's", "Ærø 漢字", `"quoted" \ $x {y}`, "<b>&amp;</b>", "null"} {
			add("special characters", text)
		}
		add("a long text", strings.Repeat("long ", 200))
	}
	return out[:min(len(out), maxVariants)]
}

// members lists the object with each of its fields replaced by each of its
// variants.
func (g *Generator) members(s *Schema, def *ast.Definition, depth int, variants func(*Schema, *ast.Type, int) []sample) []sample {
	var out []sample
	for _, f := range def.Fields {
		if len(out) > 3*maxVariants || g.work > maxWork {
			break
		}
		for _, v := range variants(s, f.Type, depth+1) {
			o := g.object(s, def, full, depth)
			if def.Directives.ForName("oneOf") != nil {
				clear(o)
			}
			o[f.Name] = v.value
			what := f.Name + ": " + v.what
			if strings.Contains(v.what, ": ") {
				what = f.Name + "." + v.what
			}
			out = append(out, sample{o, what})
		}
	}
	return out
}
