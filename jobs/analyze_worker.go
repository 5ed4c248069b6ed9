package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/internal/failures"
	"github.com/semantest/semantest/internal/store"
)

// AnalyzeArgs asks for what a model says of one cluster of failures.
type AnalyzeArgs struct {
	ClusterID string `json:"clusterId"`
}

// Kind implements river.JobArgs.
func (AnalyzeArgs) Kind() string { return "analyze_failures" }

// Bounds of analyses. A model that gives no answer is an analysis that was not
// made; what is tried again is what the database kept from being stored.
const (
	analyzeWithin   = 3 * time.Minute
	analyzeAttempts = 5
)

var _ failures.Enqueuer = (*Enqueuer)(nil)

// EnqueueAnalyses implements failures.Enqueuer.
func (e *Enqueuer) EnqueueAnalyses(ctx context.Context, tx *store.Tx, clusterIDs ...string) error {
	params := make([]river.InsertManyParams, len(clusterIDs))
	for i, id := range clusterIDs {
		params[i] = river.InsertManyParams{
			Args: AnalyzeArgs{ClusterID: id}, InsertOpts: &river.InsertOpts{Queue: assessQueue, MaxAttempts: analyzeAttempts},
		}
	}
	if _, err := e.client.InsertManyTx(ctx, tx.Pgx(), params); err != nil {
		return fmt.Errorf("enqueue the analyses of failures: %w", err)
	}
	return nil
}

// Analyses makes what was asked for.
type Analyses interface {
	Perform(ctx context.Context, clusterID string) error
}

type analyzeWorker struct {
	river.WorkerDefaults[AnalyzeArgs]
	analyses Analyses
}

// Timeout implements river.Worker.
func (w *analyzeWorker) Timeout(*river.Job[AnalyzeArgs]) time.Duration { return analyzeWithin }

// Work implements river.Worker.
func (w *analyzeWorker) Work(ctx context.Context, job *river.Job[AnalyzeArgs]) error {
	return w.analyses.Perform(ctx, job.Args.ClusterID)
}
