package assessments

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// requestDuration is what a request took, as api and load cases measure it.
const requestDuration = "http_req_duration"

var pageMetrics = []string{"FCP", "LCP", "TBT", "CLS", "SI", "INP"}

var layoutMetrics = []string{rules.MetricOverflow, rules.MetricBrokenImages, rules.MetricClipped, rules.MetricConsoleErrors}

// gathering puts the metrics of one page together.
type gathering struct {
	vitals  map[[4]string]int // place in the input
	layouts map[[2]string]int
	answers []float64 // of api cases, in ms
}

// metrics reads what browser and api cases measured, by the names of the metrics.
func (r *reading) metrics(ctx context.Context) error {
	names := append(slices.Clone(pageMetrics), layoutMetrics...)
	objective := planP95(r.plan)
	const query = `SELECT r.id, r.case_key, a.number, m.name, m.value, COALESCE(m.tags, 'null')::text` + lastAttempts + `
JOIN metrics m ON m.attempt_id = a.id` + ofThis + ` AND (m.name = ANY($3) OR $4 AND r.kind = 'api' AND m.name = 'http_req_duration')
ORDER BY r.ordinal, m.id LIMIT $5`
	g := &gathering{vitals: map[[4]string]int{}, layouts: map[[2]string]int{}}
	err := r.each(ctx, query, []any{store.Array(names), objective > 0, maxMetrics}, func(rows *sql.Rows) error {
		var m metric
		var tags string
		if err := rows.Scan(&m.resultID, &m.caseKey, &m.attempt, &m.name, &m.value, &tags); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(tags), &m.tags); err != nil {
			return fmt.Errorf("the tags of %s: %w", m.name, err)
		}
		r.take(g, m)
		return nil
	})
	if err != nil {
		return err
	}
	if n := len(g.answers); n > 0 {
		slices.Sort(g.answers)
		r.in.Latencies = append(r.in.Latencies, rules.Latency{P95: percentile(g.answers, 0.95), Objective: objective, Samples: int64(n)})
	}
	return nil
}

// metric is one row.
type metric struct {
	resultID, caseKey, name string
	attempt                 int
	value                   float64
	tags                    map[string]string
}

func (r *reading) take(g *gathering, m metric) {
	if math.IsNaN(m.value) || math.IsInf(m.value, 0) {
		return
	}
	switch {
	case m.name == requestDuration:
		g.answers = append(g.answers, m.value)
	case slices.Contains(pageMetrics, m.name):
		r.takeVital(g, m)
	default:
		r.takeLayout(g, m)
	}
}

// page names what a case measures, where it measures several.
func (m metric) page() string {
	for _, tag := range []string{"page", "url", "name"} {
		if m.tags[tag] != "" {
			return m.tags[tag]
		}
	}
	return ""
}

func (r *reading) takeVital(g *gathering, m metric) {
	device := m.tags["device"]
	key := [4]string{m.resultID, m.page(), device, m.name}
	i, known := g.vitals[key]
	if !known {
		i = len(r.in.Vitals)
		g.vitals[key] = i
		r.in.Vitals = append(r.in.Vitals, rules.Vital{ResultID: m.resultID, CaseKey: m.caseKey, Attempt: m.attempt, Subject: m.page(),
			Mobile: device == "mobile", Metric: m.name})
	}
	r.in.Vitals[i].Values = append(r.in.Vitals[i].Values, m.value)
}

// takeLayout keeps the worst that was seen of a page.
func (r *reading) takeLayout(g *gathering, m metric) {
	key := [2]string{m.resultID, m.page()}
	i, known := g.layouts[key]
	if !known {
		i = len(r.in.Layouts)
		g.layouts[key] = i
		r.in.Layouts = append(r.in.Layouts, rules.Layout{ResultID: m.resultID, CaseKey: m.caseKey, Attempt: m.attempt, Page: m.page(),
			Overflow: -1, BrokenImages: -1, Clipped: -1, ConsoleErrors: -1})
	}
	l := &r.in.Layouts[i]
	whole := int(min(max(m.value, 0), 1e6))
	switch m.name {
	case rules.MetricOverflow:
		l.Overflow = max(l.Overflow, m.value, 0)
	case rules.MetricBrokenImages:
		l.BrokenImages = max(l.BrokenImages, whole)
	case rules.MetricClipped:
		l.Clipped = max(l.Clipped, whole)
	case rules.MetricConsoleErrors:
		l.ConsoleErrors = max(l.ConsoleErrors, whole)
	}
}

// percentile interpolates between the nearest values of a sorted list.
func percentile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

// loadObjectives are the limits that load cases give p(95) of their requests.
func loadObjectives(p *spec.Plan) map[string]float64 {
	out := map[string]float64{}
	for _, c := range p.Cases {
		for _, t := range c.Load.Thresholds[requestDuration] {
			l, err := spec.ParseLimit(t.Threshold, spec.MetricTrend)
			if err != nil || l.Aggregate != "p" || l.Percentile != 95 || l.Baseline != "" || (l.Operator != "<" && l.Operator != "<=") {
				continue
			}
			if known, ok := out[c.ID]; !ok || l.Value < known {
				out[c.ID] = l.Value
			}
		}
	}
	return out
}

// loads reads p(95) of the loads that have an objective.
func (r *reading) loads(ctx context.Context) error {
	if len(r.objectives) == 0 {
		return nil
	}
	const query = `SELECT r.id, r.case_id, r.case_key, a.number,
	(s.detail #>> '{metrics,http_req_duration,p95}')::float8, COALESCE((s.detail #>> '{metrics,http_req_duration,count}')::float8, 0)` + lastAttempts + `
JOIN steps s ON s.attempt_id = a.id` + ofThis + ` AND r.kind = 'load' AND jsonb_typeof(s.detail #> '{metrics,http_req_duration,p95}') = 'number'
ORDER BY r.ordinal, s.ordinal LIMIT $3`
	return r.each(ctx, query, []any{maxAudits}, func(rows *sql.Rows) error {
		var l rules.Latency
		var caseID string
		var samples float64
		if err := rows.Scan(&l.ResultID, &caseID, &l.CaseKey, &l.Attempt, &l.P95, &samples); err != nil {
			return err
		}
		l.Objective, l.Samples = r.objectives[caseID], int64(min(max(samples, 0), 1e15))
		if l.Objective > 0 {
			r.in.Latencies = append(r.in.Latencies, l)
		}
		return nil
	})
}

// auditDetail is what a step tells of an audit.
type auditDetail struct {
	Violations []struct {
		Rule     string       `json:"rule"`
		Impact   rules.Impact `json:"impact"`
		Help     string       `json:"help"`
		Count    int          `json:"count"`
		Elements []struct {
			Selector string `json:"selector"`
		} `json:"elements"`
	} `json:"violations"`
	Incomplete []struct {
		Rule string `json:"rule"`
	} `json:"incomplete"`
}

// checkPrefix begins the name of an audit's check; the rest is the rule.
const checkPrefix = "accessibility "

func (r *reading) audits(ctx context.Context) error {
	const query = `SELECT r.id, r.case_key, a.number, s.ordinal, (s.detail -> 'accessibility')::text,
	(SELECT COALESCE(jsonb_agg(substr(c.name, length($3) + 1)), '[]')::text FROM checks c
	 WHERE c.attempt_id = a.id AND c.step_ordinal = s.ordinal AND c.passed AND starts_with(c.name, $3))` + lastAttempts + `
JOIN steps s ON s.attempt_id = a.id AND s.action = 'audit'` + ofThis + ` AND jsonb_typeof(s.detail -> 'accessibility') = 'object'
ORDER BY r.ordinal, s.ordinal LIMIT $4`
	return r.each(ctx, query, []any{checkPrefix, maxAudits}, func(rows *sql.Rows) error {
		var a rules.Audit
		var detail, passed string
		if err := rows.Scan(&a.ResultID, &a.CaseKey, &a.Attempt, &a.Step, &detail, &passed); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(passed), &a.Passed); err != nil {
			return err
		}
		var found auditDetail
		if err := json.Unmarshal([]byte(detail), &found); err != nil {
			return nil //nolint:nilerr // a detail of another shape tells nothing of rules
		}
		for _, v := range found.Violations {
			one := rules.Violation{Rule: v.Rule, Impact: v.Impact, Help: v.Help, Elements: v.Count}
			if len(v.Elements) > 0 {
				one.Where = v.Elements[0].Selector
			}
			a.Violations = append(a.Violations, one)
		}
		for _, i := range found.Incomplete {
			a.Incomplete = append(a.Incomplete, i.Rule)
		}
		r.in.Audits = append(r.in.Audits, a)
		return nil
	})
}
