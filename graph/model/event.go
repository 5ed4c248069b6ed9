package model

import (
	"time"

	"github.com/semantest/semantest/ent/comparison"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// RunEvent is an event as the graph shows it: what does not belong to its type
// is null.
type RunEvent struct {
	Seq           int64
	Type          events.Type
	At            time.Time
	RunID         string
	Status        run.Status
	OutcomeCounts *events.Counts
	ResultID      *string
	CaseID        *string
	CaseKey       *string
	Title         *string
	Kind          *spec.Kind
	Attempt       *int
	Outcome       *spec.Outcome
	Error         *string
	DurationMs    *int64
	WorkerID      *string
	ComparisonID  *string
	Review        *comparison.Review

	AssessmentID     *string
	AssessmentStatus *rules.Status
	Verdict          *rules.Band
	Score            *float64

	Anomaly *anomalies.Anomaly
}

// NewRunEvent converts an event.
func NewRunEvent(e events.Event) *RunEvent {
	out := &RunEvent{
		Seq: e.Seq, Type: e.Type, At: e.At, RunID: e.RunID, Status: run.Status(e.Status), OutcomeCounts: &e.Counts,
		ResultID: set(e.ResultID), CaseID: set(e.CaseID), CaseKey: set(e.CaseKey), Title: set(e.Title),
		Kind: set(e.Kind), Attempt: set(e.Attempt), Outcome: set(e.Outcome), Error: set(e.Error), WorkerID: set(e.WorkerID),
		ComparisonID: set(e.ComparisonID), Review: set(comparison.Review(e.Review)),
		AssessmentID: set(e.AssessmentID), AssessmentStatus: set(rules.Status(e.AssessmentStatus)), Verdict: set(rules.Band(e.Verdict)), Score: e.Score,
	}
	if e.Outcome != "" {
		out.DurationMs = &e.DurationMS
	}
	if a := e.Anomaly; a != nil {
		out.Anomaly = &anomalies.Anomaly{RunID: e.RunID, ResultID: e.ResultID, CaseKey: e.CaseKey, Metric: a.Metric, Subject: a.Subject, Unit: a.Unit,
			Value: a.Value, Mean: a.Mean, Low: a.Low, High: a.High, Effect: a.Effect, Values: a.Values, Above: a.Above, Threshold: a.Threshold}
	}
	return out
}

// RunProgress is where a run stands.
type RunProgress struct {
	RunID         string
	Status        run.Status
	LastSeq       int64
	OutcomeCounts *events.Counts
	Running       []*RunningCase
	At            time.Time
}

// NewRunProgress converts a snapshot.
func NewRunProgress(p runs.Progress) *RunProgress {
	out := &RunProgress{
		RunID: p.RunID, Status: p.Status, LastSeq: p.LastSeq, OutcomeCounts: &p.Counts, At: p.At,
		Running: make([]*RunningCase, len(p.Running)),
	}
	for i, r := range p.Running {
		c := &RunningCase{ResultID: r.ResultID, CaseKey: r.CaseKey, Title: r.Title, Attempt: r.Attempt, StartedAt: r.StartedAt, Load: r.Load}
		if r.Step >= 0 {
			c.Step, c.Steps, c.StepName = &r.Step, &r.Steps, &r.StepName
		}
		out.Running[i] = c
	}
	return out
}

// set returns nil for the zero value.
func set[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
