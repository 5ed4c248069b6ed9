package spec

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MetricType says which aggregates a metric has.
type MetricType string

// The types of metrics.
const (
	MetricTrend   MetricType = "trend"   // measured values: avg, min, med, max, p(N), count
	MetricRate    MetricType = "rate"    // a share: rate
	MetricCounter MetricType = "counter" // a sum: count, rate (in a second)
	MetricGauge   MetricType = "gauge"   // a level: value
)

// loadMetrics are k6's names. Times are in milliseconds, sizes in bytes.
var loadMetrics = map[string]MetricType{
	"http_reqs":                MetricCounter,
	"http_req_failed":          MetricRate,
	"http_req_duration":        MetricTrend,
	"http_req_service":         MetricTrend,
	"http_req_blocked":         MetricTrend,
	"http_req_waiting":         MetricTrend,
	"http_req_sending":         MetricTrend,
	"http_req_receiving":       MetricTrend,
	"http_req_connecting":      MetricTrend,
	"http_req_tls_handshaking": MetricTrend,
	"iterations":               MetricCounter,
	"iteration_duration":       MetricTrend,
	"dropped_iterations":       MetricCounter,
	"vus":                      MetricGauge,
	"vus_max":                  MetricGauge,
	"data_sent":                MetricCounter,
	"data_received":            MetricCounter,
	"checks":                   MetricRate,
	"ws_sessions":              MetricCounter,
	"ws_session_failed":        MetricRate,
	"ws_session_duration":      MetricTrend,
	"ws_connecting":            MetricTrend,
	"ws_msgs_sent":             MetricCounter,
	"ws_msgs_received":         MetricCounter,
	"ws_delivery":              MetricTrend,
}

// Tags of samples, beside those that scenarios have of their own.
const (
	TagScenario = "scenario" // name of the scenario
	TagName     = "name"     // title of the step
	TagMethod   = "method"
	TagStatus   = "status"            // code of the answer; 0 where there was none
	TagExpected = "expected_response" // whether the request did not fail
	TagCheck    = "check"             // what a check asks, such as "status equals 200"
)

// metricTags says which tags the samples of a metric have; those of the
// scenario's own come to them.
func metricTags(metric string) []string {
	switch {
	case metric == "checks":
		return []string{TagScenario, TagName, TagMethod, TagCheck}
	case strings.HasPrefix(metric, "ws_"):
		return []string{TagScenario, TagName}
	case strings.HasPrefix(metric, "http_req"), strings.HasPrefix(metric, "data_"):
		return []string{TagScenario, TagName, TagMethod, TagStatus, TagExpected}
	case strings.HasPrefix(metric, "vus"):
		return nil
	}
	return []string{TagScenario}
}

// Selector is a metric, or the part of it whose samples carry some tags.
type Selector struct {
	Metric string
	Type   MetricType
	Tags   map[string]string // empty: all samples
}

const maxSelectorTags = 10

// ParseSelector reads `http_req_duration` or
// `http_req_duration{scenario:peak,status:200}`.
func ParseSelector(text string) (Selector, error) {
	name, rest, tagged := strings.Cut(text, "{")
	name = strings.TrimSpace(name)
	s := Selector{Metric: name, Type: loadMetrics[name]}
	if s.Type == "" {
		message := fmt.Sprintf("there is no metric %s; the metrics are %s", brief(name), sentenceList(sortedKeys(loadMetrics)))
		if near := newDecoder().nearest(name, sortedKeys(loadMetrics)); near != "" {
			message = fmt.Sprintf("there is no metric %s (did you mean %q?)", brief(name), near)
		}
		return Selector{}, fmt.Errorf("%s", message)
	}
	if !tagged {
		return s, nil
	}
	inner, ok := strings.CutSuffix(strings.TrimRight(rest, " "), "}")
	if !ok {
		return Selector{}, fmt.Errorf("the tags of %s are not closed by }", brief(text))
	}
	s.Tags = map[string]string{}
	for part := range strings.SplitSeq(inner, ",") {
		key, value, ok := strings.Cut(part, ":")
		key, value = strings.TrimSpace(key), unquoted(strings.TrimSpace(value))
		switch {
		case !ok || key == "" || value == "":
			return Selector{}, fmt.Errorf("%s in %s is not a tag and its value, such as {scenario:peak}", brief(strings.TrimSpace(part)), brief(text))
		case s.Tags[key] != "":
			return Selector{}, fmt.Errorf("the tag %s is given twice in %s", brief(key), brief(text))
		case len(s.Tags) == maxSelectorTags:
			return Selector{}, fmt.Errorf("%s has more than %d tags", brief(text), maxSelectorTags)
		}
		s.Tags[key] = value
	}
	return s, nil
}

func unquoted(text string) string {
	if len(text) >= 2 && (text[0] == '"' || text[0] == '\'') && text[len(text)-1] == text[0] {
		return text[1 : len(text)-1]
	}
	return text
}

// String writes the selector as ParseSelector reads it.
func (s Selector) String() string {
	if len(s.Tags) == 0 {
		return s.Metric
	}
	parts := make([]string, 0, len(s.Tags))
	for _, k := range sortedKeys(s.Tags) {
		parts = append(parts, k+":"+s.Tags[k])
	}
	return s.Metric + "{" + strings.Join(parts, ",") + "}"
}

// Limit is the condition of a threshold, such as p(95)<500 or
// p(95)<baseline*1.1.
type Limit struct {
	Aggregate  string  // avg, min, med, max, p, count, rate, value
	Percentile float64 // of p: 0 to 100
	Operator   string  // <, <=, >, >=, ==, !=
	Value      float64
	Baseline   string // *, + or -: how Value changes the same aggregate of an earlier run; empty where Value is the limit itself
}

var limitForm = regexp.MustCompile(`^\s*(p\s*\(\s*([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*\)|[a-z]+)\s*(<=|>=|===|==|!=|<|>)\s*` +
	`(?:(baseline)(?:\s*([*+-])\s*([0-9]{1,15}(?:\.[0-9]{1,9})?))?|(-?[0-9]{1,15}(?:\.[0-9]{1,9})?))\s*$`)

// aggregates are what thresholds may name, by the type of the metric.
var aggregates = map[MetricType][]string{
	MetricTrend:   {"avg", "min", "med", "max", "p(95)", "count"},
	MetricRate:    {"rate"},
	MetricCounter: {"count", "rate"},
	MetricGauge:   {"value"},
}

// ParseLimit reads the condition of a threshold on a metric of a type.
func ParseLimit(text string, of MetricType) (Limit, error) {
	if len(text) > 200 {
		return Limit{}, fmt.Errorf("%s is too long for a threshold", brief(text))
	}
	m := limitForm.FindStringSubmatch(text)
	if m == nil {
		return Limit{}, fmt.Errorf("%s is not a threshold: it is an aggregate, a comparison and a number, such as %s", brief(text), exampleLimit(of))
	}
	l := Limit{Aggregate: m[1], Operator: m[3]}
	if l.Operator == "===" {
		l.Operator = "=="
	}
	if l.Aggregate == "median" {
		l.Aggregate = "med"
	}
	var err error
	if m[2] != "" {
		l.Aggregate = "p"
		if l.Percentile, err = strconv.ParseFloat(m[2], 64); err != nil || l.Percentile > 100 {
			return Limit{}, fmt.Errorf("the percentile of %s must be between 0 and 100", brief(text))
		}
	}
	number := m[7]
	if m[4] != "" {
		if l.Baseline, number = m[5], m[6]; number == "" {
			l.Baseline, number = "*", "1"
		}
	}
	if l.Value, err = strconv.ParseFloat(number, 64); err != nil || math.IsInf(l.Value, 0) {
		return Limit{}, fmt.Errorf("the number of %s cannot be read", brief(text))
	}
	known := aggregates[of]
	if m[2] != "" && of == MetricTrend || m[2] == "" && slices.Contains(known, l.Aggregate) {
		return l, nil
	}
	return Limit{}, fmt.Errorf("%s has the aggregate %s, but a %s has %s", brief(text), brief(m[1]), of, orList(known))
}

func exampleLimit(of MetricType) string {
	return map[MetricType]string{MetricRate: "rate<0.01", MetricCounter: "count>1000", MetricGauge: "value<100"}[of] +
		map[bool]string{true: "p(95)<500"}[of == MetricTrend || of == ""]
}

// Holds reports whether a measured value is within the limit.
func (l Limit) Holds(v float64) bool {
	switch l.Operator {
	case "<":
		return v < l.Value
	case "<=":
		return v <= l.Value
	case ">":
		return v > l.Value
	case ">=":
		return v >= l.Value
	case "==":
		return v == l.Value
	}
	return v != l.Value
}

// Against is the limit that a relative one comes to, given the same aggregate of
// an earlier run.
func (l Limit) Against(baseline float64) Limit {
	switch l.Baseline {
	case "*":
		l.Value *= baseline
	case "+":
		l.Value = baseline + l.Value
	case "-":
		l.Value = baseline - l.Value
	}
	l.Baseline = ""
	return l
}

// Name is the aggregate as it is written: p(95).
func (l Limit) Name() string {
	if l.Aggregate == "p" {
		return "p(" + strconv.FormatFloat(l.Percentile, 'f', -1, 64) + ")"
	}
	return l.Aggregate
}

// String writes the limit as ParseLimit reads it.
func (l Limit) String() string {
	number := strconv.FormatFloat(l.Value, 'f', -1, 64)
	switch {
	case l.Baseline == "*" && l.Value == 1:
		number = "baseline"
	case l.Baseline != "":
		number = "baseline" + l.Baseline + number
	}
	return l.Name() + l.Operator + number
}
