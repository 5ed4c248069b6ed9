package llm

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"

	"golang.org/x/sync/errgroup"

	"github.com/semantest/semantest/executors/llm/internal/assertion"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

// valued are the types that need a text to judge by.
var valued = []string{"llm-rubric", "model-graded-closedqa", "factuality", "similar", "context-recall"}

// grader lets a model judge. It is asked for marks from closed lists and for
// quotations, which are looked up; its own confidence is never asked for.
type grader struct {
	models *llm.Client
	payer  llm.Account
}

const (
	maxSentences     = 60 // that are marked one by one
	defaultSimilar   = 0.75
	defaultRelevance = 0.7
	defaultShare     = 0.7 // of the context-… types
)

func (g grader) grade(ctx context.Context, want spec.LLMAssertion, heard *said) (assertion.Verdict, map[string]any, error) {
	name, negated := strings.CutPrefix(want.Type, spec.LLMNegation)
	text, _ := want.Value.V.(string)
	var v assertion.Verdict
	var detail map[string]any
	var err error
	switch name {
	case "similar":
		v, err = g.similar(ctx, want, text, heard.out.Text)
	case "answer-relevance":
		v, detail, err = g.relevance(ctx, want, heard)
	case "context-recall":
		v, detail, err = g.share(ctx, want, recallTask, text, want.Context, "")
	case "context-relevance":
		v, detail, err = g.share(ctx, want, relevanceTask, want.Context, heard.prompt, "")
	case "context-faithfulness":
		v, detail, err = g.share(ctx, want, faithfulnessTask, heard.out.Text, want.Context, heard.prompt)
	case "factuality":
		v, detail, err = g.factuality(ctx, want, text, heard)
	default:
		v, detail, err = g.rubric(ctx, want, name, text, heard)
	}
	if err != nil {
		return assertion.Verdict{}, detail, fmt.Errorf("%s: %w", want.Type, err)
	}
	if negated {
		v = assertion.Verdict{Pass: !v.Pass, Score: 1 - v.Score, Reason: "the answer should not pass " + name + ", and does"}
	}
	if v.Pass {
		v.Reason = ""
	}
	return v, detail, nil
}

const judgeRule = "You judge the answer of another program for a test. Be strict and literal; what is not there does not count. " + llm.BlockRule

//go:embed rubric.schema.json
var rubricSchema string

// The versions of the prompts are a part of their names: verdicts of different
// versions are never mixed in the cache.
var (
	rubricForm = llm.MustSchema("rubric", rubricSchema)
	choiceForm = llm.MustSchema("choice", `{"type": "object", "required": ["reason", "choice"], "additionalProperties": false, "properties": {
		"reason": {"type": "string", "maxLength": 600}, "choice": {"enum": ["A", "B", "C", "D", "E"]}}}`)
	questionForm = llm.MustSchema("questions", `{"type": "object", "required": ["questions", "evasive"], "additionalProperties": false, "properties": {
		"questions": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "string", "minLength": 1, "maxLength": 500}},
		"evasive": {"type": "boolean"}}}`)
	marksForm = llm.MustSchema("marks", `{"type": "object", "required": ["marks"], "additionalProperties": false, "properties": {
		"marks": {"type": "array", "items": {"type": "boolean"}}}}`)
)

// vote is one judgement by a rubric.
type vote struct {
	Reason   string   `json:"reason"`
	Evidence []string `json:"evidence"`
	Pass     bool     `json:"pass"`
	Score    float64  `json:"score"`
}

// rubric asks whether the answer fulfils a text. Each vote must quote what it
// rests on, and what it quotes must stand there.
func (g grader) rubric(ctx context.Context, want spec.LLMAssertion, name, rubric string, heard *said) (assertion.Verdict, map[string]any, error) {
	task := "Say whether the ANSWER fulfils the RUBRIC. score is from 0, not at all, to 1, wholly; pass is whether it is good enough. " +
		"reason is one sentence. evidence quotes, letter by letter, the parts of the ANSWER that you rest on; it is empty only where the judgement rests on something that is missing."
	if name == "model-graded-closedqa" {
		task = "Say whether the ANSWER meets the criterion in RUBRIC: a question of yes (score 1) or no (score 0). " +
			"reason is one sentence. evidence quotes, letter by letter, the parts of the ANSWER that you rest on; it is empty only where the judgement rests on something that is missing."
	}
	votes := make([]vote, max(1, deref(want.Votes)))
	err := g.each(ctx, len(votes), func(ctx context.Context, i int) error {
		r := g.request(name+"@1", task, rubricForm, i,
			llm.Block("RUBRIC", rubric), llm.Block("QUESTION", heard.prompt), llm.Block("ANSWER", heard.out.Text))
		resp, err := g.models.Generate(ctx, r)
		if err != nil {
			return err
		}
		if err := resp.Decode(&votes[i]); err != nil {
			return err
		}
		return grounded(votes[i], heard.out.Text)
	})
	if err != nil {
		return assertion.Verdict{}, nil, err
	}
	for i, v := range votes { // the score decides where the plan says how much it takes
		if want.Threshold != nil {
			votes[i].Pass = v.Score >= *want.Threshold
		}
	}
	return count(votes)
}

// grounded refuses a judgement whose quotations do not stand in the answer.
func grounded(v vote, text string) error {
	for _, quote := range v.Evidence {
		if !llm.Quoted(text, quote) {
			return fmt.Errorf("the judging model quotes %q, which does not stand in the answer", excerpt.Line(quote, maxShown))
		}
	}
	return nil
}

// count lets most votes win.
func count(votes []vote) (assertion.Verdict, map[string]any, error) {
	yes, score := 0, 0.0
	var told []any
	for _, v := range votes {
		score += v.Score / float64(len(votes))
		if v.Pass {
			yes++
		}
		told = append(told, map[string]any{"pass": v.Pass, "score": v.Score, "reason": v.Reason, "evidence": v.Evidence})
	}
	detail := map[string]any{"votes": told, "agreement": float64(max(yes, len(votes)-yes)) / float64(len(votes))}
	if 2*yes == len(votes) {
		return assertion.Verdict{}, detail, fmt.Errorf("inconclusive: %d of %d votes are for it", yes, len(votes))
	}
	pass := 2*yes > len(votes)
	out := assertion.Verdict{Pass: pass, Score: min(max(score, 0), 1)}
	for _, v := range votes {
		if v.Pass == pass {
			out.Reason = v.Reason
			break
		}
	}
	return out, detail, nil
}

// factuality sorts the answer by how it stands to the facts, as the widespread
// prompt of OpenAI's evaluations does.
func (g grader) factuality(ctx context.Context, want spec.LLMAssertion, facts string, heard *said) (assertion.Verdict, map[string]any, error) {
	const task = "Compare the facts of the ANSWER with those of the EXPERT; style, grammar and punctuation do not matter. Choose " +
		"A: the ANSWER is a subset of the EXPERT's and agrees with it; B: it is a superset and agrees with it; C: both hold the same facts; " +
		"D: they disagree; E: they differ, and the differences do not matter for the facts. reason is one sentence."
	meaning := map[string]string{"A": "subset", "B": "superset", "C": "same", "D": "disagree", "E": "differ without harm"}
	votes := make([]vote, max(1, deref(want.Votes)))
	chosen := make([]string, len(votes))
	err := g.each(ctx, len(votes), func(ctx context.Context, i int) error {
		resp, err := g.models.Generate(ctx, g.request("factuality@1", task, choiceForm, i,
			llm.Block("QUESTION", heard.prompt), llm.Block("EXPERT", facts), llm.Block("ANSWER", heard.out.Text)))
		if err != nil {
			return err
		}
		var c struct{ Reason, Choice string }
		if err := resp.Decode(&c); err != nil {
			return err
		}
		chosen[i] = meaning[c.Choice]
		votes[i] = vote{Reason: meaning[c.Choice] + ": " + c.Reason, Pass: c.Choice != "D"}
		if votes[i].Pass {
			votes[i].Score = 1
		}
		return nil
	})
	if err != nil {
		return assertion.Verdict{}, nil, err
	}
	v, detail, err := count(votes)
	detail["chosen"] = chosen
	return v, detail, err
}

const (
	recallTask       = "Each SENTENCE comes from an expected answer. Mark it true when the CONTEXT says it or it follows from the CONTEXT, false otherwise."
	relevanceTask    = "Each SENTENCE comes from a retrieved text. Mark it true when it is needed to answer the CONTEXT, which is a question, false otherwise."
	faithfulnessTask = "Each SENTENCE comes from an answer to the QUESTION. Mark it true when the CONTEXT supports everything that it claims, or when it claims nothing; false otherwise."
)

// share is which part of a text's sentences a model marks. The sentences are cut
// here, so that the score is a count and not an impression.
func (g grader) share(ctx context.Context, want spec.LLMAssertion, task, text, against, question string) (assertion.Verdict, map[string]any, error) {
	list := sentences(text)
	if len(list) == 0 {
		return assertion.Verdict{}, nil, errors.New("there is no sentence to judge")
	}
	blocks := []string{llm.Block("CONTEXT", against)}
	if question != "" {
		blocks = append(blocks, llm.Block("QUESTION", question))
	}
	for i, s := range list {
		blocks = append(blocks, llm.Block(fmt.Sprintf("SENTENCE %d", i+1), s))
	}
	task += fmt.Sprintf(" marks has exactly %d elements, in the order of the sentences.", len(list))
	votes := make([]vote, max(1, deref(want.Votes)))
	limit := defaultShare
	if want.Threshold != nil {
		limit = *want.Threshold
	}
	err := g.each(ctx, len(votes), func(ctx context.Context, i int) error {
		resp, err := g.models.Generate(ctx, g.request(strings.TrimPrefix(want.Type, spec.LLMNegation)+"@1", task, marksForm, i, blocks...))
		if err != nil {
			return err
		}
		var m struct{ Marks []bool }
		if err := resp.Decode(&m); err != nil {
			return err
		}
		if len(m.Marks) != len(list) {
			return fmt.Errorf("the judging model marked %d of %d sentences", len(m.Marks), len(list))
		}
		votes[i] = marked(m.Marks, list, limit)
		return nil
	})
	if err != nil {
		return assertion.Verdict{}, nil, err
	}
	return count(votes)
}

func marked(marks []bool, list []string, limit float64) vote {
	good, first := 0, ""
	for i, mark := range marks {
		if mark {
			good++
		} else if first == "" {
			first = list[i]
		}
	}
	score := float64(good) / float64(len(marks))
	v := vote{Score: score, Pass: score >= limit, Reason: fmt.Sprintf("%d of %d sentences hold", good, len(marks))}
	if first != "" {
		v.Reason += fmt.Sprintf("; the first that does not: %q", excerpt.Line(first, maxShown))
	}
	return v
}

// sentences cuts a text behind what ends one.
func sentences(text string) (out []string) {
	begin, runes := 0, []rune(strings.TrimSpace(text))
	cut := func(end int) {
		if s := strings.TrimSpace(string(runes[begin:end])); s != "" {
			out = append(out, s)
		}
		begin = end
	}
	for i, r := range runes {
		ends := strings.ContainsRune(".!?。！？", r) && (i+1 == len(runes) || unicode.IsSpace(runes[i+1]))
		if ends || r == '\n' {
			cut(i + 1)
		}
		if len(out) == maxSentences-1 {
			break // the rest counts as one
		}
	}
	cut(len(runes))
	return out
}

// similar compares meanings by the angle between embeddings.
func (g grader) similar(ctx context.Context, want spec.LLMAssertion, expected, got string) (assertion.Verdict, error) {
	if strings.TrimSpace(got) == "" {
		return assertion.Verdict{Reason: "the answer is empty"}, nil
	}
	near, err := g.nearness(ctx, expected, got)
	if err != nil {
		return assertion.Verdict{}, err
	}
	limit := defaultSimilar
	if want.Threshold != nil {
		limit = *want.Threshold
	}
	return assertion.Verdict{Pass: near[0] >= limit, Score: max(near[0], 0),
		Reason: fmt.Sprintf("the similarity is %.2f, and should be %.2f at least", near[0], limit)}, nil
}

// relevance asks which questions the answer would answer, and how near they are
// to the one that was asked.
func (g grader) relevance(ctx context.Context, want spec.LLMAssertion, heard *said) (assertion.Verdict, map[string]any, error) {
	const task = "Write three different questions that the ANSWER would be a direct answer to. evasive is true when the ANSWER avoids an answer, as \"I don't know\" does."
	resp, err := g.models.Generate(ctx, g.request("answer-relevance@1", task, questionForm, 0, llm.Block("ANSWER", heard.out.Text)))
	if err != nil {
		return assertion.Verdict{}, nil, err
	}
	var q struct {
		Questions []string
		Evasive   bool
	}
	if err := resp.Decode(&q); err != nil {
		return assertion.Verdict{}, nil, err
	}
	detail := map[string]any{"questions": q.Questions, "evasive": q.Evasive}
	near, err := g.nearness(ctx, heard.prompt, q.Questions...)
	if err != nil {
		return assertion.Verdict{}, detail, err
	}
	score := 0.0
	for _, n := range near {
		score += max(n, 0) / float64(len(near))
	}
	if q.Evasive {
		score = 0
	}
	limit := defaultRelevance
	if want.Threshold != nil {
		limit = *want.Threshold
	}
	return assertion.Verdict{Pass: score >= limit, Score: score,
		Reason: fmt.Sprintf("the relevance is %.2f, and should be %.2f at least", score, limit)}, detail, nil
}

// nearness is the cosine of each text's angle to the first one.
func (g grader) nearness(ctx context.Context, to string, texts ...string) ([]float64, error) {
	if !g.models.Embeds() {
		return nil, errors.New("no embedding model is configured; set SEMANTEST_LLM_EMBEDDING_MODEL")
	}
	e, err := g.models.Embed(ctx, llm.EmbedRequest{Account: g.payer, Purpose: "judge", Texts: append([]string{to}, texts...)})
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(texts))
	for i := range out {
		if out[i], err = cosine(e.Vectors[0], e.Vectors[i+1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func cosine(a, b []float32) (float64, error) {
	if len(a) != len(b) || len(a) == 0 {
		return 0, fmt.Errorf("the embeddings have %d and %d dimensions", len(a), len(b))
	}
	var dot, left, right float64
	for i := range a {
		dot, left, right = dot+float64(a[i])*float64(b[i]), left+float64(a[i])*float64(a[i]), right+float64(b[i])*float64(b[i])
	}
	if left == 0 || right == 0 {
		return 0, errors.New("an embedding is zero")
	}
	return dot / math.Sqrt(left*right), nil
}

// each asks for all votes at once. The first error counts for all: a judgement
// of fewer votes than asked for would be another one.
func (g grader) each(ctx context.Context, n int, ask func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range n {
		group.Go(func() error { return ask(ctx, i) })
	}
	return group.Wait()
}

func (g grader) request(prompt, task string, form *llm.Schema, vote int, blocks ...string) llm.Request {
	zero := 0.0
	r := llm.Request{Account: g.payer, Purpose: "judge", Prompt: prompt, System: judgeRule, Schema: form, Temperature: &zero,
		Messages: []llm.Message{{Text: task + "\n\n" + strings.Join(blocks, "\n\n")}}}
	if vote > 0 { // votes of the same seed would be the same one
		r.Seed = &vote
		warm := 0.7
		r.Temperature = &warm
	}
	return r
}
