package load

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
)

const (
	maxK6Summary = 8 << 20 // bytes
	maxK6Metrics = 500     // metrics with their tags, and checks
)

// k6Summary is what --summary-export writes, as far as it is read.
type k6Summary struct {
	metrics map[string]k6Metric
	checks  []checkSummary
}

// k6Metric holds aggregates by their names, and which thresholds were crossed.
type k6Metric struct {
	values     map[string]float64
	thresholds map[string]bool
}

// UnmarshalJSON reads a flat object whose key thresholds is another one.
func (m *k6Metric) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	m.values = map[string]float64{}
	for name, value := range raw {
		if name == "thresholds" {
			if err := json.Unmarshal(value, &m.thresholds); err != nil {
				return err
			}
			continue
		}
		var n float64
		if json.Unmarshal(value, &n) == nil && !math.IsInf(n, 0) {
			m.values[name] = n
		}
	}
	return nil
}

type k6Group struct {
	Name   string              `json:"name"`
	Groups map[string]*k6Group `json:"groups"`
	Checks map[string]*struct {
		Name   string `json:"name"`
		Passes int64  `json:"passes"`
		Fails  int64  `json:"fails"`
	} `json:"checks"`
}

func readK6Summary(path string) (*k6Summary, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, executors.Errorf("k6 wrote no summary")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxK6Summary+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, executors.Errorf("the summary of k6 cannot be read: %w", err)
	}
	return parseK6Summary(data)
}

// parseK6Summary reads what k6 v0.40 to v1 write with --summary-export.
func parseK6Summary(data []byte) (*k6Summary, error) {
	if len(data) > maxK6Summary {
		return nil, executors.Errorf("the summary of k6 is larger than the limit of %d MiB", maxK6Summary>>20)
	}
	var in struct {
		Metrics map[string]k6Metric `json:"metrics"`
		Root    *k6Group            `json:"root_group"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, executors.Errorf("the summary of k6 has a form that is not known here")
	}
	if len(in.Metrics) == 0 {
		return nil, executors.Errorf("the summary of k6 has no metrics")
	}
	out := &k6Summary{metrics: in.Metrics}
	out.gather(in.Root, "", 0)
	if len(out.metrics)+len(out.checks) > maxK6Metrics {
		return nil, executors.Errorf("the summary of k6 has more than %d metrics and checks", maxK6Metrics)
	}
	return out, nil
}

// gather lists the checks of a group and those that it holds.
func (s *k6Summary) gather(g *k6Group, within string, depth int) {
	if g == nil || depth > 100 || len(s.checks) > maxK6Metrics {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(g.Checks)) {
		if c := g.Checks[key]; c != nil {
			s.checks = append(s.checks, checkSummary{Step: short(within), Check: short(cmp.Or(c.Name, key)), Passed: c.Passes, Failed: c.Fails})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(g.Groups)) {
		inner := g.Groups[key]
		name := key
		if inner != nil {
			name = cmp.Or(inner.Name, key)
		}
		s.gather(inner, strings.TrimPrefix(within+" › "+name, " › "), depth+1)
	}
}

// tell makes what k6 measured ours.
func (s *k6Summary) tell(sink executors.Sink, report *executors.Report) {
	now := time.Now()
	told := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(s.metrics)) {
		values := s.metrics[key].values
		name, tags := k6Name(key)
		shown := map[string]any{}
		for _, aggregate := range slices.Sorted(maps.Keys(values)) {
			shown[aggregate] = values[aggregate]
			all := maps.Clone(tags)
			all["aggregate"] = aggregate
			sink.Emit(executors.Metric{Name: name, Unit: k6Unit(name, aggregate), Value: values[aggregate], Tags: all, At: now})
		}
		told[short(key)] = shown
	}
	report.Set("k6", told)
	report.Set("checks", plain(s.checks))
	report.Set("requests", s.metrics["http_reqs"].values["count"])
	report.Set("rate", s.metrics["http_reqs"].values["rate"])
}

// k6Name divides http_req_duration{scenario:peak} into a name and its tags.
func k6Name(key string) (string, map[string]string) {
	name, rest, _ := strings.Cut(short(key), "{")
	tags := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, "}"), ",") {
		if k, v, ok := strings.Cut(part, ":"); ok {
			tags[k] = v
		}
	}
	return cmp.Or(name, "k6"), tags
}

func k6Unit(name, aggregate string) string {
	switch {
	case strings.HasPrefix(name, "data_") && aggregate == "count":
		return "By"
	case aggregate == "count", aggregate == "rate", aggregate == "value", aggregate == "passes", aggregate == "fails":
		return "1"
	case strings.HasPrefix(name, "http_req_"), strings.HasPrefix(name, "ws_"), strings.HasPrefix(name, "grpc_"), strings.HasSuffix(name, "_duration"):
		return "ms"
	}
	return "1"
}

// verdicts are the thresholds of the script.
func (s *k6Summary) verdicts() (out []executors.Check) {
	for _, key := range slices.Sorted(maps.Keys(s.metrics)) {
		m := s.metrics[key]
		for _, threshold := range slices.Sorted(maps.Keys(m.thresholds)) {
			name, text := short(key), short(threshold)
			c := executors.Check{Name: name + " " + text, Passed: !m.thresholds[threshold], Expected: text, Actual: m.text()}
			if !c.Passed {
				c.Message = fmt.Sprintf("%s should be %s, but is %s", name, text, c.Actual)
			}
			out = append(out, c)
		}
	}
	return out
}

func (m k6Metric) text() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m.values)) {
		parts = append(parts, name+"="+number(m.values[name]))
	}
	return short(strings.Join(parts, " "))
}
