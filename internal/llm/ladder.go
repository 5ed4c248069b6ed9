package llm

import (
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/sashabaranov/go-openai"

	"github.com/semantest/semantest/internal/excerpt"
)

// Rung is a way of asking for JSON. Endpoints differ in what they take, and one
// that does not know a way ignores it or answers 400.
type Rung string

// The rungs, from the strictest down.
const (
	RungSchema Rung = "json_schema" // response_format with the schema
	RungObject Rung = "json_object" // response_format, the schema in the prompt
	RungTool   Rung = "tool"        // one forced tool whose parameters are the schema
	RungPrompt Rung = "prompt"      // the schema in the prompt, JSON taken from the answer
)

// Rungs returns all rungs, from the strictest down.
func Rungs() []Rung { return []Rung{RungSchema, RungObject, RungTool, RungPrompt} }

func (r Rung) below() (Rung, bool) {
	all := Rungs()
	for i, one := range all[:len(all)-1] {
		if one == r {
			return all[i+1], true
		}
	}
	return r, false
}

// dialect is what a model at an endpoint has turned out to take.
type dialect struct {
	rung   Rung
	tokens string // the member that bounds the answer: max_tokens, max_completion_tokens or none
	drops  string // optional members that it does not take, each after a space
}

const (
	maxTokensOld = "max_tokens"
	maxTokensNew = "max_completion_tokens"
)

// newDialect is what is tried first. Models that reason never took the old
// bound, and no temperature.
func newDialect(model string) dialect {
	if reasons(model) {
		return dialect{rung: RungSchema, tokens: maxTokensNew, drops: " temperature"}
	}
	return dialect{rung: RungSchema, tokens: maxTokensOld}
}

func reasons(model string) bool {
	if _, last, found := strings.Cut(model, "/"); found {
		model = last
	}
	for _, series := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(strings.ToLower(model), series) {
			return true
		}
	}
	return false
}

func (d dialect) takes(member string) bool { return !strings.Contains(d.drops, " "+member) }

func (d dialect) without(member string) dialect {
	if d.takes(member) {
		d.drops += " " + member
	}
	return d
}

// after returns what to try after an answer of 400 with a message, and false
// when nothing of the request is left to change.
func (d dialect) after(message string, r *Request, live bool) (dialect, bool) {
	message = strings.ToLower(message)
	names := func(member string) bool { return strings.Contains(message, member) }
	switch {
	case names(maxTokensNew) && d.tokens == maxTokensOld && d.takes("old"):
		d.tokens = maxTokensNew
		return d.without("old"), true
	case names(maxTokensNew) && d.tokens == maxTokensNew && d.takes("old"):
		d.tokens = maxTokensOld
		return d.without("old"), true
	case (names(maxTokensOld) || names(maxTokensNew)) && d.tokens != "":
		d.tokens = ""
		return d, true
	case names("temperature") && r.Temperature != nil && d.takes("temperature"):
		return d.without("temperature"), true
	case names("seed") && r.Seed != nil && d.takes("seed"):
		return d.without("seed"), true
	case names("stream_options") && live && d.takes("stream_options"):
		return d.without("stream_options"), true
	}
	if r.Schema != nil {
		if below, ok := d.rung.below(); ok {
			d.rung = below
			return d, true
		}
	}
	bare := d.without("temperature").without("seed").without("stream_options")
	bare.tokens = ""
	return bare, bare != d
}

// write puts a request into the form of the dialect. repair is what was wrong
// with an earlier answer.
func (d dialect) write(model string, r *Request, live bool, repair *repair) (openai.ChatCompletionRequest, *call) {
	out := openai.ChatCompletionRequest{Model: model}
	c := &call{live: live}
	system := r.System
	if r.Schema != nil {
		system = d.ask(&out, r.Schema, system)
	}
	if system != "" {
		out.Messages = append(out.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: system})
	}
	for _, m := range r.Messages {
		out.Messages = append(out.Messages, write(m))
	}
	if repair != nil {
		out.Messages = append(out.Messages, repair.messages(r.Schema)...)
	}
	// Set past go-openai, which would refuse some of them by the model's name, and
	// leave a temperature of 0 out.
	if d.tokens != "" {
		c.with(d.tokens, r.maxTokens())
	}
	if r.Temperature != nil && d.takes("temperature") {
		c.with("temperature", *r.Temperature)
	}
	if r.Seed != nil && d.takes("seed") {
		c.with("seed", *r.Seed)
	}
	if live && d.takes("stream_options") {
		c.with("stream_options", map[string]any{"include_usage": true})
	}
	if !live {
		c.with("stream", nil) // some endpoints do not know it
	}
	return out, c
}

// ask asks for JSON by the dialect's rung and returns the system text for it.
func (d dialect) ask(out *openai.ChatCompletionRequest, s *Schema, system string) string {
	switch d.rung {
	case RungSchema:
		out.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: s.name, Schema: s.text, Strict: s.strict},
		}
		return system
	case RungObject:
		out.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
	case RungTool:
		out.Tools = []openai.Tool{{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
			Name: s.name, Description: "Gives the answer.", Parameters: s.text,
		}}}
		out.ToolChoice = openai.ToolChoice{Type: openai.ToolTypeFunction, Function: openai.ToolFunction{Name: s.name}}
		return system
	case RungPrompt:
	}
	return strings.TrimSpace(system + "\n\n" + formOf(s))
}

func formOf(s *Schema) string {
	return "Answer with one JSON value and nothing else: no prose, no fence. It must be valid by this JSON Schema:\n" + string(s.text)
}

// repair is an answer that is not valid, and why.
type repair struct{ answer, problem string }

const maxRepaired = 16 << 10 // bytes of an answer that is shown to the model again

func (r *repair) messages(s *Schema) []openai.ChatCompletionMessage {
	var out []openai.ChatCompletionMessage
	if r.answer != "" {
		out = append(out, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, Content: excerpt.Of(r.answer, maxRepaired)})
	}
	text := "That answer is not valid: " + r.problem + "."
	if s != nil {
		text += "\n\n" + formOf(s)
	}
	return append(out, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: text})
}

// dialects remembers how to talk to models. What an endpoint takes may change, so
// it is found out anew now and then.
type dialects struct {
	mu    sync.Mutex
	known *lru.Cache[string, learned]
}

type learned struct {
	dialect dialect
	at      time.Time
}

const (
	maxDialects = 500
	learnedFor  = 6 * time.Hour
)

func newDialects() *dialects {
	known, _ := lru.New[string, learned](maxDialects) // fails for sizes below 1 only
	return &dialects{known: known}
}

func (d *dialects) of(p *provider, model string) dialect {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l, ok := d.known.Get(p.BaseURL + " " + model); ok && time.Since(l.at) < learnedFor {
		return l.dialect
	}
	return newDialect(model)
}

// learn keeps what has worked. A request for text says nothing about rungs.
func (d *dialects) learn(p *provider, model string, worked dialect) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := p.BaseURL + " " + model
	if l, ok := d.known.Get(key); ok && l.dialect == worked && time.Since(l.at) < learnedFor {
		return
	}
	d.known.Add(key, learned{worked, time.Now()})
}

func write(m Message) openai.ChatCompletionMessage {
	role := openai.ChatMessageRoleUser
	if m.Role == Assistant {
		role = openai.ChatMessageRoleAssistant
	}
	if len(m.Images) == 0 {
		return openai.ChatCompletionMessage{Role: role, Content: m.Text}
	}
	out := openai.ChatCompletionMessage{Role: role}
	if m.Text != "" {
		out.MultiContent = append(out.MultiContent, openai.ChatMessagePart{Type: openai.ChatMessagePartTypeText, Text: m.Text})
	}
	for _, i := range m.Images {
		out.MultiContent = append(out.MultiContent, openai.ChatMessagePart{
			Type: openai.ChatMessagePartTypeImageURL, ImageURL: &openai.ChatMessageImageURL{URL: i.url()},
		})
	}
	return out
}
