package load

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// summaryVersion changes when a reader of the attachment would misunderstand it.
const summaryVersion = 1

// SummaryName is the name of the attachment that holds all that was measured.
const SummaryName = "load.json"

// summary is the attachment. Times are in milliseconds unless a unit says
// otherwise.
type summary struct {
	Version    int                `json:"version"`
	StartedAt  time.Time          `json:"startedAt"`
	Seconds    float64            `json:"seconds"`
	Requests   int64              `json:"requests"`
	Failed     int64              `json:"failed"`
	Rate       float64            `json:"rate"`
	MaxUsers   int                `json:"vusMax"`
	Workers    []*member          `json:"workers,omitempty"`
	Scenarios  []scenarioSummary  `json:"scenarios"`
	Metrics    map[string]trend   `json:"metrics"`
	Checks     []checkSummary     `json:"checks"`
	Thresholds []verdict          `json:"thresholds"`
	Notes      []note             `json:"notes"`
	Series     []row              `json:"series"`
	Messages   *messageSummary    `json:"messages,omitempty"` // over WebSockets, where there are any
	Figures    figures            `json:"figures"`
	Histograms []histogramSummary `json:"histograms"`
}

type scenarioSummary struct {
	Name        string `json:"name"`
	Executor    string `json:"executor"`
	Iterations  int64  `json:"iterations"`
	Interrupted int64  `json:"interrupted"`
	Dropped     int64  `json:"dropped"`
}

type messageSummary struct {
	Sessions int64   `json:"sessions"`
	Failed   int64   `json:"failed"`
	Sent     int64   `json:"sent"`
	Received int64   `json:"received"`
	Rate     float64 `json:"rate"` // received, a second
}

// messagesOf is what went over WebSockets; nil where nothing did.
func messagesOf(t *tally, length time.Duration) *messageSummary {
	out := &messageSummary{}
	for _, c := range t.cells {
		out.Sessions += c.sessions
		out.Failed += c.sessionsFailed
		out.Sent += c.messagesSent
		out.Received += c.messagesReceived
	}
	if out.Sessions+out.Sent+out.Received == 0 {
		return nil
	}
	out.Rate = float64(out.Received) / max(length.Seconds(), 1e-9)
	return out
}

// trend is what is told of a histogram.
type trend struct {
	Count  int64   `json:"count"`
	Avg    float64 `json:"avg"`
	Min    float64 `json:"min"`
	Median float64 `json:"med"`
	P90    float64 `json:"p90"`
	P95    float64 `json:"p95"`
	P99    float64 `json:"p99"`
	P999   float64 `json:"p99.9"`
	Max    float64 `json:"max"`
}

type checkSummary struct {
	Scenario string `json:"scenario"`
	Step     string `json:"step"`
	Check    string `json:"check"`
	Passed   int64  `json:"passed"`
	Failed   int64  `json:"failed"`
}

// histogramSummary holds a histogram in HdrHistogram's compressed form (V2) in
// base64, so that other programs can merge it.
type histogramSummary struct {
	Metric   string `json:"metric"`
	Scenario string `json:"scenario"`
	Name     string `json:"name"`
	Unit     string `json:"unit"`
	Data     string `json:"data"`
}

// trendNames are the metrics that are told in full.
var trendNames = []string{
	"http_req_duration", "http_req_service", "http_req_sending", "http_req_waiting", "http_req_receiving",
	"http_req_blocked", "http_req_connecting", "http_req_tls_handshaking", "iteration_duration", "ws_connecting", "ws_session_duration", "ws_delivery",
}

func trendOf(h *histogram) trend {
	return trend{
		Count: h.count(), Avg: h.mean(), Min: h.least(), Median: h.percentile(50), P90: h.percentile(90),
		P95: h.percentile(95), P99: h.percentile(99), P999: h.percentile(99.9), Max: h.most(),
	}
}

// summarize is all that was measured, after the load.
func (r *run) summarize() *summary {
	t := r.series.total
	whole := r.row(t, r.series.length)
	out := &summary{
		Version: summaryVersion, StartedAt: r.started.UTC(), Seconds: r.series.length.Seconds(), Requests: whole.Requests, Failed: whole.Failed,
		Rate: whole.Rate, MaxUsers: r.most, Metrics: map[string]trend{}, Notes: r.notes.list(), Series: r.series.rows,
		Thresholds: r.verdicts(), Figures: r.figures(), Messages: messagesOf(t, r.series.length), Checks: r.checks(),
	}
	if r.team != nil {
		out.Workers = r.team.members
	}
	for _, s := range r.scenarios {
		p := t.pass(s.index)
		out.Scenarios = append(out.Scenarios, scenarioSummary{s.name, string(s.plan.Executor), p.iterations, p.interrupted, p.dropped})
	}
	for _, name := range trendNames {
		if h := r.trend(spec.Selector{Metric: name}, t); h.count() > 0 {
			out.Metrics[name] = trendOf(h)
		}
	}
	for k, c := range t.cells {
		for _, m := range []struct {
			name string
			h    *histogram
		}{{"http_req_duration", &c.duration}, {"http_req_service", &c.service}, {"ws_delivery", &c.delivery}} {
			if m.h.count() == 0 {
				continue
			}
			data, err := m.h.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
			if err != nil {
				r.notes.add("a histogram could not be written: " + err.Error())
				continue
			}
			out.Histograms = append(out.Histograms, histogramSummary{
				m.name, r.scenarios[k.scenario].name, r.program.steps[k.step].title, "us", string(data),
			})
		}
	}
	slices.SortFunc(out.Histograms, func(a, b histogramSummary) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (r *run) verdicts() []verdict {
	out := make([]verdict, len(r.limits))
	for i, l := range r.limits {
		out[i] = r.judge(l, r.series.total, r.series.length)
	}
	return out
}

func (r *run) checks() []checkSummary {
	var out []checkSummary
	for a, j := range r.series.total.checks {
		s := r.program.steps[a.step]
		out = append(out, checkSummary{r.scenarios[a.scenario].name, s.title, s.asks[a.check], j.passed, j.failed})
	}
	slices.SortFunc(out, func(a, b checkSummary) int {
		return cmp.Or(cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Check, b.Check))
	})
	return out
}

// publish attaches the summary and puts what matters most of it into the detail
// of the step.
func (r *run) publish(ctx context.Context, report *executors.Report) {
	s := r.summarize()
	report.Set("requests", s.Requests)
	report.Set("failed", s.Failed)
	report.Set("rate", s.Rate)
	report.Set("seconds", s.Seconds)
	report.Set("vusMax", s.MaxUsers)
	if len(s.Workers) > 0 {
		report.Set("workers", plain(s.Workers))
	}
	for key, value := range map[string]any{
		"scenarios": s.Scenarios, "metrics": s.Metrics, "checks": s.Checks, "notes": s.Notes, "series": thinned(s.Series),
	} {
		report.Set(key, plain(value))
	}
	if s.Messages != nil {
		report.Set("messages", plain(s.Messages))
	}
	data, err := json.MarshalIndent(s, "", " ")
	if err == nil {
		err = report.Sink.Attach(ctx, executors.Attachment{
			Name: SummaryName, Kind: executors.AttachmentLog, ContentType: "application/json", Step: report.Index,
			Body: io.NopCloser(bytes.NewReader(data)),
		})
	}
	if err != nil {
		report.Set("attachmentError", "what was measured could not be kept: "+short(err.Error()))
	}
}

// maxDetailRows bounds the series in the detail of the step, which is read with
// every look at the result.
const maxDetailRows = 120

// thinned keeps rows at even distances, and the last one.
func thinned(rows []row) []row {
	if len(rows) <= maxDetailRows {
		return rows
	}
	out := make([]row, maxDetailRows)
	for i := range out {
		out[i] = rows[(i+1)*len(rows)/maxDetailRows-1]
	}
	return out
}

// plain turns a value into what JSON reads, so that secrets in it can be
// masked.
func plain(value any) any {
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		return err.Error()
	}
	return out
}
