package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/failures"
	"github.com/semantest/semantest/internal/failures/signature"
)

func (r *failureAnalysisResolver) Cause(ctx context.Context, obj *failures.Analysis) (*signature.Cause, error) {
	if obj.Cause == "" {
		return nil, nil
	}
	return &obj.Cause, nil
}

func (r *mutationResolver) AnalyzeFailures(ctx context.Context, input model.AnalyzeFailuresInput) (*model.AnalyzeFailuresPayload, error) {
	clusters, err := r.Services.Failures.Analyze(ctx, failures.Ask{RunID: deref(input.RunID), ClusterID: deref(input.ClusterID), Model: deref(input.Model)})
	return &model.AnalyzeFailuresPayload{Clusters: clusters, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) FailureCluster(ctx context.Context, id string) (*failures.Cluster, error) {
	return orNull(r.Services.Failures.Get(ctx, id))
}

func (r *queryResolver) FailureClusters(ctx context.Context, window int) ([]*failures.Group, error) {
	return r.Services.Failures.Within(ctx, days(window))
}

func (r *queryResolver) Anomalies(ctx context.Context, planID string, window int, threshold float64) ([]*anomalies.Anomaly, error) {
	return r.Services.Anomalies.OfPlan(ctx, planID, detection(window, threshold))
}

func (r *runResolver) FailureClusters(ctx context.Context, obj *ent.Run) ([]*failures.Group, error) {
	return r.Services.Failures.OfRun(ctx, obj)
}

func (r *runResolver) Anomalies(ctx context.Context, obj *ent.Run, window int, threshold float64) ([]*anomalies.Anomaly, error) {
	return r.Services.Anomalies.OfRun(ctx, obj, detection(window, threshold))
}

func (r *Resolver) FailureAnalysis() generated.FailureAnalysisResolver {
	return &failureAnalysisResolver{r}
}

type failureAnalysisResolver struct{ *Resolver }
