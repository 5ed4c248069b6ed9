package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/semantest/semantest/internal/excerpt"
)

// finding is something that keeps a criterion from a better score.
type finding struct {
	issue  Issue
	action string  // what to do about it; empty where nothing is to be said
	reason string  // why to do it; empty for the detail of the issue
	weight float64 // share of the criterion's score
	score  float64 // of that share
}

// judged is what came of one criterion.
type judged struct {
	CriterionScore
	raw      float64 // the score as it was computed
	findings []finding
	missing  string // what would have it measured
}

// Assess judges what was measured.
func Assess(in Input) Assessment {
	weights := in.Weights.normal()
	by := map[Criterion]*judged{
		Functionality: functionality(in.Results), UI: userInterface(in.Pictures, in.Layouts),
		Performance: performance(in.Vitals, in.Latencies), Accessibility: accessibility(in.Audits),
	}
	out := Assessment{RulesVersion: Version, Status: Assessed, Weights: weights, Issues: []Issue{}, Recommendations: []Recommendation{}}
	measured, total := 0.0, 0.0
	for _, c := range Criteria() {
		j := by[c]
		j.Criterion, j.Weight = c, weights.of(c)
		if j.Status == Assessed {
			measured += j.Weight
		}
	}
	confidence, coverage := 0.0, 0.0
	for _, c := range Criteria() {
		j := by[c]
		confidence += j.Weight * j.Coverage * j.Precision
		coverage += j.Weight * j.Coverage
		if j.Status == Assessed && measured > 0 {
			j.Share = j.Weight / measured
			total += j.Share * j.raw
		}
		out.Criteria = append(out.Criteria, j.told())
	}
	out.Confidence, out.Coverage = Round(confidence), Round(coverage)
	out.Weights = Weights{Round(weights.UI), Round(weights.Performance), Round(weights.Accessibility), Round(weights.Functionality)}
	if measured > 0 {
		out.Score, out.Verdict = rounded(total), BandOf(Round(total))
	}
	out.Status, out.Reason = statusOf(in.Results, measured)
	out.tell(in, by)
	return out
}

// statusOf says whether the score is one to rely on.
func statusOf(results []Result, measured float64) (Status, string) {
	if !(measured > 0) {
		return NotAssessed, "nothing that the weights ask for was measured"
	}
	unjudged := 0
	for _, r := range results {
		if r.Outcome == Unjudged {
			unjudged++
		}
	}
	if 2*unjudged > len(results) {
		return Inconclusive, fmt.Sprintf("%d of %s could not be judged", unjudged, count(len(results), "case"))
	}
	return Assessed, ""
}

// told is the criterion as it is told: rounded, without nil lists.
func (j *judged) told() CriterionScore {
	c := j.CriterionScore
	if c.Status == Assessed {
		c.Score, c.Band = rounded(j.raw), BandOf(Round(j.raw))
	}
	c.Confidence = Round(c.Coverage * c.Precision)
	c.Weight, c.Share, c.Coverage, c.Precision = Round(c.Weight), Round(c.Share), Round(c.Coverage), Round(c.Precision)
	if c.Caps == nil {
		c.Caps = []Cap{}
	}
	for i := range c.Caps {
		c.Caps[i].Before = Round(c.Caps[i].Before)
	}
	if c.Interval != nil {
		c.Interval = &Interval{Round(c.Interval.Low), Round(c.Interval.High)}
	}
	c.Parts, c.MoreParts = trim(c.Parts, maxParts)
	for i := range c.Parts {
		p := &c.Parts[i]
		p.Score, p.Weight = Round(p.Score), Round(p.Weight)
		if p.Value != nil {
			p.Value = rounded(*p.Value)
		}
		if p.Evidence == nil {
			p.Evidence = []Evidence{}
		}
	}
	return c
}

// cap keeps the score from exceeding a limit, and says so where it did.
func (j *judged) cap(limit float64, reason string) {
	if j.raw > limit {
		j.Caps = append(j.Caps, Cap{Limit: limit, Before: j.raw, Reason: reason})
		j.raw = limit
	}
}

// tell adds what is wrong and what to do next.
func (a *Assessment) tell(in Input, by map[Criterion]*judged) {
	for _, c := range Criteria() {
		j := by[c]
		for _, f := range j.findings {
			f.issue.Criterion = c
			f.issue.Evidence, f.issue.EvidenceCount = bounded(f.issue.Evidence)
			a.Issues = append(a.Issues, f.issue)
			if gain := j.Share * f.weight * (GoodFrom - f.score); gain > 0 && f.action != "" {
				a.Recommendations = append(a.Recommendations, Recommendation{
					Criterion: c, Action: f.action, Reason: cmp.Or(f.reason, f.issue.Detail), Gain: gain, Evidence: f.issue.Evidence, EvidenceCount: f.issue.EvidenceCount,
				})
			}
		}
		if j.missing != "" && j.Weight > 0 {
			a.Recommendations = append(a.Recommendations, Recommendation{
				Criterion: c, Action: j.missing, Reason: cmp.Or(j.Reason, j.Why), ConfidenceGain: j.Weight * (1 - j.Coverage), Evidence: []Evidence{},
			})
		}
	}
	for _, x := range in.Anomalies {
		a.Issues = append(a.Issues, x.issue())
	}
	// What gains nothing that the numbers show is no advice.
	a.Recommendations = slices.DeleteFunc(a.Recommendations, func(r Recommendation) bool { return Round(r.Gain) == 0 && Round(r.ConfidenceGain) == 0 })
	rank := []Severity{SeverityCritical, SeveritySerious, SeverityModerate, SeverityMinor}
	slices.SortStableFunc(a.Issues, func(x, y Issue) int {
		return cmp.Compare(slices.Index(rank, x.Severity), slices.Index(rank, y.Severity))
	})
	slices.SortStableFunc(a.Recommendations, func(x, y Recommendation) int {
		return cmp.Or(cmp.Compare(y.Gain, x.Gain), cmp.Compare(y.ConfidenceGain, x.ConfidenceGain))
	})
	a.Issues, a.OmittedIssues = trim(a.Issues, maxIssues)
	a.Recommendations, _ = trim(a.Recommendations, maxRecommendations)
	for i := range a.Recommendations {
		r := &a.Recommendations[i]
		r.Gain, r.ConfidenceGain = Round(r.Gain), Round(r.ConfidenceGain)
	}
}

// trim keeps the first of a list and says how many are left out.
func trim[T any](list []T, most int) ([]T, int) {
	if list == nil {
		list = []T{}
	}
	if len(list) <= most {
		return list, 0
	}
	return list[:most:most], len(list) - most
}

func bounded(list []Evidence) ([]Evidence, int) {
	kept, more := trim(list, maxEvidence)
	for i := range kept {
		kept[i].Quote = excerpt.Of(kept[i].Quote, maxQuote)
	}
	return kept, len(kept) + more
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
