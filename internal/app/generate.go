package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/exporting"
	"github.com/semantest/semantest/internal/generation"
	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/making"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/trial"
	"github.com/semantest/semantest/jobs"
)

// The words of generated cases, for those who know only this room.
type (
	// GenerationRequest says what to make cases of.
	GenerationRequest = making.Request
	// GenerationCrawl bounds a crawl.
	GenerationCrawl = making.Crawl
	// GenerationProgress is how far a generation has come.
	GenerationProgress = making.Progress
	// GenerationVerdict is what became of a case.
	GenerationVerdict = accept.Verdict
	// Generated is what came of a generation.
	Generated = making.Made
)

// MaxGenerationSource bounds what cases are made of, in bytes.
const MaxGenerationSource = making.MaxSource

// Generate makes cases of a source and tries them out, without a server of ours
// and without keeping anything.
func Generate(ctx context.Context, cfg Config, r GenerationRequest, progress func(GenerationProgress)) (*Generated, error) {
	allowed, err := egress.ParseAllowed(cfg.EgressAllow)
	if err != nil {
		return nil, err
	}
	tools := generationTools(func() (*egress.Policy, error) {
		policy, err := egress.New(cfg.Egress)
		if err == nil {
			policy.Allow(allowed)
		}
		return policy, err
	}, browser.Options{Path: cfg.Browser, Firefox: cfg.Firefox, WebKit: cfg.WebKit}, cfg.Logger)
	tools.Progress = progress
	if cfg.LLM.LLMBaseURL != "" {
		o, err := llmOptions(cfg.LLM, cfg.Egress)
		if err != nil {
			return nil, err
		}
		client, err := llm.New(o)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		tools.Model = client
	}
	return making.Make(ctx, r, tools)
}

// openGeneration returns the service that makes cases.
func (a *App) openGeneration(enqueuer *jobs.Enqueuer) *generation.Service {
	browsers := browser.Options{Path: a.cfg.Browser, Firefox: a.cfg.Firefox, WebKit: a.cfg.WebKit}
	tools := generationTools(a.newPolicy, browsers, a.logger)
	if a.cfg.LLM.LLMBaseURL != "" {
		tools.Model = a.llm
	}
	return generation.New(generation.Deps{
		Store: a.store, Plans: a.plans, Enqueuer: enqueuer, Outbox: a.webhooks, Meter: a.metrics, Tools: tools,
	})
}

// GeneratedPlan writes a plan of the cases in one of the states.
func GeneratedPlan(made *Generated, states ...string) ([]byte, error) {
	list := make([]accept.State, len(states))
	for i, s := range states {
		list[i] = accept.State(s)
	}
	return made.Plan(list...)
}

// generationTools joins the generation of cases to executors. Each attempt to
// perform cases has a policy of its own, which newPolicy makes.
func generationTools(newPolicy func() (*egress.Policy, error), browsers browser.Options, logger *slog.Logger) making.Tools {
	return making.Tools{
		Fetch: func(ctx context.Context, address string, most int64) ([]byte, error) {
			policy, err := newPolicy()
			if err != nil {
				return nil, err
			}
			client := policy.Client(egress.Timeouts{})
			defer client.CloseIdleConnections()
			return fetch(ctx, client, address, most)
		},
		Try: func(target string) (accept.Performer, func() error, error) {
			policy, err := newPolicy()
			if err != nil {
				return nil, nil, err
			}
			t, err := trial.Open(target, policy, browsers, logger)
			if err != nil {
				return nil, nil, err
			}
			return t, t.Close, nil
		},
		Export: exports,
	}
}

// exports says whether a case can be exported to something that compiles.
func exports(plan *spec.Plan) (skipped string, err error) {
	format := exporting.Go
	switch kind := plan.Cases[0].Kind; kind {
	case spec.KindAPI:
	case spec.KindBrowser:
		format = exporting.Playwright
	default:
		return fmt.Sprintf("there is no export of cases of kind %s", kind), nil
	}
	out, err := exporting.Export(plan, format)
	if err == nil && len(out.Cases) == 0 {
		return "it cannot be carried over: " + strings.Join(out.Left, "; "), nil
	}
	return "", err
}

// fetch reads what lies at an address.
func fetch(ctx context.Context, client *http.Client, address string, most int64) (body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "%.200q is no address", address)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "%.200s cannot be read: %s", address, reasonOf(err))
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if answer.StatusCode/100 != 2 {
		return nil, apperr.New(apperr.Unavailable, "%.200s answers with the status %d", address, answer.StatusCode)
	}
	body, err = io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "%.200s broke off: %s", address, reasonOf(err))
	}
	if int64(len(body)) > most {
		return nil, apperr.New(apperr.InvalidInput, "%.200s has more than %d bytes", address, most)
	}
	return body, nil
}

// reasonOf is what a person may read of a failed request: what the policy says,
// and otherwise no more than the kind of failure.
func reasonOf(err error) string {
	if coded, ok := errors.AsType[*apperr.Error](err); ok {
		return coded.Message
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "it takes too long"
	}
	return fmt.Sprintf("it does not answer (%v)", errors.Unwrap(err))
}
