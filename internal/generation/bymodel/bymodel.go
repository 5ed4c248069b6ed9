// Package bymodel makes cases of requirements: sentences that somebody wrote. A
// language model writes them, within a form that leaves it little room; what it
// says is text to be judged by package accept, like everything that is
// generated.
package bymodel

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/llm"
)

// Model answers requests; *llm.Client is one.
type Model interface {
	Generate(ctx context.Context, r llm.Request) (*llm.Response, error)
}

// Ask is what is to be made.
type Ask struct {
	Requirements string
	Target       string
	MaxCases     int
	Model        string // empty for the configured one
	Project      string // whose budget and whose cache
	Timeout      time.Duration
}

// Answer is what a model made.
type Answer struct {
	Set       *draft.Set
	Model     string
	FromCache bool
	Age       time.Duration
}

// MaxRequirements bounds how many are read.
const MaxRequirements = 200

var named = regexp.MustCompile(`^(?:[-*]\s+)?\[?([A-Za-z][A-Za-z0-9]*[-_.]?[0-9][A-Za-z0-9_.-]*|[0-9]+)\]?[:.)]?\s+(\S.*)$`)

// Requirements reads one requirement a line. A line without an id gets one by
// its place: R3.
func Requirements(text string) ([]draft.Cite, error) {
	var out []draft.Cite
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c := draft.Cite{Kind: draft.Requirement, Ref: fmt.Sprintf("R%d", len(out)+1), Quote: strings.TrimLeft(line, "-* ")}
		if m := named.FindStringSubmatch(line); m != nil {
			c.Ref, c.Quote = m[1], m[2]
		}
		if slices.ContainsFunc(out, func(other draft.Cite) bool { return other.Ref == c.Ref }) {
			return nil, apperr.Invalid("requirements", "two requirements have the id %s", c.Ref)
		}
		out = append(out, c)
	}
	if len(out) == 0 || len(out) > MaxRequirements {
		return nil, apperr.Invalid("requirements", "write 1 to %d requirements, one a line; these are %d", MaxRequirements, len(out))
	}
	return out, nil
}

// prompt names the version of the instructions: change it with them.
const prompt = "generation/requirements@1"

const instructions = llm.BlockRule + `
You write acceptance test cases for the plan language of Semantest, as JSON.
Each case stands on one of the listed requirements: give its id, and a quote of it, word for word.
A case has an id (small letters, digits, dots, dashes), a name, a kind and steps.
kind api: steps are {"http": {"method": "POST", "url": "/path", "json": {…}}, "capture": {"name": {"jsonpath": "$.id"}}, "check": [{"status": 201}, {"jsonpath": "$.state", "equals": "PAID"}]}.
kind browser: steps are {"goto": "/path"}, {"click": {"role": "button", "name": "Pay"}}, {"fill": {"label": "Email", "value": "a@example.com"}}, {"expect": {"visible": {"role": "heading", "name": "Thanks"}}}.
Addresses are relative: they begin with /. A captured variable is written ${{ name }}.
Every case must assert something that fails when the requirement does not hold. Write nothing that the requirements do not say.`

// Make asks a model for cases. Without a provider the error says how to configure
// one.
func Make(ctx context.Context, m Model, ask Ask) (*Answer, error) {
	requirements, err := Requirements(ask.Requirements)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, apperr.New(apperr.Conflict,
			"cases of requirements are written by a model: %s; cases of an OpenAPI document and of a crawl need none", apperr.Message(llm.ErrNotConfigured))
	}
	schema, err := form(requirements)
	if err != nil {
		return nil, err
	}
	block := llm.Block("requirements", listed(requirements))
	response, err := m.Generate(ctx, llm.Request{
		Account: llm.Account{Project: ask.Project}, Purpose: "generation", Prompt: prompt, System: instructions,
		Messages: []llm.Message{{Text: fmt.Sprintf("Write at most %d cases.\n%s", ask.MaxCases, block)}},
		Schema:   schema, MaxTokens: 8192, Timeout: ask.Timeout, Model: ask.Model, Similar: listed(requirements),
	})
	if err != nil {
		return nil, err
	}
	var written struct{ Cases []written }
	if err := response.Decode(&written); err != nil {
		return nil, err
	}
	set := &draft.Set{Frame: draft.Frame{Name: "What is required", BaseURL: ask.Target}, Cites: requirements}
	for _, r := range requirements {
		set.Universe = append(set.Universe, r.Ref)
	}
	for _, w := range written.Cases {
		source, err := draft.Render(w.Case)
		if err != nil {
			return nil, err
		}
		set.Cases = append(set.Cases, draft.Case{
			Source: string(source), Covers: []string{w.Requirement},
			Cites: []draft.Cite{{Kind: draft.Requirement, Ref: w.Requirement, Quote: w.Quote}},
		})
	}
	return &Answer{Set: set, Model: response.Model, FromCache: response.FromCache, Age: response.Age}, nil
}

// written is one case as the model writes it.
type written struct {
	Requirement string `json:"requirement"`
	Quote       string `json:"quote"`
	Case        struct {
		ID    string           `json:"id" yaml:"id"`
		Name  string           `json:"name" yaml:"name"`
		Kind  string           `json:"kind" yaml:"kind"`
		Steps []map[string]any `json:"steps" yaml:"steps"`
	} `json:"case"`
}

func listed(requirements []draft.Cite) string {
	var b strings.Builder
	for _, r := range requirements {
		fmt.Fprintf(&b, "%s: %s\n", r.Ref, r.Quote)
	}
	return b.String()
}

// form is the schema of the answer: a requirement is picked from those that there
// are. What a case may say the plan language decides, when it is read.
func form(requirements []draft.Cite) (*llm.Schema, error) {
	ids := make([]string, len(requirements))
	for i, r := range requirements {
		ids[i] = r.Ref
	}
	type object = map[string]any
	text := object{"type": "string"}
	step := object{"type": "object"}
	one := object{
		"type": "object", "additionalProperties": false, "required": []string{"requirement", "quote", "case"},
		"properties": object{
			"requirement": object{"type": "string", "enum": ids}, "quote": text,
			"case": object{
				"type": "object", "additionalProperties": false, "required": []string{"id", "name", "kind", "steps"},
				"properties": object{"id": text, "name": text, "kind": object{"type": "string", "enum": []string{"api", "browser"}},
					"steps": object{"type": "array", "items": step}},
			},
		},
	}
	data, err := json.Marshal(object{
		"type": "object", "additionalProperties": false, "required": []string{"cases"},
		"properties": object{"cases": object{"type": "array", "items": one}},
	})
	if err != nil {
		return nil, fmt.Errorf("write the form of the answer: %w", err)
	}
	return llm.NewSchema("cases", string(data))
}
