package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/runevent"
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

// Anomalous is a value of a result that does not fit the runs before.
type Anomalous struct {
	ResultID, CaseKey string
	events.Anomaly
}

// maxTold bounds the anomalies of a run that are told; the graph has all.
const maxTold = 20

// TellAnomalies records what does not fit among the events of a run that has ended,
// once for a run. It locks the run's row, so that the caller's other locks come first.
func (s *Service) TellAnomalies(ctx context.Context, tx *store.Tx, runID string, found []Anomalous) error {
	if len(found) == 0 {
		return nil
	}
	found = found[:min(len(found), maxTold)]
	if _, err := tx.Run.Query().Where(run.ID(runID)).ForUpdate().OnlyID(ctx); err != nil {
		return fmt.Errorf("read run %s: %w", runID, err)
	}
	told, err := tx.RunEvent.Query().Where(runevent.RunID(runID), runevent.Type(string(events.AnomalyDetected))).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for anomalies that were told of %s: %w", runID, err)
	}
	if told {
		return nil
	}
	r, err := advance(ctx, tx, runID, delta{events: len(found)})
	if err != nil {
		return err
	}
	now := time.Now()
	evs := make([]events.Event, len(found))
	for i, a := range found {
		e := r.event(events.AnomalyDetected, now)
		e.ResultID, e.CaseKey, e.Anomaly = a.ResultID, a.CaseKey, &a.Anomaly
		evs[i] = e
	}
	return s.record(ctx, tx, r, evs...)
}
