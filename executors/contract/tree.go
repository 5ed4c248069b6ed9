package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/internal/excerpt"
)

// Limits of a document.
const (
	maxDocument = 10 << 20 // bytes
	maxNodes    = 1_000_000
	maxDepth    = 200
	maxRefs     = 100 // references that lead from one to the next
)

// object is a mapping of a document.
type object = map[string]any

// readTree reads YAML or JSON as the values that JSON has. Aliases count as
// what they stand for, so a few lines cannot become gigabytes.
func readTree(data []byte) (any, error) {
	if len(data) > maxDocument {
		return nil, beyond(fmt.Sprintf("it has %d MiB; at most %d MiB are read", len(data)>>20, maxDocument>>20))
	}
	r := treeReader{left: maxNodes}
	if text := bytes.TrimLeft(data, "\ufeff \t\r\n"); len(text) > 0 && text[0] == '{' {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			return nil, fmt.Errorf("it is not JSON: %s", oneLine(err.Error()))
		}
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return nil, errors.New("it is not JSON: something follows its end")
		}
		return r.plain(v, 0)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("it is not YAML: %s", excerpt.Of(oneLine(err.Error()), 300))
	}
	if len(doc.Content) == 0 {
		return nil, errors.New("it is empty")
	}
	return r.node(doc.Content[0], 0)
}

// beyond says which limit a text is beyond.
type beyond string

// Error implements error.
func (b beyond) Error() string { return string(b) }

type treeReader struct{ left int }

func (r *treeReader) enter(depth int) error {
	if depth > maxDepth {
		return beyond(fmt.Sprintf("it is nested deeper than %d levels", maxDepth))
	}
	if r.left--; r.left < 0 {
		return beyond(fmt.Sprintf("it has more than %d values", maxNodes))
	}
	return nil
}

func (r *treeReader) node(n *yaml.Node, depth int) (any, error) {
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.node(n.Alias, depth+1)
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, c := range n.Content {
			v, err := r.node(c, depth+1)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case yaml.MappingNode:
		out := make(object, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := r.node(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			out[n.Content[i].Value] = v
		}
		return out, nil
	}
	return scalar(n), nil
}

// scalar reads a plain value. Dates stay text, as JSON would have them.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err == nil {
			return number(v)
		}
	}
	return n.Value
}

func (r *treeReader) plain(v any, depth int) (any, error) {
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	var err error
	switch v := v.(type) {
	case json.Number:
		return number(v), nil
	case []any:
		for i := range v {
			if v[i], err = r.plain(v[i], depth+1); err != nil {
				return nil, err
			}
		}
	case object:
		for k := range v {
			if v[k], err = r.plain(v[k], depth+1); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// number turns what a parser returns into int64 or float64; what is neither,
// such as .inf, becomes text.
func number(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil {
			return number(f)
		}
		return v.String()
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	case uint64:
		return float64(v)
	}
	return v
}

// at returns the value that a JSON pointer names.
func at(root any, pointer string) (any, bool) {
	if pointer == "" {
		return root, true
	}
	v := root
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		part = unescape(part)
		switch w := v.(type) {
		case object:
			next, ok := w[part]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(w) {
				return nil, false
			}
			v = w[i]
		default:
			return nil, false
		}
	}
	return v, true
}

func unescape(part string) string {
	return strings.NewReplacer("~1", "/", "~0", "~", "%7B", "{", "%7D", "}", "%7b", "{", "%7d", "}").Replace(part)
}

func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}
