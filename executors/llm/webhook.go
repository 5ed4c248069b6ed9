package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/semantest/semantest/executors/llm/internal/assertion"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// webhooked is the type that a service of the user's own judges.
const webhooked = "webhook"

// opinion is what such a service answers.
type opinion struct {
	Pass   *bool    `json:"pass"`
	Score  *float64 `json:"score"`
	Reason string   `json:"reason"`
}

func checkWebhook(want spec.LLMAssertion) error {
	text, _ := want.Value.V.(string)
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("webhook needs an address as its value, such as https://judge.test/answers")
	}
	return nil
}

// webhook sends the answer to a service and takes its judgement. A service that
// gives none leaves the answer unjudged, which is not to fail it.
func (a *attempt) webhook(ctx context.Context, want spec.LLMAssertion, heard *said) (assertion.Verdict, error) {
	if err := checkWebhook(want); err != nil {
		return assertion.Verdict{}, err
	}
	address := want.Value.V.(string)
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	resp, err := send(ctx, a.web, http.MethodPost, address, nil, map[string]any{
		"output": heard.out.Text, "context": map[string]any{"prompt": heard.prompt},
	}, nil)
	if err != nil {
		return assertion.Verdict{}, fmt.Errorf("webhook: no judgement came: %w", err)
	}
	var o opinion
	if err := json.Unmarshal(resp.body, &o); err != nil || o.Pass == nil {
		return assertion.Verdict{}, fmt.Errorf("webhook: it should answer {\"pass\": …, \"score\": …, \"reason\": …}, and answered %s", excerpt.Line(string(resp.body), maxShown))
	}
	v := assertion.Verdict{Pass: *o.Pass, Reason: "the webhook says no"}
	if v.Pass {
		v.Score = 1
	}
	if o.Score != nil {
		if *o.Score < 0 || *o.Score > 1 {
			return assertion.Verdict{}, fmt.Errorf("webhook: the score %g is not between 0 and 1", *o.Score)
		}
		v.Score = *o.Score
	}
	if want.Threshold != nil { // the plan says how much it takes
		v.Pass = v.Score >= *want.Threshold
	}
	if o.Reason != "" {
		v.Reason = "the webhook says: " + excerpt.Line(o.Reason, maxShown)
	}
	if strings.HasPrefix(want.Type, spec.LLMNegation) {
		v = assertion.Verdict{Pass: !v.Pass, Score: 1 - v.Score, Reason: "the answer should not pass webhook, and does"}
	}
	if v.Pass {
		v.Reason = ""
	}
	return v, nil
}
