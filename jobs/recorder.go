package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of what one attempt may tell; what is beyond is counted and dropped.
const (
	maxSteps     = 2_000
	maxMetrics   = 10_000
	maxLogs      = 1_000
	maxArtifacts = 200
	maxDetail    = 64 << 10
)

// recorder is the Sink of one attempt: it collects what is stored at the end
// and tells the ticker where the attempt stands.
type recorder struct {
	claim     *runs.Claim
	artifacts *artifacts.Service
	ticks     *ticker

	mu     sync.Mutex
	closed bool
	out    runs.Finished
}

func newRecorder(claim *runs.Claim, a *artifacts.Service, t *ticker) *recorder {
	return &recorder{claim: claim, artifacts: a, ticks: t}
}

// Emit implements executors.Sink.
func (r *recorder) Emit(e executors.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return // an executor that breaks its contract must not break the result
	}
	switch e := e.(type) {
	case executors.StepStarted:
		r.ticks.set(r.claim, e)
	case executors.Pulse:
		r.ticks.pulse(r.claim, e)
	case executors.StepFinished:
		if len(r.out.Steps) < maxSteps {
			r.out.Steps = append(r.out.Steps, stepOf(e, r.claim.Started))
		}
	case executors.Metric:
		if len(r.out.Metrics) < maxMetrics {
			r.out.Metrics = append(r.out.Metrics, runs.Metric{Name: e.Name, Unit: e.Unit, Value: e.Value, Tags: e.Tags, At: e.At})
		}
	case executors.Log:
		if len(r.out.Logs) < maxLogs {
			r.out.Logs = append(r.out.Logs, schema.LogLine{Level: e.Level, Message: e.Message, AtMS: e.At.Sub(r.claim.Started).Milliseconds()})
		}
	}
}

var errTooManyArtifacts = errors.New("the attempt has too many artifacts")

// Attach implements executors.Sink. A content that cannot be stored leaves an
// artifact that says why.
func (r *recorder) Attach(ctx context.Context, a executors.Attachment) error {
	r.mu.Lock()
	full := r.closed || len(r.out.Artifacts) >= maxArtifacts
	r.mu.Unlock()
	if full {
		return errors.Join(errTooManyArtifacts, a.Body.Close())
	}
	// A picture of the failure is wanted most when the attempt's time is up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	stored, err := r.artifacts.Put(ctx, artifacts.Content{
		ProjectID: r.claim.Result.ProjectID, RunID: r.claim.Result.RunID,
		Name: a.Name, ContentType: a.ContentType, Body: a.Body,
	})
	row := runs.Artifact{
		ID: stored.ID, Step: a.Step, Name: a.Name, Kind: string(a.Kind), ContentType: a.ContentType,
		SHA256: stored.SHA256, Key: stored.Key, Size: stored.Size,
	}
	if err != nil {
		row.Error = "the content could not be stored: " + apperr.Message(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.out.Artifacts = append(r.out.Artifacts, row)
	}
	return err
}

func (r *recorder) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.ticks.drop(r.claim.Result.ID)
}

func (r *recorder) finished(workerID string, outcome spec.Outcome, err error) runs.Finished {
	r.mu.Lock()
	f := r.out
	r.mu.Unlock()
	f.Result, f.WorkerID, f.Outcome = r.claim.Result, workerID, outcome
	f.StartedAt, f.FinishedAt = r.claim.Started, time.Now()
	if err != nil {
		f.Error = r.claim.Scope.Mask(err.Error())
	}
	return f
}

func stepOf(e executors.StepFinished, began time.Time) runs.Step {
	s := runs.Step{
		Ordinal: e.Index, Name: e.Name, Action: e.Action, Outcome: e.Outcome, Error: e.Error,
		Offset: e.StartedAt.Sub(began), Duration: e.Duration,
	}
	if len(e.Detail) > 0 {
		detail, err := json.Marshal(e.Detail)
		switch {
		case err != nil:
			detail = []byte(`{"omitted":"the detail is not JSON"}`)
		case len(detail) > maxDetail:
			detail = []byte(`{"omitted":"the detail is too large"}`)
		}
		s.Detail = detail
	}
	for _, c := range e.Checks {
		s.Checks = append(s.Checks, runs.Check{Name: c.Name, Passed: c.Passed, Expected: c.Expected, Actual: c.Actual, Message: c.Message})
	}
	return s
}
