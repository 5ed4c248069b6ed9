package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/thirdparty"
	"github.com/semantest/semantest/executors/browser/internal/vitals"
	"github.com/semantest/semantest/internal/spec"
)

const (
	measuredFile = "performance.json"
	stripFile    = "filmstrip.jpg"
)

// resourceTypes are told in this order.
var resourceTypes = []string{"document", "stylesheet", "script", "image", "font", "media", "fetch", "other"}

// judge makes of the runs what the case is about: medians, limits, the budget.
func (m *measurement) judge(ctx context.Context, what spec.Measure, report *executors.Report) error {
	r := &run{task: m.task, sink: m.sink, names: m.names}
	told := m.summary()
	if err := m.keepRuns(ctx, r, report, told); err != nil {
		return err
	}
	m.keepStrip(ctx, r, report, told)
	report.Set("performance", told)
	for _, name := range spec.Vitals() {
		for _, text := range what.Thresholds[name] {
			limit, err := spec.ParseVitalLimit(text)
			if err != nil {
				return executors.Errorf("the threshold of %s cannot be read: %w", name, err)
			}
			report.Check(m.checkLimit(name, text, limit))
		}
	}
	allowed, err := what.Budget.Allowances()
	if err != nil {
		return executors.Errorf("the budget cannot be read: %w", err)
	}
	for _, a := range allowed {
		report.Check(m.checkAllowance(a))
	}
	return nil
}

// values are those of a metric, of the runs that have one.
func (m *measurement) values(name string) []float64 {
	var out []float64
	for _, s := range m.samples {
		if v, ok := s.Vitals[name]; ok {
			out = append(out, v.Value)
		}
	}
	return out
}

// checkLimit judges one threshold.
func (m *measurement) checkLimit(name, text string, limit spec.Limit) executors.Check {
	c := executors.Check{Name: name + " " + text, Expected: text + unitOf(name)}
	values := m.values(name)
	if len(values) == 0 {
		c.Actual = "no sample"
		c.Message = fmt.Sprintf("%s has no sample in %s: %s", name, plural(len(m.samples), "run", "runs"), m.unsampled(name))
		return c
	}
	value, all := vitals.Value(limit, values), vitals.Summarize(values)
	c.Passed = limit.Holds(value)
	c.Actual = fmt.Sprintf("%s (%s to %s in %s)", amount(name, value), amount(name, all.Min), amount(name, all.Max), plural(len(values), "run", "runs"))
	unsure := ""
	if all.Noisy(limit) {
		unsure = fmt.Sprintf("not certain: the noise band of %s to %s reaches over the limit", amount(name, all.Low), amount(name, all.High))
		c.Actual += ", " + unsure
	}
	if !c.Passed {
		c.Message = fmt.Sprintf("%s is %s (%s of %s), where %s is asked", name, amount(name, value), strings.Replace(limit.Name(), "med", "median", 1), plural(len(values), "run", "runs"), text)
		if unsure != "" {
			c.Message += "; " + unsure
		}
	}
	return c
}

// unsampled says why there may be no sample.
func (m *measurement) unsampled(name string) string {
	switch acted := func(s sample) bool { return s.acted }; {
	case name == "INP" && slices.ContainsFunc(m.samples, acted):
		return "the browser tells of none while the page draws nothing new, so let the steps wait for what the page shows after a click or a key"
	case name == "INP":
		return "it comes of what a person does, so the case needs steps that click, tap or press a key"
	}
	return "the page has drawn nothing"
}

// checkAllowance judges one limit of the budget.
func (m *measurement) checkAllowance(a spec.Allowance) executors.Check {
	n := m.medianOf(a.Of)
	say := func(n int64) string { return humanize.Bytes(uint64(max(0, n))) }
	if a.Of == "requests" {
		say = func(n int64) string { return strconv.FormatInt(n, 10) }
	}
	c := executors.Check{Name: "budget " + a.Of + "<=" + a.Text, Passed: n <= a.Limit, Expected: "at most " + a.Text, Actual: say(n)}
	if !c.Passed {
		c.Message = fmt.Sprintf("the budget for %s is %s, and the page has loaded %s (median of %s)", a.Of, a.Text, say(n), plural(len(m.samples), "run", "runs"))
		if a.Of == "requests" {
			c.Message = fmt.Sprintf("the budget is %s requests, and the page has made %s (median of %s)", a.Text, say(n), plural(len(m.samples), "run", "runs"))
		}
	}
	return c
}

// medianOf is how much was loaded of a type, of all, or by how many requests.
func (m *measurement) medianOf(what string) int64 {
	var all []float64
	for _, s := range m.samples {
		switch what {
		case "total":
			all = append(all, float64(s.Loaded.Total.Bytes))
		case "requests":
			all = append(all, float64(s.Loaded.Total.Requests))
		default:
			all = append(all, float64(s.Loaded.ByType[what].Bytes))
		}
	}
	return int64(math.Round(vitals.Summarize(all).Median))
}

// summary is what the runs say together, as the detail of the step tells it.
func (m *measurement) summary() map[string]any {
	metrics := []any{}
	for _, name := range spec.Vitals() {
		values := m.values(name)
		if len(values) == 0 {
			metrics = append(metrics, map[string]any{"name": name, "unit": spec.VitalUnit(name), "samples": 0})
			continue
		}
		s := vitals.Summarize(values)
		one := map[string]any{
			"name": name, "unit": spec.VitalUnit(name), "samples": s.Samples, "median": rounded(s.Median), "min": rounded(s.Min), "max": rounded(s.Max),
			"rating": string(vitals.Rate(name, m.device == "mobile", s.Median)),
		}
		if b, ok := vitals.BandsOf(name, m.device == "mobile"); ok {
			one["good"], one["fair"] = b.Good, b.Fair
		}
		if s.Samples > 1 {
			one["noise"] = map[string]any{"low": rounded(s.Low), "high": rounded(s.High)}
		}
		metrics = append(metrics, one)
	}
	types := []any{}
	for _, name := range resourceTypes {
		requests := make([]float64, len(m.samples))
		for i, s := range m.samples {
			requests[i] = float64(s.Loaded.ByType[name].Requests)
		}
		if n := math.Round(vitals.Summarize(requests).Median); n > 0 {
			types = append(types, map[string]any{"type": name, "requests": n, "bytes": m.medianOf(name)})
		}
	}
	return map[string]any{
		"engine": "web-vitals " + thirdparty.WebVitalsVersion, "device": m.device, "runs": len(m.samples), "metrics": metrics,
		"resources": types, "requests": m.medianOf("requests"), "bytes": m.medianOf("total"),
	}
}

// keepRuns attaches all runs, with what explains their metrics.
func (m *measurement) keepRuns(ctx context.Context, r *run, report *executors.Report, summary map[string]any) error {
	all := maps.Clone(summary)
	all["all"] = m.samples
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding what was measured: %w", err)
	}
	r.attach(ctx, report, executors.Attachment{Name: measuredFile, Kind: executors.AttachmentBody, ContentType: "application/json",
		Step: report.Index, Body: io.NopCloser(bytes.NewReader(raw))})
	return nil
}

// keepStrip attaches the filmstrip of the run that is in the middle.
func (m *measurement) keepStrip(ctx context.Context, r *run, report *executors.Report, summary map[string]any) {
	i := m.middle()
	if i < 0 {
		return
	}
	picture, err := vitals.Join(m.samples[i].strip)
	if err != nil {
		report.Set("notFilmed", oneLine(err.Error()))
		return
	}
	name := r.attach(ctx, report, executors.Attachment{Name: stripFile, Kind: executors.AttachmentScreenshot, ContentType: "image/jpeg",
		Step: report.Index, Body: io.NopCloser(bytes.NewReader(picture))})
	moments := []any{}
	for _, ms := range m.samples[i].moments {
		moments = append(moments, math.Round(ms))
	}
	summary["filmstrip"] = map[string]any{"file": name, "run": m.samples[i].Run, "at": moments}
}

// middle is the run whose Speed Index is the closest to the median; -1 where
// none was filmed.
func (m *measurement) middle() int {
	median := vitals.Summarize(m.values("SI")).Median
	best := -1
	for i, s := range m.samples {
		if len(s.strip) == 0 {
			continue
		}
		if best < 0 || math.Abs(s.Vitals["SI"].Value-median) < math.Abs(m.samples[best].Vitals["SI"].Value-median) {
			best = i
		}
	}
	return best
}

func unitOf(name string) string {
	if unit := spec.VitalUnit(name); unit != "" {
		return " " + unit
	}
	return ""
}

// amount is a value of a metric for people.
func amount(name string, value float64) string {
	if spec.VitalUnit(name) == "" {
		return strconv.FormatFloat(math.Round(value*1e4)/1e4, 'f', -1, 64)
	}
	return humanize.Commaf(math.Round(value)) + unitOf(name)
}

// rounded leaves what people and machines can make use of.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }
