package failures

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/failures/signature"
	"github.com/semantest/semantest/internal/llm"
)

// votes is how often a model is asked: the agreement of its answers is how far
// they are believed, and never what it says of itself.
const votes = 3

// Bounds of what a model is asked and of what is taken from it.
const (
	maxQuotes      = 5
	minQuote       = 8 // characters; less stands in any text
	maxExplanation = 600
)

// promptName names the instructions, also for the cache.
const promptName = "failure-cause/1"

const instructions = `You find out why automated tests failed. Choose exactly one cause:
PRODUCT_FAULT: the application under test does something wrong.
TEST_FAULT: the test asks for something that is not meant to be, or looks for it in a stale way.
ENVIRONMENT: the application is not there, or not set up as it should be.
DATA: the data that the test found are not those that it needs.
TIMING: it depends on when, or passes only sometimes.
INFRASTRUCTURE: what performs the tests failed.
DEPENDENCY: something behind the application failed.
UNKNOWN: the failures do not tell. Prefer it to a guess.
Quote the parts of the failures that show the cause, word for word and no longer than needed. Explain it in one or two sentences. ` + llm.BlockRule

var answers = llm.MustSchema("failure_cause", `{
	"type": "object", "additionalProperties": false, "required": ["quotes", "explanation", "cause"],
	"properties": {
		"quotes": {"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 400}},
		"explanation": {"type": "string", "maxLength": 1200},
		"cause": {"type": "string", "enum": ["PRODUCT_FAULT", "TEST_FAULT", "ENVIRONMENT", "DATA", "TIMING", "INFRASTRUCTURE", "DEPENDENCY", "UNKNOWN"]}
	}
}`)

type answer struct {
	Quotes      []string        `json:"quotes"`
	Explanation string          `json:"explanation"`
	Cause       signature.Cause `json:"cause"`
}

// explain asks the model and keeps what can be looked up. An error is one of the
// context; that the model gives no answer is an analysis that was not made.
func (s *Service) explain(ctx context.Context, g *Group, model string) (*Analysis, error) {
	if !s.model.Configured() {
		return unmade(apperr.Message(llm.ErrNotConfigured)), nil
	}
	given := make([]*answer, votes)
	named := make([]string, votes)
	errs := make([]error, votes)
	var asking sync.WaitGroup
	for i := range votes {
		asking.Go(func() {
			seed := i + 1
			r, err := s.model.Generate(ctx, llm.Request{
				Account: llm.Account{Project: g.Cluster.ProjectID}, Purpose: "failure_analysis", Prompt: promptName, System: instructions,
				Messages: []llm.Message{{Text: question(g)}}, Schema: answers, MaxTokens: 800, Seed: &seed, Model: model,
			})
			if err != nil {
				errs[i] = err
				return
			}
			a := &answer{}
			if errs[i] = r.Decode(a); errs[i] == nil {
				given[i], named[i] = a, r.Model
			}
		})
	}
	asking.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := judge(g, given)
	if out.Votes == 0 {
		return unmade(apperr.Message(errors.Join(errs...))), nil
	}
	for _, name := range named {
		if name != "" {
			out.Model = name
		}
	}
	return out, nil
}

func unmade(reason string) *Analysis {
	return &Analysis{Status: NotAnalyzed, Reason: excerpt.Line(reason, maxExplanation), Quotes: []Quote{}}
}

// question shows a model the cluster. What targets said is data.
func question(g *Group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d results of %d cases failed in the same way; %.0f %% of them passed when they were tried again.\n", g.Count, g.CaseCount, 100*g.FlakyShare)
	b.WriteString(llm.Block("FAILURE", material(g)))
	return b.String()
}

// material is all that quotations may come from.
func material(g *Group) string {
	c := g.Cluster
	var b strings.Builder
	for _, part := range []struct{ name, text string }{{"check", c.Check}, {"operation", c.Operation}} {
		if part.text != "" {
			fmt.Fprintf(&b, "%s: %s\n", part.name, part.text)
		}
	}
	for i, e := range g.Examples {
		fmt.Fprintf(&b, "failure %d, case %s: %s\n", i+1, e.CaseKey, e.Message)
	}
	return b.String()
}

// judge counts the votes. One without a quotation that is in a failure, word for
// word, has no evidence and counts as UNKNOWN. The cause is the one of most votes;
// where two have as many, nobody knows.
func judge(g *Group, given []*answer) *Analysis {
	out := &Analysis{Status: Analyzed, Quotes: []Quote{}}
	count := map[signature.Cause]int{}
	said := map[signature.Cause]*answer{}
	quotes := map[signature.Cause][]Quote{}
	for _, a := range given {
		if a == nil {
			continue
		}
		out.Votes++
		found, dropped := verified(g, a.Quotes)
		out.Dropped += dropped
		cause := a.Cause
		if len(found) == 0 {
			cause = signature.Unknown
		}
		count[cause]++
		if said[cause] == nil {
			said[cause], quotes[cause] = a, found
		}
	}
	if out.Votes == 0 {
		return out
	}
	best, tied := signature.Unknown, false
	for _, c := range signature.Causes() {
		switch {
		case count[c] > count[best]:
			best, tied = c, false
		case c != best && count[c] > 0 && count[c] == count[best]:
			tied = true
		}
	}
	out.Confidence = float64(count[best]) / float64(out.Votes)
	if tied {
		best = signature.Unknown
	}
	out.Cause = best
	if a := said[best]; a != nil && best != signature.Unknown {
		out.Explanation, out.Quotes = excerpt.Line(a.Explanation, maxExplanation), quotes[best]
	}
	if best == signature.Unknown {
		out.Explanation = "the answers do not agree, or show nothing that is in the failures"
	}
	return out
}

// verified keeps the quotations that stand in a failure, and counts the others.
func verified(g *Group, quoted []string) (out []Quote, dropped int) {
	out = []Quote{}
	for _, text := range quoted {
		at := -1
		for i, e := range g.Examples {
			if len(text) >= minQuote && strings.Contains(e.Message, text) {
				at = i
				break
			}
		}
		if at < 0 || len(out) == maxQuotes {
			dropped++
			continue
		}
		out = append(out, Quote{Text: text, ResultID: g.Examples[at].ResultID, CaseKey: g.Examples[at].CaseKey})
	}
	return out, dropped
}
