package spec

import (
	"math"
	"strings"

	"go.yaml.in/yaml/v3"
)

// any decodes a value of any shape; enter was called for it.
func (d *decoder) any(p *place, depth int) (any, bool) {
	n := p.node
	switch n.Kind {
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			v, _ := d.nested(p.element(i, c, c), depth+1)
			if d.stopped {
				return nil, false
			}
			out = append(out, v)
		}
		return out, !p.bad
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for key, at := range d.pairs(p, map[string]*place{}) {
			v, _ := d.nested(at, depth+1)
			if d.stopped {
				return nil, false
			}
			out[key] = v
		}
		return out, !p.bad
	}
	v := scalar(n)
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		d.report(p, "%s is %s, which JSON cannot express; put quotes around it if it is text", p.name(), brief(n.Value))
		return nil, false
	}
	return v, true
}

func (d *decoder) nested(p *place, depth int) (any, bool) {
	leave, ok := d.enter(p, depth)
	defer leave()
	if !ok {
		return nil, false
	}
	return d.any(p, depth)
}

// duration decodes 500ms, 30s and so on.
func (d *decoder) duration(p *place, out *Duration, f *field) {
	n := p.node
	if n.Kind != yaml.ScalarNode {
		d.report(p, "%s must be a duration such as 30s, but is %s", p.name(), nodeKind(n))
		return
	}
	if hasReference(n.Value) {
		d.report(p, "%s cannot hold a variable: a duration must be known before the run", p.name())
		return
	}
	v, err := ParseDuration(n.Value)
	if err != nil {
		suggestion := ""
		if _, ok := parseNumber(n.Value); ok && len(n.Value) < 10 {
			suggestion = n.Value + "s"
		} else if t := strings.ReplaceAll(n.Value, " ", ""); len(t) < 20 {
			if _, err := ParseDuration(t); err == nil {
				suggestion = t
			}
		}
		d.suggest(p, suggestion, "%s is %s, which is %s", p.name(), brief(n.Value), err)
		return
	}
	if f != nil {
		switch {
		case f.min != nil && float64(v) < *f.min:
			d.report(p, "%s must be at least %s, but is %s", p.name(), Duration(*f.min), v)
			return
		case f.max != nil && float64(v) > *f.max:
			d.report(p, "%s must be at most %s, but is %s", p.name(), Duration(*f.max), v)
			return
		}
	}
	*out = v
}

// schema decodes a reference to a JSON Schema or the schema itself.
func (d *decoder) schema(p *place, out *Schema, depth int) {
	n := p.node
	switch v := scalarOrNil(n).(type) {
	case string:
		if d.formed(p, p.name(), v, "file") {
			out.File = v
		}
		return
	case bool:
		out.Inline = v
		return
	}
	if n.Kind != yaml.MappingNode {
		d.report(p, "%s must be a JSON Schema or a reference such as file://name.json, but is %s", p.name(), nodeKind(n))
		return
	}
	if v, ok := d.any(p, depth); ok {
		out.Inline = v
	}
}

// stringList decodes one text or a list of texts.
func (d *decoder) stringList(p *place, out *StringList, f *field, depth int) {
	if p.node.Kind != yaml.SequenceNode {
		if text, ok := d.text(p, nil); ok {
			*out = StringList{text}
		}
		return
	}
	list := make(StringList, 0, len(p.node.Content))
	for i, c := range p.node.Content {
		at := p.element(i, c, c)
		leave, ok := d.enter(at, depth+1)
		if ok {
			text, _ := d.text(at, f)
			list = append(list, text)
		}
		leave()
		if d.stopped {
			return
		}
	}
	*out = list
}
