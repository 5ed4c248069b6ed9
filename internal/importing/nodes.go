package importing

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// fields is a mapping that keeps its order.
type fields struct {
	keys   []string
	values []any
}

func mapping(pairs ...any) *fields {
	f := &fields{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.add(pairs[i].(string), pairs[i+1])
	}
	return f
}

func (f *fields) add(key string, v any) {
	f.keys, f.values = append(f.keys, key), append(f.values, v)
}

func (f *fields) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i, k := range f.keys {
		n.Content = append(n.Content, scalarNode(k), toNode(f.values[i]))
	}
	return n
}

func toNode(v any) *yaml.Node {
	switch v := v.(type) {
	case *yaml.Node:
		return v
	case *fields:
		return v.node()
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, e := range v {
			n.Content = append(n.Content, toNode(e))
		}
		return n
	case string:
		return scalarNode(v)
	}
	n := &yaml.Node{}
	if err := n.Encode(v); err != nil {
		return scalarNode("")
	}
	return n
}

// scalarNode is text, in quotes where it could be read as anything else.
func scalarNode(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	if strings.Contains(text, "${{") || strings.ContainsAny(text, "\r\t\u0085\u2028\u2029") {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func stringMap(m map[string]string) *fields {
	f := &fields{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		f.add(k, text(m[k]))
	}
	return f
}

func lists(m map[string][]string) *fields {
	f := &fields{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if len(m[k]) == 1 {
			f.add(text(k), text(m[k][0]))
			continue
		}
		list := make([]any, len(m[k]))
		for i, v := range m[k] {
			list[i] = text(v)
		}
		f.add(text(k), list)
	}
	return f
}

// value is a JSON value whose texts a plan may hold.
func value(v any) any {
	switch v := v.(type) {
	case string:
		return text(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = value(e)
		}
		return out
	case map[string]any:
		f := &fields{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			f.add(text(k), value(v[k]))
		}
		return f
	}
	return v
}

// text is what a plan may hold: no NUL, valid UTF-8, and no ${{ but our own
// references, which are written by reference.
func text(s string) string {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	}
	return s
}

// line is text on one line.
func line(s string, limit int, otherwise string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text(s))
	runes := []rune(strings.ReplaceAll(s, "${{", "$ {{"))
	return cmp.Or(strings.TrimSpace(string(runes[:min(len(runes), limit)])), otherwise)
}
