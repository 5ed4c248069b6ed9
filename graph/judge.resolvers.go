package graph

import (
	"context"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
)

func (r *assessmentResolver) Labels(ctx context.Context, obj *assessments.Assessment) ([]*assessments.Label, error) {
	return dataloader.From(ctx).Labels.Load(ctx, obj.ID)
}

func (r *judgePanelResolver) CostDollars(ctx context.Context, obj *judge.Panel) (*float64, error) {
	return dollars(obj.CostNanos), nil
}

func (r *mutationResolver) JudgePair(ctx context.Context, input model.JudgePairInput) (*model.JudgePairPayload, error) {
	j, err := r.Services.Assessments.Pair(ctx, assessments.ToPair{A: input.A, B: input.B, Model: deref(input.Model), Fresh: input.Fresh})
	return &model.JudgePairPayload{Judgement: j, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) LabelAssessment(ctx context.Context, input model.LabelAssessmentInput) (*model.LabelAssessmentPayload, error) {
	l, err := r.Services.Assessments.Label(ctx, assessments.ToLabel{
		AssessmentID: input.AssessmentID, Criterion: input.Criterion, Item: input.Item, Label: input.Label, Note: input.Note,
	})
	return &model.LabelAssessmentPayload{Label: l, ClientMutationID: input.ClientMutationID}, err
}

func (r *pairJudgementResolver) CostDollars(ctx context.Context, obj *assessments.Paired) (*float64, error) {
	return dollars(obj.CostNanos), nil
}

func (r *queryResolver) JudgeCalibration(ctx context.Context, criterion rules.Criterion, model *string, promptVersion *string) (*assessments.Calibration, error) {
	return r.Services.Assessments.Calibration(ctx, criterion, deref(model), deref(promptVersion))
}

func (r *queryResolver) CompareAssessments(ctx context.Context, a string, b string) (*assessments.Comparison, error) {
	return orNull(r.Services.Assessments.Compare(ctx, a, b))
}

func (r *Resolver) JudgePanel() generated.JudgePanelResolver { return &judgePanelResolver{r} }

func (r *Resolver) PairJudgement() generated.PairJudgementResolver { return &pairJudgementResolver{r} }

type (
	judgePanelResolver    struct{ *Resolver }
	pairJudgementResolver struct{ *Resolver }
)
