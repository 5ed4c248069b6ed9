package api

import (
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// masker hides secrets in values before they are printed, and remembers whether
// there were any.
type masker struct {
	scope   *spec.Scope
	changed bool
}

func (m *masker) text(text string) string {
	masked := m.scope.Mask(text)
	m.changed = m.changed || masked != text
	return masked
}

func (m *masker) value(v any) any {
	switch v := v.(type) {
	case string:
		return m.text(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = m.value(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[m.text(k)] = m.value(e)
		}
		return out
	}
	return v
}

func (m *masker) actual(a spec.Actual) spec.Actual {
	if a.Exists {
		a.Value = m.value(a.Value)
	}
	return a
}

func (m *masker) matcher(in spec.Matcher) spec.Matcher {
	for _, field := range []**spec.Value{&in.Equals, &in.NotEquals, &in.Contains, &in.NotContains, &in.LT, &in.LTE, &in.GT, &in.GTE} {
		if *field != nil {
			*field = &spec.Value{V: m.value((*field).V)}
		}
	}
	if in.In != nil {
		list := make([]spec.Value, len(in.In))
		for i, v := range in.In {
			list[i] = spec.Value{V: m.value(v.V)}
		}
		in.In = list
	}
	if masked := m.text(in.Matches); masked != in.Matches {
		in.Matches = strings.ReplaceAll(masked, "***", `\*\*\*`) // it stays an expression
	}
	return in
}
