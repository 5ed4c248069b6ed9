package graph

import (
	"context"

	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/store"
)

func (r *Resolver) assessments(ctx context.Context, which assessments.Which, first *int, after *string) (*model.AssessmentConnection, error) {
	rows, more, err := r.Services.Assessments.List(ctx, which, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewAssessmentConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Assessments.Count(ctx, which)
	}), nil
}
