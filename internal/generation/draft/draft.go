package draft

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/internal/spec"
)

// CiteKind says what a case stands on.
type CiteKind string

// The kinds of what a case can stand on.
const (
	Requirement CiteKind = "requirement" // a sentence with an id that somebody wrote
	Operation   CiteKind = "operation"   // of an OpenAPI document
	Page        CiteKind = "page"        // of the target, as it was read
)

// Cite is one thing that a case stands on.
type Cite struct {
	Kind  CiteKind `json:"kind"`
	Ref   string   `json:"ref"`             // REQ-1, POST /orders, /cart
	Quote string   `json:"quote,omitempty"` // word for word
}

// Case is a case that somebody may accept.
type Case struct {
	Source string   // the case alone, as YAML
	Cites  []Cite   // at least one
	Covers []string // elements of Set.Universe
}

// Set is what a generator made of a source.
type Set struct {
	Frame    Frame
	Cases    []Case   // in the order in which they should be tried
	Universe []string // what there is to cover
	Cites    []Cite   // what a case may stand on
	Notes    []string // one sentence each: what was left out, and why
}

// Frame is what a plan has beside its cases.
type Frame struct {
	Name        string
	Environment string
	BaseURL     string
	Env         map[string]string
	Files       map[string][]byte // what the cases refer to by file://
}

// Plan writes a plan of cases.
func (f Frame) Plan(cases ...string) ([]byte, error) {
	env := map[string]string{}
	for k, v := range f.Env {
		env[k] = v
	}
	if f.BaseURL != "" {
		env[spec.VarBaseURL] = f.BaseURL
	}
	nodes := make([]*yaml.Node, len(cases))
	for i, source := range cases {
		n, err := read(source)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return Render(planDoc{Version: "1", Name: f.Name, Environment: f.Environment, Env: env, Cases: nodes})
}

// Proposal writes a whole plan of cases: with its gates, beside what Plan writes.
func (f Frame) Proposal(cases ...string) ([]byte, error) {
	text, err := f.Plan(cases...)
	if err != nil {
		return nil, err
	}
	root, err := read(string(text))
	if err != nil {
		return nil, err
	}
	var gates yaml.Node
	if err := gates.Encode(struct {
		SuccessRate float64 `yaml:"successRate"`
		MinCases    int     `yaml:"minCases"`
	}{1, len(cases)}); err != nil {
		return nil, fmt.Errorf("write the gates: %w", err)
	}
	gates.Style = yaml.FlowStyle
	root.Content = append(root.Content, scalar("gates"), &gates)
	return Render(root)
}

type planDoc struct {
	Version     string            `yaml:"version"`
	Name        string            `yaml:"name"`
	Environment string            `yaml:"environment,omitempty"`
	Env         map[string]string `yaml:"env,omitempty"`
	Cases       []*yaml.Node      `yaml:"cases"`
}

// AddTo adds cases to the text of a plan and leaves the rest of it as it is,
// comments included. Variables that the plan defines keep their values.
func (f Frame) AddTo(plan string, cases ...string) ([]byte, error) {
	root, err := read(plan)
	if err != nil {
		return nil, err
	}
	list := lookup(root, "cases")
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("the plan has no list of cases")
	}
	for _, source := range cases {
		n, err := read(source)
		if err != nil {
			return nil, err
		}
		list.Content = append(list.Content, n)
	}
	if len(f.Env) > 0 {
		addEnv(root, f.Env)
	}
	return Render(root)
}

func addEnv(root *yaml.Node, env map[string]string) {
	at := lookup(root, "env")
	if at == nil {
		at = &yaml.Node{Kind: yaml.MappingNode}
		root.Content = append(root.Content, scalar("env"), at)
	}
	for _, k := range slices.Sorted(maps.Keys(env)) {
		if lookup(at, k) == nil {
			at.Content = append(at.Content, scalar(k), scalar(env[k]))
		}
	}
}

// Parse reads a case within the frame; its mistakes are those of the plan of it
// alone.
func (f Frame) Parse(source string) (*spec.Plan, error) {
	text, err := f.Plan(source)
	if err != nil {
		return nil, err
	}
	return spec.Parse(text)
}

func read(source string) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(source), &doc); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("it is no YAML: %s", first)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("it is no mapping")
	}
	return doc.Content[0], nil
}

func lookup(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}
