package spec

import (
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// matcherOf checks a matcher that is the value of a subject.
func (v *validator) matcherOf(m *Matcher, kind, subject string) {
	if m == nil {
		return
	}
	at := v.at(m)
	if m.IsZero() && !at.bad {
		v.report(at, "%q needs a value or a matcher", subject)
	}
	v.matcherAt(at, m, kind, subject)
}

// noMatcher refuses matchers beside a subject that takes none.
func (v *validator) noMatcher(at *place, subject string) {
	if subject == "" {
		return // what is missing is told elsewhere
	}
	inside := slices.Contains([]string{"status", "body", "bytes", "sha256", "md5", "size", "protocol", "grpcStatus", "duration", "url", "title", "clipboard", "tabs", "request"}, subject)
	for _, f := range layoutOf(reflect.TypeFor[Matcher]()).fields {
		key := at.get(f.name)
		switch {
		case key == nil:
		case inside:
			v.report(key.onKey(), "%q takes no matcher beside it; write it inside: %s: {%s: …}", subject, subject, f.name)
		default:
			v.report(key.onKey(), "%q takes no matcher beside it", subject)
		}
	}
}

// matcherAt checks every matcher that is set by what its subject can be.
func (v *validator) matcherAt(at *place, m *Matcher, kind, subject string) {
	allowed := matchersOf[kind]
	if at.node.Kind == yaml.MappingNode {
		for _, f := range layoutOf(reflect.TypeFor[Matcher]()).fields {
			if key := at.get(f.name); key != nil && !slices.Contains(allowed, f.name) {
				v.report(key.onKey(), "%q does not fit %s, which is %s; use %s", f.name, subject, subjectKinds[kind], orList(allowed))
			}
		}
	}
	fits := func(name string) bool { return slices.Contains(allowed, name) }
	for name, value := range map[string]**Value{
		"equals": &m.Equals, "notEquals": &m.NotEquals, "contains": &m.Contains, "notContains": &m.NotContains,
	} {
		if *value != nil && v.sound(value) && fits(name) {
			v.expected(v.at(value), *value, kind)
		}
	}
	for i := range m.In {
		if v.sound(&m.In[i]) && fits("in") {
			v.expected(v.at(&m.In[i]), &m.In[i], kind)
		}
	}
	for _, value := range []**Value{&m.LT, &m.LTE, &m.GT, &m.GTE} {
		if *value != nil && v.sound(value) {
			v.limit(v.at(value), (*value).V, kind)
		}
	}
	v.regex(v.places[&m.Matches], m.Matches)
}

// expected checks a value that is compared for equality, and gives it the type
// that the subject has: text takes numbers as they are written.
func (v *validator) expected(at *place, value *Value, kind string) {
	text, isText := value.V.(string)
	if isText && hasReference(text) {
		return
	}
	n, isNumber := numberOf(value.V)
	switch kind {
	case matchStatus:
		if class, ok := ParseStatusClass(text); isText && ok {
			value.V = class
		} else if !isNumber || !n.whole || n.int < 100 || n.int > 599 {
			v.report(at, "a status is a number from 100 to 599 or a class such as 2xx, but this is %s", nodeKind(at.node))
		}
	case matchNumber:
		if !isNumber || !n.whole || n.int < 0 {
			v.report(at, "a count is a whole number, but this is %s", nodeKind(at.node))
		}
	case matchDuration:
		if _, ok := durationOf(value.V, true); !ok {
			v.suggest(at, withUnit(at.node), "a duration needs a number with a unit, such as 500ms, but this is %s", nodeKind(at.node))
		}
	case matchText, matchHeader:
		switch value.V.(type) {
		case string:
		case bool, int64, float64:
			value.V = at.node.Value
		default:
			v.report(at, "what is compared is text, but this is %s", nodeKind(at.node))
		}
	}
}

// limit checks a value that has an order.
func (v *validator) limit(at *place, value any, kind string) {
	if text, ok := value.(string); ok && hasReference(text) {
		return
	}
	_, isNumber := numberOf(value)
	_, isDuration := durationOf(value, true)
	switch kind {
	case matchStatus, matchNumber:
		if !isNumber {
			v.report(at, "%s must be a number, but is %s", at.name(), nodeKind(at.node))
		}
	case matchDuration:
		if !isDuration {
			v.suggest(at, withUnit(at.node), "%s needs a number with a unit, such as 500ms, but is %s", at.name(), nodeKind(at.node))
		}
	default:
		if !isNumber && !isDuration {
			v.report(at, "%s must be a number or a duration, but is %s", at.name(), nodeKind(at.node))
		}
	}
}

// withUnit suggests milliseconds for a bare number.
func withUnit(n *yaml.Node) string {
	if _, ok := scalarOrNil(n).(int64); ok && len(n.Value) < 10 {
		return n.Value + "ms"
	}
	return ""
}
