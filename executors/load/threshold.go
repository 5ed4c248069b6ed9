package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// limit is one threshold.
type limit struct {
	of     spec.Selector
	limit  spec.Limit
	source spec.LoadThreshold
	broke  bool // it has ended the load
}

// limitsOf reads the thresholds of a case, by the names of their metrics.
func limitsOf(thresholds map[string][]spec.LoadThreshold) ([]*limit, error) {
	var out []*limit
	for key, list := range thresholds {
		selector, err := spec.ParseSelector(key)
		if err != nil {
			return nil, executors.Errorf("%w", err)
		}
		for _, t := range list {
			condition, err := spec.ParseLimit(t.Threshold, selector.Type)
			if err != nil {
				return nil, executors.Errorf("%w", err)
			}
			out = append(out, &limit{of: selector, limit: condition, source: t})
		}
	}
	slices.SortStableFunc(out, func(a, b *limit) int { return strings.Compare(a.of.String(), b.of.String()) })
	return out, nil
}

// tells reports whether a threshold tells samples apart by a tag.
func (r *run) tells(tag string) bool {
	return slices.ContainsFunc(r.limits, func(l *limit) bool { return l.of.Tags[tag] != "" })
}

// verdict is the judgement of one threshold.
type verdict struct {
	Metric    string   `json:"metric"`
	Threshold string   `json:"threshold"`
	Value     float64  `json:"value"`
	Samples   int64    `json:"samples"`
	Passed    bool     `json:"passed"`
	Aborted   bool     `json:"aborted,omitempty"`
	Baseline  *float64 `json:"baseline,omitempty"`  // what an earlier run measured, where the threshold names it
	Unjudged  bool     `json:"notJudged,omitempty"` // there is no baseline

	limit *limit
	bound float64 // the number that the value is compared with
}

// judge judges one threshold by all that was measured so far.
func (r *run) judge(l *limit, t *tally, elapsed time.Duration) verdict {
	value, samples := r.value(l, t, elapsed)
	v := verdict{Metric: l.of.String(), Threshold: l.limit.String(), Value: value, Samples: samples, Aborted: l.broke, limit: l}
	bound := l.limit
	if bound.Baseline != "" {
		base, known := r.baseline.of(l)
		if v.Unjudged = !known; known {
			v.Baseline, bound = &base, bound.Against(base)
		}
	}
	v.bound = bound.Value
	switch {
	case samples == 0:
		v.Passed = l.source.AllowEmpty
	case v.Unjudged:
		v.Passed = !r.task.Case.Load.RequireBaseline
	default:
		v.Passed = bound.Holds(value)
	}
	return v
}

// value is an aggregate of a metric, and of how many samples it is one. A
// counter or a gauge has a value also where nothing was counted.
func (r *run) value(l *limit, t *tally, elapsed time.Duration) (float64, int64) {
	switch l.of.Type {
	case spec.MetricTrend:
		h := r.trend(l.of, t)
		return aggregate(h, l.limit), h.count()
	case spec.MetricRate:
		hits, all := r.share(l.of, t)
		if all == 0 {
			return 0, 0
		}
		return float64(hits) / float64(all), all
	case spec.MetricCounter:
		n := r.counter(l.of, t)
		if l.limit.Aggregate == "rate" {
			return float64(n) / max(elapsed.Seconds(), 1e-9), 1
		}
		return float64(n), 1
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.of.Metric == "vus_max" {
		return float64(r.most), 1
	}
	return float64(r.series.users), 1
}

func aggregate(h *histogram, l spec.Limit) float64 {
	switch l.Aggregate {
	case "avg":
		return h.mean()
	case "min":
		return h.least()
	case "max":
		return h.most()
	case "med":
		return h.percentile(50)
	case "count":
		return float64(h.count())
	}
	return h.percentile(l.Percentile)
}

// trend merges the histograms of a metric.
func (r *run) trend(of spec.Selector, t *tally) *histogram {
	out := &histogram{digits: headline}
	if of.Metric == "iteration_duration" {
		for s, p := range t.passes {
			if r.matches(of, key{scenario: s, step: -1}, "") {
				out.merge(&p.duration)
			}
		}
		return out
	}
	for k, c := range t.cells {
		if r.matches(of, k, "") {
			out.merge(c.trend(of.Metric))
		}
	}
	return out
}

func (c *cell) trend(metric string) *histogram {
	switch metric {
	case "http_req_service":
		if c.service.count() == 0 {
			return &c.duration // the same where iterations are not due at moments
		}
		return &c.service
	case "ws_session_duration":
		return &c.session
	case "ws_connecting":
		return &c.opening
	case "ws_delivery":
		return &c.delivery
	case "http_req_blocked":
		return &c.blocked
	case "http_req_sending":
		return &c.sending
	case "http_req_waiting":
		return &c.waiting
	case "http_req_receiving":
		return &c.receiving
	case "http_req_connecting":
		return &c.connecting
	case "http_req_tls_handshaking":
		return &c.tls
	}
	return &c.duration
}

// share counts what a rate is of.
func (r *run) share(of spec.Selector, t *tally) (hits, all int64) {
	if of.Metric == "checks" {
		for a, j := range t.checks {
			asks := r.program.steps[a.step].asks[a.check]
			if r.matches(of, key{scenario: a.scenario, step: a.step}, asks) {
				hits, all = hits+j.passed, all+j.passed+j.failed
			}
		}
		return hits, all
	}
	for k, c := range t.cells {
		switch {
		case !r.matches(of, k, ""):
		case of.Metric == "ws_session_failed":
			hits, all = hits+c.sessionsFailed, all+c.sessions
		default:
			hits, all = hits+c.failed, all+c.requests
		}
	}
	return hits, all
}

func (r *run) counter(of spec.Selector, t *tally) (n int64) {
	for s, p := range t.passes {
		if !r.matches(of, key{scenario: s, step: -1}, "") {
			continue
		}
		switch of.Metric {
		case "iterations":
			n += p.iterations
		case "dropped_iterations":
			n += p.dropped
		}
	}
	for k, c := range t.cells {
		if !r.matches(of, k, "") {
			continue
		}
		switch of.Metric {
		case "http_reqs":
			n += c.requests
		case "ws_sessions":
			n += c.sessions
		case "ws_msgs_sent":
			n += c.messagesSent
		case "ws_msgs_received":
			n += c.messagesReceived
		case "data_sent":
			n += c.sent
		case "data_received":
			n += c.received
		}
	}
	return n
}

// matches reports whether samples carry the tags that a selector asks for. A
// step below 0 stands for a whole iteration.
func (r *run) matches(of spec.Selector, k key, asks string) bool {
	for tag, want := range of.Tags {
		if own, ok := r.scenarios[k.scenario].plan.Tags[tag]; ok {
			if own != want {
				return false
			}
			continue
		}
		if r.tag(tag, k, asks) != want {
			return false
		}
	}
	return true
}

func (r *run) tag(tag string, k key, asks string) string {
	switch {
	case tag == spec.TagScenario:
		return r.scenarios[k.scenario].name
	case k.step < 0:
		return ""
	case tag == spec.TagName:
		return r.program.steps[k.step].title
	case tag == spec.TagMethod:
		if r.program.steps[k.step].source.HTTP == nil {
			return "GET" // the opening of a connection
		}
		return strings.ToUpper(r.program.steps[k.step].source.HTTP.MethodOr("GET"))
	case tag == spec.TagStatus:
		return strconv.Itoa(k.status)
	case tag == spec.TagExpected:
		return strconv.FormatBool(!k.unexpected)
	case tag == spec.TagCheck:
		return asks
	}
	return ""
}

// check is a verdict as people read it.
func (v verdict) check() executors.Check {
	unit := ""
	if v.limit.of.Type == spec.MetricTrend && v.limit.limit.Aggregate != "count" {
		unit = " ms"
	}
	c := executors.Check{
		Name:     v.Metric + " " + v.Threshold,
		Passed:   v.Passed,
		Expected: v.limit.limit.Operator + " " + number(v.bound) + unit,
		Actual:   number(v.Value) + unit,
	}
	switch {
	case v.Samples == 0:
		c.Actual = "nothing was measured"
	case v.Unjudged:
		c.Actual += " (not judged: there is no baseline)"
	}
	switch {
	case v.Unjudged:
		c.Expected = strings.TrimPrefix(v.limit.limit.String(), v.limit.limit.Name())
	case v.Baseline != nil:
		c.Expected += fmt.Sprintf(" (%s; the baseline is %s%s)", strings.TrimPrefix(v.limit.limit.String(), v.limit.limit.Name()+v.limit.limit.Operator), number(*v.Baseline), unit)
	}
	switch {
	case v.Passed:
	case v.Samples == 0:
		c.Message = fmt.Sprintf("%s should be %s %s, but nothing was measured; write allowEmpty: true where that is right", v.Metric, v.limit.limit.Name(), c.Expected)
	case v.Unjudged:
		c.Message = fmt.Sprintf("%s of %s should be %s, but there is no baseline to compare %s with, and the case requires one", v.limit.limit.Name(), v.Metric, c.Expected, number(v.Value)+unit)
	default:
		c.Message = fmt.Sprintf("%s of %s should be %s, but is %s", v.limit.limit.Name(), v.Metric, c.Expected, c.Actual)
		if v.Aborted {
			c.Message += "; it ended the load"
		}
	}
	return c
}

// number writes a value with three digits behind the point at most.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', 3, 64)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}
