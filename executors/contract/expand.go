package contract

import (
	"fmt"
	"strings"
)

// maxExpanded bounds the values of a document with every reference written out
// as often as it is made: the library that compares looks at each of them, a
// few microseconds long, and cannot be interrupted.
const maxExpanded = 200_000

// expandable says why a document is too large to be compared. A few lines that
// refer to one another twice stand for billions.
func expandable(root any) error {
	e := &expansion{root: root, left: maxExpanded, within: map[string]bool{}}
	o, _ := root.(object)
	if e.walk(o["paths"], 0); e.left <= 0 {
		return fmt.Errorf("its schemas refer to one another too often to be compared: written out it has more than %d values", maxExpanded)
	}
	return nil
}

type expansion struct {
	root   any
	left   int
	within map[string]bool // references that are being followed
}

func (e *expansion) walk(v any, depth int) {
	if e.left--; e.left <= 0 || depth > 10*maxDepth {
		return
	}
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			if target, there := at(e.root, strings.TrimPrefix(ref, "#")); there && !e.within[ref] {
				e.within[ref] = true
				e.walk(target, depth+1)
				delete(e.within, ref)
			}
		}
		for k, below := range v {
			if !isData(k) {
				e.walk(below, depth+1)
			}
		}
	case []any:
		for _, below := range v {
			e.walk(below, depth+1)
		}
	}
}
