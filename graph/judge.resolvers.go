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
	if obj.CostNanos == nil {
		return nil, nil
	}
	dollars := float64(*obj.CostNanos) / 1e9
	return &dollars, nil
}

func (r *mutationResolver) LabelAssessment(ctx context.Context, input model.LabelAssessmentInput) (*model.LabelAssessmentPayload, error) {
	l, err := r.Services.Assessments.Label(ctx, assessments.ToLabel{
		AssessmentID: input.AssessmentID, Criterion: input.Criterion, Item: input.Item, Label: input.Label, Note: input.Note,
	})
	return &model.LabelAssessmentPayload{Label: l, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) JudgeCalibration(ctx context.Context, criterion rules.Criterion, model *string, promptVersion *string) (*assessments.Calibration, error) {
	return r.Services.Assessments.Calibration(ctx, criterion, deref(model), deref(promptVersion))
}

func (r *queryResolver) CompareAssessments(ctx context.Context, a string, b string) (*assessments.Comparison, error) {
	return orNull(r.Services.Assessments.Compare(ctx, a, b))
}

func (r *Resolver) JudgePanel() generated.JudgePanelResolver { return &judgePanelResolver{r} }

type judgePanelResolver struct{ *Resolver }
