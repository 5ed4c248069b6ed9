package contract

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// position is where a value begins in the text that it was read from: from 1, the
// column in characters.
type position struct{ line, column int }

// placesOf finds the values that JSON pointers name in a text that readTree has
// read. What is not there has the position of what should hold it.
func placesOf(source []byte, pointers []string) map[string]position {
	root := &wanted{}
	for _, p := range pointers {
		root.add(p)
	}
	text := bytes.TrimLeft(source, "\ufeff \t\r\n")
	if len(text) > 0 && text[0] == '{' {
		f := &jsonPlaces{source: source, dec: json.NewDecoder(bytes.NewReader(text)), before: len(source) - len(text), line: 1, column: 1}
		f.dec.UseNumber()
		f.value(root, position{1, 1})
	} else {
		var doc yaml.Node
		if yaml.Unmarshal(source, &doc) == nil && len(doc.Content) > 0 {
			yamlPlaces(doc.Content[0], root, 0)
		}
	}
	out := make(map[string]position, len(pointers))
	for _, p := range pointers {
		out[p] = root.at(p)
	}
	return out
}

// wanted is a tree of the pointers that are looked for.
type wanted struct {
	found position
	below map[string]*wanted
}

func (w *wanted) add(pointer string) {
	for _, part := range parts(pointer) {
		if w.below == nil {
			w.below = map[string]*wanted{}
		}
		if w.below[part] == nil {
			w.below[part] = &wanted{}
		}
		w = w.below[part]
	}
}

func (w *wanted) at(pointer string) position {
	last := w.found
	for _, part := range parts(pointer) {
		if w = w.below[part]; w == nil || w.found.line == 0 {
			break
		}
		last = w.found
	}
	return last
}

func (w *wanted) child(part string) *wanted {
	if w == nil {
		return nil
	}
	return w.below[part]
}

func parts(pointer string) []string {
	if pointer == "" {
		return nil
	}
	out := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, p := range out {
		out[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return out
}

// pointerOf writes the parts of a place as a JSON pointer.
func pointerOf(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return b.String()
}

// yamlPlaces walks only where something is looked for.
func yamlPlaces(n *yaml.Node, w *wanted, depth int) {
	if w == nil || depth > maxDepth {
		return
	}
	if w.found.line == 0 {
		w.found = position{n.Line, n.Column}
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			yamlPlaces(c, w.child(strconv.Itoa(i)), depth+1)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			below := w.child(n.Content[i].Value)
			if below != nil {
				below.found = position{n.Content[i].Line, n.Content[i].Column}
			}
			yamlPlaces(n.Content[i+1], below, depth+1)
		}
	}
}

// jsonPlaces reads JSON once, token by token. YAML's reader does not know all
// of it.
type jsonPlaces struct {
	source       []byte
	dec          *json.Decoder
	before       int // bytes ahead of what dec reads
	offset       int // position that line and column belong to
	line, column int
}

func (f *jsonPlaces) next() position {
	to := f.before + int(f.dec.InputOffset())
	for to < len(f.source) && strings.IndexByte(" \t\r\n,:", f.source[to]) >= 0 {
		to++
	}
	for f.offset < to {
		c, size := utf8.DecodeRune(f.source[f.offset:])
		f.offset += size
		if c == '\n' {
			f.line, f.column = f.line+1, 1
		} else if c != '\ufeff' {
			f.column++
		}
	}
	return position{f.line, f.column}
}

// value reads the next value, which begins at a place.
func (f *jsonPlaces) value(w *wanted, begins position) {
	if w != nil && w.found.line == 0 {
		w.found = begins
	}
	t, err := f.dec.Token()
	if err != nil {
		return
	}
	switch t {
	case json.Delim('{'):
		for f.dec.More() {
			at := f.next()
			key, err := f.dec.Token()
			if err != nil {
				return
			}
			name, _ := key.(string)
			below := w.child(name)
			if below != nil {
				below.found = at
			}
			f.value(below, position{})
		}
	case json.Delim('['):
		for i := 0; f.dec.More(); i++ {
			at := position{}
			below := w.child(strconv.Itoa(i))
			if below != nil {
				at = f.next()
			}
			f.value(below, at)
		}
	default:
		return
	}
	_, _ = f.dec.Token() // the end of the list or object: it was read once already
}
