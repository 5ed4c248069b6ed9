package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/semantest/semantest/internal/breaker"
)

// Generate returns a whole and valid answer, from the cache or from the first
// provider that gives one.
func (c *Client) Generate(ctx context.Context, r Request) (*Response, error) {
	g, err := c.begin(&r, nil)
	if err != nil {
		return nil, err
	}
	out, err := g.run(ctx)
	g.tell(ctx, out, err)
	return out, err
}

// generation is one request on its way.
type generation struct {
	client *Client
	r      *Request
	emit   func(string) error // of a stream; nil to get the answer at once
	asked  []*provider

	began    time.Time
	attempts []Attempt
	usage    Usage
	cost     Cost
	emitted  bool      // a piece of the answer is out: no other one may follow
	vector   []float32 // of the text that may be a similar one
}

func (c *Client) begin(r *Request, emit func(string) error) (*generation, error) {
	if !c.Configured() {
		return nil, ErrNotConfigured
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	g := &generation{client: c, r: r, emit: emit, began: time.Now(), cost: Cost{Known: true}}
	for _, p := range c.providers {
		if p.Model != "" {
			g.asked = append(g.asked, p)
		}
	}
	if r.Model != "" {
		g.asked = c.providers[:1]
	}
	if len(g.asked) == 0 {
		return nil, ErrNotConfigured
	}
	return g, nil
}

func (g *generation) model(p *provider) string {
	if g.r.Model != "" {
		return g.r.Model
	}
	return p.Model
}

func (g *generation) run(ctx context.Context) (*Response, error) {
	var errs []error
	for i, p := range g.asked {
		if out, ok := g.known(ctx, p); ok {
			return out, nil
		}
		out, err := g.ask(ctx, p, i < len(g.asked)-1)
		if err == nil {
			g.keep(ctx, p, out)
			return out, nil
		}
		errs = append(errs, err)
		if g.emitted || final(ctx, err) {
			break
		}
	}
	if len(errs) == 1 {
		return nil, errs[0]
	}
	return nil, joined(errs)
}

// joined tells of every provider, and has the reason of the last one: it is what
// is left to mend.
func joined(errs []error) error {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = sentence(err)
	}
	last := errs[len(errs)-1]
	if ReasonOf(last) == "" {
		return last
	}
	return failed(ReasonOf(last), errors.Join(errs...), "%s", strings.Join(texts, "; then "))
}

// known looks into the caches.
func (g *generation) known(ctx context.Context, p *provider) (*Response, bool) {
	cache := g.client.cache
	if cache == nil || g.r.Fresh {
		return nil, false
	}
	model := g.model(p)
	if k, ok := cache.get(ctx, keyOf(p, model, g.r, ""), g.r.Schema); ok {
		return g.fromCache(k.response(p.Name, 1))
	}
	if g.r.Similar == "" || !g.client.Embeds() {
		return nil, false
	}
	if g.vector == nil {
		v, err := g.client.Embed(ctx, EmbedRequest{Account: g.r.Account, Purpose: g.r.Purpose, Texts: []string{g.r.Similar}})
		if err != nil {
			return nil, false // asking the model is always right
		}
		g.vector = v.Vectors[0]
	}
	k, similarity, ok := cache.similar(ctx, keyOf(p, model, g.r, g.r.Similar), g.r.Similar, g.vector, g.r.Schema, g.client.similar)
	if !ok {
		return nil, false
	}
	return g.fromCache(k.response(p.Name, similarity))
}

func (g *generation) fromCache(out *Response) (*Response, bool) {
	out.Duration = time.Since(g.began)
	return out, true
}

func (g *generation) keep(ctx context.Context, p *provider, out *Response) {
	cache := g.client.cache
	if cache == nil {
		return
	}
	model := g.model(p)
	cache.put(ctx, keyOf(p, model, g.r, ""), keep(out))
	if g.r.Similar != "" && g.vector != nil {
		cache.putSimilar(ctx, keyOf(p, model, g.r, g.r.Similar), g.r.Similar, g.vector, keep(out))
	}
}

// ask asks one provider, as often and in as many ways as it takes. others says
// that there is another one to go to.
func (g *generation) ask(ctx context.Context, p *provider, others bool) (*Response, error) {
	model := g.model(p)
	d := g.client.dialects.of(p, model)
	var fix *repair
	for try := 1; ; {
		if !g.client.wait(ctx, p.calmFor(), others) {
			return nil, waited(ctx, p)
		}
		out, f := g.once(ctx, p, d, fix)
		switch {
		case f == nil:
			if g.r.Schema != nil {
				g.client.dialects.learn(p, model, d)
			}
			return out, nil
		case g.emitted || ctx.Err() != nil:
			return nil, f.err
		case f.form:
			next, ok := d.after(f.text, g.r, g.emit != nil)
			if !ok {
				return nil, f.err
			}
			d = next
		case ReasonOf(f.err) == InvalidAnswer && fix == nil:
			fix = &repair{f.answer, sentence(f.err)}
			if below, ok := d.rung.below(); ok && f.foreign {
				d.rung = below // it does not even look at the rung
			}
		case f.again && try < maxTries:
			pause := f.after
			if pause > 0 {
				p.leaveAlone(pause)
			} else {
				pause = g.client.pause(try)
			}
			if !g.client.wait(ctx, pause, others) {
				return nil, f.err
			}
			try++
		default:
			if f.after > 0 {
				p.leaveAlone(f.after)
			}
			return nil, f.err
		}
	}
}

func waited(ctx context.Context, p *provider) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("ask %s: %w", p.Name, context.Canceled)
	case err != nil:
		return failed(Unavailable, err, "%s has not answered in time", p.Name)
	}
	return failed(Unavailable, ctx.Err(), "%s wants no request for another %s", p.Name, p.calmFor().Round(time.Second))
}

// once makes one call and accounts for it.
func (g *generation) once(ctx context.Context, p *provider, d dialect, fix *repair) (*Response, *fault) {
	decision, done := g.client.allow(ctx, p)
	if !decision.Allowed {
		return nil, &fault{err: failed(Unavailable, nil, "%s has not answered for a while and is asked again in %s", p.Name,
			max(time.Second, time.Until(decision.RetryAt)).Round(time.Second))}
	}
	most := g.r.estimate()
	settle, err := g.client.budget.Reserve(ctx, g.r.Account, Spend{most.Input + most.Output, g.client.prices.Cost(most, g.model(p))})
	if err != nil {
		done(ctx, breaker.Unknown)
		return nil, &fault{err: err}
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, g.r.timeout())
	defer cancel()
	a := answer{}
	c, f := g.exchange(limited, p, d, fix, &a)
	if f == nil {
		f = g.check(p, &a)
	}
	usage := a.usage
	if usage == (Usage{}) && a.text != "" {
		usage = Usage{Input: most.Input, Output: len(a.text)/3 + 1, Estimated: true}
	}
	cost := g.client.prices.Cost(usage, g.model(p), a.model)
	settle(Spend{usage.Input + usage.Output, cost})
	done(ctx, verdict(ctx, f))
	g.account(p, d, c, f, usage, cost, time.Since(began))
	if f != nil {
		return nil, f
	}
	return &Response{
		Text: a.text, JSON: a.json, Provider: p.Name, Model: a.named(g.model(p)), Finish: a.finish,
		Usage: g.usage, Cost: g.cost, Attempts: g.attempts, Duration: time.Since(g.began), Similarity: 1,
	}, nil
}

func (g *generation) account(p *provider, d dialect, c *call, f *fault, u Usage, cost Cost, took time.Duration) {
	a := Attempt{Provider: p.Name, Model: g.model(p), Outcome: "ok", Status: c.status, Duration: took}
	if g.r.Schema != nil {
		a.Rung = d.rung
	}
	if f != nil {
		a.Outcome = f.outcome()
	}
	g.attempts = append(g.attempts, a)
	g.usage = g.usage.Add(u)
	if u != (Usage{}) {
		g.cost = g.cost.Add(cost)
	}
}

// verdict is what a call says about whether its provider works.
func verdict(ctx context.Context, f *fault) breaker.Verdict {
	switch {
	case f == nil:
		return breaker.Answered
	case f.down && ctx.Err() == nil:
		return breaker.Unreachable
	case ctx.Err() != nil || ReasonOf(f.err) == "" && !f.form:
		return breaker.Unknown
	}
	return breaker.Answered
}

func (c *Client) allow(ctx context.Context, p *provider) (breaker.Decision, breaker.Done) {
	if c.breakers == nil {
		return breaker.Decision{Allowed: true}, func(context.Context, breaker.Verdict) {}
	}
	return c.breakers.Allow(ctx, p.place)
}

// exchange makes the call itself.
func (g *generation) exchange(ctx context.Context, p *provider, d dialect, fix *repair, a *answer) (*call, *fault) {
	request, c := d.write(g.model(p), g.r, g.emit != nil, fix)
	if g.emit != nil {
		return c, g.stream(ctx, p, request, c, a)
	}
	resp, err := p.api.CreateChatCompletion(c.in(ctx), request)
	if local(err) {
		return c, &fault{err: failed(Rejected, err, "%s is not asked", p.Name), form: true, text: err.Error()}
	}
	if err != nil || len(resp.Choices) == 0 {
		return c, p.judge(ctx, c, err)
	}
	a.read(resp)
	if calls := resp.Choices[0].Message.ToolCalls; len(calls) > 0 && g.r.Schema != nil {
		a.text = calls[0].Function.Arguments
	}
	return c, nil
}

// local says that go-openai itself refused a request, by what it knows of the
// model.
func local(err error) bool {
	for _, e := range []error{
		openai.ErrReasoningSamplingUnsupported, openai.ErrReasoningToolsRequireResponses, openai.ErrReasoningEffortUnsupported,
		openai.ErrReasoningModelMaxTokensDeprecated, openai.ErrReasoningModelLimitationsOther, openai.ErrReasoningModelLimitationsLogprobs,
		openai.ErrChatCompletionInvalidModel,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// answer is what a provider said.
type answer struct {
	text, refusal, finish, model string
	json                         json.RawMessage
	usage                        Usage
}

func (a *answer) read(resp openai.ChatCompletionResponse) {
	choice := resp.Choices[0]
	a.model, a.usage, a.finish = resp.Model, usageOf(resp.Usage), strings.ToLower(string(choice.FinishReason))
	a.text, a.refusal = choice.Message.Content, choice.Message.Refusal
	for _, part := range choice.Message.MultiContent {
		a.text += part.Text
	}
}

func (a *answer) named(asked string) string {
	if a.model == "" || len(a.model) > 200 {
		return asked
	}
	return a.model
}

// check says what keeps an answer from being whole and valid.
func (g *generation) check(p *provider, a *answer) *fault {
	switch {
	case a.refusal != "":
		return &fault{err: failed(Refused, nil, "the model at %s refuses to answer%s", p.Name, quoted(p.mask(a.refusal)))}
	case a.finish == "content_filter" || a.finish == "safety" || a.finish == "refusal":
		return &fault{err: failed(Refused, nil, "the filter of %s keeps the answer back", p.Name)}
	case a.finish == "length" || a.finish == "max_tokens":
		return &fault{err: failed(Truncated, nil, "the answer of %s is cut off at %d tokens; allow it more of them", p.Name, g.r.maxTokens())}
	case a.finish == "":
		return &fault{err: failed(Unavailable, nil, "the answer of %s breaks off: it does not say why it ends", p.Name), again: true, down: true}
	case strings.TrimSpace(a.text) == "":
		return &fault{err: failed(InvalidAnswer, nil, "the answer of %s is empty", p.Name), foreign: true}
	case g.r.Schema == nil:
		return nil
	}
	return g.validate(p, a)
}

func (g *generation) validate(p *provider, a *answer) *fault {
	accept := func(v json.RawMessage) bool { _, err := g.r.Schema.Check(v); return err == nil }
	value, bare, err := extract(a.text, accept)
	if err != nil {
		return &fault{err: failed(InvalidAnswer, err, "the answer of %s is not the JSON that was asked for", p.Name), answer: a.text, foreign: true}
	}
	plain, err := g.r.Schema.Check(value)
	if err != nil {
		return &fault{err: failed(InvalidAnswer, err, "the answer of %s does not keep to the schema", p.Name), answer: a.text, foreign: !bare}
	}
	a.json = plain
	return nil
}

func usageOf(u openai.Usage) Usage {
	out := Usage{Input: max(0, u.PromptTokens), Output: max(0, u.CompletionTokens)}
	if u.PromptTokensDetails != nil {
		out.Cached = max(0, u.PromptTokensDetails.CachedTokens)
	}
	return out
}

// tell reports the request to the metrics.
func (g *generation) tell(ctx context.Context, out *Response, err error) {
	t := Generation{Purpose: g.r.Purpose, Outcome: "ok", Usage: g.usage, Cost: g.cost, Duration: time.Since(g.began), Attempts: len(g.attempts)}
	if n := len(g.attempts); n > 0 {
		t.Provider, t.Model = g.attempts[n-1].Provider, g.attempts[n-1].Model
	}
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		t.Outcome = "cancelled"
	case err != nil && ReasonOf(err) != "":
		t.Outcome = strings.ToLower(string(ReasonOf(err)))
	case err != nil:
		t.Outcome = "invalid_request"
	case out.FromCache:
		t.Outcome, t.FromCache, t.Provider, t.Model = "cached", true, out.Provider, out.Model
	}
	g.client.observe(t)
}

// sentence is an error's message with its cause's.
func sentence(err error) string { return strings.TrimSpace(err.Error()) }
