package spec

import (
	"maps"
	"slices"
	"strings"
)

func (v *validator) llm(c *Case) {
	if c.Kind != KindLLM {
		return
	}
	l, at := &c.LLM, v.at(c)
	switch prompt, turns := at.get("prompt") != nil, at.get("turns") != nil; {
	case prompt && turns:
		v.report(v.at(&l.Turns).onKey(), `a case has either "prompt" or "turns"`)
	case !prompt && !turns && !at.bad:
		v.report(at, `the key "prompt" is missing; a conversation has "turns" instead`)
	}
	if len(l.Rows) > 0 && l.RowsFile != "" {
		v.report(v.at(&l.RowsFile).onKey(), `a case has either "rows" or "rowsFile"`)
	}
	if l.RowsFile != "" && v.sound(&l.RowsFile) {
		v.file(v.at(&l.RowsFile), l.RowsFile)
		if _, err := rowFormat(l.RowsFile); err != nil {
			v.report(v.at(&l.RowsFile), "%s", err)
		}
	}
	if l.Target != nil {
		v.llmTarget(l.Target)
	}
	asserts := len(l.Assert)
	v.assertions(l.Assert)
	for i := range l.Turns {
		v.assertions(l.Turns[i].Assert)
		asserts += len(l.Turns[i].Assert)
	}
	if asserts == 0 && !at.bad && at.get("assert") == nil {
		v.report(at, `the key "assert" is missing: nothing would be checked`)
	}
}

func (v *validator) llmTarget(t *LLMTarget) {
	at := v.at(t)
	if at.bad {
		return
	}
	http, model := at.get("url") != nil, at.get("model") != nil
	switch {
	case http && model:
		v.report(at.onKey(), `a target has either "url" or "model"`)
		return
	case !http && !model:
		v.report(at.onKey(), `a target needs "url", for an application, or "model"`)
		return
	}
	others, kind := []string{"baseUrl", "key", "system", "temperature", "maxTokens", "seed", "tools"}, "model"
	if model {
		others, kind = []string{"method", "headers", "body", "answer", "stream"}, "url"
	}
	for _, key := range others {
		if k := at.get(key); k != nil {
			v.report(k.onKey(), "%q goes with %q", key, kind)
		}
	}
	switch {
	case http:
		if v.sound(&t.URL) {
			v.address(v.at(&t.URL), t.URL, true)
		}
		v.headers(&t.Headers, t.Headers)
		if t.Stream != "" && t.Answer == nil && at.get("answer") == nil {
			v.report(v.at(&t.Stream).onKey(), `"stream" needs "answer", which says where the text of a piece stands`)
		}
	case at.get("baseUrl") == nil:
		for _, key := range []string{"key", "tools"} {
			if k := at.get(key); k != nil {
				v.report(k.onKey(), "%q goes with \"baseUrl\"", key)
			}
		}
	case v.sound(&t.BaseURL):
		v.address(v.at(&t.BaseURL), t.BaseURL, false)
	}
	for i := range t.Tools {
		if p := &t.Tools[i].Parameters; p.V != nil && v.sound(p) {
			if _, err := CompileSchema(p.V); err != nil {
				v.report(v.at(p), "the parameters are no JSON Schema: %s", err)
			}
		}
	}
}

func (v *validator) assertions(list []LLMAssertion) {
	for i := range list {
		a := &list[i]
		name, _ := strings.CutPrefix(a.Type, LLMNegation)
		if !v.sound(&a.Type) {
			continue
		}
		graded := slices.Contains(LLMGraded(), name)
		switch {
		case !slices.Contains(LLMAssertions(), name) && foreign(name) != "":
			v.report(v.at(&a.Type), "promptfoo's assertion %s is not there: %s", brief(a.Type), foreign(name))
		case !slices.Contains(LLMAssertions(), name):
			v.suggest(v.at(&a.Type), v.nearest(name, LLMAssertions()), "there is no assertion %s", brief(a.Type))
		case (name == "latency" || name == "cost") && a.Threshold == nil && v.at(a).get("threshold") == nil:
			v.report(v.at(a), "%s needs a threshold", a.Type)
		case strings.HasPrefix(name, "context-") && a.Context == "" && v.at(a).get("context") == nil:
			v.report(v.at(a), `%s needs "context": what the answer should rest on`, a.Type)
		case a.Votes != nil && (!graded || name == "similar"):
			v.report(v.at(&a.Votes, a), `"votes" goes with types that a model judges, not with %s`, a.Type)
		}
	}
}

// llmVariables checks the references in the keys of llm cases.
func (v *validator) llmVariables(c *Case, known map[string]bool) {
	if c.Kind != KindLLM {
		return
	}
	at, l := v.places[c], &c.LLM
	for _, key := range []string{"vars", "rows"} {
		v.walk(at.get(key), vocabulary{known: known})
	}
	v.walk(at.get("rowsFile"), vocabulary{})
	own := maps.Clone(known)
	for name := range l.Vars {
		own[name] = true
	}
	for _, row := range l.Rows {
		for name := range row {
			own[name] = true
		}
	}
	said := vocabulary{known: own}
	for _, key := range []string{"prompt", "turns", "assert"} {
		v.walk(at.get(key), said)
	}
	if l.RowsFile == "" { // its columns are known when the case runs
		for _, text := range l.braced(v) {
			for _, name := range Braced(text.text) {
				if !own[name] {
					v.suggest(text.at, v.nearestVariable(name, own), "unknown variable %q", name)
				}
			}
		}
	}
	asked := maps.Clone(own)
	for _, name := range []string{VarPrompt, VarMessages, VarConversation} {
		asked[name] = true
	}
	v.walk(at.get("target"), vocabulary{known: asked})
}

// placed is a text with its place.
type placed struct {
	text string
	at   *place
}

// braced are the texts in which {{ }} names variables.
func (c *LLMCase) braced(v *validator) []placed {
	out := []placed{{c.Prompt, v.at(&c.Prompt)}}
	add := func(list []LLMAssertion) {
		for i := range list {
			if text, ok := list[i].Value.V.(string); ok {
				out = append(out, placed{text, v.at(&list[i].Value, &list[i])})
			}
			out = append(out, placed{list[i].Context, v.at(&list[i].Context, &list[i])})
		}
	}
	add(c.Assert)
	for i := range c.Turns {
		out = append(out, placed{c.Turns[i].Prompt, v.at(&c.Turns[i].Prompt, &c.Turns[i])})
		add(c.Turns[i].Assert)
	}
	return out
}
