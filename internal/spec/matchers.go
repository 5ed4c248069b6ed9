package spec

import (
	"reflect"

	"go.yaml.in/yaml/v3"
)

// The names that the tag "matcher" knows: what the subject is, and with it what
// the short form means and which matchers make sense.
const (
	matchStatus   = "status"   // a number from 100 to 599; short: equal to it, its class, or one of a list
	matchNumber   = "number"   // a count; no short form
	matchText     = "text"     // always text; short: equal to it
	matchHeader   = "header"   // text that may be missing; no short form
	matchDuration = "duration" // a time; short: at most
	matchAny      = "any"      // a JSON value; no short form
)

// matcher decodes a matcher that is a subject's value: its short form or a
// mapping.
func (d *decoder) matcher(p *place, out *Matcher, f *field, kind Kind, depth int) {
	n := p.node
	if n.Kind == yaml.MappingNode {
		d.mapping(p, reflect.ValueOf(out).Elem(), kind, depth)
		return
	}
	if n.Kind == yaml.SequenceNode && f.matcher == matchStatus {
		in, _ := layoutOf(reflect.TypeFor[Matcher]()).find("in", "")
		d.value(p, reflect.ValueOf(&out.In).Elem(), in, kind, depth)
		return
	}
	if n.Kind != yaml.ScalarNode {
		d.report(p, "%s must be a value or a mapping of matchers, but is %s", p.name(), nodeKind(n))
		return
	}
	target := &out.Equals
	if f.matcher == matchDuration {
		target = &out.LTE
	}
	d.value(p, reflect.ValueOf(target).Elem(), nil, kind, depth)
}

// subjectKinds says what a subject is, for sentences.
var subjectKinds = map[string]string{
	matchStatus: "a number", matchNumber: "a number", matchDuration: "a duration", matchText: "text",
	matchHeader: "text", matchAny: "a value",
}

// matchersOf lists the matchers that make sense for a subject.
var matchersOf = map[string][]string{
	matchStatus:   {"equals", "notEquals", "in", "lt", "lte", "gt", "gte"},
	matchNumber:   {"equals", "notEquals", "in", "lt", "lte", "gt", "gte"},
	matchDuration: {"lt", "lte", "gt", "gte"},
	matchText:     {"equals", "notEquals", "contains", "notContains", "matches", "in", "lt", "lte", "gt", "gte", "length"},
	matchHeader:   {"equals", "notEquals", "contains", "notContains", "matches", "in", "exists", "lt", "lte", "gt", "gte", "length"},
	matchAny: {"equals", "notEquals", "contains", "notContains", "matches", "in", "exists", "lt", "lte", "gt", "gte",
		"length", "type"},
}
