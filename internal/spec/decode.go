package spec

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	// maxDepth bounds how deep a plan is nested.
	maxDepth = 64

	// maxNodes and maxBytes bound what a plan amounts to once its aliases are
	// followed: a text of 1 MiB has fewer nodes than that without them.
	maxNodes = 600_000
	maxBytes = 8 << 20

	tooDeep = "the plan is nested deeper than 64 levels"
)

// decoder fills the types of the plan language from nodes and remembers where
// each value stands.
type decoder struct {
	collector
	places  map[any]*place // by pointer to the field that was filled
	aliases map[*yaml.Node]bool
	nodes   int
	bytes   int
	stopped bool // a limit was reached: nothing more is read
}

func newDecoder() *decoder {
	return &decoder{places: map[any]*place{}, aliases: map[*yaml.Node]bool{}}
}

// report adds a mistake at a place.
func (d *decoder) report(p *place, format string, args ...any) {
	d.suggest(p, "", format, args...)
}

// suggest is report with what was probably meant.
func (d *decoder) suggest(p *place, suggestion, format string, args ...any) {
	p.spoil()
	if d.full() {
		d.dropped++
		return
	}
	line, column := 1, 1
	if p.at != nil {
		line, column = p.at.Line, p.at.Column
	}
	d.add(Mistake{Line: line, Column: column, Path: p.path(), Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

// stop reports the one mistake after which reading makes no sense.
func (d *decoder) stop(p *place, format string, args ...any) {
	if !d.stopped {
		d.report(p, format, args...)
	}
	d.stopped = true
}

// enter counts a node and follows its alias. It reports false where the value
// must not be read; otherwise leave must be called after it was.
func (d *decoder) enter(p *place, depth int) (leave func(), ok bool) {
	leave = func() {}
	if d.stopped {
		return leave, false
	}
	if depth > maxDepth {
		d.stop(p, tooDeep)
		return leave, false
	}
	n := p.node
	if n.Kind == yaml.AliasNode {
		target := n.Alias
		if target == nil || d.aliases[target] {
			d.stop(p, "the anchor %s contains itself", brief(n.Value))
			return leave, false
		}
		d.aliases[target] = true
		leave = func() { delete(d.aliases, target) }
		n, p.node = target, target
	}
	d.nodes++
	d.bytes += len(n.Value)
	if d.nodes > maxNodes || d.bytes > maxBytes {
		d.stop(p, "the plan grows too large once its aliases are followed; write fewer of them")
		return leave, false
	}
	if n.Style&yaml.TaggedStyle != 0 && !slices.Contains([]string{"!!str", "!!map", "!!seq"}, n.Tag) {
		d.report(p, "the tag %s is not part of the plan language; remove it", brief(n.Tag))
		return leave, false
	}
	return leave, true
}

// value decodes the node of a place into out, which is addressable.
func (d *decoder) value(p *place, out reflect.Value, f *field, kind Kind, depth int) {
	leave, ok := d.enter(p, depth)
	defer leave()
	if !ok {
		return
	}
	d.places[out.Addr().Interface()] = p
	n := p.node
	switch out.Interface().(type) {
	case Value, *Value:
		v, ok := d.any(p, depth)
		if !ok {
			return
		}
		if out.Kind() == reflect.Pointer {
			out.Set(reflect.ValueOf(&Value{V: v}))
		} else {
			out.Set(reflect.ValueOf(Value{V: v}))
		}
		return
	}
	if isNull(n) {
		d.report(p, "%s has no value", p.name())
		return
	}
	if out.Kind() == reflect.Pointer {
		out.Set(reflect.New(out.Type().Elem()))
		out = out.Elem()
		d.places[out.Addr().Interface()] = p
	}
	switch target := out.Addr().Interface().(type) {
	case *Duration:
		d.duration(p, target, f)
	case *Schema:
		d.schema(p, target, depth)
	case *StringList:
		d.stringList(p, target, f, depth)
	case *Matcher:
		if f != nil && f.matcher != "" {
			d.matcher(p, target, f, kind, depth)
		} else {
			d.mapping(p, out, kind, depth)
		}
	default:
		d.plain(p, out, f, kind, depth)
	}
}

// plain decodes into Go's own kinds.
func (d *decoder) plain(p *place, out reflect.Value, f *field, kind Kind, depth int) {
	n := p.node
	switch out.Kind() {
	case reflect.String:
		if text, ok := d.text(p, f); ok {
			out.SetString(text)
		}
	case reflect.Bool:
		switch v := scalarOrNil(n).(type) {
		case bool:
			out.SetBool(v)
		default:
			d.suggest(p, truth(n.Value), "%s must be true or false, but is %s", p.name(), nodeKind(n))
		}
	case reflect.Int:
		v, ok := scalarOrNil(n).(int64)
		if !ok {
			d.report(p, "%s must be a whole number, but is %s%s", p.name(), nodeKind(n), unquote(n))
		} else if d.within(p, float64(v), f, "", "") && v >= math.MinInt32 && v <= math.MaxInt32 {
			out.SetInt(v)
		}
	case reflect.Float64:
		if f != nil && f.word != nil && scalarOrNil(n) == any(f.word.word) {
			out.SetFloat(f.word.value)
			return
		}
		v, ok := numberOf(scalarOrNil(n))
		if !ok || !v.whole && math.IsInf(v.float, 0) {
			or := ""
			if f != nil && f.word != nil {
				or = " or " + f.word.word
			}
			d.report(p, "%s must be a number%s, but is %s%s", p.name(), or, nodeKind(n), unquote(n))
			return
		}
		magnitude := v.float
		if v.whole {
			magnitude = float64(v.int)
		}
		if d.within(p, magnitude, f, "", "") {
			out.SetFloat(magnitude)
		}
	case reflect.Slice:
		d.list(p, out, f, kind, depth)
	case reflect.Map:
		d.dictionary(p, out, f, kind, depth)
	case reflect.Struct:
		l := layoutOf(out.Type())
		if n.Kind == yaml.ScalarNode && l.short != nil {
			target := out.FieldByIndex(l.short.index)
			d.places[out.Addr().Interface()] = p
			d.value(p, target, l.short, kind, depth)
			return
		}
		d.mapping(p, out, kind, depth)
	default:
		panic("spec: the plan language has no " + out.Type().String())
	}
}

// text reads a scalar where text is wanted: numbers and booleans count as they
// are written.
func (d *decoder) text(p *place, f *field) (string, bool) {
	n := p.node
	if n.Kind != yaml.ScalarNode {
		d.report(p, "%s must be text, but is %s", p.name(), nodeKind(n))
		return "", false
	}
	if isNull(n) {
		d.report(p, `%s has no value; write "" for an empty text`, p.name())
		return "", false
	}
	if strings.ContainsRune(n.Value, 0) {
		d.report(p, "%s contains a NUL character", p.name())
		return "", false
	}
	if f == nil {
		return n.Value, true
	}
	if f.enum != nil {
		if !slices.Contains(f.enum, n.Value) {
			near := d.nearest(n.Value, f.enum)
			if f.typ == reflect.TypeFor[Kind]() {
				d.suggest(p, near, "unknown kind %s; the kinds are %s", brief(n.Value), sentenceList(f.enum))
				return "", false
			}
			d.suggest(p, near, "%s is %s, but can only be %s", p.name(), brief(n.Value), orList(f.enum))
			return "", false
		}
		return n.Value, true
	}
	ok := d.within(p, float64(utf8.RuneCountInString(n.Value)), f, "character", "characters")
	return n.Value, ok && d.formed(p, p.name(), n.Value, f.pattern)
}

// formed checks a text against a named form. What holds a variable gets its
// form only later.
func (d *decoder) formed(p *place, name, text, pattern string) bool {
	form := forms[pattern]
	if pattern == "" || !form.always && hasReference(text) {
		return true
	}
	if form.re.MatchString(text) {
		return true
	}
	if pattern == "method" && form.re.MatchString(strings.ToUpper(text)) {
		d.suggest(p, strings.ToUpper(text), "%s %s, but is %s", name, form.sentence, brief(text))
		return false
	}
	d.report(p, "%s %s, but is %s", name, form.sentence, brief(text))
	return false
}

// within checks a magnitude or a count against the limits of a field.
func (d *decoder) within(p *place, v float64, f *field, unit, units string) bool {
	if f == nil {
		return true
	}
	return d.between(p, p.name(), v, f.min, f.max, unit, units)
}

func (d *decoder) between(p *place, name string, v float64, low, high *float64, unit, units string) bool {
	u := func(limit float64) string {
		switch {
		case units == "":
			return number{float: limit}.String()
		case limit == 1:
			return "1 " + unit
		}
		return number{float: limit}.String() + " " + units
	}
	switch {
	case low != nil && v < *low && units != "" && *low == 1:
		d.report(p, "%s is empty", name)
	case low != nil && v < *low:
		d.report(p, "%s must be at least %s, but is %s", name, u(*low), number{float: v})
	case high != nil && v > *high && units != "":
		d.report(p, "%s must have at most %s, but has %s", name, u(*high), number{float: v})
	case high != nil && v > *high:
		d.report(p, "%s must be at most %s, but is %s", name, u(*high), number{float: v})
	default:
		return true
	}
	return false
}

func scalarOrNil(n *yaml.Node) any {
	if n.Kind != yaml.ScalarNode {
		return nil
	}
	return scalar(n)
}

// unquote tells the author of "5" what is wrong with it.
func unquote(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Value != "" && isText(n) {
		if _, ok := parsePlain(n.Value); ok {
			return "; leave out the quotes"
		}
	}
	return ""
}

// truth is the boolean that older YAML would have read.
func truth(text string) string {
	switch strings.ToLower(text) {
	case "yes", "on", "y", "true", "1":
		return "true"
	case "no", "off", "n", "false", "0":
		return "false"
	}
	return ""
}

// name is how sentences call the value of a place.
func (p *place) name() string {
	if p.parent == nil {
		return "the plan"
	}
	if p.index >= 0 {
		return fmt.Sprintf("element %d of %s", p.index, p.parent.name())
	}
	return brief(p.key)
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
