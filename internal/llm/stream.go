package llm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
)

// idle is how long a stream may be silent.
const idle = 30 * time.Second

const maxStreamed = 1 << 20 // bytes of an answer that comes in pieces

// Stream asks for text and calls emit with each piece of it, in order. It returns
// the whole answer. Once a piece is out no other try and no other provider
// follows; when the error is not nil, what was emitted is no answer. An error of
// emit ends it.
func (c *Client) Stream(ctx context.Context, r Request, emit func(piece string) error) (*Response, error) {
	if r.Schema != nil {
		return nil, apperr.Invalid("schema", "an answer by a schema is given as a whole; use Generate")
	}
	g, err := c.begin(&r, emit)
	if err != nil {
		return nil, err
	}
	out, err := g.run(ctx)
	g.tell(ctx, out, err)
	if err == nil && !g.emitted { // it came as a whole
		err = emit(out.Text)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (g *generation) stream(ctx context.Context, p *provider, request openai.ChatCompletionRequest, c *call, a *answer) *fault {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(min(idle, g.r.timeout()), func() { cancel(errSilent) })
	defer silence.Stop()
	s, err := p.api.CreateChatCompletionStream(c.in(ctx), request)
	if err != nil {
		if local(err) {
			return &fault{err: failed(Rejected, err, "%s is not asked", p.Name), form: true, text: err.Error()}
		}
		if errors.Is(err, errNoStream) && whole(c, a) {
			return nil
		}
		return g.broken(ctx, p, c, err)
	}
	defer func() { _ = s.Close() }()
	var text strings.Builder
	for {
		piece, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return g.broken(ctx, p, c, err)
		}
		silence.Reset(min(idle, g.r.timeout()))
		if piece.Usage != nil {
			a.usage = usageOf(*piece.Usage)
		}
		a.model = piece.Model
		for _, choice := range piece.Choices[:min(1, len(piece.Choices))] {
			a.refusal += choice.Delta.Refusal
			if choice.FinishReason != "" {
				a.finish = strings.ToLower(string(choice.FinishReason))
			}
			if text.Len()+len(choice.Delta.Content) > maxStreamed {
				return &fault{err: failed(Truncated, nil, "the answer of %s is longer than %d bytes", p.Name, maxStreamed)}
			}
			text.WriteString(choice.Delta.Content)
			a.text = text.String()
			if choice.Delta.Content == "" {
				continue
			}
			g.emitted = true
			if err := g.emit(choice.Delta.Content); err != nil {
				return &fault{err: err}
			}
		}
	}
	return nil // whether it is whole, check tells
}

// whole reads the answer of an endpoint that gives it at once although it was
// asked for a stream.
func whole(c *call, a *answer) bool {
	var resp openai.ChatCompletionResponse
	if json.Unmarshal(c.body, &resp) != nil || len(resp.Choices) == 0 {
		return false
	}
	a.read(resp)
	return true
}

var errSilent = errors.New("nothing came for a while")

func (g *generation) broken(ctx context.Context, p *provider, c *call, err error) *fault {
	switch {
	case errors.Is(context.Cause(ctx), errSilent):
		return &fault{err: failed(Unavailable, errSilent, "%s has stopped in the middle of its answer", p.Name), down: true}
	case c.status == http.StatusOK && c.body == nil && ctx.Err() == nil:
		return &fault{err: failed(Unavailable, masked{p.mask(excerpt.Of(err.Error(), maxTold))}, "the stream of %s broke off", p.Name), again: true, down: true}
	}
	return p.judge(ctx, c, err)
}
