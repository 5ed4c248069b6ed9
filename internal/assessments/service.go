package assessments

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// Enqueuer puts the jobs of assessments into the queue as part of a transaction.
type Enqueuer interface {
	EnqueueAssessments(ctx context.Context, tx *store.Tx, ids ...string) error
}

// Service keeps assessments.
type Service struct {
	store *store.Store
	plans *plans.Service
	runs  *runs.Service
	meter Meter
}

// Meter counts the scores that are given.
type Meter interface {
	Scored(judge, criterion string, score float64)
}

// Deps are what the service needs; all but the meter are required.
type Deps struct {
	Store *store.Store
	Plans *plans.Service
	Runs  *runs.Service
	Meter Meter // nil where nobody counts
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{store: d.Store, plans: d.Plans, runs: d.Runs, meter: d.Meter}
}

// Opener opens the assessments of runs that end. It implements runs.Assessor, and
// stands apart from the service, which needs runs.
type Opener struct{ Enqueuer Enqueuer }

var _ runs.Assessor = Opener{}

// Open writes the pending assessment of a run and its job, in the transaction
// that ends the run.
func (o Opener) Open(ctx context.Context, tx *store.Tx, projectID, runID string) error {
	row, err := tx.Assessment.Create().SetProjectID(projectID).SetRunID(runID).SetJudge(assessment.JudgeRules).Save(ctx)
	if err != nil {
		return fmt.Errorf("open the assessment: %w", err)
	}
	return o.Enqueuer.EnqueueAssessments(ctx, tx, row.ID)
}
