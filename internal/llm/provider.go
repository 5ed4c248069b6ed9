package llm

import (
	"encoding/base64"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/breaker"
	"github.com/semantest/semantest/internal/excerpt"
)

// Key is the key of a provider. It shows itself nowhere.
type Key string

const hidden = "***"

// String implements fmt.Stringer.
func (Key) String() string { return hidden }

// GoString implements fmt.GoStringer.
func (Key) GoString() string { return hidden }

// LogValue implements slog.LogValuer.
func (Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Provider is an endpoint that speaks OpenAI's API.
type Provider struct {
	Name           string // in answers, metrics and errors; the host of the address when empty
	BaseURL        string // such as https://api.openai.com/v1
	Key            Key    // empty for an endpoint that wants none
	Model          string
	EmbeddingModel string // empty where there is none
}

// Check names what of a provider cannot work.
func (p Provider) Check() error {
	u, err := url.Parse(p.BaseURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return apperr.Invalid("llmBaseUrl", "the base URL of a language model is a complete address, such as https://api.openai.com/v1")
	}
	if u.User != nil {
		return apperr.Invalid("llmBaseUrl", "the base URL of a language model holds no user and no password; the key goes with SEMANTEST_LLM_API_KEY")
	}
	if p.Model == "" && p.EmbeddingModel == "" {
		return apperr.Invalid("llmModel", "name the model of %s: set SEMANTEST_LLM_MODEL", p.BaseURL)
	}
	if strings.ContainsAny(string(p.Key), "\r\n\x00") || strings.TrimSpace(string(p.Key)) != string(p.Key) {
		return apperr.Invalid("llmApiKey", "the key of %s has a space or a line break around or in it; give the key alone", p.BaseURL)
	}
	return nil
}

// provider is one with what is known of it.
type provider struct {
	Provider
	api   *openai.Client
	calm  atomic.Int64 // Unix nanoseconds until which it wants to be left alone
	place breaker.Key
}

func newProvider(p Provider, d doer) (*provider, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	p.BaseURL = strings.TrimRight(p.BaseURL, "/")
	u, err := url.Parse(p.BaseURL)
	if err != nil {
		return nil, apperr.Invalid("llmBaseUrl", "the base URL of a language model is a complete address")
	}
	if p.Name == "" {
		p.Name = u.Host
	}
	c := openai.DefaultConfig(string(p.Key))
	c.BaseURL, c.HTTPClient = p.BaseURL, d
	return &provider{
		Provider: p, api: openai.NewClientWithConfig(c),
		place: breaker.Key{Kind: breaker.Provider, Name: excerpt.Of(u.Host+u.Path, 250)},
	}, nil
}

// mask hides the key in what a provider has said.
func (p *provider) mask(text string) string {
	if p.Key == "" {
		return text
	}
	return strings.ReplaceAll(text, string(p.Key), hidden)
}

// leaveAlone remembers how long the provider wants to have no request.
func (p *provider) leaveAlone(d time.Duration) {
	if until := time.Now().Add(d).UnixNano(); until > p.calm.Load() {
		p.calm.Store(until)
	}
}

func (p *provider) calmFor() time.Duration {
	return max(0, time.Until(time.Unix(0, p.calm.Load())))
}

func (i Image) url() string {
	return "data:" + i.MediaType + ";base64," + base64.StdEncoding.EncodeToString(i.Data)
}
