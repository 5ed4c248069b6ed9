package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// Shares and limits. Ours.
const (
	decidedFrom   = 0.5 // share of a criterion's items, by weight, that are decided for it to have a score
	unmeasuredMax = 0.5 // coverage of a criterion that nothing was measured of: it rests on screenshots alone
)

// criterion gathers what the items of one criterion say.
type criterion struct {
	rules.CriterionScore
	raw      float64
	faults   []JudgedItem
	asked    bool
	disagree []string // items whose votes do not agree
}

// score makes an assessment of the items. The facts stand above it: no criterion
// scores more than was measured.
func (b *ballot) score(c Case, panel Panel) *Judgement {
	out := &Judgement{Panel: panel, Assessment: rules.Assessment{
		RulesVersion: c.Facts.RulesVersion, Status: rules.Assessed, Weights: c.Facts.Weights,
		Issues: []rules.Issue{}, Recommendations: []rules.Recommendation{}, Criteria: []rules.CriterionScore{},
	}}
	var list []*criterion
	measured := 0.0
	for _, fact := range c.Facts.Criteria {
		j := judged(fact, panel.Items, len(panel.Votes))
		if j.Status == rules.Assessed {
			measured += j.Weight
		}
		list = append(list, j)
	}
	total, confidence, coverage := 0.0, 0.0, 0.0
	for _, j := range list {
		if j.Status == rules.Assessed && measured > 0 {
			j.Share = rules.Round(j.Weight / measured)
			total += j.Weight / measured * j.raw
			score := rules.Round(j.raw)
			j.Score, j.Band = &score, rules.BandOf(score)
		}
		confidence += j.Weight * j.Coverage * j.Precision
		coverage += j.Weight * j.Coverage
		j.Confidence, j.Coverage, j.Precision = rules.Round(j.Coverage*j.Precision), rules.Round(j.Coverage), rules.Round(j.Precision)
		out.Criteria = append(out.Criteria, j.CriterionScore)
	}
	out.Confidence, out.Coverage = rules.Round(confidence), rules.Round(coverage)
	if measured > 0 {
		out.bound(c.Facts, total)
	}
	out.settle(c.Facts, list)
	out.tell(list)
	return out
}

// bound sets the score. Where a case failed or a fact caps a criterion, what a
// model sees elsewhere does not make up for it.
func (j *Judgement) bound(facts rules.Assessment, total float64) {
	score := rules.Round(total)
	held := false
	for _, c := range facts.Criteria {
		held = held || len(c.Caps) > 0 || c.Criterion == rules.Functionality && c.Score != nil && *c.Score < 1
	}
	if facts.Score != nil && held && score > *facts.Score {
		j.Cap = &rules.Cap{Limit: *facts.Score, Before: score, Reason: "cases failed or a fact caps a criterion, so it is no more than what the rules give"}
		score = *facts.Score
	}
	j.Score, j.Verdict = &score, rules.BandOf(score)
}

// judged scores one criterion.
func judged(fact rules.CriterionScore, items []JudgedItem, votes int) *criterion {
	j := &criterion{CriterionScore: rules.CriterionScore{
		Criterion: fact.Criterion, Weight: fact.Weight, Status: rules.NotAssessed, Caps: []rules.Cap{}, Parts: []rules.Part{},
	}}
	all, decided, good, agreement := 0.0, 0.0, 0.0, 0.0
	n := map[Answer]int{}
	for _, i := range items {
		if i.Criterion != fact.Criterion {
			continue
		}
		j.asked = true
		n[i.Answer]++
		all += i.Weight
		if i.Answer == Undecided && i.Pass > 0 && i.Fail > 0 {
			j.disagree = append(j.disagree, i.ID)
		}
		if i.Answer != Pass && i.Answer != Fail {
			continue
		}
		part := rules.Part{Name: i.ID, Subject: i.Question, Weight: i.Weight, Evidence: i.Quotes}
		decided, agreement = decided+i.Weight, agreement+i.Weight*i.Agreement
		if i.Answer == Pass {
			good, part.Score = good+i.Weight, 1
		} else {
			j.faults = append(j.faults, i)
		}
		j.Parts = append(j.Parts, part)
	}
	if !j.asked {
		j.Reason, j.Why = cmp.Or(fact.Reason, "nothing was asked about it"), "nothing was measured"
		return j
	}
	j.Basis = fmt.Sprintf("%d of %d items pass, %d fail, %d unclear, %d undecided", n[Pass], n[Pass]+n[Fail]+n[Unclear]+n[Undecided], n[Fail], n[Unclear], n[Undecided])
	if decided < decidedFrom*all {
		j.open(decided, all)
		return j
	}
	for i := range j.Parts {
		j.Parts[i].Weight = rules.Round(j.Parts[i].Weight / decided)
	}
	known, precise := unmeasuredMax, 1.0
	if fact.Score != nil {
		known, precise = fact.Coverage, fact.Precision
	}
	j.Status, j.raw = rules.Assessed, good/decided
	j.Coverage = known * decided / all
	j.Precision = precise * agreement / decided * (1 - 1/float64(votes+1))
	j.Why = fmt.Sprintf("%.0f %% of the items are decided, on %.0f %% of what can be measured, with a precision of %.2f; %.0f %% of the votes agree, which counts %.2f of that with %d of them",
		100*decided/all, 100*known, precise, 100*agreement/decided, 1-1/float64(votes+1), votes)
	j.cap(fact)
	return j
}

// open leaves a criterion without a score.
func (j *criterion) open(decided, all float64) {
	j.Why = fmt.Sprintf("%.0f %% of the items are decided, %.0f %% would do", 100*decided/all, 100*decidedFrom)
	j.Parts = []rules.Part{}
	if len(j.disagree) > 0 {
		j.Status, j.Reason = rules.Inconclusive, "the votes disagree on "+strings.Join(j.disagree, ", ")
		return
	}
	j.Reason = "too few answers stand on evidence, or the evidence does not tell"
}

// cap keeps the score from exceeding what was measured. The caps of the rules are
// in what they scored.
func (j *criterion) cap(fact rules.CriterionScore) {
	if fact.Score == nil || j.raw <= *fact.Score {
		return
	}
	why := "was measured: " + fact.Basis
	for _, limit := range fact.Caps {
		why += "; " + limit.Reason
	}
	j.Caps = append(j.Caps, rules.Cap{Limit: *fact.Score, Before: rules.Round(j.raw), Reason: clean(why, maxSentence)})
	j.raw = *fact.Score
}

// settle says whether the score is one to rely on.
func (j *Judgement) settle(facts rules.Assessment, list []*criterion) {
	var open []string
	for _, c := range list {
		if c.Status == rules.Inconclusive && c.Weight > 0 {
			open = append(open, strings.ToLower(string(c.Criterion))+" ("+strings.Join(c.disagree, ", ")+")")
		}
	}
	switch {
	case len(open) > 0:
		j.Status, j.Reason = rules.Inconclusive, "the votes disagree on "+strings.Join(open, " and ")
	case j.Score == nil:
		j.Status, j.Reason = rules.NotAssessed, "too few answers of the model stand on evidence, or the evidence does not tell"
	case facts.Status == rules.Inconclusive:
		j.Status, j.Reason = rules.Inconclusive, facts.Reason
	}
}

// tell makes an issue and an advice of each item that fails. Their words are the
// rubric's; the model's stand beside them, with its quotations.
func (j *Judgement) tell(list []*criterion) {
	for _, c := range list {
		all := 0.0
		for _, p := range c.Parts {
			all += p.Weight
		}
		for _, i := range c.faults {
			if c.Status != rules.Assessed {
				continue
			}
			j.Issues = append(j.Issues, rules.Issue{Criterion: c.Criterion, Severity: severity(i.Weight), Title: i.fault,
				Detail: fmt.Sprintf("%d of %d votes: %s", i.Fail, len(j.Panel.Votes), i.Reason), Evidence: i.Quotes, EvidenceCount: len(i.Quotes)})
			share := 0.0
			for _, p := range c.Parts {
				if p.Name == i.ID && all > 0 {
					share = p.Weight / all
				}
			}
			if gain := rules.Round(c.Share * share * rules.GoodFrom); gain > 0 {
				j.Recommendations = append(j.Recommendations, rules.Recommendation{Criterion: c.Criterion, Action: i.advice, Reason: i.Reason,
					Gain: gain, Evidence: i.Quotes, EvidenceCount: len(i.Quotes)})
			}
		}
	}
	rank := []rules.Severity{rules.SeverityCritical, rules.SeveritySerious, rules.SeverityModerate, rules.SeverityMinor}
	slices.SortStableFunc(j.Issues, func(x, y rules.Issue) int {
		return cmp.Compare(slices.Index(rank, x.Severity), slices.Index(rank, y.Severity))
	})
	slices.SortStableFunc(j.Recommendations, func(x, y rules.Recommendation) int { return cmp.Compare(y.Gain, x.Gain) })
}

func severity(weight float64) rules.Severity {
	switch {
	case weight >= 3:
		return rules.SeveritySerious
	case weight >= 2:
		return rules.SeverityModerate
	}
	return rules.SeverityMinor
}
