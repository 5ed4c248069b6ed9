package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/spec"
)

// SchemaVersion is the version of the JSON report. A new optional field leaves
// it; a field that goes or changes its meaning raises it.
const SchemaVersion = 1

//go:embed report.schema.json
var jsonSchema []byte

// JSONSchema returns the JSON Schema (draft 2020-12) of what WriteJSON writes.
func JSONSchema() []byte { return append([]byte(nil), jsonSchema...) }

// WriteJSON writes the run as one JSON object of the shape that JSONSchema
// describes. Times are RFC 3339 in UTC, durations milliseconds. The bytes of
// artifacts are not in it, only where they lie.
func WriteJSON(w io.Writer, run Run) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(jsonOf(run.settled())); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	return nil
}

type jsonReport struct {
	SchemaVersion int          `json:"schemaVersion"`
	Generator     string       `json:"generator,omitempty"`
	Run           jsonRun      `json:"run"`
	Results       []jsonResult `json:"results"`
}

type jsonRun struct {
	ID          string               `json:"id"`
	Plan        string               `json:"plan"`
	PlanVersion int                  `json:"planVersion,omitempty"`
	Environment string               `json:"environment,omitempty"`
	Status      string               `json:"status"`
	Error       string               `json:"error,omitempty"`
	StartedAt   *time.Time           `json:"startedAt"`
	FinishedAt  *time.Time           `json:"finishedAt"`
	DurationMS  float64              `json:"durationMs"`
	URL         string               `json:"url,omitempty"`
	Seed        string               `json:"seed,omitempty"`
	Counts      map[spec.Outcome]int `json:"counts"`
	Gates       []jsonGate           `json:"gates"`
	Metrics     []jsonSummary        `json:"metrics"`
	Assessment  *rules.Assessment    `json:"assessment,omitempty"`
	Judged      *rules.Assessment    `json:"judged,omitempty"`
	Panel       *quality.Panel       `json:"judgePanel,omitempty"`
	Failures    []quality.Failure    `json:"failures,omitempty"`
}

type jsonGate struct {
	Name    string `json:"name"`
	Passed  bool   `json:"passed"`
	Limit   string `json:"limit"`
	Actual  string `json:"actual"`
	Message string `json:"message,omitempty"`
}

type jsonSummary struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit,omitempty"`
	Count  int     `json:"count"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

type jsonResult struct {
	ID         string            `json:"id,omitempty"`
	CaseID     string            `json:"caseId"`
	Name       string            `json:"name"`
	Kind       spec.Kind         `json:"kind"`
	Tags       []string          `json:"tags,omitempty"`
	Matrix     map[string]string `json:"matrix,omitempty"`
	Outcome    spec.Outcome      `json:"outcome"`
	Error      string            `json:"error,omitempty"`
	StartedAt  *time.Time        `json:"startedAt"`
	DurationMS float64           `json:"durationMs"`
	URL        string            `json:"url,omitempty"`
	Attempts   []jsonAttempt     `json:"attempts"`
}

type jsonAttempt struct {
	Number     int            `json:"number"`
	Outcome    spec.Outcome   `json:"outcome"`
	Error      string         `json:"error,omitempty"`
	Worker     string         `json:"worker,omitempty"`
	StartedAt  *time.Time     `json:"startedAt"`
	DurationMS float64        `json:"durationMs"`
	Steps      []jsonStep     `json:"steps"`
	Artifacts  []jsonArtifact `json:"artifacts,omitempty"`
	Metrics    []jsonMetric   `json:"metrics,omitempty"`
	Logs       []jsonLog      `json:"logs,omitempty"`
}

type jsonStep struct {
	Index      int             `json:"index"`
	Name       string          `json:"name"`
	Action     string          `json:"action,omitempty"`
	Outcome    spec.Outcome    `json:"outcome"`
	Error      string          `json:"error,omitempty"`
	StartedAt  *time.Time      `json:"startedAt"`
	DurationMS float64         `json:"durationMs"`
	Checks     []jsonCheck     `json:"checks,omitempty"`
	Detail     json.RawMessage `json:"detail,omitempty"`
}

type jsonCheck struct {
	Name     string `json:"name"`
	Passed   bool   `json:"passed"`
	Expected string `json:"expected,omitempty"`
	Actual   string `json:"actual,omitempty"`
	Message  string `json:"message,omitempty"`
}

type jsonArtifact struct {
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	ContentType string `json:"contentType,omitempty"`
	Size        int64  `json:"size"`
	Step        *int   `json:"step"`
	Path        string `json:"path,omitempty"`
	URL         string `json:"url,omitempty"`
}

type jsonMetric struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit,omitempty"`
	Value float64 `json:"value"`
}

type jsonLog struct {
	Level   string     `json:"level"`
	Message string     `json:"message"`
	At      *time.Time `json:"at"`
}

func jsonOf(run Run) jsonReport {
	out := jsonReport{
		SchemaVersion: SchemaVersion,
		Generator:     run.Generator,
		Run: jsonRun{
			ID: run.ID, Plan: run.Plan, PlanVersion: run.PlanVersion, Environment: run.Environment,
			Status: run.Status, Error: run.Error,
			StartedAt: moment(run.StartedAt), FinishedAt: moment(run.FinishedAt), DurationMS: millis(run.Duration()),
			URL: run.URL, Seed: run.Seed, Counts: run.Counts(), Assessment: run.Assessment, Judged: run.Judged, Panel: run.Panel, Failures: run.Failures,
			Gates: make([]jsonGate, len(run.Gates)), Metrics: []jsonSummary{},
		},
		Results: make([]jsonResult, len(run.Results)),
	}
	for i, g := range run.Gates {
		out.Run.Gates[i] = jsonGate(g)
	}
	for _, s := range summarize(run) {
		out.Run.Metrics = append(out.Run.Metrics, jsonSummary(s))
	}
	for i, r := range run.Results {
		out.Results[i] = jsonResultOf(r)
	}
	return out
}

func jsonResultOf(r Result) jsonResult {
	out := jsonResult{
		ID: r.ID, CaseID: r.CaseID, Name: r.Name, Kind: r.Kind, Tags: r.Tags, Matrix: r.Matrix,
		Outcome: r.Outcome, Error: r.Error, StartedAt: moment(r.StartedAt), DurationMS: millis(r.Duration),
		URL: r.URL, Attempts: make([]jsonAttempt, len(r.Attempts)),
	}
	if out.Name == "" {
		out.Name = r.CaseID
	}
	for i, a := range r.Attempts {
		out.Attempts[i] = jsonAttemptOf(a)
	}
	return out
}

func jsonAttemptOf(a Attempt) jsonAttempt {
	out := jsonAttempt{
		Number: a.Number, Outcome: a.Outcome, Error: a.Error, Worker: a.Worker,
		StartedAt: moment(a.StartedAt), DurationMS: millis(a.Duration), Steps: make([]jsonStep, len(a.Steps)),
	}
	for i, s := range a.Steps {
		step := jsonStep{
			Index: s.Index, Name: s.Name, Action: s.Action, Outcome: s.Outcome, Error: s.Error,
			StartedAt: moment(s.StartedAt), DurationMS: millis(s.Duration), Detail: jsonDetail(s.Detail),
		}
		for _, c := range s.Checks {
			step.Checks = append(step.Checks, jsonCheck(c))
		}
		out.Steps[i] = step
	}
	for _, f := range a.Artifacts {
		artifact := jsonArtifact{Name: f.Name, Kind: f.Kind, ContentType: f.ContentType, Size: f.Size, Path: f.Path, URL: f.URL}
		if f.Step >= 0 {
			artifact.Step = &f.Step
		}
		out.Artifacts = append(out.Artifacts, artifact)
	}
	for _, m := range a.Metrics {
		if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) { // JSON has no such numbers
			out.Metrics = append(out.Metrics, jsonMetric(m))
		}
	}
	for _, l := range a.Logs {
		out.Logs = append(out.Logs, jsonLog{Level: l.Level, Message: l.Message, At: moment(l.At)})
	}
	return out
}

// jsonDetail keeps one step's unusual detail from spoiling the whole report.
func jsonDetail(detail map[string]any) json.RawMessage {
	if len(detail) == 0 {
		return nil
	}
	b, err := json.Marshal(detail)
	if err != nil {
		b, _ = json.Marshal(map[string]string{"unreadable": err.Error()})
	}
	return b
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}
