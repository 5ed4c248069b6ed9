package runs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Finished is what a worker knows of an attempt at its end.
type Finished struct {
	Result     *ent.Result // as claimed
	WorkerID   string
	Outcome    spec.Outcome
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time
	Steps      []Step
	Metrics    []Metric
	Logs       []schema.LogLine
	Artifacts  []Artifact

	// Interrupted says that the worker was told to end while it performed the
	// case. A cancelled outcome then says nothing about the case.
	Interrupted bool
}

// Step is one step of an attempt, as it went.
type Step struct {
	Ordinal  int
	Name     string
	Action   string
	Outcome  spec.Outcome
	Error    string
	Offset   time.Duration // since the attempt began
	Duration time.Duration
	Detail   json.RawMessage
	Checks   []Check
}

// Check is one assertion of a step.
type Check struct {
	Name, Expected, Actual, Message string
	Passed                          bool
}

// Metric is one measured value.
type Metric struct {
	Name, Unit string
	Value      float64
	Tags       map[string]string
	At         time.Time
}

// Artifact is a stored attachment.
type Artifact struct {
	ID                                   string
	Step                                 int // -1 for the whole attempt
	Name, Kind, ContentType, SHA256, Key string
	Size                                 int64
	Error                                string // why its content is missing
}

// Finish stores an attempt. Where another try is due, or the worker had to end,
// the case goes back to the queue; otherwise the result gets its outcome, the run passes the token on,
// and the last result ends the run. It fails with ErrStale when the attempt is
// no longer the worker's, and then nothing of it is stored.
func (s *Service) Finish(ctx context.Context, f Finished) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		again, err := nextAttempt(ctx, tx, f)
		if err != nil {
			return err
		}
		settled := f.settled()
		if again != nil {
			err = requeue(ctx, tx, f.Result, f.WorkerID, again.set)
		} else {
			err = settle(ctx, tx, f, settled)
		}
		if err != nil {
			return err
		}
		if err := storeAttempt(ctx, tx, f); err != nil {
			return err
		}
		if again != nil {
			return s.retry(ctx, tx, f, again)
		}
		return s.conclude(ctx, tx, f, settled)
	})
}

// again says how a result goes back to the queue.
type again struct {
	set     string // what its row counts
	event   events.Type
	outcome spec.Outcome // of the attempt, as the event tells it
}

// nextAttempt returns nil when this attempt is the last one: the plan allows no
// other, or somebody asked the run to stop.
func nextAttempt(ctx context.Context, tx *store.Tx, f Finished) (*again, error) {
	// To end a worker is no fault of the case: it costs no retry, and does not
	// count as a loss.
	next := &again{set: "lost = lost", event: events.CaseRequeued}
	if !f.Interrupted || f.Outcome != spec.OutcomeCancelled {
		if !f.Outcome.Retryable() || f.Result.Retries >= f.Result.MaxRetries {
			return nil, nil
		}
		next = &again{set: "retries = retries + 1", event: events.CaseRetried, outcome: f.Outcome}
	}
	if stopping, err := lockRun(ctx, tx, f.Result.RunID); stopping || err != nil {
		return nil, err
	}
	return next, nil
}

// settled is the result's outcome when this attempt is its last.
func (f Finished) settled() spec.Outcome {
	if f.Outcome == spec.OutcomePassed && f.Result.Retries > 0 {
		return spec.OutcomeFlaky
	}
	return f.Outcome
}

func settle(ctx context.Context, tx *store.Tx, f Finished, outcome spec.Outcome) error {
	const query = `
UPDATE results SET status = 'finished', outcome = $4, error = $5, finished_at = $6,
	duration_ms = $7, lease_expires_at = NULL
WHERE id = $1 AND attempt = $2 AND worker_id = $3 AND status = 'running'`
	res, err := tx.ExecContext(ctx, query, f.Result.ID, f.Result.Attempt, f.WorkerID,
		string(outcome), f.Error, f.FinishedAt, f.FinishedAt.Sub(f.StartedAt).Milliseconds())
	return oneRow(res, err, "store the outcome")
}

// requeue makes the next attempt current. The set clause says why it is made.
func requeue(ctx context.Context, tx *store.Tx, r *ent.Result, workerID, set string) error {
	query := `
UPDATE results SET status = 'queued', attempt = attempt + 1, worker_id = NULL, lease_expires_at = NULL, ` + set + `
WHERE id = $1 AND attempt = $2 AND worker_id = $3 AND status = 'running'`
	res, err := tx.ExecContext(ctx, query, r.ID, r.Attempt, workerID)
	return oneRow(res, err, "queue the next attempt")
}

// oneRow turns "nothing matched" into ErrStale.
func oneRow(res sql.Result, err error, doing string) error {
	if err == nil {
		var n int64
		if n, err = res.RowsAffected(); err == nil && n == 0 {
			return ErrStale
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// retry queues the case again in the place it had; the token stays with it.
func (s *Service) retry(ctx context.Context, tx *store.Tx, f Finished, how *again) error {
	advanced, err := advance(ctx, tx, f.Result.RunID, delta{events: 1})
	if err != nil {
		return err
	}
	next := *f.Result
	next.Attempt++
	if err := s.enqueuer.Enqueue(ctx, tx, jobOf(&next, advanced.priority)); err != nil {
		return err
	}
	return s.record(ctx, tx, advanced, caseEvent(advanced, how.event, f, how.outcome))
}

// conclude counts the outcome, passes the token on and ends the run after its
// last case.
func (s *Service) conclude(ctx context.Context, tx *store.Tx, f Finished, outcome spec.Outcome) error {
	advanced, err := advance(ctx, tx, f.Result.RunID, delta{events: 1, outcomes: map[spec.Outcome]int{outcome: 1}})
	if err != nil {
		return err
	}
	if err := s.record(ctx, tx, advanced, caseEvent(advanced, events.CaseFinished, f, outcome)); err != nil {
		return err
	}
	if advanced.complete() {
		return s.finishRun(ctx, tx, advanced.id)
	}
	return s.passToken(ctx, tx, advanced)
}

// passToken queues the run's next case. The run's row is locked, so no other
// transaction can choose the same one.
func (s *Service) passToken(ctx context.Context, tx *store.Tx, r *runRow) error {
	const query = `
UPDATE results SET status = 'queued' WHERE id = (
	SELECT id FROM results WHERE run_id = $1 AND status = 'pending' ORDER BY ordinal LIMIT 1)
RETURNING id, kind, attempt, timeout_ms`
	rows, err := tx.QueryContext(ctx, query, r.id)
	if err != nil {
		return fmt.Errorf("queue the next case: %w", err)
	}
	next := ent.Result{RunID: r.id}
	err = scanOne(rows, &next.ID, &next.Kind, &next.Attempt, &next.TimeoutMs)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // all are under way
	}
	if err != nil {
		return fmt.Errorf("queue the next case: %w", err)
	}
	return s.enqueuer.Enqueue(ctx, tx, jobOf(&next, r.priority))
}

func caseEvent(r *runRow, t events.Type, f Finished, outcome spec.Outcome) events.Event {
	e := r.event(t, f.FinishedAt)
	describe(&e, f.Result)
	e.Outcome, e.Error, e.WorkerID = outcome, f.Error, f.WorkerID
	e.DurationMS = f.FinishedAt.Sub(f.StartedAt).Milliseconds()
	return e
}

func storeAttempt(ctx context.Context, tx *store.Tx, f Finished) error {
	id := ident.New(ident.Attempt)
	create := tx.Attempt.Create().SetID(id).SetProjectID(f.Result.ProjectID).
		SetRunID(f.Result.RunID).SetResultID(f.Result.ID).SetNumber(f.Result.Attempt).
		SetWorkerID(f.WorkerID).SetOutcome(f.Outcome).SetError(clean(f.Error)).
		SetStartedAt(f.StartedAt).SetFinishedAt(f.FinishedAt).
		SetDurationMs(f.FinishedAt.Sub(f.StartedAt).Milliseconds())
	if len(f.Logs) > 0 {
		create.SetLogs(f.Logs)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("store the attempt: %w", err)
	}
	if err := storeSteps(ctx, tx, id, f.Steps); err != nil {
		return err
	}
	if err := storeMetrics(ctx, tx, id, f.Metrics); err != nil {
		return err
	}
	return storeArtifacts(ctx, tx, f)
}

// clean removes what Postgres cannot hold in text.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
