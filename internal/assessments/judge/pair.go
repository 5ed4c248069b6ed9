package judge

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/llm"
)

// Side is one of two that are compared.
type Side struct {
	Facts rules.Assessment // what the rules say of its evidence
	Found []Excerpt
}

// Pair is what is compared and how.
type Pair struct {
	Account llm.Account
	A, B    Side
	Model   string // another one of the primary provider; empty for its usual one
	Fresh   bool   // also where the cache knows an answer
}

// Preference says which of two is better.
type Preference string

// The preferences. Open is for two that the model, asked in both orders, does not
// tell apart reliably.
const (
	PreferA    Preference = "A"
	PreferB    Preference = "B"
	PreferNone Preference = "TIE"
	Open       Preference = "INCONCLUSIVE"
)

// PairJudgement is what came of a comparison.
type PairJudgement struct {
	Status    rules.Status // NOT_ASSESSED where an order was not answered
	Reason    string       // why nothing is preferred; empty otherwise
	Preferred Preference
	Criteria  []PairCriterion // those that both sides have evidence of
	Votes     []Vote          // the first one saw A first, the second one B
	Notes     []string        // what was dropped, and why
	Model     string
	Tokens    int
	Estimated bool
	CostNanos *int64 // nil where the price is not known
	FromCache bool
}

// PairCriterion is a comparison by one criterion.
type PairCriterion struct {
	Criterion rules.Criterion
	Weight    float64 // of all four, as A has it
	Preferred Preference
	Reason    string           // the model's words for a preference, or why it is open
	Said      []Preference     // in the order of the votes; Open for what does not count
	QuotesA   []rules.Evidence // looked up
	QuotesB   []rules.Evidence
}

// sides of a request: what is shown first and what is shown second.
var placed = []struct{ label, prefix, answer string }{{"FIRST", "F", "first"}, {"SECOND", "S", "second"}}

// maxPaired bounds the lines of one side, so that both fit where one does else.
const maxPaired = maxExcerpts / 2

const pairVersion = "compare@1"

const pairSystem = "You compare what an acceptance test has found of two versions, by criteria. Be strict and literal; what is not in the evidence does not count. " +
	"Answer for each criterion which one is better: first, second, same (they do not differ in what matters) or unclear (the evidence does not tell). " +
	"Which one is shown first means nothing. Unless the answer is unclear, evidence quotes letter by letter, in whole words, a part of a line of FIRST and a part of a line of SECOND, " +
	"each with the line's id as source. reason is one sentence that speaks of the first and the second. The facts were measured and are true. " + llm.BlockRule

// pairing is what both requests are made of.
type pairing struct {
	Pair
	criteria []rules.Criterion
	schema   *llm.Schema
}

type pairAnswer = struct {
	Answer   string `json:"answer"`
	Reason   string `json:"reason"`
	Evidence []struct {
		Source string `json:"source"`
		Quote  string `json:"quote"`
	} `json:"evidence"`
}

// Compare asks which of two is better, once with A first and once with B first, at
// the same time. A criterion is decided where both answers agree, quote both sides
// and do not contradict what was measured. That nothing came of it is an answer; the
// error is that of a context that ended.
func Compare(ctx context.Context, m Model, p Pair) (*PairJudgement, error) {
	p.A.Found, p.B.Found = p.A.Found[:min(len(p.A.Found), maxPaired)], p.B.Found[:min(len(p.B.Found), maxPaired)]
	q := &pairing{Pair: p}
	for _, c := range rules.Criteria() {
		about := func(e Excerpt) bool { return e.Criterion == c }
		if slices.ContainsFunc(p.A.Found, about) && slices.ContainsFunc(p.B.Found, about) {
			q.criteria = append(q.criteria, c)
		}
	}
	out := &PairJudgement{Status: rules.NotAssessed, Preferred: Open, Criteria: []PairCriterion{}, Votes: []Vote{}, Notes: []string{}}
	if len(q.criteria) == 0 {
		out.Reason = "there is no criterion that both have evidence of"
		return out, nil
	}
	form, err := json.Marshal(q.form())
	if err != nil {
		return nil, fmt.Errorf("write the form of the answer: %w", err)
	}
	if q.schema, err = llm.NewSchema("comparison", string(form)); err != nil {
		return nil, fmt.Errorf("write the form of the answer: %w", err)
	}
	said := make([]map[string]pairAnswer, 2)
	out.Votes = make([]Vote, 2)
	var both sync.WaitGroup
	for i := range said {
		both.Go(func() { out.Votes[i] = ask(ctx, m, q.request(i == 1), i, &said[i]) })
	}
	both.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("ask for the comparison: %w", context.Cause(ctx))
	}
	out.sum()
	for _, v := range out.Votes {
		if v.Failure != "" {
			out.Reason = v.Failure
			return out, nil
		}
	}
	for _, c := range q.criteria {
		out.Criteria = append(out.Criteria, q.decide(c, said, out))
	}
	out.settle(p)
	return out, nil
}

func (q *pairing) sides(swapped bool) [2]Side {
	if swapped {
		return [2]Side{q.B, q.A}
	}
	return [2]Side{q.A, q.B}
}

func (q *pairing) request(swapped bool) llm.Request {
	var text strings.Builder
	text.WriteString("Criteria:\n")
	for _, c := range q.criteria {
		fmt.Fprintf(&text, "- %s\n", strings.ToLower(string(c)))
	}
	for i, side := range q.sides(swapped) {
		var lines []string
		for n, e := range side.Found {
			lines = append(lines, fmt.Sprintf("[%s%d] (%s) %s", placed[i].prefix, n+1, strings.ToLower(string(e.Criterion)), clean(e.Text, maxExcerpt)))
		}
		text.WriteString("\n" + llm.Block("FACTS OF THE "+placed[i].label, facts(side.Facts)) + "\n\n" + llm.Block(placed[i].label, strings.Join(lines, "\n")) + "\n")
	}
	return llm.Request{
		Account: q.Account, Purpose: "judge", Prompt: pairVersion, System: pairSystem, Messages: []llm.Message{{Text: text.String()}}, Schema: q.schema,
		Model: q.Model, Fresh: q.Fresh, MaxTokens: 400 + 2*tokensEach*len(q.criteria), Timeout: voteTimeout,
	}
}

func (q *pairing) form() map[string]any {
	most := max(len(q.A.Found), len(q.B.Found)) // so that both orders have one form
	var sources []string
	for _, p := range placed {
		for n := range most {
			sources = append(sources, fmt.Sprintf("%s%d", p.prefix, n+1))
		}
	}
	items := map[string]any{}
	for _, c := range q.criteria {
		items[strings.ToLower(string(c))] = object(map[string]any{
			"evidence": map[string]any{"type": "array", "maxItems": maxQuotes, "items": object(map[string]any{
				"source": map[string]any{"enum": sources}, "quote": map[string]any{"type": "string", "maxLength": maxQuote},
			})},
			"reason": map[string]any{"type": "string", "maxLength": maxReason},
			"answer": map[string]any{"enum": []string{"first", "second", "same", "unclear"}},
		})
	}
	return object(items)
}

// decide puts the answers of both orders together.
func (q *pairing) decide(c rules.Criterion, said []map[string]pairAnswer, out *PairJudgement) PairCriterion {
	one := PairCriterion{Criterion: c, Weight: weightOf(q.A.Facts, c), Preferred: Open, QuotesA: []rules.Evidence{}, QuotesB: []rules.Evidence{}}
	var quotes [2][]rules.Evidence
	for i, s := range said {
		a := s[strings.ToLower(string(c))]
		found, why := q.grounded(a, i == 1)
		preferred := Open
		switch {
		case why != "":
			out.Notes = append(out.Notes, fmt.Sprintf("the answer about %s with %s first was dropped: %s", strings.ToLower(string(c)), []string{"A", "B"}[i], why))
		case a.Answer == "same":
			preferred = PreferNone
		case a.Answer == "first" && i == 0, a.Answer == "second" && i == 1:
			preferred = PreferA
		case a.Answer != "unclear":
			preferred = PreferB
		}
		one.Said = append(one.Said, preferred)
		quotes[0], quotes[1] = append(quotes[0], found[0]...), append(quotes[1], found[1]...)
	}
	contrary, why := against(q.A.Facts, q.B.Facts, c, one.Said[0])
	switch {
	case slices.Contains(one.Said, Open):
		one.Reason = "at least one of the two answers is unclear or stands on nothing"
	case one.Said[0] != one.Said[1]:
		one.Reason = fmt.Sprintf("the order decided: %s with A first, %s with B first", one.Said[0], one.Said[1])
	case contrary:
		one.Reason = fmt.Sprintf("the model prefers %s, and what was measured says otherwise: %s", one.Said[0], why)
	default:
		// The reason speaks of the first and the second, as this order shows them.
		one.Preferred, one.Reason = one.Said[0], clean("first is A, second is B: "+said[0][strings.ToLower(string(c))].Reason, maxReason)
		one.QuotesA, one.QuotesB = distinct(quotes[0]), distinct(quotes[1])
	}
	return one
}

// grounded looks up what an answer quotes, and sorts it by A and B.
func (q *pairing) grounded(a pairAnswer, swapped bool) (quotes [2][]rules.Evidence, why string) {
	if a.Answer == "unclear" {
		return quotes, ""
	}
	sides := q.sides(swapped)
	for _, e := range a.Evidence {
		for i, side := range sides {
			n, ok := number(e.Source, placed[i].prefix, len(side.Found))
			if !ok {
				continue
			}
			quote := clean(e.Quote, maxQuote)
			if why := misquoted(clean(side.Found[n].Text, maxExcerpt), quote, e.Source); why != "" {
				return [2][]rules.Evidence{}, why
			}
			found := side.Found[n].Source
			found.Quote = quote
			at := i
			if swapped {
				at = 1 - i
			}
			quotes[at] = append(quotes[at], found)
		}
	}
	if len(quotes[0]) == 0 || len(quotes[1]) == 0 {
		return [2][]rules.Evidence{}, "it does not quote both"
	}
	return quotes, ""
}

// settle weighs the criteria. What was measured stands above the outcome too.
func (j *PairJudgement) settle(p Pair) {
	weights := map[Preference]float64{}
	all := 0.0
	for _, c := range j.Criteria {
		weights[c.Preferred] += c.Weight
		all += c.Weight
	}
	best := PreferNone
	switch {
	case weights[PreferA] > weights[PreferB]:
		best = PreferA
	case weights[PreferB] > weights[PreferA]:
		best = PreferB
	}
	j.Status = rules.Inconclusive
	a, b := p.A.Facts.Score, p.B.Facts.Score
	switch {
	case all == 0 || all-weights[Open] < decidedFrom*all:
		j.Reason = fmt.Sprintf("%.0f %% of the criteria by weight are decided, %.0f %% would do", 100*(all-weights[Open])/cmp.Or(all, 1), 100*decidedFrom)
	case a != nil && b != nil && (best == PreferA && *a < *b || best == PreferB && *b < *a):
		j.Reason = fmt.Sprintf("the model prefers %s, and what was measured says otherwise: A scores %g by the rules, B %g", best, *a, *b)
	default:
		j.Status, j.Preferred = rules.Assessed, best
	}
}

// against says whether a preference contradicts what was measured of both sides.
func against(a, b rules.Assessment, c rules.Criterion, p Preference) (contrary bool, why string) {
	x, y := measuredOf(a, c), measuredOf(b, c)
	if x == nil || y == nil {
		return false, ""
	}
	return p == PreferA && *x < *y || p == PreferB && *y < *x, fmt.Sprintf("A scores %g by the rules, B %g", *x, *y)
}

func measuredOf(a rules.Assessment, c rules.Criterion) *float64 {
	for _, one := range a.Criteria {
		if one.Criterion == c {
			return one.Score
		}
	}
	return nil
}

func weightOf(a rules.Assessment, c rules.Criterion) float64 {
	for _, one := range a.Criteria {
		if one.Criterion == c {
			return one.Weight
		}
	}
	return 0
}

func (j *PairJudgement) sum() {
	p := Panel{Votes: j.Votes}
	p.sum()
	j.Model, j.Tokens, j.Estimated, j.CostNanos, j.FromCache = p.Model, p.Tokens, p.Estimated, p.CostNanos, p.FromCache
}
