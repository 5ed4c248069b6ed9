package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/semantest/semantest/executors/llm/internal/assertion"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

const defaultMaxTokens = 1024

// endpoint is a model behind OpenAI's API that a plan names. The request is our
// own, and not that of internal/llm: what is under test is asked just as the plan
// says, without a repair and without a fallback, and what it does wrong is told.
type endpoint struct {
	spec   *spec.LLMTarget // filled in
	web    *http.Client
	prices llm.Prices
}

type completion struct {
	Model   string
	Choices []struct {
		FinishReason string `json:"finish_reason"`
		Message      struct {
			Content   *string
			Refusal   *string
			ToolCalls []struct {
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		LogProbs *struct {
			Content []struct{ LogProb float64 }
		} `json:"logprobs"`
	}
	Usage struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		Details          struct {
			CachedTokens int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	}
	Error json.RawMessage
}

func (t *endpoint) hear(ctx context.Context, history []message) (*said, error) {
	headers := map[string]string{"Accept": "application/json"}
	if t.spec.Key != "" {
		headers["Authorization"] = "Bearer " + t.spec.Key
	}
	resp, err := send(ctx, t.web, http.MethodPost, strings.TrimRight(t.spec.BaseURL, "/")+"/chat/completions", headers, t.request(history), nil)
	if err != nil {
		return nil, err
	}
	var c completion
	if err := json.Unmarshal(resp.body, &c); err != nil {
		return nil, faultf("the response (%s) is none of OpenAI's API: %s", resp.contentType, excerpt.Line(string(resp.body), maxShown))
	}
	if len(c.Choices) == 0 {
		return nil, faultf("the response has no choices: %s", excerpt.Line(string(resp.body), maxShown))
	}
	choice := c.Choices[0]
	heard := &said{
		model: cmp.Or(c.Model, t.spec.Model),
		usage: llm.Usage{Input: c.Usage.PromptTokens, Cached: c.Usage.Details.CachedTokens, Output: c.Usage.CompletionTokens},
		out:   assertion.Output{Text: cmp.Or(deref(choice.Message.Content), deref(choice.Message.Refusal)), FinishReason: choice.FinishReason},
	}
	for _, call := range choice.Message.ToolCalls {
		heard.out.ToolCalls = append(heard.out.ToolCalls, assertion.ToolCall{Name: call.Function.Name, Arguments: call.Function.Arguments})
	}
	if choice.LogProbs != nil {
		for _, token := range choice.LogProbs.Content {
			heard.out.LogProbs = append(heard.out.LogProbs, token.LogProb)
		}
	}
	if cost := t.prices.Cost(heard.usage, c.Model, t.spec.Model); cost.Known && heard.usage != (llm.Usage{}) {
		dollars := cost.Amount.Dollars()
		heard.out.Cost = &dollars
	}
	return heard, nil
}

func (t *endpoint) request(history []message) map[string]any {
	messages := history
	if t.spec.System != "" {
		messages = append([]message{{Role: "system", Content: t.spec.System}}, history...)
	}
	body := map[string]any{"model": t.spec.Model, "messages": messages, "max_tokens": cmp.Or(deref(t.spec.MaxTokens), defaultMaxTokens)}
	if t.spec.Temperature != nil {
		body["temperature"] = *t.spec.Temperature
	}
	if t.spec.Seed != nil {
		body["seed"] = *t.spec.Seed
	}
	var tools []any
	for _, tool := range t.spec.Tools {
		function := map[string]any{"name": tool.Name, "description": tool.Description}
		if tool.Parameters.V != nil {
			function["parameters"] = tool.Parameters.V
		}
		tools = append(tools, map[string]any{"type": "function", "function": function})
	}
	if tools != nil {
		body["tools"] = tools
	}
	return body
}

// configured is the model of the server itself.
type configured struct {
	spec   *spec.LLMTarget // filled in
	models *llm.Client
	payer  llm.Account
}

func (t *configured) hear(ctx context.Context, history []message) (*said, error) {
	r := llm.Request{
		Account: t.payer, Purpose: "target", Prompt: "target@1", System: t.spec.System, Model: t.spec.Model,
		Temperature: t.spec.Temperature, MaxTokens: cmp.Or(deref(t.spec.MaxTokens), defaultMaxTokens), Seed: t.spec.Seed, Fresh: true,
	}
	for _, m := range history {
		r.Messages = append(r.Messages, llm.Message{Role: llm.Role(m.Role), Text: m.Content})
	}
	resp, err := t.models.Generate(ctx, r)
	switch llm.ReasonOf(err) {
	case llm.Refused: // an answer of a kind, which may be just what is wanted
		return &said{model: t.spec.Model, out: assertion.Output{FinishReason: "content_filter"}}, nil
	case llm.Truncated:
		return nil, faultf("%s", err)
	}
	if err != nil {
		return nil, err
	}
	heard := &said{model: resp.Model, usage: resp.Usage, out: assertion.Output{Text: resp.Text, FinishReason: resp.Finish}}
	if resp.Cost.Known {
		dollars := resp.Cost.Amount.Dollars()
		heard.out.Cost = &dollars
	}
	return heard, nil
}
