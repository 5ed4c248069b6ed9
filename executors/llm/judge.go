package llm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors/llm/internal/assertion"
	"github.com/semantest/semantest/internal/spec"
)

// graded reports whether a model judges assertions of a type.
func graded(typ string) bool {
	name, _ := strings.CutPrefix(typ, spec.LLMNegation)
	return slices.Contains(spec.LLMGraded(), name)
}

// check looks for mistakes that stand in an assertion once its variables are
// filled in.
func check(want spec.LLMAssertion) error {
	name, _ := strings.CutPrefix(want.Type, spec.LLMNegation)
	if name == webhooked {
		return checkWebhook(want)
	}
	if !graded(want.Type) {
		return assertion.Check(rule(want, nil))
	}
	if _, ok := want.Value.V.(string); !ok && slices.Contains(valued, name) {
		return fmt.Errorf("%s needs a text as its value", want.Type)
	}
	return nil
}

func rule(want spec.LLMAssertion, tools []assertion.Tool) assertion.Assertion {
	return assertion.Assertion{Type: want.Type, Value: want.Value.V, Threshold: want.Threshold, Tools: tools}
}

// judge says how an answer fares with one assertion.
func (a *attempt) judge(ctx context.Context, want spec.LLMAssertion, heard *said) verdict {
	v := verdict{want: want}
	if graded(want.Type) {
		g := grader{models: a.executor.models, payer: a.payer()}
		v.Verdict, v.detail, v.err = g.grade(ctx, want, heard)
		return v
	}
	if strings.TrimPrefix(want.Type, spec.LLMNegation) == webhooked {
		v.Verdict, v.err = a.webhook(ctx, want, heard)
		return v
	}
	var tools []assertion.Tool
	for _, t := range a.llm.Target.Tools {
		tools = append(tools, assertion.Tool{Name: t.Name, Parameters: t.Parameters.V})
	}
	v.Verdict, v.err = assertion.Judge(rule(want, tools), heard.out)
	return v
}

func (v verdict) weight() float64 {
	if v.want.Weight == nil {
		return 1
	}
	return *v.want.Weight
}

// standing is how an answer fares as a whole.
type standing int

const (
	unjudged standing = iota // it could not be judged, and that may matter
	failing
	passing
)

// standing weighs the verdicts. What could not be judged matters only where the
// others do not decide.
func (one *answer) standing(threshold *float64) standing {
	switch {
	case one.err != nil:
		return unjudged
	case one.fault != nil:
		return failing
	}
	failed, open := false, false
	weights, least, most := 0.0, 0.0, 0.0
	for v := range one.weighed {
		weights += v.weight()
		switch {
		case v.err != nil:
			open, most = true, most+v.weight()
		default:
			failed = failed || !v.Pass
			least, most = least+v.weight()*v.Score, most+v.weight()*v.Score
		}
	}
	switch {
	case weights == 0:
		return passing
	case threshold == nil && failed:
		return failing
	case threshold == nil && open:
		return unjudged
	case threshold == nil || least/weights >= *threshold:
		return passing
	case most/weights < *threshold:
		return failing
	}
	return unjudged
}

// score is the weighted mean of what was judged; false where nothing was.
func (one *answer) score() (float64, bool) {
	sum, weights := 0.0, 0.0
	for v := range one.weighed {
		if v.err == nil {
			sum, weights = sum+v.weight()*v.Score, weights+v.weight()
		}
	}
	if one.fault != nil {
		return 0, true
	}
	if weights == 0 {
		return 0, false
	}
	return sum / weights, true
}

// weighed are the verdicts that count.
func (one *answer) weighed(yield func(verdict) bool) {
	for _, t := range one.turns {
		for _, v := range t.verdicts {
			if v.weight() > 0 && !yield(v) {
				return
			}
		}
	}
}

// why is one sentence on what is wrong with an answer.
func (one *answer) why() string {
	if one.err != nil {
		return one.err.Error()
	}
	if one.fault != nil {
		return one.fault.Error()
	}
	for v := range one.weighed {
		if v.err == nil && !v.Pass {
			return v.want.Type + ": " + v.Reason
		}
	}
	for v := range one.weighed {
		if v.err != nil {
			return v.err.Error()
		}
	}
	return ""
}
