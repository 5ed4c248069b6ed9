package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/internal/generation"
	"github.com/semantest/semantest/internal/generation/making"
	"github.com/semantest/semantest/internal/store"
)

// GenerateArgs asks for one generation.
type GenerateArgs struct {
	GenerationID string `json:"generationId"`
}

// Kind implements river.JobArgs.
func (GenerateArgs) Kind() string { return "generate" }

// generateQueue is served by every process that can perform cases.
const generateQueue = "generations"

// Bounds of generations: how many one process makes at once, how long one may
// take, with the time to store its end, and how often one is begun anew that a
// worker had to let go, or that the database kept from being stored.
const (
	generateSlots    = 2
	generateWithin   = making.MaxTimeout + time.Minute
	generateAttempts = 20
)

func generateQueueConfig() river.QueueConfig {
	return river.QueueConfig{MaxWorkers: generateSlots, FetchPollInterval: time.Second}
}

var _ generation.Enqueuer = (*Enqueuer)(nil)

// EnqueueGeneration implements generation.Enqueuer.
func (e *Enqueuer) EnqueueGeneration(ctx context.Context, tx *store.Tx, id string, priority int) error {
	_, err := e.client.InsertTx(ctx, tx.Pgx(), GenerateArgs{GenerationID: id},
		&river.InsertOpts{Queue: generateQueue, MaxAttempts: generateAttempts, Priority: priority})
	if err != nil {
		return fmt.Errorf("enqueue the generation: %w", err)
	}
	return nil
}

// Generations makes what was asked for.
type Generations interface {
	Perform(ctx context.Context, id string) error
	// GiveUp ends a generation that nobody makes any more; it does nothing where
	// one is over or gone.
	GiveUp(ctx context.Context, id, reason string) error
	// Prune removes those that ended long ago and returns how many.
	Prune(ctx context.Context) (int64, error)
}

type generateWorker struct {
	river.WorkerDefaults[GenerateArgs]
	generations Generations
}

// Timeout implements river.Worker.
func (w *generateWorker) Timeout(*river.Job[GenerateArgs]) time.Duration {
	return generateWithin
}

// NextRetry implements river.Worker.
func (w *generateWorker) NextRetry(job *river.Job[GenerateArgs]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*time.Second, time.Minute))
}

// Work implements river.Worker.
func (w *generateWorker) Work(ctx context.Context, job *river.Job[GenerateArgs]) error {
	return w.generations.Perform(ctx, job.Args.GenerationID)
}
