package assessments

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// Perform makes a pending assessment. For the worker: it checks no permission,
// and does nothing where the assessment was made or is gone, so that a job that
// is delivered twice counts once.
func (s *Service) Perform(ctx context.Context, id string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.complete(ctx, tx, id)
		return err
	})
}

// GiveUp ends a pending assessment as one that could not be made. For the worker: it
// checks no permission, and does nothing where the assessment was made or is gone.
func (s *Service) GiveUp(ctx context.Context, id, reason string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Assessment.Query().Where(assessment.ID(id), assessment.StatusEQ(assessment.StatusPending)).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read assessment %s: %w", id, err)
		}
		// Reading what was measured may be what fails, so nothing of it is told.
		none := judge.NotAssessed(judge.Case{Facts: rules.Assess(rules.Input{})}, reason)
		if row.Judge == assessment.JudgeLlm {
			return s.keepJudgement(ctx, tx, row, none, nil)
		}
		_, err = s.keep(ctx, tx, row, none.Assessment)
		return err
	})
}

// complete judges a pending assessment and tells it; nil where it is no longer
// pending.
func (s *Service) complete(ctx context.Context, tx *store.Tx, id string) (*ent.Assessment, error) {
	row, err := tx.Assessment.Query().Where(assessment.ID(id), assessment.StatusEQ(assessment.StatusPending)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read assessment %s: %w", id, err)
	}
	found, err := s.evidence(ctx, tx, row)
	if err != nil {
		return nil, err
	}
	if row, err = s.keep(ctx, tx, row, rules.Assess(found.in)); err != nil {
		return nil, err
	}
	return row, s.runs.TellAnomalies(ctx, tx, row.RunID, found.anomalous)
}

// keep stores a judgement and tells it among the events of the run.
func (s *Service) keep(ctx context.Context, tx *store.Tx, row *ent.Assessment, a rules.Assessment) (*ent.Assessment, error) {
	document, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode assessment %s: %w", row.ID, err)
	}
	row, err = row.Update().SetStatus(statusOf(a.Status)).SetReason(a.Reason).SetVerdict(strings.ToLower(string(a.Verdict))).
		SetNillableScore(a.Score).SetConfidence(a.Confidence).SetDocument(document).SetVersion(a.RulesVersion).SetFinishedAt(time.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store assessment %s: %w", row.ID, err)
	}
	tx.AfterCommit(func() { s.count(row.Judge, a) })
	told := runs.Assessed{AssessmentID: row.ID, Status: string(a.Status), Verdict: string(a.Verdict), Score: a.Score}
	if row.ResultID != nil {
		told.ResultID = *row.ResultID
	}
	return row, s.runs.TellAssessment(ctx, tx, row.RunID, told)
}

// count tells the meter the scores of a judgement. What was not measured has none.
func (s *Service) count(judge assessment.Judge, a rules.Assessment) {
	if s.meter == nil {
		return
	}
	if a.Score != nil {
		s.meter.Scored(string(judge), "overall", *a.Score)
	}
	for _, c := range a.Criteria {
		if c.Score != nil {
			s.meter.Scored(string(judge), string(c.Criterion), *c.Score)
		}
	}
}

// weightsOf are those that a caller asks for, as a row keeps them.
func weightsOf(w *rules.Weights) *schema.CriteriaWeights {
	if w == nil {
		return nil
	}
	kept := schema.CriteriaWeights(*w)
	return &kept
}
