package draft

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// CaseDoc is a case in the order in which people read one.
type CaseDoc struct {
	ID          string   `yaml:"id"`
	Name        string   `yaml:"name,omitempty"`
	Kind        string   `yaml:"kind"`
	Tags        []string `yaml:"tags,omitempty,flow"`
	Schema      string   `yaml:"schema,omitempty"`
	Checks      []string `yaml:"checks,omitempty"`
	MaxRequests int      `yaml:"maxRequests,omitempty"`
	Steps       []any    `yaml:"steps,omitempty"` // StepDoc or Pairs
}

// StepDoc is one exchange of an api case.
type StepDoc struct {
	Name    string           `yaml:"name,omitempty"`
	HTTP    Pairs            `yaml:"http"`
	Capture map[string]Pairs `yaml:"capture,omitempty"`
	Check   []Pairs          `yaml:"check,omitempty"`
}

// Pairs is a mapping on one line, in the order in which it was made.
type Pairs []any

// MarshalYAML implements yaml.Marshaler.
func (p Pairs) MarshalYAML() (any, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := 0; i+1 < len(p); i += 2 {
		v := &yaml.Node{}
		if err := v.Encode(p[i+1]); err != nil {
			return nil, err
		}
		if v.Kind != yaml.ScalarNode {
			v.Style = yaml.FlowStyle
		}
		n.Content = append(n.Content, scalar(fmt.Sprint(p[i])), v)
	}
	return n, nil
}

// Render writes a case or a plan.
func Render(doc any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("write the case: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write the case: %w", err)
	}
	return b.Bytes(), nil
}
