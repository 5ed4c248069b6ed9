package graph

import (
	"context"

	"github.com/semantest/semantest/dataloader"
	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/assessments/rules"
)

func (r *assessmentResolver) Run(ctx context.Context, obj *assessments.Assessment) (*ent.Run, error) {
	return dataloader.From(ctx).Run.Load(ctx, obj.RunID)
}

func (r *assessmentResolver) Verdict(ctx context.Context, obj *assessments.Assessment) (*rules.Band, error) {
	return bandOrNull(obj.Judgement.Verdict), nil
}

func (r *assessmentResolver) Score(ctx context.Context, obj *assessments.Assessment) (*float64, error) {
	return obj.Judgement.Score, nil
}

func (r *assessmentResolver) Cap(ctx context.Context, obj *assessments.Assessment) (*rules.Cap, error) {
	return obj.Judgement.Cap, nil
}

func (r *assessmentResolver) Confidence(ctx context.Context, obj *assessments.Assessment) (float64, error) {
	return obj.Judgement.Confidence, nil
}

func (r *assessmentResolver) Coverage(ctx context.Context, obj *assessments.Assessment) (float64, error) {
	return obj.Judgement.Coverage, nil
}

func (r *assessmentResolver) Criteria(ctx context.Context, obj *assessments.Assessment) ([]*rules.CriterionScore, error) {
	return pointers(obj.Judgement.Criteria), nil
}

func (r *assessmentResolver) Issues(ctx context.Context, obj *assessments.Assessment) ([]*rules.Issue, error) {
	return pointers(obj.Judgement.Issues), nil
}

func (r *assessmentResolver) OmittedIssues(ctx context.Context, obj *assessments.Assessment) (int, error) {
	return obj.Judgement.OmittedIssues, nil
}

func (r *assessmentResolver) Recommendations(ctx context.Context, obj *assessments.Assessment) ([]*rules.Recommendation, error) {
	return pointers(obj.Judgement.Recommendations), nil
}

func (r *criterionScoreResolver) Band(ctx context.Context, obj *rules.CriterionScore) (*rules.Band, error) {
	return bandOrNull(obj.Band), nil
}

func (r *mutationResolver) AssessRun(ctx context.Context, input model.AssessRunInput) (*model.AssessRunPayload, error) {
	a, err := r.Services.Assessments.Assess(ctx, assessments.Ask{
		RunID: input.RunID, Weights: input.Weights, Fresh: input.Fresh, Judge: input.Judge, Votes: deref(input.Votes), Model: deref(input.Model),
	})
	return &model.AssessRunPayload{Assessment: a, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) AssessResult(ctx context.Context, input model.AssessResultInput) (*model.AssessResultPayload, error) {
	a, err := r.Services.Assessments.Assess(ctx, assessments.Ask{
		ResultID: input.ResultID, Weights: input.Weights, Fresh: input.Fresh, Judge: input.Judge, Votes: deref(input.Votes), Model: deref(input.Model),
	})
	return &model.AssessResultPayload{Assessment: a, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) Assessment(ctx context.Context, id string) (*assessments.Assessment, error) {
	return orNull(r.Services.Assessments.Get(ctx, id))
}

func (r *queryResolver) Assessments(ctx context.Context, first *int, after *string, judge *assessments.Judge) (*model.AssessmentConnection, error) {
	return r.assessments(ctx, assessments.Which{Judge: deref(judge)}, first, after)
}

func (r *queryResolver) QualityReport(ctx context.Context, runID string, format assessments.Format, judge assessments.Judge, natural bool) (*assessments.QualityReport, error) {
	return orNull(r.Services.Assessments.Report(ctx, runID, format, judge, natural))
}

func (r *runResolver) Assessment(ctx context.Context, obj *ent.Run) (*assessments.Assessment, error) {
	return orNull(dataloader.From(ctx).Assessment.Load(ctx, obj.ID))
}

func (r *runResolver) Assessments(ctx context.Context, obj *ent.Run, first *int, after *string) (*model.AssessmentConnection, error) {
	return r.assessments(ctx, assessments.Which{RunID: obj.ID}, first, after)
}

func (r *Resolver) Assessment() generated.AssessmentResolver { return &assessmentResolver{r} }

func (r *Resolver) CriterionScore() generated.CriterionScoreResolver {
	return &criterionScoreResolver{r}
}

type (
	assessmentResolver     struct{ *Resolver }
	criterionScoreResolver struct{ *Resolver }
)
