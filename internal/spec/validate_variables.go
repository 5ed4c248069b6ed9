package spec

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// builtins are the variables that every case has.
var builtins = []string{VarRunID, VarCaseID, VarAttempt, VarUUID, VarTimestamp}

// maxNames is more than env, secrets, matrix and captures of a good plan have
// in most cases; it bounds the search for what was meant.
const maxNames = 1000

// vocabulary is what may be named by `${{ }}` at one place.
type vocabulary struct {
	known map[string]bool
	later map[string]int // captured by a later step: its number, from 1
}

// has reports whether a variable is known; "row.*" stands for all its columns.
func (w vocabulary) has(name string) bool {
	of, _, dotted := strings.Cut(name, ".")
	return w.known[name] || dotted && w.known[of+".*"]
}

// variables checks every `${{ name }}` of the plan: its form, and that there
// is such a variable at that place.
func (v *validator) variables() {
	p, root := v.plan, v.places[v.plan]
	env, envOK := root.get("env").names(yaml.MappingNode)
	secrets, secretsOK := root.get("secrets").names(yaml.SequenceNode)
	matrix, matrixOK := root.get("matrix").names(yaml.MappingNode)
	if !envOK || !secretsOK || !matrixOK {
		return // what exists is not known, so nothing can be said to be missing
	}
	base := map[string]bool{VarBaseURL: true}
	for _, name := range append(env, secrets...) {
		base[name] = true
	}
	v.walk(root.get("webServer"), vocabulary{known: maps.Clone(base)})
	for _, name := range builtins {
		base[name] = true
	}
	for _, name := range matrix {
		base[name] = true
	}
	plan := vocabulary{known: base}
	v.walk(root.get("env"), plan)
	v.cycles()
	for _, key := range append([]string{"headers", "auth", "tls", "screenshot"}, setupKeys...) {
		v.walk(root.get("use").get(key), plan)
	}
	for i := range p.Cases {
		v.caseVariables(&p.Cases[i], base)
	}
	for _, key := range []string{"version", "name", "description", "tags", "environment", "secrets", "matrix", "concurrency", "schedule", "gates"} {
		v.walk(root.get(key), vocabulary{})
	}
}

func (v *validator) caseVariables(c *Case, base map[string]bool) {
	at := v.places[c]
	if at == nil {
		return
	}
	own, ok := at.get("matrix").names(yaml.MappingNode)
	if !ok {
		return
	}
	known := maps.Clone(base)
	matrix := map[string]bool{}
	for _, name := range append(own, sortedKeys(v.plan.Matrix)...) {
		known[name], matrix[name] = true, true
	}
	for _, made := range v.plan.made(*c) {
		known[made.key], matrix[made.key] = true, true
	}
	v.walk(at.get("name"), vocabulary{known: matrix})
	for _, key := range []string{"id", "kind", "tags", "skip", "matrix"} {
		v.walk(at.get(key), vocabulary{})
	}
	later := map[string]int{}
	for i := len(c.APISteps) - 1; i >= 0; i-- {
		for _, name := range c.APISteps[i].Captured() {
			later[name] = i + 1
		}
	}
	v.stepVariables(c.APISteps, vocabulary{known, later})
	v.loadVariables(c, known)
	v.contractVariables(c, known)
	v.llmVariables(c, known)
	for _, key := range setupKeys {
		v.walk(at.get(key), vocabulary{known: known})
	}
	v.browserVariables(c, known)
	for _, key := range shortForms[c.Kind] {
		v.walk(at.get(key), vocabulary{known: known})
	}
}

// shortForms are the keys of short forms of browser cases that may hold
// variables.
var shortForms = map[Kind][]string{
	KindVisual:        {"url", "steps", "element", "mask", "style"},
	KindAccessibility: {"url", "steps", "within", "exclude"},
	KindPerformance:   {"url", "before", "steps"},
}

// setupKeys are those under which a browser's setup may hold variables.
var setupKeys = []string{"device", "locale", "timezone", "userAgent"}

// browserVariables checks the references of steps in order.
func (v *validator) browserVariables(c *Case, known map[string]bool) {
	later := map[string]int{}
	for i := len(c.BrowserSteps) - 1; i >= 0; i-- {
		for _, name := range c.BrowserSteps[i].Captured() {
			later[name] = i + 1
		}
	}
	known = maps.Clone(known)
	for i := range c.BrowserSteps {
		v.walk(v.places[&c.BrowserSteps[i]], vocabulary{known, later})
		for _, name := range c.BrowserSteps[i].Captured() {
			known[name] = true
		}
	}
}

// names lists the keys of a mapping or the texts of a list as they are written,
// also those that the decoder refused; false says that it is neither.
func (p *place) names(kind yaml.Kind) ([]string, bool) {
	if p == nil {
		return nil, true
	}
	if p.node.Kind != kind {
		return nil, false
	}
	step := 1
	if kind == yaml.MappingNode {
		step = 2
	}
	var found []string
	for i := 0; i < len(p.node.Content); i += step {
		found = append(found, follow(p.node.Content[i]).Value)
	}
	return found, true
}

// walk looks at every text below a place.
func (v *validator) walk(p *place, words vocabulary) {
	if p == nil || p.node == nil {
		return
	}
	// Below unknown keys lies what the decoder did not read and bound.
	v.walkDepth++
	defer func() { v.walkDepth-- }()
	v.walked++
	v.walkedBytes += len(p.node.Value)
	if v.walkDepth > maxDepth || v.walked > 2*maxNodes || v.walkedBytes > maxBytes {
		return
	}
	switch p.node.Kind {
	case yaml.ScalarNode:
		v.text(p, words)
	case yaml.SequenceNode:
		for i, n := range p.node.Content {
			v.walk(p.element(i, n, follow(n)), words)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(p.node.Content); i += 2 {
			k, n := p.node.Content[i], p.node.Content[i+1]
			key := follow(k)
			v.walk(p.child(key.Value, k, key), words)
			v.walk(p.child(key.Value, n, follow(n)), words)
		}
	}
}

// text checks the references in one text.
func (v *validator) text(p *place, words vocabulary) {
	const most = 20 // a text with more mistakes than that needs no longer list
	text := p.node.Value
	for found, nth := 0, 0; found < most && !v.full(); nth++ {
		ref, ok, err := nextReference(text)
		switch {
		case err != nil:
			v.report(v.reference(p, nth), "%s", err)
			return
		case !ok:
			return
		case words.has(ref.name):
		case words.known == nil:
			found++
			v.report(v.reference(p, nth), "variables are not filled in here")
		case words.later[ref.name] > 0:
			found++
			v.report(v.reference(p, nth), "the variable %q is captured by step %d and can be used after it", ref.name, words.later[ref.name])
		default:
			found++
			v.suggest(v.reference(p, nth), v.nearestVariable(ref.name, words.known), "unknown variable %q", ref.name)
		}
		text = text[ref.end:]
	}
}

// nearestVariable is the variable that was probably meant. A plan with more
// names than a good one may have gets no suggestions.
func (v *validator) nearestVariable(name string, known map[string]bool) string {
	if len(known) > maxNames {
		return ""
	}
	return v.nearest(name, slices.Sorted(maps.Keys(known)))
}

// reference is a place for the nth `${{` of a text: the position in the source
// where it can be found there, else the position of the text.
func (v *validator) reference(p *place, nth int) *place {
	at := *p.at
	start := v.offset(p.node.Line, p.node.Column)
	if p.at != p.node || start < 0 {
		return p
	}
	end := min(len(v.source), start+2*len(p.node.Value)+1000)
	if p.node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		if i := bytes.IndexByte(v.source[start:end], '\n'); i >= 0 {
			end = start + i // what an escape hides must not be found in another text
		}
	}
	for rest := v.source[start:end]; ; nth-- {
		i := bytes.Index(rest, []byte(refOpen))
		if i < 0 {
			return p
		}
		if nth == 0 {
			at.Line, at.Column = position(v.source, end-len(rest)+i)
			return &place{parent: p.parent, key: p.key, index: p.index, at: &at, node: p.node}
		}
		rest = rest[i+len(refOpen):]
	}
}

// offset is the byte offset of a position, -1 where there is none.
func (v *validator) offset(line, column int) int {
	if v.lines == nil {
		v.lines = append(v.lines, 0)
		for i, c := range v.source {
			if c == '\n' {
				v.lines = append(v.lines, i+1)
			}
		}
	}
	if line < 1 || line > len(v.lines) {
		return -1
	}
	at := v.lines[line-1]
	for ; column > 1 && at < len(v.source); column-- {
		_, size := utf8.DecodeRune(v.source[at:])
		at += size
	}
	return at
}

// cycles reports variables under env that need one another.
func (v *validator) cycles() {
	env := v.plan.Env
	const open, done = 1, 2
	state := map[string]int{}
	var trail []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = open
		trail = append(trail, name)
		for _, next := range references(env[name]) {
			if _, ok := env[next]; !ok || state[next] == done {
				continue
			}
			if state[next] == open {
				circle := append(slices.Clone(trail[slices.Index(trail, next):]), next)
				if len(circle) > 12 {
					circle = append(append(circle[:10:10], "…"), next)
				}
				v.report(v.at(entry{&v.plan.Env, next}, &v.plan.Env), "the variable %q needs itself: %s", next, strings.Join(circle, " -> "))
				continue
			}
			visit(next)
		}
		trail = trail[:len(trail)-1]
		state[name] = done
	}
	for _, name := range sortedKeys(env) {
		if state[name] == 0 {
			visit(name)
		}
	}
}

// references lists the variables that a text names, in order, each once.
func references(text string) []string {
	var found []string
	seen := map[string]bool{}
	for {
		ref, ok, err := nextReference(text)
		if err != nil || !ok {
			return found
		}
		if !seen[ref.name] {
			seen[ref.name] = true
			found = append(found, ref.name)
		}
		text = text[ref.end:]
	}
}
