package spec

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseBrowserSteps reads the steps of a browser case on their own: a list in
// YAML or JSON, as it stands under steps. They may refer to the variables and
// secrets that are named, and to BASE_URL. The error is as that of Parse, with
// positions in source.
func ParseBrowserSteps(source []byte, variables, secrets []string) ([]BrowserStep, error) {
	list, err := readSource(source)
	if err != nil {
		return nil, aboutSteps(err)
	}
	if list.Kind != yaml.SequenceNode {
		return nil, mistake(list.Line, list.Column, "the steps must be a list, such as: - click: {role: button, name: Pay}")
	}
	d := newDecoder()
	plan := &Plan{}
	root := stepsAsPlan(list, variables, secrets)
	d.value(&place{index: -1, at: root, node: root}, reflect.ValueOf(plan).Elem(), nil, "", 0)
	if !d.stopped {
		v := &validator{decoder: d, plan: plan, source: source}
		v.validate()
	}
	if err := d.err(); err != nil {
		return nil, aboutSteps(err)
	}
	plan.spell()
	return plan.Cases[0].BrowserSteps, nil
}

// stepsAsPlan puts the steps into a plan, where their nodes keep their places.
func stepsAsPlan(list *yaml.Node, variables, secrets []string) *yaml.Node {
	word := func(text string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle, Line: 1, Column: 1}
	}
	mapping := func(content ...*yaml.Node) *yaml.Node {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1, Content: content}
	}
	env := mapping(word(VarBaseURL), word("http://localhost"))
	for _, name := range variables {
		if name != VarBaseURL && !slices.Contains(secrets, name) {
			env.Content = append(env.Content, word(name), word(""))
		}
	}
	names := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: 1, Column: 1}
	for _, name := range secrets {
		names.Content = append(names.Content, word(name))
	}
	one := mapping(word("id"), word("session"), word("kind"), word("browser"), word("steps"), list)
	cases := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: 1, Column: 1, Content: []*yaml.Node{one}}
	return mapping(word("version"), word("1"), word("name"), word("Session"), word("env"), env, word("secrets"), names, word("cases"), cases)
}

// aboutSteps makes mistakes in a plan mistakes in its steps.
func aboutSteps(err error) error {
	all, ok := errors.AsType[*Mistakes](err)
	if !ok {
		return err
	}
	for i := range all.List {
		m := &all.List[i]
		m.Path = strings.TrimPrefix(m.Path, "cases[0].")
		m.Message = strings.Replace(m.Message, "the plan ", "the text ", 1)
	}
	return all
}
