package rules

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// page is what one case measured of one page on one kind of device.
type page struct {
	caseKey string
	values  map[string][]float64
	from    map[string]Vital // the first one of each metric, as evidence
	device  string
	mobile  bool
	subject string
}

// scored is one addend of the performance: a page, or the answers of an API.
type scored struct {
	parts    []Part    // their weights add up to 1, beside those without one
	findings []finding // with weights within the addend
	score    float64
	coverage float64 // share of what could have been measured
	credit   float64 // the same, less where it was measured seldom
	measured bool
}

// performance scores pages by Lighthouse's curves and APIs by their objectives,
// and takes the mean of them.
func performance(values []Vital, latencies []Latency) *judged {
	j := &judged{missing: "Measure pages with a performance case, or give the API an objective with judge.apiP95"}
	var all []scored
	for _, p := range pagesOf(values) {
		all = append(all, p.score())
	}
	apis := 0
	for _, l := range latencies {
		if l.Objective > 0 && l.P95 >= 0 && !math.IsInf(l.P95, 0) && !math.IsInf(l.Objective, 0) {
			all = append(all, l.score())
			apis++
		}
	}
	n, credit := 0, 0.0
	for _, s := range all {
		j.Coverage += s.coverage / float64(len(all))
		credit += s.credit / float64(len(all))
		if s.measured {
			n++
			j.raw += s.score
		}
	}
	for _, s := range all {
		for _, p := range s.parts {
			p.Weight /= float64(max(n, 1))
			j.Parts = append(j.Parts, p)
		}
		for _, f := range s.findings {
			f.weight /= float64(max(n, 1))
			j.findings = append(j.findings, f)
		}
	}
	if n == 0 {
		j.Status, j.Reason, j.Why = NotAssessed, "no metric of a page and no answer of an API with an objective was measured", "nothing was measured"
		j.Coverage = 0
		return j
	}
	j.Status, j.raw, j.missing = Assessed, j.raw/float64(n), ""
	j.Precision = credit / j.Coverage
	var of []string
	if pages := n - apis; pages > 0 {
		of = append(of, count(pages, "page"))
	}
	if apis > 0 {
		of = append(of, count(apis, "API objective"))
	}
	j.Basis = "the mean of " + strings.Join(of, " and ")
	j.Why = fmt.Sprintf("%.0f %% of the weighted metrics were measured; %d runs or more of each give full precision", 100*j.Coverage, fullRuns)
	if j.Coverage < 1 {
		j.missing = "Measure FCP, LCP, TBT, CLS and SI of every page"
	}
	return j
}

// pagesOf puts the metrics of a page together, in the order in which they came.
func pagesOf(values []Vital) []*page {
	type key struct {
		result, subject string
		mobile          bool
	}
	var out []*page
	at := map[key]*page{}
	for _, v := range values {
		numbers := finite(v.Values)
		if len(numbers) == 0 || vitalOf(v.Metric) == nil {
			continue
		}
		k := key{v.ResultID, v.Subject, v.Mobile}
		p := at[k]
		if p == nil {
			p = &page{caseKey: v.CaseKey, subject: v.Subject, mobile: v.Mobile, device: "desktop", values: map[string][]float64{}, from: map[string]Vital{}}
			if v.Mobile {
				p.device = "mobile"
			}
			at[k] = p
			out = append(out, p)
		}
		if _, known := p.from[v.Metric]; !known {
			p.from[v.Metric] = v
		}
		p.values[v.Metric] = append(p.values[v.Metric], numbers...)
	}
	return out
}

func vitalOf(name string) *vital {
	for i := range vitals {
		if vitals[i].Name == name {
			return &vitals[i]
		}
	}
	return nil
}

func (p *page) title() string {
	if p.subject == "" || p.subject == p.caseKey {
		return p.caseKey + ", " + p.device
	}
	return p.caseKey + " " + p.subject + ", " + p.device
}

func (p *page) score() scored {
	var out scored
	weight := 0.0
	for _, v := range vitals {
		weight += v.Weight * float64(min(1, len(p.values[v.Name])))
	}
	for _, v := range vitals {
		values := p.values[v.Name]
		if len(values) == 0 {
			continue
		}
		c := v.Desktop
		if p.mobile {
			c = v.Mobile
		}
		x := median(values)
		s, share := c.score(x), 0.0
		if weight > 0 {
			share = v.Weight / weight
		}
		out.coverage += v.Weight
		out.credit += v.Weight * min(1, float64(len(values))/fullRuns)
		out.score += share * s
		from := p.from[v.Name]
		measured := quantity(x, v.Unit)
		evidence := []Evidence{{Kind: EvidenceMetric, ID: from.ResultID, CaseKey: p.caseKey, Attempt: from.Attempt, Name: v.Name,
			Quote: fmt.Sprintf("%s = %s, the median of %s", v.Name, measured, count(len(values), "run"))}}
		out.parts = append(out.parts, Part{Name: v.Name, Subject: p.title(), Value: &x, Unit: v.Unit, Good: &c.P10, Median: &c.Median,
			Weight: share, Score: s, Evidence: evidence})
		if s < GoodFrom {
			out.findings = append(out.findings, finding{
				issue: Issue{Severity: slowness(s), Title: fmt.Sprintf("%s of %s is %s", v.Name, p.title(), measured),
					Detail:   fmt.Sprintf("%s scores %.2f; up to %s is good", measured, s, quantity(c.P10, v.Unit)),
					Evidence: evidence},
				action: fmt.Sprintf("Bring %s of %s from %s to %s: %s", v.Name, p.title(), measured, quantity(c.P10, v.Unit), remedies[v.Name]),
				weight: share, score: s,
			})
		}
	}
	out.measured = weight > 0
	return out
}

// remedies say what moves a metric most.
var remedies = map[string]string{
	"FCP": "answer sooner, and load less before the first paint",
	"LCP": "load the largest element early, smaller, and without waiting for scripts",
	"TBT": "run less script at the start, and divide long tasks",
	"CLS": "give images, adverts and late content their room beforehand",
	"SI":  "show what is above the fold before the rest",
	"INP": "do less in what answers clicks and keys",
}

func (l Latency) score() scored {
	c := curve{l.Objective, latencyMedian * l.Objective}
	s := c.score(l.P95)
	subject := l.CaseKey
	if subject == "" {
		subject = "all API cases"
	}
	measured := quantity(l.P95, "ms")
	evidence := []Evidence{{Kind: EvidenceMetric, ID: l.ResultID, CaseKey: l.CaseKey, Attempt: l.Attempt, Name: "http_req_duration",
		Quote: fmt.Sprintf("p(95) = %s of %s", measured, count(int(min(l.Samples, math.MaxInt32)), "request"))}}
	out := scored{measured: true, score: s, coverage: 1, credit: min(1, float64(max(l.Samples, 0))/fullRuns), parts: []Part{{
		Name: "p95", Subject: subject, Value: &l.P95, Unit: "ms", Good: &c.P10, Median: &c.Median, Weight: 1, Score: s, Evidence: evidence,
	}}}
	if s < GoodFrom {
		out.findings = []finding{{
			issue: Issue{Severity: slowness(s), Title: fmt.Sprintf("p95 of %s is %s", subject, measured),
				Detail: fmt.Sprintf("%s scores %.2f; the objective is %s", measured, s, quantity(l.Objective, "ms")), Evidence: evidence},
			action: fmt.Sprintf("Bring p95 of %s from %s to %s", subject, measured, quantity(l.Objective, "ms")),
			weight: 1, score: s,
		}}
	}
	return out
}

func slowness(score float64) Severity {
	if score < AverageFrom {
		return SeveritySerious
	}
	return SeverityModerate
}

// quantity writes a measured value for people.
func quantity(x float64, unit string) string {
	switch {
	case unit == "ms" && x >= 10:
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64) + " ms"
	case unit == "ms":
		return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) + " ms"
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}
