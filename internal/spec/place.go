package spec

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// place is where a value stands, in the text and in the plan. Paths are built
// only when a mistake asks for one: a plan with long keys would otherwise
// need memory by the square of its size.
type place struct {
	parent  *place
	key     string // key within the parent, "" for an element of a list
	index   int
	at      *yaml.Node // what a mistake points at
	keyNode *yaml.Node // the key, where the parent is a mapping
	node    *yaml.Node // the value, with aliases followed; nil where it is missing
	bad     bool       // a mistake was found here or below
}

func (p *place) child(key string, at, node *yaml.Node) *place {
	return &place{parent: p, key: key, index: -1, at: at, node: node}
}

func (p *place) element(index int, at, node *yaml.Node) *place {
	return &place{parent: p, index: index, at: at, node: node}
}

// path is cases[2].steps[0].http.url.
func (p *place) path() string {
	var parts []string
	for ; p.parent != nil; p = p.parent {
		switch {
		case p.index >= 0:
			parts = append(parts, "["+strconv.Itoa(p.index)+"]")
		case isVarName(p.key) && !strings.Contains(p.key, "."):
			parts = append(parts, "."+p.key)
		default:
			parts = append(parts, "["+brief(p.key)+"]")
		}
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString(parts[i])
	}
	return strings.TrimPrefix(b.String(), ".")
}

// spoil marks the place and everything that holds it.
func (p *place) spoil() {
	for ; p != nil; p = p.parent {
		p.bad = true
	}
}

// entry stands for a value of a map, which has no address of its own.
type entry struct {
	of  any // pointer to the map
	key string
}

// get is the place of a key of a mapping, nil where there is none.
func (p *place) get(key string) *place {
	if p == nil || p.node == nil || p.node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		k, v := p.node.Content[i], p.node.Content[i+1]
		if follow(k).Value != key {
			continue
		}
		at := p.child(key, v, follow(v))
		at.keyNode = k
		return at
	}
	return nil
}

// follow returns what an alias stands for, and any other node itself.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}
