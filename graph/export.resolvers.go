package graph

import (
	"context"

	"github.com/semantest/semantest/internal/exporting"
)

func (r *queryResolver) ExportPlan(ctx context.Context, planID string, format exporting.Format, cases []string) (*exporting.Result, error) {
	return r.Services.Plans.Export(ctx, planID, format, cases...)
}
