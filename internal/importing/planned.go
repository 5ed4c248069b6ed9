package importing

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/internal/spec"
)

// planned is a part of a plan as the plan's text has it: by the keys of its tags,
// without what is not set.
func planned(v reflect.Value) *fields {
	out := &fields{}
	t := v.Type()
	for i := range t.NumField() {
		tag, f := t.Field(i).Tag, v.Field(i)
		key, _, _ := strings.Cut(tag.Get("yaml"), ",")
		switch {
		case strings.Contains(tag.Get("yaml"), ",inline"):
			inner := planned(f)
			out.keys, out.values = append(out.keys, inner.keys...), append(out.values, inner.values...)
		case key != "" && (!f.IsZero() || tag.Get("required") == "true"):
			out.add(key, plannedValue(f))
		}
	}
	return out
}

func plannedValue(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case spec.Value:
		return value(x.V)
	case *spec.Value:
		return value(x.V)
	case spec.Duration:
		return x.String()
	case *spec.Matcher:
		if x.Equals != nil && len(planned(v.Elem()).keys) == 1 {
			return value(x.Equals.V)
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return plannedValue(v.Elem())
	case reflect.Struct:
		return brief(v)
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plannedValue(v.Index(i))
		}
		return list
	case reflect.String:
		return text(v.String())
	}
	return v.Interface()
}

// brief is a mapping, or the short form of one that has it.
func brief(v reflect.Value) any {
	f := planned(v)
	switch v.Interface().(type) {
	case spec.Goto, spec.Press, spec.Dialog, spec.Tab:
		if len(f.keys) == 1 && f.keys[0] != "close" {
			return f.values[0]
		}
	}
	return f
}

// stepNode writes a step: its action, and behind it all that belongs to that on
// one line.
func stepNode(s spec.BrowserStep) *yaml.Node {
	n := planned(reflect.ValueOf(s)).node()
	for i := 1; i < len(n.Content); i += 2 {
		if kind := n.Content[i].Kind; kind == yaml.MappingNode || kind == yaml.SequenceNode {
			n.Content[i].Style = yaml.FlowStyle
		}
	}
	return n
}
