package spec

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// readJSON turns JSON that is known to be valid into the nodes that the same
// text would have as YAML. JSON has a reader of its own because YAML's does
// not know all of it: tabs, and characters beyond U+FFFF written as two
// escapes.
func readJSON(source []byte) *yaml.Node {
	dec := json.NewDecoder(bytes.NewReader(source))
	dec.UseNumber()
	r := &jsonReader{source: source, dec: dec, line: 1, column: 1}
	return r.value()
}

type jsonReader struct {
	source       []byte
	dec          *json.Decoder
	offset       int // position that line and column belong to
	line, column int
}

// token returns the next token and a node with its position.
func (r *jsonReader) token() (json.Token, *yaml.Node) {
	start := int(r.dec.InputOffset())
	for start < len(r.source) && strings.IndexByte(" \t\r\n,:", r.source[start]) >= 0 {
		start++
	}
	r.advance(start)
	t, err := r.dec.Token()
	if err != nil {
		return nil, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: r.line, Column: r.column}
	}
	return t, &yaml.Node{Line: r.line, Column: r.column}
}

func (r *jsonReader) advance(to int) {
	for r.offset < to {
		c, size := utf8.DecodeRune(r.source[r.offset:])
		r.offset += size
		if c == '\n' {
			r.line, r.column = r.line+1, 1
		} else {
			r.column++
		}
	}
}

func (r *jsonReader) value() *yaml.Node {
	t, n := r.token()
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		} else {
			n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		}
		for r.dec.More() {
			n.Content = append(n.Content, r.value())
		}
		r.token()
	case string:
		n.Kind, n.Tag, n.Value, n.Style = yaml.ScalarNode, "!!str", t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!float", t.String()
	case bool:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!bool", map[bool]string{true: "true", false: "false"}[t]
	default:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!null", "null"
	}
	return n
}
