package judge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// maxPassed bounds the cases that passed and are told one by one.
const maxPassed = 30

// Excerpts writes what was measured as lines that a model can quote: what is wrong
// first, so that a bound cuts off what is well.
func Excerpts(in rules.Input, facts rules.Assessment) []Excerpt {
	var out []Excerpt
	out = append(out, counts(in.Results)...)
	for _, o := range []rules.Outcome{rules.Failed, rules.Unjudged, rules.Flaky} {
		for _, r := range in.Results {
			if r.Outcome == o {
				out = append(out, troubled(r))
			}
		}
	}
	worst := slices.Clone(out)
	out = out[:min(len(out), maxExcerpts/2)]
	for _, c := range facts.Criteria {
		out = append(out, parts(c)...)
	}
	out = append(out, audits(in.Audits)...)
	out = append(out, looks(in.Pictures, in.Layouts)...)
	if left := len(worst) - maxExcerpts/2; left > 0 {
		out = append(out, worst[maxExcerpts/2:]...)
	}
	n := 0
	for _, r := range in.Results {
		if r.Outcome == rules.Passed && n < maxPassed {
			n++
			out = append(out, Excerpt{rules.Functionality, "The case " + r.CaseKey + " passed at its first attempt.", result(r)})
		}
	}
	return out[:min(len(out), maxExcerpts)]
}

func result(r rules.Result) rules.Evidence {
	return rules.Evidence{Kind: rules.EvidenceResult, ID: r.ID, CaseKey: r.CaseKey, Attempt: r.Attempt}
}

// counts says how many cases did what.
func counts(results []rules.Result) []Excerpt {
	if len(results) == 0 {
		return nil
	}
	var n [rules.Skipped + 1]int
	for _, r := range results {
		n[min(max(r.Outcome, rules.Unjudged), rules.Skipped)]++
	}
	text := fmt.Sprintf("Of %d cases, %d passed, %d passed only when tried again, %d failed, %d could not be judged and %d were skipped.",
		len(results), n[rules.Passed], n[rules.Flaky], n[rules.Failed], n[rules.Unjudged], n[rules.Skipped])
	return []Excerpt{{rules.Functionality, text, rules.Evidence{Kind: rules.EvidenceResult}}}
}

// troubled tells of a case that did not pass at once.
func troubled(r rules.Result) Excerpt {
	source := result(r)
	what := map[rules.Outcome]string{rules.Failed: "failed", rules.Unjudged: "could not be judged", rules.Flaky: "passed only when it was tried again"}[r.Outcome]
	must := ""
	if r.MustHave {
		must = " must-have"
	}
	text := fmt.Sprintf("The%s case %s %s", must, r.CaseKey, what)
	if r.Error != "" {
		text += ": " + r.Error
	}
	if len(r.Checks) > 0 {
		c := r.Checks[0]
		source.Kind, source.Name, source.Step = rules.EvidenceCheck, c.Name, &c.Step
		if c.Message != "" && c.Message != r.Error {
			text += "; check " + c.Name + ": " + c.Message
		}
	}
	return Excerpt{rules.Functionality, text, source}
}

// parts tells the measured addends of a criterion, the worst first.
func parts(c rules.CriterionScore) []Excerpt {
	if c.Criterion != rules.Performance {
		return nil
	}
	list := slices.Clone(c.Parts)
	slices.SortStableFunc(list, func(x, y rules.Part) int { return int(10_000 * (x.Score - y.Score)) })
	var out []Excerpt
	for _, p := range list {
		if p.Value == nil {
			continue
		}
		source := rules.Evidence{Kind: rules.EvidenceMetric, Name: p.Name}
		if len(p.Evidence) > 0 {
			source = p.Evidence[0]
		}
		text := fmt.Sprintf("%s of %s is %s", p.Name, p.Subject, plain(*p.Value))
		if p.Unit != "" && p.Unit != "1" {
			text += " " + p.Unit
		}
		if p.Good != nil {
			text += fmt.Sprintf(", good at %s", plain(*p.Good))
		}
		out = append(out, Excerpt{c.Criterion, fmt.Sprintf("%s, score %s.", text, plain(p.Score)), source})
	}
	return out
}

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// maxHeld bounds the rules of one audit that hold and are named.
const maxHeld = 25

func audits(list []rules.Audit) []Excerpt {
	var out []Excerpt
	for _, a := range list {
		step := a.Step
		source := rules.Evidence{Kind: rules.EvidenceResult, ID: a.ResultID, CaseKey: a.CaseKey, Attempt: a.Attempt, Step: &step}
		for _, v := range a.Violations {
			broken := source
			broken.Kind, broken.Name = rules.EvidenceCheck, "accessibility "+v.Rule
			text := fmt.Sprintf("The audit of %s: rule %s of %s impact is broken by %d elements: %s", a.CaseKey, v.Rule, v.Impact, v.Elements, v.Help)
			if v.Where != "" {
				text += ", first at " + v.Where
			}
			out = append(out, Excerpt{rules.Accessibility, text, broken})
		}
		text := fmt.Sprintf("The audit of %s: %d rules are broken, %d hold, %d wait for a person.", a.CaseKey, len(a.Violations), len(a.Passed), len(a.Incomplete))
		if len(a.Passed) > 0 {
			text += " These hold: " + strings.Join(a.Passed[:min(len(a.Passed), maxHeld)], ", ")
		}
		out = append(out, Excerpt{rules.Accessibility, text, source})
	}
	return out
}

func looks(pictures []rules.Picture, layouts []rules.Layout) []Excerpt {
	var out []Excerpt
	for _, p := range pictures {
		text := fmt.Sprintf("The screenshot %s of %s", p.Name, p.CaseKey)
		switch {
		case !p.Compared:
			text += " has no accepted picture to be compared with."
		case p.Accepted:
			text += fmt.Sprintf(" is as accepted; the share of pixels that differ is %s.", plain(p.DiffRatio))
		default:
			text += fmt.Sprintf(" differs from the accepted picture, and nobody has accepted that; the share of pixels that differ is %s.", plain(p.DiffRatio))
		}
		out = append(out, Excerpt{rules.UI, text, rules.Evidence{Kind: rules.EvidenceComparison, ID: p.ComparisonID, CaseKey: p.CaseKey, Name: p.Name}})
	}
	for _, l := range layouts {
		step := l.Step
		var found []string
		for _, fact := range []struct {
			value float64
			words string
		}{{l.Overflow, "is %s pixels wider than its window"}, {float64(l.BrokenImages), "has %s broken images"},
			{float64(l.Clipped), "has %s texts cut off"}, {float64(l.ConsoleErrors), "has %s errors in the console"}} {
			if fact.value >= 0 {
				found = append(found, fmt.Sprintf(fact.words, plain(fact.value)))
			}
		}
		if len(found) == 0 {
			continue
		}
		out = append(out, Excerpt{rules.UI, fmt.Sprintf("The page %s of %s %s.", l.Page, l.CaseKey, strings.Join(found, ", ")),
			rules.Evidence{Kind: rules.EvidenceResult, ID: l.ResultID, CaseKey: l.CaseKey, Attempt: l.Attempt, Step: &step}})
	}
	return out
}
