package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/generatedcase"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/generation"
	"github.com/semantest/semantest/internal/store"
)

func (r *generationResolver) Plan(ctx context.Context, obj *ent.Generation) (*ent.Plan, error) {
	if obj.PlanID == nil {
		return nil, nil
	}
	return orNull(r.Services.Plans.Get(ctx, *obj.PlanID))
}

func (r *generationResolver) Cases(ctx context.Context, obj *ent.Generation, states []generatedcase.State) ([]*ent.GeneratedCase, error) {
	return r.Services.Generation.Cases(ctx, obj.ID, states...)
}

func (r *generationResolver) ProposedPlan(ctx context.Context, obj *ent.Generation) (*string, error) {
	p, err := r.Services.Generation.Proposal(ctx, obj)
	if err != nil || p.Text == "" {
		return nil, err
	}
	return &p.Text, nil
}

func (r *generationResolver) ProposedFiles(ctx context.Context, obj *ent.Generation) ([]*model.PlanFile, error) {
	p, err := r.Services.Generation.Proposal(ctx, obj)
	if err != nil {
		return nil, err
	}
	return filesOf(p.Files), nil
}

func (r *generationProgressResolver) Stage(ctx context.Context, obj *ent.GenerationEvent) (model.GenerationStage, error) {
	return stageOf(obj), nil
}

func (r *generationProgressResolver) State(ctx context.Context, obj *ent.GenerationEvent) (*generatedcase.State, error) {
	return stateOrNull(obj.State), nil
}

func (r *mutationResolver) GenerateTestCases(ctx context.Context, input model.GenerateTestCasesInput) (*model.GenerateTestCasesPayload, error) {
	row, err := r.Services.Generation.Start(ctx, askOf(input))
	return &model.GenerateTestCasesPayload{Generation: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) ProposePlan(ctx context.Context, input model.ProposePlanInput) (*model.ProposePlanPayload, error) {
	row, err := r.Services.Generation.Start(ctx, askOf(model.GenerateTestCasesInput(input)))
	return &model.ProposePlanPayload{Generation: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) CancelGeneration(ctx context.Context, input model.CancelGenerationInput) (*model.CancelGenerationPayload, error) {
	row, err := r.Services.Generation.Cancel(ctx, input.ID)
	return &model.CancelGenerationPayload{Generation: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) ApproveGeneratedCases(ctx context.Context, input model.ApproveGeneratedCasesInput) (*model.ApproveGeneratedCasesPayload, error) {
	plan, cases, err := r.Services.Generation.Approve(ctx, generation.Approval{IDs: input.Ids, Name: deref(input.Name)})
	return &model.ApproveGeneratedCasesPayload{Plan: plan, Cases: cases, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RejectGeneratedCases(ctx context.Context, input model.RejectGeneratedCasesInput) (*model.RejectGeneratedCasesPayload, error) {
	cases, err := r.Services.Generation.Reject(ctx, input.Ids, deref(input.Reason))
	return &model.RejectGeneratedCasesPayload{Cases: cases, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) Generation(ctx context.Context, id string) (*ent.Generation, error) {
	return orNull(r.Services.Generation.Get(ctx, id))
}

func (r *queryResolver) Generations(ctx context.Context, first *int, after *string) (*model.GenerationConnection, error) {
	rows, more, err := r.Services.Generation.List(ctx, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewGenerationConnection(rows, more, r.Services.Generation.Count), nil
}

func (r *subscriptionResolver) GenerationProgress(ctx context.Context, id string, after int) (<-chan *ent.GenerationEvent, error) {
	in, err := r.Services.Generation.Watch(ctx, id, transport.After(ctx, int64(after)))
	return convert(ctx, in, err, func(e *ent.GenerationEvent) *ent.GenerationEvent {
		transport.Number(ctx, e.Seq)
		return e
	})
}

func (r *Resolver) Generation() generated.GenerationResolver { return &generationResolver{r} }

func (r *Resolver) GenerationProgress() generated.GenerationProgressResolver {
	return &generationProgressResolver{r}
}

type (
	generationResolver         struct{ *Resolver }
	generationProgressResolver struct{ *Resolver }
)
