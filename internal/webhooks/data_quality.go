package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/store"
)

// QualityData is the data of the type test.quality.assessed. Scores are 0–1.
type QualityData struct {
	Run        QualityRun        `json:"run"`
	Assessment QualityAssessment `json:"assessment"`
}

// QualityRun is the run that was assessed.
type QualityRun struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"` // of its plan
	Status      string        `json:"status"`
	URL         string        `json:"url"`
	PlanID      string        `json:"planId"`
	Environment string        `json:"environment"`
	Counts      events.Counts `json:"counts"`
}

// QualityAssessment is what the judge says.
type QualityAssessment struct {
	ID              string             `json:"id"`
	ResultID        string             `json:"resultId,omitempty"` // where it is about one result alone
	Judge           string             `json:"judge"`              // RULES, LLM or PERSON
	Status          string             `json:"status"`             // ASSESSED, NOT_ASSESSED or INCONCLUSIVE
	Reason          string             `json:"reason,omitempty"`
	Verdict         string             `json:"verdict,omitempty"` // GOOD, AVERAGE or POOR
	Score           *float64           `json:"score"`
	Confidence      float64            `json:"confidence"`
	Criteria        []QualityCriterion `json:"criteria"`
	Recommendations []string           `json:"recommendations,omitempty"` // the first ones
	CreatedAt       time.Time          `json:"createdAt"`
	FinishedAt      *time.Time         `json:"finishedAt,omitempty"`
}

// QualityCriterion is the judgement on one criterion; without a score it was not
// assessed.
type QualityCriterion struct {
	Criterion  string   `json:"criterion"`
	Weight     float64  `json:"weight"`
	Score      *float64 `json:"score"`
	Confidence float64  `json:"confidence"`
}

// maxAdvice bounds what a message says of what to do next; the graph has the rest.
const maxAdvice = 5

func (s *Service) qualityData(ctx context.Context, tx *store.Tx, e events.Event) (QualityData, error) {
	row, err := tx.Assessment.Get(ctx, e.AssessmentID)
	if err != nil {
		return QualityData{}, fmt.Errorf("read the assessment: %w", err)
	}
	of, err := tx.Run.Get(ctx, row.RunID)
	if err != nil {
		return QualityData{}, fmt.Errorf("read the run: %w", err)
	}
	a, err := assessmentOf(row)
	return QualityData{Run: s.qualityRun(of, e), Assessment: a}, err
}

func (s *Service) qualityRun(of *ent.Run, e events.Event) QualityRun {
	return QualityRun{ID: of.ID, Name: of.Name, Status: strings.ToUpper(string(of.Status)), URL: s.link("runs", of.ID), PlanID: of.PlanID,
		Environment: of.Environment, Counts: e.Counts}
}

// AnomalyData is the data of the type test.anomaly.detected.
type AnomalyData struct {
	Run     QualityRun `json:"run"`
	Anomaly Anomaly    `json:"anomaly"`
}

// Anomaly is what does not fit the runs before.
type Anomaly struct {
	ResultID string `json:"resultId"`
	CaseKey  string `json:"caseKey"`
	URL      string `json:"url"` // of the result
	events.Anomaly
}

func (s *Service) anomalyData(ctx context.Context, tx *store.Tx, e events.Event) (AnomalyData, error) {
	of, err := tx.Run.Get(ctx, e.RunID)
	if err != nil {
		return AnomalyData{}, fmt.Errorf("read the run: %w", err)
	}
	d := AnomalyData{Run: s.qualityRun(of, e), Anomaly: Anomaly{ResultID: e.ResultID, CaseKey: e.CaseKey, URL: s.link("runs", of.ID) + "/results/" + e.ResultID}}
	if e.Anomaly != nil {
		d.Anomaly.Anomaly = *e.Anomaly
	}
	return d, nil
}

func assessmentOf(row *ent.Assessment) (QualityAssessment, error) {
	out := QualityAssessment{
		ID: row.ID, Judge: strings.ToUpper(string(row.Judge)), Status: strings.ToUpper(string(row.Status)), Reason: row.Reason,
		Verdict: strings.ToUpper(row.Verdict), Score: row.Score, Confidence: row.Confidence, Criteria: []QualityCriterion{},
		CreatedAt: row.CreatedAt.UTC(), FinishedAt: utc(row.FinishedAt),
	}
	if row.ResultID != nil {
		out.ResultID = *row.ResultID
	}
	if len(row.Document) == 0 {
		return out, nil
	}
	var document struct {
		Criteria        []QualityCriterion `json:"criteria"`
		Recommendations []struct {
			Action string `json:"action"`
		} `json:"recommendations"`
	}
	if err := json.Unmarshal(row.Document, &document); err != nil {
		return out, fmt.Errorf("read the assessment: %w", err)
	}
	out.Criteria = append(out.Criteria, document.Criteria...)
	for _, r := range document.Recommendations[:min(len(document.Recommendations), maxAdvice)] {
		out.Recommendations = append(out.Recommendations, excerpt.Of(r.Action, maxFailureError))
	}
	return out, nil
}
