package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const maxNotes = 20 // of a step

// tally is what one step has to say.
type tally struct {
	step     int
	requests int
	broken   int
	statuses map[string]any // how often, by code
	applied  map[string]int // answers that each check looked at
	findings []*Finding
	notes    []string
}

// note keeps a remark, once.
func (t *tally) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(t.notes) < maxNotes && !slices.Contains(t.notes, text) {
		t.notes = append(t.notes, text)
	}
}

func (t *tally) count(_ *operation, _ *call, a *answer) {
	t.requests++
	key := strconv.Itoa(a.status)
	if a.broken != "" {
		t.broken++
		key = "none"
	}
	n, _ := t.statuses[key].(int)
	t.statuses[key] = n + 1
}

// apply counts which checks looked at an answer.
func (t *tally) apply(c *call, a *answer) {
	t.applied[spec.NotAServerError]++
	if a.broken != "" {
		return
	}
	if check := map[purpose]string{
		positive: spec.PositiveDataAcceptance, negative: spec.NegativeDataRejection, withoutHeader: spec.MissingRequiredHeader,
		otherMethod: spec.UnsupportedMethod, withoutAuth: spec.IgnoredAuth, afterCreate: spec.EnsureResourceAvailability, afterDelete: spec.UseAfterFree,
	}[c.purpose]; check != "" {
		t.applied[check]++
	}
	if c.op.graph != nil && c.purpose != otherMethod {
		for _, check := range []string{spec.StatusCodeConformance, spec.ContentTypeConformance, spec.ResponseSchemaConformance} {
			t.applied[check]++
		}
		return
	}
	if c.purpose != otherMethod && c.purpose != unknownPath {
		for _, check := range []string{spec.StatusCodeConformance, spec.ContentTypeConformance, spec.ResponseSchemaConformance, spec.ResponseHeadersConformance} {
			t.applied[check]++
		}
	}
}

// report writes the checks of a step: one for each that held, and one for each
// finding.
func (t *tally) report(report *executors.Report, r *run) {
	failed := map[string]bool{}
	var shown []any
	for _, f := range t.findings {
		failed[f.Check] = true
		name := f.Check + ": " + f.What
		if f.Known {
			name += " (known)"
		}
		report.Check(executors.Check{
			Name: excerpt.Of(oneLine(name), 300), Passed: f.Known, Expected: f.Expected, Actual: f.Actual,
			Message: excerpt.Of(oneLine(fmt.Sprintf("%s: %s; %s", f.Check, f.Message, f.Curl)), 1500),
		})
		shown = append(shown, map[string]any{"check": f.Check, "what": f.What, "message": f.Message, "curl": excerpt.Of(f.Curl, 4000),
			"fingerprint": f.Fingerprint, "times": f.Times, "known": f.Known, "unsteady": f.Unsteady})
	}
	for _, check := range spec.ContractChecks() {
		if n := t.applied[check]; n > 0 && !failed[check] && r.settings.Asks(check) {
			report.Check(executors.Check{Name: check, Passed: true, Expected: "holds", Actual: fmt.Sprintf("held for %d answers", n)})
		}
	}
	report.Set("requests", t.requests)
	report.Set("statuses", t.statuses)
	if len(shown) > 0 {
		report.Set("findings", shown)
	}
	if len(t.notes) > 0 {
		report.Set("notes", t.notes)
		for _, text := range t.notes {
			r.sink.Emit(executors.Log{Level: "warn", Message: oneLine(text), At: time.Now()})
		}
	}
}

// keep attaches a finding as the file that --replay reads. A store that is full
// changes nothing.
func (r *run) keep(ctx context.Context, f *Finding, t *tally) {
	r.attach(ctx, fmt.Sprintf("finding-%d.json", len(r.findings)), t.step, f)
}

func (r *run) attach(ctx context.Context, name string, step int, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	if err == nil {
		err = r.sink.Attach(ctx, executors.Attachment{Name: name, Kind: executors.AttachmentLog, ContentType: "application/json",
			Step: step, Body: io.NopCloser(&b)})
	}
	if err != nil {
		r.sink.Emit(executors.Log{Level: "warn", Message: name + " could not be kept: " + oneLine(err.Error()), At: time.Now()})
	}
}

// tell attaches the findings and the coverage, and emits them as metrics.
func (r *run) tell(ctx context.Context) {
	out := baseline{Format: baselineFormat, Findings: []baselineLine{}}
	fresh := 0
	for _, f := range r.findings {
		out.Findings = append(out.Findings, baselineLine{f.Fingerprint, f.Operation, f.Check, f.Message})
		if !f.Known {
			fresh++
		}
	}
	if r.untold > 0 {
		r.sink.Emit(executors.Log{Level: "warn", At: time.Now(),
			Message: fmt.Sprintf("%d answers beyond the first %d findings were not looked into", r.untold, maxFindings)})
	}
	r.attach(ctx, findingsName, -1, out)
	covered := r.cover.of(r.operations)
	metrics := []executors.Metric{{Name: "contract_statuses_covered", Value: r.cover.statuses(r.operations)}}
	if r.doc.graph != nil {
		types, typesCovered, fieldsCovered := r.cover.graph(r.doc.graph, r.operations)
		delete(covered, "statusesCovered") // a schema documents none
		covered["types"], covered["typesCovered"], covered["fieldsCovered"] = types, typesCovered, fieldsCovered
		metrics = []executors.Metric{{Name: "contract_types_covered", Value: typesCovered}, {Name: "contract_fields_covered", Value: fieldsCovered}}
	}
	r.attach(ctx, "coverage.json", -1, covered)
	sent, _ := r.client.count()
	now := time.Now()
	for _, m := range append([]executors.Metric{
		{Name: "contract_requests", Value: float64(sent)},
		{Name: "contract_findings", Value: float64(len(r.findings))},
		{Name: "contract_findings_new", Value: float64(fresh)},
		{Name: "contract_operations_covered", Value: r.cover.operations(r.operations)},
		{Name: "contract_parameters_covered", Value: r.cover.parameters(r.operations)},
	}, metrics...) {
		m.Unit, m.At = "1", now
		r.sink.Emit(m)
	}
}
