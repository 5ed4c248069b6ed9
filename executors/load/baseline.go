package load

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
)

// maxBaseline bounds the load.json of an earlier run: 32 MiB.
const maxBaseline = 32 << 20

// figures are what the thresholds of a case measured, by their metric and
// aggregate: figures["http_req_duration{scenario:peak}"]["p(95)"].
type figures map[string]map[string]float64

// of is the figure with which a relative threshold is compared.
func (f figures) of(l *limit) (float64, bool) {
	value, known := f[l.of.String()][l.limit.Name()]
	return value, known
}

// figures are those of this load. Nothing is told of what has no sample: a later
// run could not be compared with it.
func (r *run) figures() figures {
	out := figures{}
	for _, l := range r.limits {
		value, samples := r.value(l, r.series.total, r.series.length)
		if samples == 0 {
			continue
		}
		key := l.of.String()
		if out[key] == nil {
			out[key] = map[string]float64{}
		}
		out[key][l.limit.Name()] = value
	}
	return out
}

// baselineOf reads what the thresholds of a case are compared with; nil where
// there is nothing.
func (a *attempt) baselineOf(ctx context.Context, limits []*limit) (figures, error) {
	ref := a.task.Case.Load.BaselineFile
	switch {
	case ref != "":
		f, name, err := executors.OpenFile(a.task.Files, ref)
		if err != nil {
			return nil, err
		}
		return readBaseline(name, f)
	case a.task.Previous == nil || !slices.ContainsFunc(limits, func(l *limit) bool { return l.limit.Baseline != "" }):
		return nil, nil
	}
	f, runID, err := a.task.Previous.Open(ctx, SummaryName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, executors.Errorf("what the run before measured cannot be read: %w", err)
	}
	known, err := readBaseline(SummaryName+" of "+runID, f)
	if err != nil { // nobody could mend it: what cannot be compared is told as not judged
		a.sink.Emit(executors.Log{Level: "warn", Message: err.Error(), At: time.Now()})
	}
	return known, nil
}

func readBaseline(name string, from io.ReadCloser) (figures, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxBaseline+1))
	if closeErr := from.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, executors.Errorf("the baseline %s cannot be read: %w", name, err)
	}
	if len(data) > maxBaseline {
		return nil, executors.Errorf("the baseline %s is larger than the limit of %d MiB", name, maxBaseline>>20)
	}
	return parseBaseline(name, data)
}

// parseBaseline reads the load.json of an earlier run.
func parseBaseline(name string, data []byte) (figures, error) {
	var in struct {
		Version int     `json:"version"`
		Figures figures `json:"figures"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, executors.Errorf("the baseline %s is not the %s of an earlier run: it is not valid JSON of that form", name, SummaryName)
	}
	if in.Version != summaryVersion || in.Figures == nil {
		return nil, executors.Errorf("the baseline %s is not the %s of an earlier run: it has no figures of version %d", name, SummaryName, summaryVersion)
	}
	return in.Figures, nil
}
