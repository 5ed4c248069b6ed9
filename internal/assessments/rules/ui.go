package rules

import (
	"fmt"
	"strconv"
)

// userInterface scores 0.6 of the pictures and 0.4 of the layout, or of the one
// that was measured.
func userInterface(pictures []Picture, layouts []Layout) *judged {
	j := &judged{missing: "Take screenshots that are compared with accepted ones"}
	visual, compared := j.visual(pictures)
	layout, looked := j.layout(layouts)
	weight := 0.0
	if compared > 0 {
		weight += visualShare
		j.Coverage += visualShare * float64(compared) / float64(len(pictures))
	}
	if looked > 0 {
		weight += layoutShare
		j.Coverage += layoutShare * float64(looked) / float64(len(layoutFacts)*len(layouts))
	}
	if !(weight > 0) {
		j.Status, j.Reason, j.Why, j.Parts, j.findings = NotAssessed, "no screenshot was compared and no page's layout was looked at", "nothing was measured", nil, nil
		if len(pictures) > 0 {
			j.Reason = fmt.Sprintf("nothing is accepted that %s could be compared with", count(len(pictures), "screenshot"))
			j.missing = "Accept the screenshots, so that later runs are compared with them"
		}
		return j
	}
	j.Status, j.Precision = Assessed, 1
	var basis string
	if compared > 0 {
		j.raw += visualShare / weight * visual
		basis = portion(compared, len(pictures), "screenshot") + " compared"
		if compared == len(pictures) {
			j.missing = ""
		}
	}
	if looked > 0 {
		j.raw += layoutShare / weight * layout
		if basis != "" {
			basis += ", "
		}
		basis += count(len(layouts), "page") + " looked at for layout"
	}
	j.Basis = basis
	j.Why = fmt.Sprintf("pictures count %g and layout %g; %.0f %% of that was measured", visualShare, layoutShare, 100*j.Coverage)
	for i := range j.Parts {
		j.Parts[i].Weight /= weight
	}
	for i := range j.findings {
		j.findings[i].weight /= weight
	}
	return j
}

// visual returns the mean score of the pictures that were compared.
func (j *judged) visual(pictures []Picture) (score float64, compared int) {
	for _, p := range pictures {
		if p.Compared {
			compared++
		}
	}
	for _, p := range pictures {
		if !p.Compared {
			continue
		}
		share := visualShare / float64(compared)
		ratio, s := p.DiffRatio, 1.0
		if !p.Accepted {
			s = diffCurve.score(ratio)
		}
		score += s / float64(compared)
		evidence := []Evidence{{Kind: EvidenceComparison, ID: p.ComparisonID, CaseKey: p.CaseKey, Name: p.Name, Quote: percent(ratio) + " of the pixels differ"}}
		if p.ArtifactID != "" {
			evidence = append(evidence, Evidence{Kind: EvidenceArtifact, ID: p.ArtifactID, CaseKey: p.CaseKey, Name: p.Name})
		}
		c := diffCurve
		part := Part{Name: "visual", Subject: p.CaseKey + " " + p.Name, Value: &ratio, Unit: "1", Good: &c.P10, Median: &c.Median, Weight: share, Score: s, Evidence: evidence}
		if p.Accepted {
			part.Subject += ", accepted"
		}
		j.Parts = append(j.Parts, part)
		if s < GoodFrom {
			j.findings = append(j.findings, finding{
				issue: Issue{Severity: slowness(s), Title: fmt.Sprintf("%s %s looks different from what was accepted", p.CaseKey, p.Name),
					Detail: fmt.Sprintf("%s of the pixels differ, which scores %.2f; up to %s is good", percent(ratio), s, percent(diffCurve.P10)), Evidence: evidence},
				action: fmt.Sprintf("Review the screenshot %s of %s: mend the page, or accept what it shows now", p.Name, p.CaseKey),
				weight: share, score: s,
			})
		}
	}
	return score, compared
}

// Names of the metrics that browser cases tell of a page's layout.
const (
	MetricOverflow      = "layout_overflow"
	MetricBrokenImages  = "layout_broken_images"
	MetricClipped       = "layout_clipped"
	MetricConsoleErrors = "console_errors"
)

// layoutFacts are what a page is looked at for.
var layoutFacts = []struct {
	metric, good, action string
	of                   func(Layout) float64
	wrong                func(x float64) string
}{
	{MetricOverflow, "no page is wider than its window", "Keep %s from being wider than the window", func(l Layout) float64 { return l.Overflow },
		func(x float64) string { return quantity(x, "") + " px wider than the window" }},
	{MetricBrokenImages, "every image loads", "Have the images of %s load", func(l Layout) float64 { return float64(l.BrokenImages) },
		func(x float64) string { return count(int(x), "broken image") }},
	{MetricClipped, "no text is cut off", "Give the texts of %s their room", func(l Layout) float64 { return float64(l.Clipped) },
		func(x float64) string { return count(int(x), "text") + " cut off" }},
	{MetricConsoleErrors, "the console has no errors", "Mend the errors in the console of %s", func(l Layout) float64 { return float64(l.ConsoleErrors) },
		func(x float64) string { return count(int(x), "error") + " in the console" }},
}

// layout returns the share of facts that are as they should be.
func (j *judged) layout(layouts []Layout) (score float64, looked int) {
	for _, l := range layouts {
		for _, f := range layoutFacts {
			if f.of(l) >= 0 {
				looked++
			}
		}
	}
	for _, f := range layoutFacts {
		held, n := 0, 0
		for _, l := range layouts {
			x := f.of(l)
			if !(x >= 0) {
				continue
			}
			n++
			if x == 0 {
				held++
				continue
			}
			where := l.CaseKey
			if l.Page != "" && l.Page != l.CaseKey {
				where += " " + l.Page
			}
			evidence := Evidence{Kind: EvidenceMetric, ID: l.ResultID, CaseKey: l.CaseKey, Attempt: l.Attempt, Name: f.metric, Quote: f.wrong(x)}
			j.findings = append(j.findings, finding{
				issue:  Issue{Severity: SeverityModerate, Title: where + ": " + f.wrong(x), Detail: f.wrong(x) + "; it is good when " + f.good, Evidence: []Evidence{evidence}},
				action: fmt.Sprintf(f.action, where), weight: layoutShare / float64(looked),
			})
		}
		if n > 0 {
			value := float64(held)
			score += value / float64(looked)
			j.Parts = append(j.Parts, Part{Name: f.metric, Subject: "of " + count(n, "page"), Value: &value, Unit: "pages",
				Weight: layoutShare * float64(n) / float64(looked), Score: value / float64(n)})
		}
	}
	return score, looked
}

func percent(ratio float64) string {
	return strconv.FormatFloat(ratio*100, 'g', 3, 64) + " %"
}
