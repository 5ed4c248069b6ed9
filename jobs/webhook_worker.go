package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/webhooks"
)

// WebhookArgs asks for one try of one delivery to a webhook. Each try is a job of
// its own, so River's attempts count only what went wrong on our side.
type WebhookArgs struct {
	DeliveryID string `json:"deliveryId"`
	Try        int    `json:"try"`
	Retry      int    `json:"retry"`
}

// Kind implements river.JobArgs.
func (WebhookArgs) Kind() string { return "webhook" }

// webhookQueue is served by every process with a worker: a message waits for no
// case and a case for no message.
const webhookQueue = "webhooks"

// webhookSlots bounds the tries under way in one process. They mostly wait.
const webhookSlots = 16

func webhookQueueConfig() river.QueueConfig {
	return river.QueueConfig{MaxWorkers: webhookSlots, FetchPollInterval: time.Second}
}

// webhookAttempts is how often River delivers a job that the database kept from
// being recorded; with the pauses of NextRetry, for about two hours.
const webhookAttempts = 130

// EnqueueDeliveries implements webhooks.Enqueuer.
func (e *Enqueuer) EnqueueDeliveries(ctx context.Context, tx *store.Tx, jobs ...webhooks.Job) error {
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		params[i] = river.InsertManyParams{
			Args:       WebhookArgs{DeliveryID: j.DeliveryID, Try: j.Try, Retry: j.Retry},
			InsertOpts: &river.InsertOpts{Queue: webhookQueue, MaxAttempts: webhookAttempts, ScheduledAt: j.At},
		}
	}
	if _, err := e.client.InsertManyTx(ctx, tx.Pgx(), params); err != nil {
		return fmt.Errorf("enqueue the deliveries: %w", err)
	}
	return nil
}

var _ webhooks.Enqueuer = (*Enqueuer)(nil)

// webhookWorker makes tries.
type webhookWorker struct {
	river.WorkerDefaults[WebhookArgs]
	webhooks *webhooks.Service
	ending   <-chan struct{} // closed when tries under way shall be broken off
}

// webhookMargin is what a job may take beyond the try's own limit: reading and
// recording, also across a short outage of the database.
const webhookMargin = time.Minute

// deliverWithin is how long a try can take at most; a job that is said to run
// longer is lost.
const deliverWithin = 5 * time.Minute

// deliveryGrace is how long tries under way may take to end when the process is
// told to: a receiver that hangs must not hold it up. A try that is broken off is
// made again elsewhere.
const deliveryGrace = 2 * time.Second

// Timeout implements river.Worker.
func (w *webhookWorker) Timeout(*river.Job[WebhookArgs]) time.Duration {
	return w.webhooks.Timeout() + webhookMargin
}

// NextRetry implements river.Worker.
func (w *webhookWorker) NextRetry(job *river.Job[WebhookArgs]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*time.Second, time.Minute))
}

// Work implements river.Worker.
func (w *webhookWorker) Work(ctx context.Context, job *river.Job[WebhookArgs]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-w.ending:
			cancel()
		case <-done:
		}
	}()
	err := w.webhooks.Deliver(ctx, webhooks.Job{
		DeliveryID: job.Args.DeliveryID, Try: job.Args.Try, Retry: job.Args.Retry,
	})
	if errors.Is(err, webhooks.ErrBusy) {
		return river.JobSnooze(busyPause + rand.N(busyPause)) //nolint:gosec // it need not be unpredictable
	}
	return err
}

// busyPause is how long a delivery waits for others to the same webhook.
const busyPause = 5 * time.Second
