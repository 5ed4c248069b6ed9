package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxTold      = 20      // answers in the detail of a step; the attachment has all
	maxToldText  = 4_000   // characters of one of their texts
	maxKept      = 1 << 20 // characters of a text in the attachment
	maxStepTitle = 100
)

// step waits for the answers of a row and judges them together.
func (a *attempt) step(i int) executors.Step {
	r := a.rows[i]
	name := excerpt.Line(a.llm.Talk()[0].Prompt, maxStepTitle)
	if len(a.rows) > 1 {
		name = fmt.Sprintf("row %d: %s", i+1, excerpt.Line(r.turns[0].prompt, maxStepTitle))
	}
	return executors.Step{Name: name, Action: "prompt", Do: func(ctx context.Context, report *executors.Report) error {
		for _, one := range r.answers {
			select {
			case <-one.done:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := ctx.Err(); err != nil {
			return err // what came of the answers since is the interruption
		}
		a.describe(r, report)
		a.measure(r, report.Sink)
		return a.rate(r, report)
	}}
}

// rate compares the share of answers that pass with the one that should. Answers
// that could not be judged make the step errored where they could turn it around.
func (a *attempt) rate(r *question, report *executors.Report) error {
	want := 1.0
	if a.llm.PassRate != nil {
		want = *a.llm.PassRate
	}
	count := map[standing]int{}
	var bad, open *answer
	for _, one := range r.answers {
		s := one.standing(a.llm.Threshold)
		count[s]++
		if s == failing && bad == nil {
			bad = one
		}
		if s == unjudged && open == nil {
			open = one
		}
	}
	n := float64(len(r.answers))
	least, most := float64(count[passing])/n, float64(count[passing]+count[unjudged])/n
	passed := least >= want
	if !passed && most >= want {
		if open.err != nil {
			return open.err
		}
		return executors.Errorf("could not be judged: %s", open.why())
	}
	a.checks(r, passed, report)
	if len(r.answers) == 1 && bad == nil {
		return nil
	}
	c := executors.Check{
		Name: "pass rate", Passed: passed, Expected: fmt.Sprintf("%.0f %% at least", 100*want),
		Actual: fmt.Sprintf("%d of %d (%.0f %%)", count[passing], len(r.answers), 100*least),
	}
	if !passed {
		c.Message = fmt.Sprintf("%d of %d answers pass, and %.0f %% should: %s", count[passing], len(r.answers), 100*want, bad.why())
		if len(r.answers) == 1 {
			c.Message = bad.why()
		}
	}
	report.Checks = append([]executors.Check{c}, report.Checks...)
	return nil
}

// checks tells each assertion over all answers. A step that passes as a whole
// shows what failed in some of them, and fails by none.
func (a *attempt) checks(r *question, passed bool, report *executors.Report) {
	for t, turn := range r.turns {
		for k, want := range turn.assert {
			held, of := 0, 0
			var first verdict
			for _, one := range r.answers {
				if t >= len(one.turns) || k >= len(one.turns[t].verdicts) {
					continue
				}
				of++
				switch v := one.turns[t].verdicts[k]; {
				case v.err == nil && v.Pass:
					held++
				case first.want.Type == "":
					first = v
				}
			}
			if of == 0 {
				continue
			}
			c := executors.Check{Name: label(want), Passed: passed || held == of || deref(want.Weight) == 0 && want.Weight != nil,
				Expected: shown(want), Actual: fmt.Sprintf("%d of %d", held, of)}
			if len(r.turns) > 1 {
				c.Name = fmt.Sprintf("turn %d: %s", t+1, c.Name)
			}
			if held < of {
				c.Message = first.Reason
				if first.err != nil {
					c.Message = first.err.Error()
				}
			}
			report.Check(c)
		}
	}
}

// describe puts the answers into the detail.
func (a *attempt) describe(r *question, report *executors.Report) {
	var told []any
	for _, one := range r.answers[:min(len(r.answers), maxTold)] {
		told = append(told, a.answerDetail(one, maxToldText))
	}
	report.Set("answers", told)
	if len(r.columns) > 0 {
		report.Set("row", r.columns)
	}
	if len(r.answers) > maxTold {
		report.Set("more", len(r.answers)-maxTold)
	}
}

func (a *attempt) answerDetail(one *answer, limit int) map[string]any {
	out := map[string]any{"durationMs": float64(one.took.Microseconds()) / 1000}
	switch one.standing(a.llm.Threshold) {
	case passing:
		out["passed"] = true
	case failing:
		out["passed"] = false
	case unjudged:
	}
	if score, ok := one.score(); ok {
		out["score"] = score
	}
	if why := one.why(); why != "" {
		out["reason"] = why
	}
	var turns []any
	for _, t := range one.turns {
		turns = append(turns, turnDetail(t, limit))
	}
	out["turns"] = turns
	return out
}

func turnDetail(t said, limit int) map[string]any {
	out := map[string]any{"prompt": excerpt.Of(t.prompt, limit), "answer": excerpt.Of(t.out.Text, limit), "latencyMs": float64(t.out.Latency.Microseconds()) / 1000}
	if t.model != "" {
		out["model"] = t.model
	}
	if t.usage != (llm.Usage{}) {
		out["tokens"] = map[string]any{"input": t.usage.Input, "output": t.usage.Output}
	}
	if t.out.Cost != nil {
		out["costUSD"] = *t.out.Cost
	}
	if t.out.FinishReason != "" {
		out["finishReason"] = t.out.FinishReason
	}
	var calls []any
	for _, c := range t.out.ToolCalls {
		calls = append(calls, map[string]any{"name": c.Name, "arguments": excerpt.Of(c.Arguments, limit)})
	}
	if calls != nil {
		out["toolCalls"] = calls
	}
	var verdicts []any
	for _, v := range t.verdicts {
		verdicts = append(verdicts, verdictDetail(v))
	}
	out["assertions"] = verdicts
	return out
}

func verdictDetail(v verdict) map[string]any {
	out := map[string]any{"type": v.want.Type, "weight": v.weight()}
	if v.err != nil {
		out["notJudged"] = v.err.Error()
	} else {
		out["passed"], out["score"] = v.Pass, v.Score
		if v.Reason != "" {
			out["reason"] = v.Reason
		}
	}
	if v.detail != nil {
		out["judge"] = v.detail
	}
	return out
}

// measure emits what was measured, for those who follow it over time.
func (a *attempt) measure(r *question, sink executors.Sink) {
	emit := func(name, unit string, value float64) {
		sink.Emit(executors.Metric{Name: name, Unit: unit, Value: value, At: time.Now()})
	}
	passed := 0
	for _, one := range r.answers {
		if one.standing(a.llm.Threshold) == passing {
			passed++
		}
		if score, ok := one.score(); ok {
			emit("llm_score", "1", score)
		}
		for _, t := range one.turns {
			emit("llm_latency", "ms", float64(t.out.Latency.Microseconds())/1000)
			if t.usage != (llm.Usage{}) {
				emit("llm_tokens", "1", float64(t.usage.Input+t.usage.Output))
			}
			if t.out.Cost != nil {
				emit("llm_cost", "USD", *t.out.Cost)
			}
			for _, v := range t.verdicts {
				if v.want.Metric != "" && v.err == nil {
					emit(v.want.Metric, "1", v.Score)
				}
			}
		}
	}
	emit("llm_pass_rate", "1", float64(passed)/float64(len(r.answers)))
}

// costStep holds the case to its budget.
func (a *attempt) costStep() executors.Step {
	return executors.Step{Name: "cost of all answers", Action: "cost", Do: func(_ context.Context, report *executors.Report) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		limit := *a.llm.MaxCost
		report.Set("costUSD", a.spent.String())
		if !a.spent.Known {
			return executors.Errorf("the cost of the answers is not known, so maxCost cannot be held: the model has no price, or does not say what it used")
		}
		c := executors.Check{Name: "cost", Passed: a.spent.Amount.Dollars() <= limit, Expected: fmt.Sprintf("$%g at most", limit), Actual: a.spent.String()}
		if !c.Passed {
			c.Message = fmt.Sprintf("the answers cost %s, beyond the $%g of maxCost", a.spent, limit)
		}
		report.Check(c)
		return nil
	}}
}

// keep attaches all answers, one in a line.
func (a *attempt) keep(ctx context.Context, sink executors.Sink) {
	var all bytes.Buffer
	lines := json.NewEncoder(&all)
	for i, r := range a.rows {
		for k, one := range r.answers {
			select {
			case <-one.done:
			default:
				continue // the attempt ended before
			}
			line := a.answerDetail(one, maxKept)
			line["row"], line["number"] = i+1, k+1
			if len(r.columns) > 0 {
				line["variables"] = r.columns
			}
			if err := lines.Encode(line); err != nil {
				sink.Emit(executors.Log{Level: "warn", Message: fmt.Sprintf("an answer could not be kept: %v", err), At: time.Now()})
			}
		}
	}
	err := sink.Attach(ctx, executors.Attachment{Name: "answers.jsonl", Kind: executors.AttachmentLog, ContentType: "application/jsonl",
		Step: -1, Body: io.NopCloser(&all)})
	if err != nil {
		sink.Emit(executors.Log{Level: "warn", Message: fmt.Sprintf("the answers could not be kept: %v", err), At: time.Now()})
	}
}

// label is an assertion as people read it.
func label(want spec.LLMAssertion) string {
	if want.Metric != "" {
		return want.Type + " (" + want.Metric + ")"
	}
	return want.Type
}

// shown is what an assertion asks for, shortly.
func shown(want spec.LLMAssertion) string {
	switch v := want.Value.V.(type) {
	case nil:
		if want.Threshold != nil {
			return fmt.Sprintf("%g", *want.Threshold)
		}
		return ""
	case string:
		return excerpt.Of(v, maxShown)
	default:
		data, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return excerpt.Of(string(data), maxShown)
	}
}
