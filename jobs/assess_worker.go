package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/store"
)

// AssessArgs asks for one assessment.
type AssessArgs struct {
	AssessmentID string `json:"assessmentId"`
}

// Kind implements river.JobArgs.
func (AssessArgs) Kind() string { return "assess" }

// assessQueue is served by every process with a worker: an assessment waits for
// no case.
const assessQueue = "assessments"

// Bounds of assessments: how many one process makes at once, how long one may
// take, and how often one is tried that the database kept from being stored.
const (
	assessSlots    = 2
	assessWithin   = 2 * time.Minute
	assessAttempts = 20
)

func assessQueueConfig() river.QueueConfig {
	return river.QueueConfig{MaxWorkers: assessSlots, FetchPollInterval: time.Second}
}

var _ assessments.Enqueuer = (*Enqueuer)(nil)

// EnqueueAssessments implements assessments.Enqueuer.
func (e *Enqueuer) EnqueueAssessments(ctx context.Context, tx *store.Tx, ids ...string) error {
	params := make([]river.InsertManyParams, len(ids))
	for i, id := range ids {
		params[i] = river.InsertManyParams{
			Args: AssessArgs{AssessmentID: id}, InsertOpts: &river.InsertOpts{Queue: assessQueue, MaxAttempts: assessAttempts},
		}
	}
	if _, err := e.client.InsertManyTx(ctx, tx.Pgx(), params); err != nil {
		return fmt.Errorf("enqueue the assessments: %w", err)
	}
	return nil
}

// Assessments makes what was asked for.
type Assessments interface {
	Perform(ctx context.Context, id string) error
	PerformJudgement(ctx context.Context, id string) error
	// GiveUp ends a pending assessment that nobody makes any more; it does nothing
	// where it was made or is gone.
	GiveUp(ctx context.Context, id, reason string) error
}

type assessWorker struct {
	river.WorkerDefaults[AssessArgs]
	assessments Assessments
}

// Timeout implements river.Worker.
func (w *assessWorker) Timeout(*river.Job[AssessArgs]) time.Duration { return assessWithin }

// NextRetry implements river.Worker.
func (w *assessWorker) NextRetry(job *river.Job[AssessArgs]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*time.Second, time.Minute))
}

// Work implements river.Worker.
func (w *assessWorker) Work(ctx context.Context, job *river.Job[AssessArgs]) error {
	return w.assessments.Perform(ctx, job.Args.AssessmentID)
}
