package spec

import (
	"maps"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// control checks a step that steers others, and says whether it is one.
func (v *validator) control(s *APIStep, c *Case) bool {
	switch {
	case s.Group != nil:
		v.steps(s.Group.Steps, c)
	case s.If != nil:
		v.matcherAt(v.at(s.If), &s.If.Matcher, matchAny, "variable")
		v.steps(s.If.Then, c)
		v.steps(s.If.Else, c)
	case s.For != nil:
		if s.For.File != "" && v.sound(&s.For.File) {
			v.file(v.at(&s.For.File), s.For.File)
			if _, err := rowFormat(s.For.File); err != nil && !v.at(&s.For.File).bad {
				v.report(v.at(&s.For.File), "%s", err)
			}
		}
		v.steps(s.For.Steps, c)
	case s.Wait != 0:
	default:
		return false
	}
	at := v.at(s)
	for _, key := range []string{"timeout", "until", "capture", "check"} {
		if k := at.get(key); k != nil {
			v.report(k.onKey(), "%q goes with an action that gets an answer, not with %q", key, s.Action())
		}
	}
	return true
}

// until checks that there is something to wait for.
func (v *validator) until(s *APIStep) {
	if s.Until != nil && len(s.Checks) == 0 && s.Action() == "http" && v.sound(s.Until) {
		v.report(v.at(s.Until).onKey(), `"until" needs a "check" that says when the step has passed`)
	}
}

// stepVariables checks the references of steps in order; known grows by what
// they capture.
func (v *validator) stepVariables(steps []APIStep, words vocabulary) {
	for i := range steps {
		s := &steps[i]
		at := v.places[s]
		_, _, acts := s.script()
		switch {
		case s.Inner() != nil:
			v.heldVariables(s, at, words)
		case acts != nil:
			v.scriptVariables(s, at, words)
		default:
			v.walk(at, words)
		}
		captured, _ := at.get("capture").names(yaml.MappingNode)
		for _, name := range captured {
			words.known[name] = true
		}
	}
}

func (v *validator) heldVariables(s *APIStep, at *place, words vocabulary) {
	for _, key := range []string{"name", "check", "capture", "until", "timeout"} {
		v.walk(at.get(key), words)
	}
	switch {
	case s.Group != nil && s.Group.Parallel:
		before := maps.Clone(words.known)
		for i := range s.Group.Steps {
			branch := vocabulary{maps.Clone(before), words.later}
			v.stepVariables(s.Group.Steps[i:i+1], branch)
			maps.Copy(words.known, branch.known)
		}
	case s.Group != nil:
		v.stepVariables(s.Group.Steps, words)
	case s.If != nil:
		v.condition(s, at.get("if"), words)
	case s.For != nil:
		v.rows(s.For, at.get("for"), words)
	}
}

func (v *validator) condition(s *APIStep, at *place, words vocabulary) {
	if at == nil || at.node.Kind != yaml.MappingNode {
		return
	}
	for _, key := range layoutOf(reflect.TypeFor[Matcher]()).keys("") {
		v.walk(at.get(key), words)
	}
	if name := s.If.Variable; v.sound(&s.If.Variable) && !words.has(name) {
		if n := words.later[name]; n > 0 {
			v.report(v.at(&s.If.Variable), "the variable %q is captured by step %d and can be used after it", name, n)
		} else {
			v.suggest(v.at(&s.If.Variable), v.nearestVariable(name, words.known), "unknown variable %q", name)
		}
	}
	before := maps.Clone(words.known)
	v.stepVariables(s.If.Then, words)
	other := vocabulary{before, words.later}
	v.stepVariables(s.If.Else, other)
	maps.Copy(words.known, other.known)
}

func (v *validator) rows(f *For, at *place, words vocabulary) {
	name := f.RowName()
	v.walk(at.get("rows"), words)
	own := []string{name}
	if f.File != "" {
		own = append(own, name+".*") // its columns are known when the case runs
	}
	for _, row := range f.Rows {
		if columns, ok := row.V.(map[string]any); ok {
			for _, column := range sortedKeys(columns) {
				own = append(own, name+"."+column)
			}
		}
	}
	inside := vocabulary{maps.Clone(words.known), words.later}
	for _, n := range own {
		inside.known[n] = true
	}
	v.stepVariables(f.Steps, inside)
	for _, n := range own {
		if !words.known[n] {
			delete(inside.known, n)
		}
	}
	maps.Copy(words.known, inside.known)
}
