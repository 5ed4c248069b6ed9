package config

import (
	"net/url"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// LLM configures the language models: serve, work, run and llm check.
type LLM struct {
	LLMBaseURL        string `name:"llm-base-url" env:"SEMANTEST_LLM_BASE_URL" placeholder:"URL" help:"Endpoint of a language model that speaks OpenAI's API, such as https://api.openai.com/v1 or http://localhost:11434/v1. Default: none; what needs a model says so."`
	LLMAPIKey         string `name:"llm-api-key" env:"SEMANTEST_LLM_API_KEY" placeholder:"KEY" help:"Its key; set it in the environment, other people on the machine can see flags. None for an endpoint that wants none."`
	LLMModel          string `name:"llm-model" env:"SEMANTEST_LLM_MODEL" placeholder:"NAME" help:"Model to ask, by the name that the endpoint knows it by."`
	LLMEmbeddingModel string `name:"llm-embedding-model" env:"SEMANTEST_LLM_EMBEDDING_MODEL" placeholder:"NAME" help:"Model for vectors of texts at the same endpoint. Default: none."`

	LLMFallbackBaseURL string `name:"llm-fallback-base-url" env:"SEMANTEST_LLM_FALLBACK_BASE_URL" placeholder:"URL" help:"Endpoint that is asked when the first one does not answer. Default: none."`
	LLMFallbackAPIKey  string `name:"llm-fallback-api-key" env:"SEMANTEST_LLM_FALLBACK_API_KEY" placeholder:"KEY" help:"Its key; set it in the environment."`
	LLMFallbackModel   string `name:"llm-fallback-model" env:"SEMANTEST_LLM_FALLBACK_MODEL" placeholder:"NAME" help:"Its model."`

	LLMPrices string        `name:"llm-prices" env:"SEMANTEST_LLM_PRICES" placeholder:"FILE" help:"File of prices, in YAML, beside and instead of those that come with the program; docs/llm.md shows its form."`
	LLMCache  time.Duration `name:"llm-cache" env:"SEMANTEST_LLM_CACHE" placeholder:"DURATION" default:"3600s" help:"How long the answer to the very same request is known; 0 asks every time."`

	LLMRunTokens     int     `name:"llm-run-tokens" env:"SEMANTEST_LLM_RUN_TOKENS" placeholder:"N" default:"500000" help:"Tokens that a run may use; 0 is without a limit."`
	LLMProjectTokens int     `name:"llm-project-tokens" env:"SEMANTEST_LLM_PROJECT_TOKENS" placeholder:"N" default:"5000000" help:"Tokens that a project may use on a day; 0 is without a limit."`
	LLMRunCost       float64 `name:"llm-run-cost" env:"SEMANTEST_LLM_RUN_COST" placeholder:"DOLLARS" help:"US dollars that a run may cost; a model without a price is not asked then. 0 is without a limit."`
	LLMProjectCost   float64 `name:"llm-project-cost" env:"SEMANTEST_LLM_PROJECT_COST" placeholder:"DOLLARS" help:"US dollars that a project may cost on a day. 0 is without a limit."`

	JudgeKappa float64 `name:"judge-kappa" env:"SEMANTEST_JUDGE_KAPPA" placeholder:"KAPPA" default:"0.6" help:"Least agreement with people, as Cohen's kappa, of a language model's judgement that may fail a gate."`
	JudgeItems int     `name:"judge-items" env:"SEMANTEST_JUDGE_ITEMS" placeholder:"N" default:"30" help:"Least number of labelled items that the agreement is told of."`
}

// Validate names the first setting that cannot work.
func (l LLM) Validate() error {
	for _, e := range []struct{ field, flag, address, model string }{
		{"llmBaseUrl", "--llm-base-url", l.LLMBaseURL, l.LLMModel + l.LLMEmbeddingModel},
		{"llmFallbackBaseUrl", "--llm-fallback-base-url", l.LLMFallbackBaseURL, l.LLMFallbackModel},
	} {
		if e.address == "" {
			if e.model != "" {
				return apperr.Invalid(e.field, "a language model has an endpoint: give %s too", e.flag)
			}
			continue
		}
		u, err := url.Parse(e.address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return apperr.Invalid(e.field, "%s is a complete address without user or query, such as https://api.openai.com/v1", e.flag)
		}
		if e.model == "" {
			return apperr.Invalid(e.field, "name the model of the endpoint too, with SEMANTEST_LLM_MODEL or SEMANTEST_LLM_FALLBACK_MODEL")
		}
	}
	switch {
	case l.LLMFallbackBaseURL != "" && l.LLMBaseURL == "":
		return apperr.Invalid("llmBaseUrl", "a fallback needs a first endpoint: give --llm-base-url too")
	case l.JudgeKappa < 0 || l.JudgeKappa > 1 || l.JudgeItems < 0:
		return apperr.Invalid("judgeKappa", "--judge-kappa is a number from 0 to 1, and --judge-items is not negative")
	case l.LLMCache < 0:
		return apperr.Invalid("llmCache", "the time for which answers are known must not be negative")
	case l.LLMRunTokens < 0 || l.LLMProjectTokens < 0 || l.LLMRunCost < 0 || l.LLMProjectCost < 0:
		return apperr.Invalid("llmBudget", "what runs and projects may spend on language models must not be negative")
	}
	return nil
}
