package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/internal/store"
)

// JudgeArgs asks a language model for one assessment.
type JudgeArgs struct {
	AssessmentID string `json:"assessmentId"`
}

// Kind implements river.JobArgs.
func (JudgeArgs) Kind() string { return "judge" }

// judgeQueue is apart from that of the rules: a model may take minutes, and rules
// wait for none.
const judgeQueue = "judgements"

// Bounds of judgements. The judge ends by itself before the worker does, and says so
// in the assessment.
const (
	judgeSlots  = 2
	judgeWithin = 6 * time.Minute
)

func judgeQueueConfig() river.QueueConfig {
	return river.QueueConfig{MaxWorkers: judgeSlots, FetchPollInterval: time.Second}
}

// EnqueueJudgements implements assessments.Enqueuer.
func (e *Enqueuer) EnqueueJudgements(ctx context.Context, tx *store.Tx, ids ...string) error {
	params := make([]river.InsertManyParams, len(ids))
	for i, id := range ids {
		params[i] = river.InsertManyParams{
			Args: JudgeArgs{AssessmentID: id}, InsertOpts: &river.InsertOpts{Queue: judgeQueue, MaxAttempts: assessAttempts},
		}
	}
	if _, err := e.client.InsertManyTx(ctx, tx.Pgx(), params); err != nil {
		return fmt.Errorf("enqueue the judgements: %w", err)
	}
	return nil
}

type judgeWorker struct {
	river.WorkerDefaults[JudgeArgs]
	assessments Assessments
}

// Timeout implements river.Worker.
func (w *judgeWorker) Timeout(*river.Job[JudgeArgs]) time.Duration { return judgeWithin }

// NextRetry implements river.Worker.
func (w *judgeWorker) NextRetry(job *river.Job[JudgeArgs]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*time.Second, time.Minute))
}

// Work implements river.Worker.
func (w *judgeWorker) Work(ctx context.Context, job *river.Job[JudgeArgs]) error {
	return w.assessments.PerformJudgement(ctx, job.Args.AssessmentID)
}
