package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// broken is a rule that at least one audit found broken.
type broken struct {
	Violation
	weight   float64 // of all audits that found it
	elements int
	pages    []string
	evidence []Evidence
}

// accessibility scores the rules that hold by their weights. Rules that do not
// apply are left out, and those that a person has to decide lower the confidence.
func accessibility(audits []Audit) *judged {
	j := &judged{missing: "Audit pages with an accessibility case"}
	var held, ruled [len(impacts)]int
	var found []*broken
	unsure := 0
	for _, a := range audits {
		decided := 0
		failed := map[string]bool{}
		for _, v := range a.Violations {
			if failed[v.Rule] {
				continue
			}
			failed[v.Rule] = true
			decided++
			v.Impact = cmp.Or(known(v.Impact), RuleImpact(v.Rule))
			ruled[impactIndex(v.Impact)]++
			found = remember(found, a, v)
		}
		for _, rule := range slices.Sorted(maps.Keys(set(a.Passed))) {
			if failed[rule] {
				continue
			}
			decided++
			i := impactIndex(RuleImpact(rule))
			ruled[i]++
			held[i]++
		}
		open := len(set(a.Incomplete))
		unsure += open
		if decided > 0 {
			j.Coverage += float64(decided) / float64(decided+open) / float64(len(audits))
		}
	}
	sum, good, rules, holding := 0.0, 0.0, 0, 0
	for i, impact := range impacts {
		sum += impactWeights[impact] * float64(ruled[i])
		good += impactWeights[impact] * float64(held[i])
		rules += ruled[i]
		holding += held[i]
	}
	if rules == 0 {
		j.Status, j.Reason, j.Why = NotAssessed, "no page was audited", "nothing was measured"
		j.Coverage = 0
		return j
	}
	j.Status, j.raw, j.Precision, j.missing = Assessed, good/sum, 1, ""
	j.Basis = fmt.Sprintf("%d of %s hold, in %s", holding, count(rules, "rule"), count(len(audits), "audit"))
	j.Why = "axe-core decided all rules that apply"
	if unsure > 0 {
		j.Why = fmt.Sprintf("%s a person has to decide", count(unsure, "rule"))
		j.missing = "Look at what axe-core could not decide: the step's detail lists it under incomplete"
	}
	for i, impact := range impacts {
		if ruled[i] > 0 {
			value := float64(held[i])
			j.Parts = append(j.Parts, Part{Name: string(impact), Subject: fmt.Sprintf("of %s", count(ruled[i], "rule")), Value: &value, Unit: "rules",
				Weight: impactWeights[impact] * float64(ruled[i]) / sum, Score: value / float64(ruled[i])})
		}
	}
	j.violations(found, sum)
	return j
}

// violations tells the broken rules, and keeps one of critical impact from being
// outweighed.
func (j *judged) violations(found []*broken, sum float64) {
	critical := 0
	for _, b := range found {
		if b.Impact == Critical {
			critical++
		}
		what := b.Help
		if what == "" {
			what = b.Rule
		}
		j.findings = append(j.findings, finding{
			issue: Issue{Severity: severities[b.Impact], Title: fmt.Sprintf("%s (%s) is broken by %s", b.Rule, b.Impact, count(b.elements, "element")),
				Detail: fmt.Sprintf("%s, in %s", what, some(b.pages, 3)), Evidence: b.evidence},
			action: fmt.Sprintf("Mend %s of the rule %s: %s", count(b.elements, "element"), b.Rule, what),
			weight: b.weight / sum,
		})
	}
	if critical > 0 {
		j.cap(criticalCap, fmt.Sprintf("%s of critical impact", count(critical, "broken rule")))
	}
}

func remember(found []*broken, a Audit, v Violation) []*broken {
	at := slices.IndexFunc(found, func(b *broken) bool { return b.Rule == v.Rule && b.Impact == v.Impact })
	if at < 0 {
		at = len(found)
		found = append(found, &broken{Violation: v})
	}
	b := found[at]
	b.weight += impactWeights[v.Impact]
	b.elements += max(v.Elements, 1)
	if !slices.Contains(b.pages, a.CaseKey) {
		b.pages = append(b.pages, a.CaseKey)
	}
	step := a.Step
	b.evidence = append(b.evidence, Evidence{Kind: EvidenceCheck, ID: a.ResultID, CaseKey: a.CaseKey, Attempt: a.Attempt, Step: &step,
		Name: "accessibility " + v.Rule, Quote: v.Where})
	return found
}

func set(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}
