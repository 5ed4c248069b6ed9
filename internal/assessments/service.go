package assessments

import (
	"cmp"
	"context"
	"fmt"

	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/assessments/calibration"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/failures"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/retelling"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Enqueuer puts the jobs of assessments into the queue as part of a transaction.
type Enqueuer interface {
	EnqueueAssessments(ctx context.Context, tx *store.Tx, ids ...string) error
	EnqueueJudgements(ctx context.Context, tx *store.Tx, ids ...string) error // those of a language model
}

// Service keeps assessments.
type Service struct {
	store     *store.Store
	plans     *plans.Service
	runs      *runs.Service
	artifacts *artifacts.Service
	enqueuer  Enqueuer
	model     retelling.Model
	limits    calibration.Limits
	meter     Meter
	failures  *failures.Service
}

// Meter counts the scores that are given.
type Meter interface {
	Scored(judge, criterion string, score float64)
}

// Deps are what the service needs; all but the meter and the failures are required.
type Deps struct {
	Store     *store.Store
	Plans     *plans.Service
	Runs      *runs.Service
	Artifacts *artifacts.Service
	Enqueuer  Enqueuer
	Model     retelling.Model    // answers that none is configured where there is none
	Limits    calibration.Limits // of a judge that may fail a gate; zero values mean the usual ones
	Meter     Meter              // nil where nobody counts
	Failures  *failures.Service  // nil where nobody keeps failures
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{
		store: d.Store, plans: d.Plans, runs: d.Runs, artifacts: d.Artifacts, enqueuer: d.Enqueuer, model: d.Model,
		limits: d.Limits.OrUsual(), meter: d.Meter, failures: d.Failures,
	}
}

// Opener opens the assessments of runs that end. It implements runs.Assessor, and
// stands apart from the service, which needs runs.
type Opener struct{ Enqueuer Enqueuer }

var _ runs.Assessor = Opener{}

// Open writes the pending assessment of a run and its job, in the transaction
// that ends the run, and that of a language model where the plan wants one.
func (o Opener) Open(ctx context.Context, tx *store.Tx, projectID, runID string, plan *spec.Plan) error {
	row, err := tx.Assessment.Create().SetProjectID(projectID).SetRunID(runID).SetJudge(assessment.JudgeRules).Save(ctx)
	if err != nil {
		return fmt.Errorf("open the assessment: %w", err)
	}
	if err := o.Enqueuer.EnqueueAssessments(ctx, tx, row.ID); err != nil || plan.Judge == nil || plan.Judge.LLM == nil {
		return err
	}
	how := &schema.JudgeAsk{Votes: cmp.Or(plan.Judge.LLM.Votes, judge.DefaultVotes), Model: plan.Judge.LLM.Model}
	row, err = tx.Assessment.Create().SetProjectID(projectID).SetRunID(runID).SetJudge(assessment.JudgeLlm).SetAsk(how).SetVotes(how.Votes).Save(ctx)
	if err != nil {
		return fmt.Errorf("open the assessment by a language model: %w", err)
	}
	return o.Enqueuer.EnqueueJudgements(ctx, tx, row.ID)
}
