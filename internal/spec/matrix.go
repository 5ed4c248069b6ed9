package spec

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// ExpandedCase is a case with one combination of its matrix.
type ExpandedCase struct {
	Case
	Key    string            // stable and unique in the plan: "ui.checkout[browser=chromium,lang=da]"
	Matrix map[string]string // empty where there is no matrix
}

// Expand returns what a run performs: every case once for each combination of
// the plan's matrix and its own. The order is that of the plan, then that of
// the values, with the last key by name changing fastest. References to keys
// of the matrix in a case's name are filled in. There are at most 10000.
func (p *Plan) Expand() []ExpandedCase {
	var out []ExpandedCase
	for _, c := range p.Cases {
		matrix := p.matrixOf(c)
		keys := sortedKeys(matrix)
		for i := range combinations(matrix, maxExpandedCases) {
			values := make(map[string]string, len(keys))
			for k := len(keys) - 1; k >= 0; k-- {
				list := matrix[keys[k]]
				values[keys[k]] = list[i%len(list)]
				i /= len(list)
			}
			e := ExpandedCase{Case: p.withUses(c), Key: caseKey(c.ID, keys, values), Matrix: values}
			e.Name = fillName(c.Name, values)
			if p.browsersOf(c) != nil {
				e.Browser = values[browserKey]
			}
			for _, size := range p.viewportsOf(c) {
				if size.String() == values[viewportKey] {
					e.Viewport = &size
				}
			}
			out = append(out, e)
		}
	}
	return out
}

// browserKey is the key of the matrix that a list of browsers makes.
const browserKey = "browser"

// browsersOf lists the browsers in which a case is performed in turn; nil where
// it has one only.
func (p *Plan) browsersOf(c Case) []string {
	switch {
	case c.Kind.base() != KindBrowser:
		return nil
	case c.Browsers != nil:
		return c.Browsers
	case c.Browser != "":
		return nil
	}
	return p.Use.Browsers
}

// viewportKey is the key of the matrix that a list of viewports makes.
const viewportKey = "viewport"

// viewportsOf lists the sizes in which a case is performed in turn; nil where it
// has one only.
func (p *Plan) viewportsOf(c Case) []Viewport {
	switch {
	case c.Kind.base() != KindBrowser:
		return nil
	case c.Viewports != nil:
		return c.Viewports
	case c.Viewport != nil:
		return nil
	}
	return p.Use.Viewports
}

// String is the size as people write it: "1280x720".
func (v Viewport) String() string { return fmt.Sprintf("%dx%d", v.Width, v.Height) }

// made lists the keys of the matrix that other keys of the plan make, by what
// these are called.
func (p *Plan) made(c Case) []madeKey {
	var out []madeKey
	if browsers := p.browsersOf(c); browsers != nil {
		out = append(out, madeKey{"browsers", browserKey, browsers})
	}
	if viewports := p.viewportsOf(c); viewports != nil {
		sizes := make([]string, len(viewports))
		for i, v := range viewports {
			sizes[i] = v.String()
		}
		out = append(out, madeKey{"viewports", viewportKey, sizes})
	}
	return out
}

type madeKey struct {
	by, key string
	values  []string
}

// matrixOf joins the matrix of the plan and that of a case, whose keys win, with
// the keys that are made.
func (p *Plan) matrixOf(c Case) map[string][]string {
	made := p.made(c)
	if len(c.Matrix) == 0 && made == nil {
		return p.Matrix
	}
	joined := make(map[string][]string, len(p.Matrix)+len(c.Matrix)+len(made))
	maps.Copy(joined, p.Matrix)
	maps.Copy(joined, c.Matrix)
	for _, m := range made {
		joined[m.key] = m.values
	}
	return joined
}

// combinations multiplies the lengths of the lists, and stops at limit.
func combinations(matrix map[string][]string, limit int) int {
	n := 1
	for _, values := range matrix {
		if len(values) == 0 {
			return 0
		}
		if n *= len(values); n >= limit {
			n = limit
		}
	}
	return n
}

func caseKey(id string, keys []string, values map[string]string) string {
	if len(keys) == 0 {
		return id
	}
	var b strings.Builder
	b.WriteString(id)
	for i, k := range keys {
		b.WriteString(map[bool]string{true: "[", false: ","}[i == 0])
		b.WriteString(k)
		b.WriteByte('=')
		v := values[k]
		if v == "" || strings.ContainsAny(v, `,[]="\ `) {
			v = strconv.Quote(v)
		}
		b.WriteString(v)
	}
	return b.String() + "]"
}

func fillName(name string, values map[string]string) string {
	if !hasReference(name) {
		return name
	}
	vars := make(map[string]any, len(values))
	for k, v := range values {
		vars[k] = v
	}
	filled, err := NewScope(vars, nil).ExpandString(name)
	if err != nil {
		return name // Parse has refused such a name
	}
	return filled
}
