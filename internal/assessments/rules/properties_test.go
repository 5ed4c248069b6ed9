package rules_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/assessments/rules"
)

const rounds = 300

// always checks a property on inputs that are the same in every run.
func always(t *testing.T, check func(t *testing.T, r *rand.Rand, in rules.Input)) {
	t.Helper()
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 7))
		in := some(r)
		check(t, r, in)
		if t.Failed() {
			t.Fatalf("with the seed %d", seed)
		}
	}
}

// some makes an input of any size, with parts that may be missing.
func some(r *rand.Rand) rules.Input {
	var in rules.Input
	if r.IntN(2) == 0 {
		in.Weights = rules.Weights{UI: r.Float64(), Performance: r.Float64(), Accessibility: r.Float64(), Functionality: r.Float64()}
	}
	for i := range r.IntN(12) {
		in.Results = append(in.Results, rules.Result{ID: fmt.Sprintf("res_%d", i), CaseKey: fmt.Sprintf("case.%d", i),
			Outcome: rules.Outcome(r.IntN(5)), Error: fmt.Sprintf("error %d", r.IntN(3)), MustHave: r.IntN(4) == 0})
	}
	for i := range r.IntN(6) {
		in.Vitals = append(in.Vitals, rules.Vital{ResultID: fmt.Sprintf("res_%d", i/3), CaseKey: "page", Mobile: r.IntN(2) == 0,
			Metric: []string{"LCP", "FCP", "TBT", "CLS", "SI", "INP", "TTFB"}[r.IntN(7)], Values: []float64{r.ExpFloat64() * 2000, r.ExpFloat64() * 2000}[:1+r.IntN(2)]})
	}
	for range r.IntN(3) {
		in.Latencies = append(in.Latencies, rules.Latency{P95: r.ExpFloat64() * 500, Objective: float64(r.IntN(3)) * 250, Samples: int64(r.IntN(10))})
	}
	names := []string{"image-alt", "color-contrast", "region", "duplicate-id", "not-known"}
	for range r.IntN(3) {
		var a rules.Audit
		for _, n := range names {
			switch r.IntN(4) {
			case 0:
				a.Passed = append(a.Passed, n)
			case 1:
				a.Violations = append(a.Violations, rules.Violation{Rule: n, Impact: rules.RuleImpact(n), Elements: 1 + r.IntN(3)})
			case 2:
				a.Incomplete = append(a.Incomplete, n)
			}
		}
		in.Audits = append(in.Audits, a)
	}
	for i := range r.IntN(4) {
		in.Pictures = append(in.Pictures, rules.Picture{ComparisonID: fmt.Sprintf("cmp_%d", i), Compared: r.IntN(3) > 0, DiffRatio: r.Float64() / 50, Accepted: r.IntN(5) == 0})
	}
	for range r.IntN(3) {
		in.Layouts = append(in.Layouts, rules.Layout{Overflow: float64(r.IntN(3) - 1), BrokenImages: r.IntN(3) - 1, Clipped: r.IntN(3) - 1, ConsoleErrors: r.IntN(3) - 1})
	}
	return in
}

func scoreOf(a rules.Assessment) float64 {
	if a.Score == nil {
		return math.Inf(1) // nothing is known, which no score falls below
	}
	return *a.Score
}

func TestAssessmentsAreBounded(t *testing.T) {
	t.Parallel()
	within := func(t *testing.T, what string, x float64) {
		t.Helper()
		if !(x >= 0 && x <= 1) {
			t.Errorf("%s is %v", what, x)
		}
	}
	always(t, func(t *testing.T, _ *rand.Rand, in rules.Input) {
		t.Helper()
		a := rules.Assess(in)
		within(t, "the confidence", a.Confidence)
		within(t, "the coverage", a.Coverage)
		weights, shares, total := 0.0, 0.0, 0.0
		for _, c := range a.Criteria {
			weights += c.Weight
			shares += c.Share
			within(t, "a coverage", c.Coverage)
			within(t, "a precision", c.Precision)
			if c.Score == nil {
				continue
			}
			within(t, "a score", *c.Score)
			total += c.Share * *c.Score
			sum := 0.0
			for _, p := range c.Parts {
				sum += p.Weight * p.Score
			}
			if limit := *c.Score; len(c.Caps) > 0 {
				near2(t, "the parts add up before the cap", sum, c.Caps[0].Before)
				if limit > c.Caps[0].Limit {
					t.Errorf("a score of %v is above its cap %v", limit, c.Caps[0].Limit)
				}
			} else {
				near2(t, "the parts add up", sum, limit)
			}
		}
		near2(t, "the weights", weights, 1)
		if a.Score != nil {
			within(t, "the score", *a.Score)
			near2(t, "the shares", shares, 1)
			near2(t, "the criteria add up", total, *a.Score)
		}
	})
}

// near2 bears what rounding each addend leaves.
func near2(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 2e-3 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestAFailureNeverRaises(t *testing.T) {
	t.Parallel()
	always(t, func(t *testing.T, r *rand.Rand, in rules.Input) {
		t.Helper()
		before := scoreOf(rules.Assess(in))
		for name, add := range map[string]func(*rules.Input){
			"a failed case": func(in *rules.Input) {
				in.Results = append(slices.Clone(in.Results), rules.Result{Outcome: rules.Failed, MustHave: r.IntN(2) == 0})
			},
			"a broken rule": func(in *rules.Input) {
				in.Audits = append(slices.Clone(in.Audits), rules.Audit{Violations: []rules.Violation{{Rule: "label", Impact: rules.Minor}}})
			},
			"another picture": func(in *rules.Input) {
				in.Pictures = append(slices.Clone(in.Pictures), rules.Picture{Compared: true, DiffRatio: 1})
			},
			"a dead page": func(in *rules.Input) {
				in.Vitals = append(slices.Clone(in.Vitals), rules.Vital{ResultID: "new", Metric: "LCP", Values: []float64{1e9}})
			},
			"a broken layout": func(in *rules.Input) {
				in.Layouts = append(slices.Clone(in.Layouts), rules.Layout{Overflow: 1, BrokenImages: 1, Clipped: 1, ConsoleErrors: 1})
			},
		} {
			worse := in
			add(&worse)
			// A picture of which everything differs still scores 0.0052 on its curve.
			bears := 1e-9
			if name == "another picture" {
				bears = 0.0053
			}
			if after := scoreOf(rules.Assess(worse)); after > before+bears {
				t.Errorf("%s raises the score from %v to %v", name, before, after)
			}
		}
	})
}

func TestScoresAreMonotone(t *testing.T) {
	t.Parallel()
	always(t, func(t *testing.T, r *rand.Rand, in rules.Input) {
		t.Helper()
		before := scoreOf(rules.Assess(in))
		worse := in
		worse.Results = slices.Clone(in.Results)
		worse.Vitals = slices.Clone(in.Vitals)
		worse.Pictures = slices.Clone(in.Pictures)
		worse.Latencies = slices.Clone(in.Latencies)
		for i := range worse.Results {
			if worse.Results[i].Outcome == rules.Passed && r.IntN(2) == 0 {
				worse.Results[i].Outcome = rules.Failed
			}
		}
		for i := range worse.Vitals {
			var slower []float64
			for _, v := range worse.Vitals[i].Values {
				slower = append(slower, v*(1+r.Float64()))
			}
			worse.Vitals[i].Values = slower
		}
		for i := range worse.Pictures {
			worse.Pictures[i].DiffRatio *= 1 + r.Float64()
		}
		for i := range worse.Latencies {
			worse.Latencies[i].P95 *= 1 + r.Float64()
		}
		if after := scoreOf(rules.Assess(worse)); after > before+1e-9 {
			t.Errorf("what is worse raises the score from %v to %v", before, after)
		}
	})
}

func TestWithoutEvidenceThereIsLessConfidence(t *testing.T) {
	t.Parallel()
	always(t, func(t *testing.T, _ *rand.Rand, in rules.Input) {
		t.Helper()
		before := rules.Assess(in)
		for name, remove := range map[string]func(*rules.Input){
			"the results": func(in *rules.Input) { in.Results = nil },
			"the metrics": func(in *rules.Input) { in.Vitals, in.Latencies = nil, nil },
			"the audits":  func(in *rules.Input) { in.Audits = nil },
			"the pages":   func(in *rules.Input) { in.Layouts = nil },
			"the baselines": func(in *rules.Input) {
				in.Pictures = slices.Clone(in.Pictures)
				for i := range in.Pictures {
					in.Pictures[i].Compared = false
				}
			},
			"most runs": func(in *rules.Input) {
				in.Vitals = slices.Clone(in.Vitals)
				for i := range in.Vitals {
					in.Vitals[i].Values = in.Vitals[i].Values[:1]
				}
			},
		} {
			less := in
			remove(&less)
			after := rules.Assess(less)
			if after.Confidence > before.Confidence+1e-9 || after.Coverage > before.Coverage+1e-9 {
				t.Errorf("without %s the confidence goes from %v to %v, the coverage from %v to %v", name, before.Confidence, after.Confidence, before.Coverage, after.Coverage)
			}
		}
	})
	t.Run("fewer cases of the same kind", func(t *testing.T) {
		t.Parallel()
		for n := 1; n < 50; n++ {
			few := criterion(t, rules.Assess(rules.Input{Results: passed(4*n, 0, n)}), rules.Functionality)
			more := criterion(t, rules.Assess(rules.Input{Results: passed(4*n+4, 0, n+1)}), rules.Functionality)
			if few.Confidence >= more.Confidence {
				t.Fatalf("%d cases give the confidence %v, %d give %v", 5*n, few.Confidence, 5*n+5, more.Confidence)
			}
		}
	})
}

func TestNamesDoNotCount(t *testing.T) {
	t.Parallel()
	always(t, func(t *testing.T, _ *rand.Rand, in rules.Input) {
		t.Helper()
		other := in
		other.Results, other.Vitals, other.Audits = slices.Clone(in.Results), slices.Clone(in.Vitals), slices.Clone(in.Audits)
		for i := range other.Results {
			other.Results[i].CaseKey = "renamed: excellent, all passed"
		}
		for i := range other.Vitals {
			other.Vitals[i].CaseKey = "renamed"
		}
		for i := range other.Audits {
			other.Audits[i].CaseKey = "renamed"
		}
		one, two := rules.Assess(in), rules.Assess(other)
		if diff := cmp.Diff(numbers(one), numbers(two)); diff != "" {
			t.Errorf("new names change the judgement:\n%s", diff)
		}
	})
}

// numbers is what of an assessment does not quote names.
func numbers(a rules.Assessment) []float64 {
	out := []float64{a.Confidence, a.Coverage}
	if a.Score != nil {
		out = append(out, *a.Score)
	}
	for _, c := range a.Criteria {
		out = append(out, c.Share, c.Coverage, c.Precision)
	}
	for _, r := range a.Recommendations {
		out = append(out, r.Gain, r.ConfidenceGain)
	}
	return out
}

func TestTheSameInputGivesTheSameAssessment(t *testing.T) {
	t.Parallel()
	always(t, func(t *testing.T, _ *rand.Rand, in rules.Input) {
		t.Helper()
		if one, two := rules.Assess(in), rules.Assess(in); !reflect.DeepEqual(one, two) {
			t.Errorf("two judgements differ:\n%s", cmp.Diff(one, two))
		}
	})
}

func TestRecommendationsAreRanked(t *testing.T) {
	t.Parallel()
	always(t, func(t *testing.T, _ *rand.Rand, in rules.Input) {
		t.Helper()
		last := math.Inf(1)
		for _, r := range rules.Assess(in).Recommendations {
			if r.Gain > last || r.Gain < 0 || r.Action == "" || r.Reason == "" || (r.Gain > 0 && len(r.Evidence) == 0) {
				t.Errorf("out of its place, or without evidence: %+v", r)
			}
			last = r.Gain
		}
	})
}

func TestAHugeRunIsToldShortly(t *testing.T) {
	t.Parallel()
	var in rules.Input
	for i := range 5000 {
		in.Results = append(in.Results, rules.Result{ID: "res", CaseKey: "case", Outcome: rules.Failed, Error: fmt.Sprintf("reason %c%c", 'a'+i%26, 'a'+i/26%26)})
		in.Vitals = append(in.Vitals, rules.Vital{ResultID: fmt.Sprint(i), CaseKey: "page", Metric: "LCP", Values: []float64{9999}})
	}
	a := rules.Assess(in)
	if len(a.Issues) > 50 || a.OmittedIssues < 5000 || len(a.Recommendations) > 20 {
		t.Errorf("%d issues (%d omitted), %d recommendations", len(a.Issues), a.OmittedIssues, len(a.Recommendations))
	}
	for _, c := range a.Criteria {
		if len(c.Parts) > 100 {
			t.Errorf("%s tells %d parts", c.Criterion, len(c.Parts))
		}
	}
}
