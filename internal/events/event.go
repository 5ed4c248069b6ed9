package events

import (
	"encoding/json"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// Type says what happened.
type Type string

// The types of events of a run, in the order in which they can occur.
const (
	RunQueued    Type = "run.queued"    // the run and its results exist
	RunStarted   Type = "run.started"   // the first case began
	CaseStarted  Type = "case.started"  // an attempt began
	CaseRetried  Type = "case.retried"  // an attempt did not pass, another one will be made
	CaseRequeued Type = "case.requeued" // the attempt's worker was lost or told to end, the case is given to another one
	CaseFinished Type = "case.finished" // the result has its outcome
	RunPaused    Type = "run.paused"    // no further case is begun
	RunResumed   Type = "run.resumed"   // cases are begun again
	RunDeferred  Type = "run.deferred"  // cases wait for a target that does not answer
	RunStopping  Type = "run.stopping"  // no further case is begun: someone asked for it, or a limit was reached
	RunFinished  Type = "run.finished"  // always the last of the run itself

	ComparisonReviewed Type = "comparison.reviewed" // a person accepted or rejected what an attempt found; also after the run's end

	AssessmentCompleted Type = "assessment.completed" // the run or a result was assessed; after the run's end
	AnomalyDetected     Type = "anomaly.detected"     // a value of a case does not fit the runs before; after the run's end
)

// Types lists all types.
func Types() []Type {
	return []Type{
		RunQueued, RunStarted, CaseStarted, CaseRetried, CaseRequeued,
		CaseFinished, RunPaused, RunResumed, RunDeferred, RunStopping, RunFinished, ComparisonReviewed,
		AssessmentCompleted, AnomalyDetected,
	}
}

// Event is one fact about a run. Fields that do not belong to the type are
// empty. It is stored, published and delivered as the same JSON.
type Event struct {
	RunID     string    `json:"runId"`
	ProjectID string    `json:"projectId"`
	Seq       int64     `json:"seq"`
	Type      Type      `json:"type"`
	At        time.Time `json:"at"`

	Status string `json:"status"` // of the run after the event
	Counts Counts `json:"counts"` // of the run after the event

	ResultID   string       `json:"resultId,omitempty"`
	CaseID     string       `json:"caseId,omitempty"`
	CaseKey    string       `json:"caseKey,omitempty"`
	Title      string       `json:"title,omitempty"`
	Kind       spec.Kind    `json:"kind,omitempty"`
	Attempt    int          `json:"attempt,omitempty"`
	Outcome    spec.Outcome `json:"outcome,omitempty"`
	Error      string       `json:"error,omitempty"`
	DurationMS int64        `json:"durationMs,omitempty"`
	WorkerID   string       `json:"workerId,omitempty"`

	ComparisonID string `json:"comparisonId,omitempty"`
	Review       string `json:"review,omitempty"` // accepted, rejected

	AssessmentID     string   `json:"assessmentId,omitempty"`
	AssessmentStatus string   `json:"assessmentStatus,omitempty"` // ASSESSED, NOT_ASSESSED, INCONCLUSIVE
	Verdict          string   `json:"verdict,omitempty"`          // GOOD, AVERAGE, POOR; empty without a score
	Score            *float64 `json:"score,omitempty"`            // 0–1

	Anomaly *Anomaly `json:"anomaly,omitempty"`
}

// Anomaly is a value of a case that does not fit those of the runs before.
type Anomaly struct {
	Metric    string  `json:"metric"`            // duration, or the name of a metric
	Subject   string  `json:"subject,omitempty"` // the page and the device; empty for the case
	Unit      string  `json:"unit"`
	Value     float64 `json:"value"`
	Mean      float64 `json:"mean"` // of the values before
	Low       float64 `json:"low"`  // of what was expected
	High      float64 `json:"high"`
	Effect    float64 `json:"effect"` // difference from the mean as a share of it
	Values    int     `json:"values"` // runs that it was judged by
	Above     bool    `json:"above"`
	Threshold float64 `json:"threshold"` // in standard deviations of a normal distribution
}

// Counts are a run's results by outcome.
type Counts struct {
	Total     int `json:"total"`
	Finished  int `json:"finished"`
	Passed    int `json:"passed"`
	Failed    int `json:"failed"`
	Flaky     int `json:"flaky"`
	TimedOut  int `json:"timedOut"`
	Errored   int `json:"errored"`
	Skipped   int `json:"skipped"`
	Cancelled int `json:"cancelled"`
}

// Add counts n more results with an outcome.
func (c *Counts) Add(o spec.Outcome, n int) {
	c.Finished += n
	switch o {
	case spec.OutcomePassed:
		c.Passed += n
	case spec.OutcomeFailed:
		c.Failed += n
	case spec.OutcomeFlaky:
		c.Flaky += n
	case spec.OutcomeTimedOut:
		c.TimedOut += n
	case spec.OutcomeErrored:
		c.Errored += n
	case spec.OutcomeSkipped:
		c.Skipped += n
	case spec.OutcomeCancelled:
		c.Cancelled += n
	}
}

// Tick says where an attempt stands.
type Tick struct {
	RunID    string    `json:"runId"`
	ResultID string    `json:"resultId"`
	Attempt  int       `json:"attempt"`
	Step     int       `json:"step"`  // ordinal of the current step, from 0
	Steps    int       `json:"steps"` // how many the case has
	StepName string    `json:"stepName"`
	At       time.Time `json:"at"`
	Load     *Load     `json:"load,omitempty"` // of a load that is under way
}

// Load says how a load did in its last second.
type Load struct {
	ElapsedMS int64   `json:"elapsedMs"`
	Rate      float64 `json:"rate"` // requests a second
	P95       float64 `json:"p95"`  // of http_req_duration, in ms
	Failed    float64 `json:"failed"`
	Users     int     `json:"vus"`
	Dropped   int64   `json:"dropped"` // iterations, since the beginning
}

func decode(payload []byte) (Event, error) {
	var e Event
	err := json.Unmarshal(payload, &e)
	return e, err
}
