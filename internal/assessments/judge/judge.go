package judge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/llm"
)

// Judgement is an assessment with how it came about.
type Judgement struct {
	rules.Assessment
	Panel Panel
}

// Judge asks for the votes at once and counts them. That there is no judgement is
// one: it is not assessed, and says why. The error is that of a context that
// ended, or of rubrics that no request can be made of.
func Judge(ctx context.Context, m Model, c Case) (*Judgement, error) {
	if c.Votes <= 0 {
		c.Votes = DefaultVotes
	}
	c.Votes = min(c.Votes, MaxVotes)
	b, err := newBallot(c)
	if err != nil {
		return nil, err
	}
	panel := Panel{Votes: make([]Vote, c.Votes), Items: []JudgedItem{}, Notes: []string{}, Rubrics: []RubricName{}}
	for _, r := range b.rubrics {
		panel.Rubrics = append(panel.Rubrics, RubricName{r.Criterion, r.PromptVersion()})
	}
	if len(b.questions) == 0 {
		panel.Votes = []Vote{}
		return notAssessed(c, panel, "nothing was measured that a model could judge"), nil
	}
	ballots := b.vote(ctx, m, c, panel.Votes)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("ask for the votes: %w", context.Cause(ctx))
	}
	if panel.rejected() && len(c.Screens) > 0 {
		// Perhaps the model does not see. What it can read is judged without.
		why := panel.Votes[0].Failure
		c.Screens = nil
		out, err := Judge(ctx, m, c)
		if err == nil && out.Panel.Counted > 0 {
			out.Panel.note("the screenshots were left out, since the model did not take them: " + strings.TrimSuffix(why, "."))
		}
		return out, err
	}
	panel.sum()
	if n := panel.Counted; 2*n <= c.Votes {
		return notAssessed(c, panel, panel.failure(c.Votes)), nil
	}
	return b.count(c, ballots, panel), nil
}

// vote asks for all votes at once. What went wrong stands with each of them.
func (b *ballot) vote(ctx context.Context, m Model, c Case, votes []Vote) []map[string]answer {
	ballots := make([]map[string]answer, len(votes))
	var all sync.WaitGroup
	for i := range votes {
		all.Go(func() { ballots[i], votes[i] = b.cast(ctx, m, c, i) })
	}
	all.Wait()
	return ballots
}

// cast asks for one vote.
func (b *ballot) cast(ctx context.Context, m Model, c Case, i int) (map[string]answer, Vote) {
	var said map[string]answer
	v := ask(ctx, m, b.request(c, i), i, &said)
	return said, v
}

// ask makes one call and decodes its answer; every other one of a judgement is in
// the opposite order.
func ask(ctx context.Context, m Model, r llm.Request, i int, into any) Vote {
	v := Vote{Number: i + 1, Reversed: i%2 == 1}
	resp, err := m.Generate(ctx, r)
	if err != nil {
		v.Failure, v.rejected = failure(err), llm.ReasonOf(err) == llm.Rejected
		return v
	}
	v.Provider, v.Model, v.FromCache, v.AgeSeconds = clean(resp.Provider, 200), clean(resp.Model, 200), resp.FromCache, int(resp.Age.Seconds())
	v.Tokens, v.Estimated = resp.Usage.Input+resp.Usage.Output, resp.Usage.Estimated
	if resp.Cost.Known {
		nanos := int64(resp.Cost.Amount)
		v.CostNanos = &nanos
	}
	if err := resp.Decode(into); err != nil {
		v.Failure = failure(err)
	}
	return v
}

// failure is the sentence for people. What stands behind an error of the service is
// for its log: it may name addresses.
func failure(err error) string {
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		return clean(e.Message, maxSentence)
	}
	return clean(err.Error(), maxSentence)
}

// NotAssessed is a judgement that did not come about, for a reason that is none of
// the model's.
func NotAssessed(c Case, reason string) *Judgement {
	return notAssessed(c, Panel{Votes: []Vote{}, Items: []JudgedItem{}, Notes: []string{}, Rubrics: []RubricName{}}, clean(reason, maxSentence))
}

// notAssessed is a judgement that did not come about; what was measured keeps its
// places, without scores.
func notAssessed(c Case, panel Panel, reason string) *Judgement {
	out := &Judgement{Panel: panel, Assessment: rules.Assessment{
		RulesVersion: c.Facts.RulesVersion, Status: rules.NotAssessed, Reason: reason, Weights: c.Facts.Weights,
		Criteria: []rules.CriterionScore{}, Issues: []rules.Issue{}, Recommendations: []rules.Recommendation{},
	}}
	for _, fact := range c.Facts.Criteria {
		out.Criteria = append(out.Criteria, rules.CriterionScore{Criterion: fact.Criterion, Status: rules.NotAssessed, Reason: reason,
			Weight: fact.Weight, Caps: []rules.Cap{}, Parts: []rules.Part{}})
	}
	return out
}

// failure says why too few votes came in: the reason that most of them had.
func (p *Panel) failure(asked int) string {
	var most string
	times := map[string]int{}
	for _, v := range p.Votes {
		if v.Failure == "" {
			continue
		}
		if times[v.Failure]++; times[v.Failure] > times[most] || most == "" {
			most = v.Failure
		}
	}
	if times[most] == asked {
		return most
	}
	return fmt.Sprintf("only %d of %d votes came in: %s", p.Counted, asked, strings.TrimSuffix(most, "."))
}
