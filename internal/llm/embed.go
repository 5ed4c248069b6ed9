package llm

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/breaker"
)

const maxEmbedded = 256 // texts of one request

// EmbedRequest asks for the vectors of texts.
type EmbedRequest struct {
	Account Account
	Purpose string
	Texts   []string
}

// Embeddings are vectors of one model: those of different models do not compare.
type Embeddings struct {
	Vectors [][]float32 // as many as texts, all of the same length
	Model   string
	Usage   Usage
	Cost    Cost
}

// Embed returns a vector for each text. A fallback is asked only when it has the
// same model.
func (c *Client) Embed(ctx context.Context, r EmbedRequest) (*Embeddings, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if !c.Embeds() {
		return nil, failed(NotConfigured, nil, "no model for vectors is configured; set SEMANTEST_LLM_EMBEDDING_MODEL")
	}
	began, model := time.Now(), ""
	var errs []error
	for _, p := range c.providers {
		if p.EmbeddingModel == "" || model != "" && model != p.EmbeddingModel {
			continue
		}
		model = p.EmbeddingModel
		out, tries, err := c.embedBy(ctx, p, r)
		c.tellEmbedding(ctx, p, r, out, err, tries, time.Since(began))
		if err == nil {
			return out, nil
		}
		errs = append(errs, err)
		if final(ctx, err) {
			break
		}
	}
	if len(errs) == 1 {
		return nil, errs[0]
	}
	return nil, joined(errs)
}

func (c *Client) embedBy(ctx context.Context, p *provider, r EmbedRequest) (out *Embeddings, tries int, err error) {
	for tries = 1; ; tries++ {
		if !c.wait(ctx, p.calmFor(), false) {
			return nil, tries, waited(ctx, p)
		}
		out, f := c.embedOnce(ctx, p, r)
		if f == nil {
			return out, tries, nil
		}
		pause := f.after
		if pause > 0 {
			p.leaveAlone(pause)
		} else {
			pause = c.pause(tries)
		}
		if !f.again || tries >= maxTries || !c.wait(ctx, pause, false) {
			return nil, tries, f.err
		}
	}
}

func (c *Client) embedOnce(ctx context.Context, p *provider, r EmbedRequest) (*Embeddings, *fault) {
	decision, done := c.allow(ctx, p)
	if !decision.Allowed {
		return nil, &fault{err: failed(Unavailable, nil, "%s has not answered for a while and is asked again in %s", p.Name,
			max(time.Second, time.Until(decision.RetryAt)).Round(time.Second))}
	}
	most := Usage{Input: len(strings.Join(r.Texts, ""))/3 + len(r.Texts), Estimated: true}
	settle, err := c.budget.Reserve(ctx, r.Account, Spend{most.Input, c.prices.Cost(most, p.EmbeddingModel)})
	if err != nil {
		done(ctx, breaker.Unknown)
		return nil, &fault{err: err}
	}
	limited, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	call := &call{set: map[string]any{"user": nil}} // go-openai sends an empty one
	resp, err := p.api.CreateEmbeddings(call.in(limited), openai.EmbeddingRequestStrings{Input: r.Texts, Model: openai.EmbeddingModel(p.EmbeddingModel)})
	var f *fault
	out := &Embeddings{Model: p.EmbeddingModel}
	if err != nil || len(resp.Data) == 0 {
		f = p.judge(limited, call, err)
	} else if out.Vectors, err = vectors(resp.Data, len(r.Texts)); err != nil {
		f = &fault{err: failed(InvalidAnswer, err, "the vectors of %s are of no use", p.Name)}
	} else if out.Usage = usageOf(resp.Usage); out.Usage == (Usage{}) {
		out.Usage = most
	}
	out.Cost = c.prices.Cost(out.Usage, p.EmbeddingModel)
	settle(Spend{out.Usage.Input, out.Cost})
	done(ctx, verdict(ctx, f))
	return out, f
}

// vectors puts the vectors into the order of their texts.
func vectors(data []openai.Embedding, texts int) ([][]float32, error) {
	out := make([][]float32, texts)
	if len(data) != texts {
		return nil, errors.New("there are not as many as texts")
	}
	for i, e := range data {
		at := e.Index
		if at < 0 || at >= texts || out[at] != nil {
			at = i // some endpoints give every vector the index 0
		}
		if out[at] != nil || len(e.Embedding) == 0 || len(e.Embedding) != len(data[0].Embedding) {
			return nil, errors.New("they are not of one length, or one is missing")
		}
		for _, x := range e.Embedding {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, errors.New("one holds what is no number")
			}
		}
		out[at] = e.Embedding
	}
	return out, nil
}

func (r EmbedRequest) check() error {
	if len(r.Texts) == 0 || len(r.Texts) > maxEmbedded {
		return apperr.Invalid("texts", "vectors are asked of 1 to %d texts, not %d", maxEmbedded, len(r.Texts))
	}
	size := 0
	for _, t := range r.Texts {
		if strings.TrimSpace(t) == "" {
			return apperr.Invalid("texts", "an empty text has no vector")
		}
		size += len(t)
	}
	if size > maxText {
		return apperr.Invalid("texts", "the texts have at most %d bytes together, not %d", maxText, size)
	}
	return nil
}

func (c *Client) tellEmbedding(ctx context.Context, p *provider, r EmbedRequest, out *Embeddings, err error, tries int, took time.Duration) {
	t := Generation{Purpose: r.Purpose, Provider: p.Name, Model: p.EmbeddingModel, Outcome: "ok", Duration: took, Attempts: tries}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		t.Outcome = "cancelled"
	case err != nil:
		t.Outcome = strings.ToLower(string(ReasonOf(err)))
	default:
		t.Usage, t.Cost = out.Usage, out.Cost
	}
	c.observe(t)
}
