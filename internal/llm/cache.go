package llm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// DefaultCacheFor is how long an answer is known.
const DefaultCacheFor = time.Hour

// cache knows whole and valid answers only: nothing else is ever given to keep.
type cache struct {
	store Store
	ttl   time.Duration
}

// kept is an answer as the store has it.
type kept struct {
	At     time.Time       `json:"at"`
	Text   string          `json:"text"`
	JSON   json.RawMessage `json:"json,omitempty"`
	Model  string          `json:"model"`
	Finish string          `json:"finish"`
}

func (k kept) response(provider string, similarity float64) *Response {
	return &Response{
		Text: k.Text, JSON: k.JSON, Provider: provider, Model: k.Model, Finish: k.Finish,
		FromCache: true, Similarity: similarity, Age: max(0, time.Since(k.At)), Cost: Cost{Known: true},
	}
}

func keep(r *Response) kept {
	return kept{At: time.Now(), Text: r.Text, JSON: r.JSON, Model: r.Model, Finish: r.Finish}
}

// get returns the answer to the very same request.
func (c *cache) get(ctx context.Context, key string, schema *Schema) (kept, bool) {
	data, ok := c.store.Get(ctx, key)
	if !ok {
		return kept{}, false
	}
	var k kept
	if json.Unmarshal(data, &k) != nil || !k.valid(schema) {
		return kept{}, false
	}
	return k, true
}

func (c *cache) put(ctx context.Context, key string, k kept) {
	if data, err := json.Marshal(k); err == nil {
		c.store.Set(ctx, key, data, c.ttl)
	}
}

// valid looks at the answer as at one that comes from the provider: whoever else
// writes to the store must not choose what we believe.
func (k *kept) valid(schema *Schema) bool {
	if k.Text == "" {
		return false
	}
	if schema == nil {
		return true
	}
	plain, err := schema.Check(k.JSON)
	k.JSON = plain
	return err == nil
}

// keyOf is a hash over all that an answer depends on. A project sees no answers
// of another one. without is replaced by a placeholder where requests are to be
// the same but for it.
func keyOf(p *provider, model string, r *Request, without string) string {
	type message struct {
		Role   Role
		Text   string
		Images []string
	}
	all := struct {
		Project, Provider, Model, Prompt, System, Schema, Kind string
		Temperature                                            *float64
		Seed                                                   *int
		MaxTokens                                              int
		Messages                                               []message
	}{
		Project: r.Account.Project, Provider: p.Name + " " + p.BaseURL, Model: model, Prompt: r.Prompt, System: r.System,
		Temperature: r.Temperature, Seed: r.Seed, MaxTokens: r.maxTokens(), Kind: "answer",
	}
	if r.Schema != nil {
		all.Schema = r.Schema.name + " " + string(r.Schema.text)
	}
	if without != "" {
		all.Kind = "similar"
	}
	for _, m := range r.Messages {
		one := message{Role: m.Role, Text: m.Text}
		if without != "" {
			one.Text = strings.ReplaceAll(one.Text, without, "\x00")
		}
		for _, i := range m.Images {
			sum := sha256.Sum256(i.Data)
			one.Images = append(one.Images, i.MediaType+" "+hex.EncodeToString(sum[:]))
		}
		all.Messages = append(all.Messages, one)
	}
	data, err := json.Marshal(all)
	if err != nil {
		panic(err) // numbers and texts always marshal
	}
	sum := sha256.Sum256(data)
	return all.Kind + ":" + hex.EncodeToString(sum[:])
}
