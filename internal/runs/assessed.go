package runs

import (
	"context"
	"time"

	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Assessor opens the assessments of a run, in the transaction that ends it.
type Assessor interface {
	Open(ctx context.Context, tx *store.Tx, projectID, runID string, plan *spec.Plan) error
}

// Assessed is a judgement on a run or one of its results.
type Assessed struct {
	AssessmentID, ResultID string // the result is empty for the run as a whole
	Status, Verdict        string // as the graph spells them
	Score                  *float64
}

// TellAssessment records a judgement among the events of a run that has ended. It
// locks the run's row, so that the caller's other locks come first.
func (s *Service) TellAssessment(ctx context.Context, tx *store.Tx, runID string, a Assessed) error {
	r, err := advance(ctx, tx, runID, delta{events: 1})
	if err != nil {
		return err
	}
	e := r.event(events.AssessmentCompleted, time.Now())
	e.ResultID, e.AssessmentID, e.AssessmentStatus, e.Verdict, e.Score = a.ResultID, a.AssessmentID, a.Status, a.Verdict, a.Score
	return s.record(ctx, tx, r, e)
}
