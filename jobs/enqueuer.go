package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/loadteams"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Enqueuer inserts jobs as part of a service's transaction. It implements
// runs.Enqueuer.
type Enqueuer struct{ client *river.Client[pgx.Tx] }

var _ runs.Enqueuer = (*Enqueuer)(nil)

// NewEnqueuer returns an insert-only River client: it has no pool of its own.
func NewEnqueuer(logger *slog.Logger) (*Enqueuer, error) {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{
		Logger: logger,
		// River tells workers of a queue's new jobs at most this often, and leaves
		// the rest to their next poll. Its default of 100 ms is what a run's first
		// case would wait for when another run was started just before.
		FetchCooldown: time.Millisecond,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	return &Enqueuer{client: client}, nil
}

var _ loadteams.Enqueuer = (*Enqueuer)(nil)

// EnqueueParts implements loadteams.Enqueuer. Parts come before cases: others wait
// for them already, each in a slot.
func (e *Enqueuer) EnqueueParts(ctx context.Context, tx *store.Tx, jobs ...loadteams.Job) error {
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		params[i] = river.InsertManyParams{
			Args:       PartArgs{PartID: j.PartID, RunID: j.RunID, ResultID: j.ResultID, TimeoutMS: j.Timeout.Milliseconds()},
			InsertOpts: insertOpts(spec.KindLoad, 1),
		}
	}
	if _, err := e.client.InsertManyTx(ctx, tx.Pgx(), params); err != nil {
		return fmt.Errorf("enqueue the parts: %w", err)
	}
	return nil
}

var _ browsersessions.Enqueuer = (*Enqueuer)(nil)

// EnqueueSession implements browsersessions.Enqueuer. Somebody waits for the
// session, as for a case of the first priority.
func (e *Enqueuer) EnqueueSession(ctx context.Context, tx *store.Tx, job browsersessions.Job) error {
	args := SessionArgs{SessionID: job.SessionID, TimeoutMS: job.Timeout.Milliseconds()}
	if _, err := e.client.InsertTx(ctx, tx.Pgx(), args, insertOpts(spec.KindBrowser, 1)); err != nil {
		return fmt.Errorf("enqueue the session: %w", err)
	}
	return nil
}

// insertBatch bounds one INSERT.
const insertBatch = 1000

// Enqueue inserts the jobs in tx: they exist when it commits, and not before.
func (e *Enqueuer) Enqueue(ctx context.Context, tx *store.Tx, jobs ...runs.Job) error {
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		params[i] = river.InsertManyParams{
			Args: CaseArgs{RunID: j.RunID, ResultID: j.ResultID, Attempt: j.Attempt, TimeoutMS: j.Timeout.Milliseconds(),
				Target: j.Target},
			InsertOpts: insertOpts(j.Kind, j.Priority),
		}
	}
	for len(params) > 0 {
		n := min(len(params), insertBatch)
		if _, err := e.client.InsertManyTx(ctx, tx.Pgx(), params[:n]); err != nil {
			return fmt.Errorf("enqueue the cases: %w", err)
		}
		params = params[n:]
	}
	return nil
}
