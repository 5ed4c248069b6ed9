package rules_test

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// criterion returns one criterion of an assessment.
func criterion(t *testing.T, a rules.Assessment, c rules.Criterion) rules.CriterionScore {
	t.Helper()
	for _, s := range a.Criteria {
		if s.Criterion == c {
			return s
		}
	}
	t.Fatalf("the assessment has no criterion %s", c)
	return rules.CriterionScore{}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-4 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// passed makes n results of each outcome.
func passed(good, flaky, failed int) []rules.Result {
	var out []rules.Result
	for _, part := range []struct {
		n int
		o rules.Outcome
	}{{good, rules.Passed}, {flaky, rules.Flaky}, {failed, rules.Failed}} {
		for range part.n {
			out = append(out, rules.Result{ID: "res", CaseKey: "case", Outcome: part.o})
		}
	}
	return out
}

func TestWilson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		good, n, low float64
	}{
		"ten of ten":          {10, 10, 0.7225},
		"a hundred":           {100, 100, 0.9630},
		"97 of a hundred":     {97, 100, 0.9155},
		"nothing is possible": {0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rules.Wilson(c.good, c.n)
			near(t, "the lower bound", got.Low, c.low)
			if got.High < got.Low || got.High > 1 {
				t.Errorf("the interval is %+v", got)
			}
		})
	}
}

// The curves go through 0.9 at p10 and through 0.5 at the median.
func TestVitals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metric string
		mobile bool
		value  float64
		want   float64
	}{
		"LCP good on a phone":     {"LCP", true, 2500, 0.9},
		"LCP middle on a phone":   {"LCP", true, 4000, 0.5},
		"LCP good on a desktop":   {"LCP", false, 1200, 0.9},
		"LCP middle on a desktop": {"LCP", false, 2400, 0.5},
		"FCP good on a phone":     {"FCP", true, 1800, 0.9},
		"FCP middle on a desktop": {"FCP", false, 1600, 0.5},
		"TBT good on a phone":     {"TBT", true, 200, 0.9},
		"TBT middle on a desktop": {"TBT", false, 350, 0.5},
		"CLS good":                {"CLS", true, 0.1, 0.9},
		"CLS middle":              {"CLS", false, 0.25, 0.5},
		"no shift at all":         {"CLS", false, 0, 1},
		"SI good on a phone":      {"SI", true, 3387, 0.9},
		"SI middle on a desktop":  {"SI", false, 2300, 0.5},
		// ½·erfc(0.90619·ln(3000/4000)/−ln(2500/4000)) = ½·erfc(−0.55466) = 0.78361
		"between the two": {"LCP", true, 3000, 0.7836},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := rules.Assess(rules.Input{Vitals: []rules.Vital{{ResultID: "res", CaseKey: "home", Metric: c.metric, Mobile: c.mobile, Values: []float64{c.value}}}})
			near(t, "the score", *criterion(t, a, rules.Performance).Score, c.want)
		})
	}
}

func TestPerformance(t *testing.T) {
	t.Parallel()
	all := func(runs int, subject string) []rules.Vital {
		var out []rules.Vital
		for metric, value := range map[string]float64{"FCP": 1800, "LCP": 4000, "TBT": 200, "CLS": 0.1, "SI": 3387} {
			v := rules.Vital{ResultID: subject, CaseKey: subject, Metric: metric, Mobile: true}
			for range runs {
				v.Values = append(v.Values, value)
			}
			out = append(out, v)
		}
		return out
	}
	for name, c := range map[string]struct {
		in                         rules.Input
		score, coverage, precision float64
	}{
		// .9 for all but LCP: .75·.9 + .25·.5
		"five runs of a page": {rules.Input{Vitals: all(5, "home")}, 0.8, 1, 1},
		"one run of a page":   {rules.Input{Vitals: all(1, "home")}, 0.8, 1, 0.2},
		// (.1·.9 + .25·.5) / .35
		"two of five metrics": {rules.Input{Vitals: []rules.Vital{
			{ResultID: "a", Metric: "FCP", Mobile: true, Values: []float64{1800}}, {ResultID: "a", Metric: "LCP", Mobile: true, Values: []float64{4000}},
		}}, 0.6143, 0.35, 0.2},
		"the median of the runs": {rules.Input{Vitals: []rules.Vital{
			{ResultID: "a", Metric: "LCP", Mobile: true, Values: []float64{9000, 4000, 100}}}}, 0.5, 0.25, 0.6},
		"an API at its objective":  {rules.Input{Latencies: []rules.Latency{{P95: 300, Objective: 300, Samples: 1000}}}, 0.9, 1, 1},
		"an API at twice its goal": {rules.Input{Latencies: []rules.Latency{{P95: 600, Objective: 300, Samples: 1000}}}, 0.5, 1, 1},
		"a page and an API": {rules.Input{Vitals: all(5, "home"),
			Latencies: []rules.Latency{{P95: 600, Objective: 300, Samples: 1000}}}, 0.65, 1, 1},
		"what is no number is not measured": {rules.Input{Vitals: append(all(5, "home"),
			rules.Vital{ResultID: "home", Metric: "LCP", Mobile: true, Values: []float64{math.NaN(), math.Inf(1)}})}, 0.8, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := criterion(t, rules.Assess(c.in), rules.Performance)
			near(t, "the score", *got.Score, c.score)
			near(t, "the coverage", got.Coverage, c.coverage)
			near(t, "the precision", got.Precision, c.precision)
		})
	}
	t.Run("INP alone is told and not scored", func(t *testing.T) {
		t.Parallel()
		got := criterion(t, rules.Assess(rules.Input{Vitals: []rules.Vital{{ResultID: "a", Metric: "INP", Values: []float64{100}}}}), rules.Performance)
		if got.Status != rules.NotAssessed || got.Score != nil || len(got.Parts) != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestFunctionality(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		results []rules.Result
		score   float64
	}{
		"all pass":                     {passed(10, 0, 0), 1},
		"a flaky one counts half":      {passed(8, 2, 0), 0.9},
		"a failed one counts nothing":  {passed(7, 2, 1), 0.8},
		"skipped ones are left out":    {append(passed(3, 0, 1), rules.Result{Outcome: rules.Skipped}), 0.75},
		"unjudged ones are left out":   {append(passed(3, 0, 1), rules.Result{Outcome: rules.Unjudged}), 0.75},
		"a must-have that failed caps": {append(passed(99, 0, 0), rules.Result{Outcome: rules.Failed, MustHave: true}), 0.49},
		"a cap does not raise":         {append(passed(1, 0, 9), rules.Result{Outcome: rules.Failed, MustHave: true}), 0.0909},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near(t, "the score", *criterion(t, rules.Assess(rules.Input{Results: c.results}), rules.Functionality).Score, c.score)
		})
	}
}

func TestAccessibility(t *testing.T) {
	t.Parallel()
	broken := func(rule string, impact rules.Impact) []rules.Violation {
		return []rules.Violation{{Rule: rule, Impact: impact, Elements: 2}}
	}
	for name, c := range map[string]struct {
		audit           rules.Audit
		score, coverage float64
	}{
		"all hold": {rules.Audit{Passed: []string{"image-alt", "region"}}, 1, 1},
		// 10 and 3 hold, 7 does not
		"a serious one is broken": {rules.Audit{Passed: []string{"image-alt", "region"}, Violations: broken("color-contrast", rules.Serious)}, 13.0 / 20, 1},
		"the worst of many": {rules.Audit{Passed: []string{"image-alt", "label", "button-name", "select-name", "aria-roles", "video-caption", "frame-tested", "meta-refresh",
			"area-alt", "td-has-header", "audio-caption"}, Violations: broken("input-image-alt", rules.Critical)}, 0.89, 1},
		"what is not decided lowers the coverage": {rules.Audit{Passed: []string{"image-alt", "label", "region"}, Incomplete: []string{"color-contrast"}}, 1, 0.75},
		"an impact that is reported counts":       {rules.Audit{Passed: []string{"image-alt"}, Violations: broken("color-contrast", rules.Minor)}, 10.0 / 11, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := criterion(t, rules.Assess(rules.Input{Audits: []rules.Audit{c.audit}}), rules.Accessibility)
			near(t, "the score", *got.Score, c.score)
			near(t, "the coverage", got.Coverage, c.coverage)
		})
	}
}

func TestUserInterface(t *testing.T) {
	t.Parallel()
	fine := rules.Layout{ResultID: "a", CaseKey: "home"}
	wide := rules.Layout{ResultID: "a", CaseKey: "home", Overflow: 12}
	for name, c := range map[string]struct {
		in                rules.Input
		score, confidence float64
	}{
		"the same picture":        {rules.Input{Pictures: []rules.Picture{{Compared: true}}}, 1, 0.6},
		"a thousandth differs":    {rules.Input{Pictures: []rules.Picture{{Compared: true, DiffRatio: 0.001}}}, 0.9, 0.6},
		"a hundredth differs":     {rules.Input{Pictures: []rules.Picture{{Compared: true, DiffRatio: 0.01}}}, 0.5, 0.6},
		"a person accepted it":    {rules.Input{Pictures: []rules.Picture{{Compared: true, DiffRatio: 0.5, Accepted: true}}}, 1, 0.6},
		"layout only":             {rules.Input{Layouts: []rules.Layout{wide}}, 0.75, 0.4},
		"without a baseline":      {rules.Input{Layouts: []rules.Layout{fine}, Pictures: []rules.Picture{{}}}, 1, 0.4},
		"both":                    {rules.Input{Layouts: []rules.Layout{wide}, Pictures: []rules.Picture{{Compared: true, DiffRatio: 0.01}}}, 0.6*0.5 + 0.4*0.75, 1},
		"one of two has baseline": {rules.Input{Pictures: []rules.Picture{{Compared: true}, {}}}, 1, 0.3},
		"what was not looked at":  {rules.Input{Layouts: []rules.Layout{{Overflow: -1, BrokenImages: -1, Clipped: -1, ConsoleErrors: 1}}}, 0, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := criterion(t, rules.Assess(c.in), rules.UI)
			near(t, "the score", *got.Score, c.score)
			near(t, "the confidence", got.Confidence, c.confidence)
		})
	}
}

func TestOverall(t *testing.T) {
	t.Parallel()
	pages := []rules.Audit{{Passed: []string{"image-alt"}, Violations: []rules.Violation{{Rule: "label", Impact: rules.Critical}}}} // 0.5
	for name, c := range map[string]struct {
		in                rules.Input
		score, confidence float64
		status            rules.Status
	}{
		// (.25·1 + .2·.5) / .45; .25·(1−.2775) + .2·1
		"two criteria": {rules.Input{Results: passed(10, 0, 0), Audits: pages}, 0.7778, 0.3806, rules.Assessed},
		// (3·1 + 1·.5) / 4
		"weights of one's own": {rules.Input{Results: passed(10, 0, 0), Audits: pages,
			Weights: rules.Weights{Functionality: 3, Accessibility: 1}}, 0.875, 0.7919, rules.Assessed},
		"most could not be judged": {rules.Input{Results: append(passed(1, 0, 0), rules.Result{}, rules.Result{})}, 1, 0.0172, rules.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := rules.Assess(c.in)
			near(t, "the score", *a.Score, c.score)
			near(t, "the confidence", a.Confidence, c.confidence)
			if a.Status != c.status {
				t.Errorf("the status is %s (%s), want %s", a.Status, a.Reason, c.status)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		a := rules.Assess(rules.Input{})
		if a.Status != rules.NotAssessed || a.Score != nil || a.Verdict != "" || a.Confidence != 0 || a.Reason == "" || len(a.Criteria) != 4 {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("nothing of what is weighed", func(t *testing.T) {
		t.Parallel()
		a := rules.Assess(rules.Input{Results: passed(1, 0, 0), Weights: rules.Weights{UI: 1}})
		if a.Status != rules.NotAssessed || a.Score != nil {
			t.Errorf("got %+v", a)
		}
	})
}

// What holds weighs the same as what is broken, for every rule that is shipped.
func TestRuleImpacts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../executors/browser/internal/thirdparty/axe-core/*.js")
	if err != nil || len(files) != 1 {
		t.Fatalf("axe-core is not where it was: %v, %v", files, err)
	}
	source, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`id:"([a-z0-9-]+)",impact:"([a-z]+)"`).FindAllSubmatch(source, -1)
	if len(found) < 100 {
		t.Fatalf("axe-core has %d rules; its file is written otherwise than before", len(found))
	}
	for _, m := range found {
		if got := rules.RuleImpact(string(m[1])); got != rules.Impact(m[2]) {
			t.Errorf("the impact of %s is %s, axe-core says %s", m[1], got, m[2])
		}
	}
}
