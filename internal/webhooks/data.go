package webhooks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// ExecutionData is the data of the types test.execution.*.
type ExecutionData struct {
	Run      RunData              `json:"run"`
	Counts   events.Counts        `json:"counts"`
	Progress float64              `json:"progress"` // share of the cases that are finished, 0–1
	Gates    []schema.GateOutcome `json:"gates,omitempty"`
	Failures []Failure            `json:"failures,omitempty"` // the first ones
}

// RunData is the run of an event, as it stood then.
type RunData struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"` // of its plan
	Status        string     `json:"status"`
	Error         string     `json:"error,omitempty"`
	URL           string     `json:"url"`
	PlanID        string     `json:"planId"`
	PlanVersionID string     `json:"planVersionId"`
	Environment   string     `json:"environment"`
	Origin        string     `json:"origin"` // CALLER, SCHEDULE or TRIGGER
	OriginID      string     `json:"originId,omitempty"`
	CreatedAt     time.Time  `json:"createdAt"`
	StartedAt     *time.Time `json:"startedAt,omitempty"`
	FinishedAt    *time.Time `json:"finishedAt,omitempty"`
	DurationMS    *int64     `json:"durationMs,omitempty"` // from its start to its end
}

// Failure is a case that did not pass.
type Failure struct {
	ResultID string `json:"resultId"`
	CaseKey  string `json:"caseKey"`
	Title    string `json:"title"`
	Outcome  string `json:"outcome"`
	Error    string `json:"error"`
}

// Bounds of what a message says about failures; the graph has the rest.
const (
	maxFailures     = 20
	maxFailureError = 500 // characters
)

func (s *Service) executionData(ctx context.Context, tx *store.Tx, n news) (ExecutionData, error) {
	e := n.event
	row, err := tx.Run.Get(ctx, e.RunID)
	if err != nil {
		return ExecutionData{}, fmt.Errorf("read the run: %w", err)
	}
	d := ExecutionData{
		Run: RunData{
			ID: row.ID, Name: row.Name, Status: strings.ToUpper(e.Status), URL: s.link("runs", row.ID),
			PlanID: row.PlanID, PlanVersionID: row.PlanVersionID, Environment: row.Environment,
			Origin: strings.ToUpper(string(row.Origin)), OriginID: row.OriginID,
			CreatedAt: row.CreatedAt.UTC(), StartedAt: utc(row.StartedAt),
		},
		Counts: e.Counts,
	}
	if e.Counts.Total > 0 {
		d.Progress = float64(e.Counts.Finished) / float64(e.Counts.Total)
	}
	if n.typ != ExecutionCompleted && n.typ != ExecutionFailed {
		return d, nil
	}
	d.Run.FinishedAt, d.Run.Error, d.Gates = utc(row.FinishedAt), row.Error, row.Gates
	if row.StartedAt != nil && row.FinishedAt != nil {
		took := max(0, row.FinishedAt.Sub(*row.StartedAt).Milliseconds())
		d.Run.DurationMS = &took
	}
	d.Failures, err = failures(ctx, tx, row)
	return d, err
}

func failures(ctx context.Context, tx *store.Tx, r *ent.Run) ([]Failure, error) {
	if r.Status == run.StatusPassed {
		return nil, nil
	}
	rows, err := tx.Result.Query().
		Where(result.RunID(r.ID), result.OutcomeIn(spec.OutcomeFailed, spec.OutcomeTimedOut, spec.OutcomeErrored)).
		Order(result.ByOrdinal()).Limit(maxFailures).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the results that did not pass: %w", err)
	}
	var out []Failure
	for _, row := range rows {
		f := Failure{ResultID: row.ID, CaseKey: row.CaseKey, Title: row.Title, Error: excerpt.Of(row.Error, maxFailureError)}
		if row.Outcome != nil {
			f.Outcome = strings.ToUpper(string(*row.Outcome))
		}
		out = append(out, f)
	}
	return out, nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
