package assertion

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Output is what a model, or the application around it, answered.
type Output struct {
	Text         string
	Latency      time.Duration
	Cost         *float64 // US dollars; nil where no price is known
	FinishReason string   // in the words of OpenAI: stop, length, tool_calls, content_filter
	ToolCalls    []ToolCall
	LogProbs     []float64 // of each token, natural logarithm; nil where the provider gives none
}

// ToolCall is a function that a model wants to be called.
type ToolCall struct {
	Name      string
	Arguments string // JSON, as the model wrote it
}

// Tool is a function that a model may call.
type Tool struct {
	Name       string
	Parameters any // JSON Schema of the arguments; nil takes any object
}

// Assertion is what an output should be like.
type Assertion struct {
	Type      string // with or without "not-"
	Value     any    // as in the plan's YAML: text, number, bool, list or mapping
	Threshold *float64
	Tools     []Tool // what the model was offered
}

// Verdict is how an output fared.
type Verdict struct {
	Pass   bool
	Score  float64 // 0–1
	Reason string  // one sentence, where it failed
}

const negation = "not-"

// Judge says whether the output is as the assertion wants it. An error means that
// this could not be judged: the assertion has a mistake, or the output lacks what
// it is about, such as a cost.
func Judge(a Assertion, out Output) (Verdict, error) {
	name, negated := strings.CutPrefix(a.Type, negation)
	k, ok := kinds[name]
	if !ok {
		return Verdict{}, fmt.Errorf("there is no assertion %q", a.Type)
	}
	v, err := k.judge(a, out)
	if err != nil {
		return Verdict{}, fmt.Errorf("%s: %w", a.Type, err)
	}
	v.Score = min(max(v.Score, 0), 1)
	if !negated {
		if v.Pass {
			v.Reason = ""
		}
		return v, nil
	}
	v = Verdict{Pass: !v.Pass, Score: 1 - v.Score}
	if !v.Pass {
		v.Reason = "the output should not pass " + name + ", and does"
	}
	return v, nil
}

// Check looks for mistakes that stand in the assertion itself.
func Check(a Assertion) error {
	name, _ := strings.CutPrefix(a.Type, negation)
	k, ok := kinds[name]
	if !ok {
		return fmt.Errorf("there is no assertion %q", a.Type)
	}
	switch {
	case k.needsThreshold && a.Threshold == nil:
		return fmt.Errorf("%s needs a threshold", a.Type)
	case k.value == nil && a.Value != nil:
		return fmt.Errorf("%s takes no value", a.Type)
	case k.value != nil:
		return k.value(a.Value)
	}
	return nil
}

// Types lists the types by name, without those that are negated.
func Types() []string { return slices.Sorted(maps.Keys(kinds)) }

type kind struct {
	judge          func(Assertion, Output) (Verdict, error)
	value          func(any) error // says what is wrong with a value; nil where there may be none
	needsThreshold bool
}

var kinds = map[string]kind{
	"equals":        {judge: equals, value: present},
	"contains":      {judge: contains(false), value: isText},
	"icontains":     {judge: contains(true), value: isText},
	"contains-all":  {judge: containsAll(false), value: isTexts},
	"icontains-all": {judge: containsAll(true), value: isTexts},
	"contains-any":  {judge: containsAny(false), value: isTexts},
	"icontains-any": {judge: containsAny(true), value: isTexts},
	"starts-with":   {judge: startsWith, value: isText},
	"regex":         {judge: matches, value: isPattern},
	"word-count":    {judge: wordCount, value: isCount},

	"is-json":       {judge: isJSON, value: isSchema},
	"contains-json": {judge: containsJSON, value: isSchema},
	"is-xml":        {judge: isXML, value: isElements},
	"contains-xml":  {judge: containsXML, value: isElements},
	"is-html":       {judge: isHTML},
	"contains-html": {judge: containsHTML},
	"is-sql":        {judge: isSQL},
	"contains-sql":  {judge: containsSQL},

	"levenshtein": {judge: distance, value: isText},
	"rouge-n":     {judge: rouge, value: isText},
	"bleu":        {judge: bleu, value: isTexts},
	"gleu":        {judge: gleu, value: isTexts},
	"meteor":      {judge: meteor, value: isTexts},

	"is-valid-function-call":        {judge: validCalls},
	"is-valid-openai-function-call": {judge: validCalls},
	"is-valid-openai-tools-call":    {judge: validCalls},
	"tool-call-f1":                  {judge: callsF1, value: isTexts},

	"is-refusal":       {judge: refuses},
	"finish-reason":    {judge: finishReason, value: isText},
	"latency":          {judge: latency, needsThreshold: true},
	"cost":             {judge: cost, needsThreshold: true},
	"perplexity":       {judge: perplexity},
	"perplexity-score": {judge: perplexityScore},
}

// verdict is a judgement without degrees.
func verdict(pass bool, reason string, args ...any) (Verdict, error) {
	if pass {
		return Verdict{Pass: true, Score: 1}, nil
	}
	return Verdict{Reason: fmt.Sprintf(reason, args...)}, nil
}

// graded is a judgement by a score that must reach a threshold.
func graded(score float64, threshold *float64, otherwise float64, what string) (Verdict, error) {
	want := otherwise
	if threshold != nil {
		want = *threshold
	}
	return Verdict{Pass: score >= want, Score: score, Reason: fmt.Sprintf("%s is %.2f, and should be %.2f at least", what, score, want)}, nil
}

// brief shows a text in a sentence.
func brief(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", s)
}
