package spec

import (
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// mapping decodes a mapping into a struct: every key must be one of its
// fields, and the groups of fields must be kept.
func (d *decoder) mapping(p *place, out reflect.Value, kind Kind, depth int) {
	l := layoutOf(out.Type())
	d.places[out.Addr().Interface()] = p
	for _, index := range l.inline {
		d.places[out.FieldByIndex(index).Addr().Interface()] = p
	}
	n := p.node
	if n.Kind != yaml.MappingNode {
		d.report(p, "%s must be a mapping with %s, but is %s", p.name(), d.some(l.keys(kind)), nodeKind(n))
		return
	}
	if l.kinds {
		kind = d.kindOf(p)
	}
	seen := map[string]*place{}
	for key, at := range d.pairs(p, seen) {
		f, other := l.find(key, kind)
		switch {
		case f != nil:
			d.value(at, out.FieldByIndex(f.index), f, kind, depth+1)
		case other != "" && kind == "": // the kind itself is the mistake
			at.bad = true
		case other != "":
			d.report(at.onKey(), "%q belongs to %s cases, and this is of kind %s", key, other, kind)
		case key == "<<":
			d.report(at.onKey(), "merge keys (<<) are not part of YAML 1.2; use an alias for the whole mapping")
		default:
			d.unknown(at, key, l.keys(kind))
		}
		if d.stopped {
			return
		}
	}
	d.complete(p, l, kind, seen)
}

// onKey is the place of the key instead of its value.
func (p *place) onKey() *place {
	if p.keyNode == nil {
		return p
	}
	return &place{parent: p.parent, key: p.key, index: p.index, at: p.keyNode, node: p.node}
}

// unknown reports a key that does not exist here.
func (d *decoder) unknown(at *place, key string, allowed []string) {
	near := d.nearest(key, allowed)
	if near != "" {
		d.suggest(at.onKey(), near, "unknown key %s", brief(key))
		return
	}
	d.report(at.onKey(), "unknown key %s; the keys here are %s", brief(key), d.some(allowed))
}

// some lists keys for a sentence, the first ones where there are many.
func (d *decoder) some(keys []string) string {
	const most = 20
	if len(keys) > most {
		return strings.Join(keys[:most], ", ") + " and others"
	}
	return sentenceList(keys)
}

// complete reports required keys that are missing and groups that are not kept.
func (d *decoder) complete(p *place, l *layout, kind Kind, seen map[string]*place) {
	for _, f := range l.fields {
		if f.required && l.has(f, kind) && seen[f.name] == nil {
			if near := unknownNear(f.name, l.keys(kind), seen); near {
				p.bad = true // the misspelt key was reported
				continue
			}
			d.report(p, "the key %q is missing", f.name)
		}
	}
	for _, g := range l.groups {
		var set []string
		spoilt := false
		for _, f := range g.fields {
			if seen[f.name] != nil {
				set = append(set, f.name)
			}
		}
		for key := range seen {
			if f, _ := l.find(key, kind); f == nil {
				spoilt = true
			}
		}
		all := make([]string, len(g.fields))
		for i, f := range g.fields {
			all[i] = f.name
		}
		switch {
		case len(set) > 1:
			d.report(seen[set[1]].onKey(), "only one %s is allowed here, but there are %d: %s", g.name, len(set), sentenceList(set))
		case len(set) == 0 && g.exact && !spoilt:
			d.report(p, "one %s is missing: %s", g.name, orList(all))
		}
	}
}

// unknownNear reports whether a key was written that is probably a misspelt
// name: it is not told twice.
func unknownNear(name string, allowed []string, seen map[string]*place) bool {
	for key := range seen {
		if len(key) < 40 && !slices.Contains(allowed, key) && near(key, name) {
			return true
		}
	}
	return false
}

// kindOf reads the kind of a case before its other keys, which depend on it.
func (d *decoder) kindOf(p *place) Kind {
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		k, v := p.node.Content[i], p.node.Content[i+1]
		if v.Kind == yaml.AliasNode && v.Alias != nil {
			v = v.Alias
		}
		if k.Value == "kind" && v.Kind == yaml.ScalarNode && slices.Contains(planKinds(), Kind(v.Value)) {
			return Kind(v.Value)
		}
	}
	return ""
}

// pairs goes through the keys of a mapping. A key that is given twice is
// reported and left out.
func (d *decoder) pairs(p *place, seen map[string]*place) func(yield func(string, *place) bool) {
	return func(yield func(string, *place) bool) {
		n := p.node
		for i := 0; i+1 < len(n.Content) && !d.stopped; i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			for k.Kind == yaml.AliasNode && k.Alias != nil {
				k = k.Alias
			}
			if d.bytes += len(k.Value); k.Kind != yaml.ScalarNode {
				d.report(p.child("?", n.Content[i], k), "a key must be text, but is %s", nodeKind(k))
				continue
			}
			at := p.child(k.Value, v, v)
			at.keyNode = n.Content[i]
			if first := seen[k.Value]; first != nil {
				d.report(at.onKey(), "the key %s is given twice; the first one is in line %d", brief(k.Value), first.keyNode.Line)
				continue
			}
			seen[k.Value] = at
			if !yield(k.Value, at) {
				return
			}
		}
	}
}

// nearest is the word that was probably meant, or "".
func (d *decoder) nearest(text string, words []string) string {
	if len(text) > 40 || d.full() {
		return ""
	}
	best, distance := "", 100
	for _, w := range words {
		if !near(text, w) {
			continue
		}
		if n := levenshtein.ComputeDistance(strings.ToLower(text), strings.ToLower(w)); n < distance {
			best, distance = w, n
		}
	}
	return best
}

// near reports whether text may be a misspelt word: a third of its letters may
// be wrong.
func near(text, word string) bool {
	text, word = strings.ToLower(text), strings.ToLower(word)
	if text == word || swapped(text, word) {
		return true
	}
	if len(word) >= 3 && len(text) >= 3 && (strings.HasPrefix(text, word) && len(text)-len(word) <= 2 || strings.HasPrefix(word, text)) {
		return true
	}
	longest := max(len(text), len(word))
	return levenshtein.ComputeDistance(text, word) <= min(3, (longest+1)/3)
}

// swapped reports whether two neighbouring letters changed places.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// list decodes a sequence.
func (d *decoder) list(p *place, out reflect.Value, f *field, kind Kind, depth int) {
	n := p.node
	if n.Kind != yaml.SequenceNode {
		suggestion := ""
		if n.Kind == yaml.ScalarNode && len(n.Value) < 40 && out.Type().Elem().Kind() == reflect.String {
			suggestion = "[" + n.Value + "]"
		}
		d.suggest(p, suggestion, "%s must be a list, but is %s", p.name(), nodeKind(n))
		return
	}
	if !d.within(p, float64(len(n.Content)), f, "element", "elements") {
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		at := p.element(i, c, c)
		d.value(at, out.Index(i), nil, kind, depth+1)
		if d.stopped {
			return
		}
		if text, ok := out.Index(i).Interface().(string); ok && f != nil && !at.bad {
			if f.each == nil || d.each(at, len([]rune(text)), f.each, "character", "characters") {
				d.formed(at, at.name(), text, f.keys)
			}
		}
	}
}

// dictionary decodes a mapping whose keys the author chooses.
func (d *decoder) dictionary(p *place, out reflect.Value, f *field, kind Kind, depth int) {
	n := p.node
	if n.Kind != yaml.MappingNode {
		d.report(p, "%s must be a mapping, but is %s", p.name(), nodeKind(n))
		return
	}
	if !d.within(p, float64(len(n.Content)/2), f, "entry", "entries") {
		return
	}
	t := out.Type()
	out.Set(reflect.MakeMap(t))
	for key, at := range d.pairs(p, map[string]*place{}) {
		if f != nil {
			d.formed(at.onKey(), "a key of "+p.name(), key, f.keys)
		}
		d.places[entry{out.Addr().Interface(), key}] = at
		v := reflect.New(t.Elem()).Elem()
		d.value(at, v, nil, kind, depth+1)
		if d.stopped {
			return
		}
		if f != nil && f.each != nil && !at.bad {
			switch v.Kind() {
			case reflect.String:
				d.each(at, len([]rune(v.String())), f.each, "character", "characters")
			case reflect.Slice:
				d.each(at, v.Len(), f.each, "element", "elements")
			}
		}
		if !at.bad {
			out.SetMapIndex(reflect.ValueOf(key), v)
		}
	}
}

func (d *decoder) each(p *place, n int, limits *[2]int, unit, units string) bool {
	low, high := float64(limits[0]), float64(limits[1])
	return d.between(p, p.name(), float64(n), &low, &high, unit, units)
}
