package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"

	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/modelspend"
)

// openLLM returns the client of the configured models, one without a provider
// where none is. Answers are shared through Redis.
func (a *App) openLLM() (*llm.Client, error) {
	o, err := llmOptions(a.cfg.LLM, a.cfg.Egress)
	if err != nil {
		return nil, err
	}
	o.Breakers = a.breakers
	if a.cfg.LLM.LLMCache > 0 {
		o.Store, o.CacheFor = llm.NewRedisStore(a.redis), a.cfg.LLM.LLMCache
	}
	a.spends = modelspend.New(a.store, llm.Limits{
		RunTokens: a.cfg.LLM.LLMRunTokens, ProjectTokens: a.cfg.LLM.LLMProjectTokens,
		RunCost: dollars(a.cfg.LLM.LLMRunCost), ProjectCost: dollars(a.cfg.LLM.LLMProjectCost),
	}, a.logger)
	o.Budget = a.spends
	c, err := llm.New(o)
	if err != nil {
		return nil, err
	}
	a.onClose("language models", func(context.Context) error { c.Close(); return nil })
	return c, nil
}

// LLMAbility is what an endpoint of a language model can do.
type LLMAbility = llm.Ability

// CheckLLM finds out what the configured models can do.
func CheckLLM(ctx context.Context, c config.LLM) ([]LLMAbility, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.LLMBaseURL == "" {
		return nil, llm.ErrNotConfigured
	}
	o, err := llmOptions(c, egress.Dev)
	if err != nil {
		return nil, err
	}
	client, err := llm.New(o)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.Check(ctx), nil
}

func llmOptions(c config.LLM, mode egress.Mode) (llm.Options, error) {
	var o llm.Options
	for _, p := range []llm.Provider{
		{BaseURL: c.LLMBaseURL, Key: llm.Key(c.LLMAPIKey), Model: c.LLMModel, EmbeddingModel: c.LLMEmbeddingModel},
		{BaseURL: c.LLMFallbackBaseURL, Key: llm.Key(c.LLMFallbackAPIKey), Model: c.LLMFallbackModel},
	} {
		if p.BaseURL != "" {
			o.Providers = append(o.Providers, p)
		}
	}
	if len(o.Providers) == 0 {
		return o, nil
	}
	var err error
	if o.Policy, err = egress.New(mode); err != nil {
		return o, err
	}
	allowModels(o.Policy, o.Providers)
	if c.LLMPrices == "" {
		return o, nil
	}
	file, err := os.Open(c.LLMPrices)
	if err != nil {
		return o, fmt.Errorf("open the file of prices: %w", err)
	}
	defer func() { _ = file.Close() }()
	prices, err := llm.BuiltInPrices().With(file)
	if err != nil {
		return o, fmt.Errorf("%s: %w", c.LLMPrices, err)
	}
	o.Prices = &prices
	return o, nil
}

// allowModels lets a policy that is for models alone reach an endpoint on this
// machine, or at an address that is written out: the operator has named it, and
// no plan goes by this policy. A name of a private network is listed in no
// policy: where it leads is not up to the operator.
func allowModels(policy *egress.Policy, providers []llm.Provider) {
	for _, p := range providers {
		u, err := url.Parse(p.BaseURL)
		if err != nil {
			continue
		}
		hosts := []string{u.Hostname()}
		if hosts[0] == "localhost" {
			hosts = []string{"127.0.0.1", "::1"}
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		for _, host := range hosts {
			if _, err := netip.ParseAddr(host); err != nil {
				continue
			}
			if list, err := egress.ParseAllowed([]string{net.JoinHostPort(host, port)}); err == nil {
				policy.Allow(list)
			}
		}
	}
}

func dollars(amount float64) llm.Money { return llm.Money(amount * float64(llm.Dollar)) }
