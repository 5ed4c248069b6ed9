package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// LeaseTime is how long an attempt belongs to its worker after the last
// heartbeat, by the database's clock.
const LeaseTime = 15 * time.Second

// ErrStale says that the attempt is no longer this worker's: it was finished,
// stopped, or given to another one. Whatever the worker has is to be dropped.
var ErrStale = apperr.New(apperr.Conflict, "the attempt is no longer current")

// Claim is an attempt that a worker has leased, with all that its executor
// needs.
type Claim struct {
	Result   *ent.Result
	WorkerID string
	Deadline time.Duration // limit of the attempt
	Case     spec.Case
	Use      spec.Use
	Scope    *spec.Scope
	Files    fs.FS
	Started  time.Time
	Stopping bool // the run was asked to stop meanwhile: do not begin
}

// Claim leases the attempt that a job names. It fails with ErrStale when the
// job is out of date, which makes a second delivery harmless.
func (s *Service) Claim(ctx context.Context, workerID, resultID string, attempt int) (*Claim, error) {
	var row *ent.Result
	var stopping bool
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		row, err = lease(ctx, tx, workerID, resultID, attempt)
		if err != nil {
			return err
		}
		stopping, err = s.announceAttempt(ctx, tx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	claim, err := s.assemble(ctx, row, workerID)
	if err != nil {
		return nil, s.giveUp(ctx, row, workerID, err)
	}
	claim.Stopping = stopping
	return claim, nil
}

func lease(ctx context.Context, tx *store.Tx, workerID, resultID string, attempt int) (*ent.Result, error) {
	const query = `
UPDATE results SET status = 'running', worker_id = $3, started_at = COALESCE(started_at, now()),
	lease_expires_at = now() + $4 * interval '1 millisecond'
WHERE id = $1 AND attempt = $2 AND status = 'queued'
RETURNING project_id, run_id, case_id, case_key, title, kind, timeout_ms, max_retries, retries`
	rows, err := tx.QueryContext(ctx, query, resultID, attempt, workerID, LeaseTime.Milliseconds())
	if err != nil {
		return nil, fmt.Errorf("lease the attempt: %w", err)
	}
	r := &ent.Result{ID: resultID, Attempt: attempt, Status: result.StatusRunning}
	err = scanOne(rows, &r.ProjectID, &r.RunID, &r.CaseID, &r.CaseKey, &r.Title, &r.Kind, &r.TimeoutMs, &r.MaxRetries, &r.Retries)
	if err != nil {
		return nil, fmt.Errorf("lease the attempt: %w", stale(err))
	}
	r.WorkerID = &workerID
	return r, nil
}

func (s *Service) announceAttempt(ctx context.Context, tx *store.Tx, row *ent.Result) (stopping bool, err error) {
	advanced, err := advance(ctx, tx, row.RunID, delta{events: 1, started: true})
	if err != nil {
		return false, err
	}
	now := time.Now()
	evs := []events.Event{advanced.event(events.CaseStarted, now)}
	if advanced.before == run.StatusQueued { // only the lock tells that this is the first case
		if advanced, err = advance(ctx, tx, row.RunID, delta{events: 1}); err != nil {
			return false, err
		}
		evs = append([]events.Event{advanced.event(events.RunStarted, now)}, evs...)
	}
	started := &evs[len(evs)-1]
	describe(started, row)
	started.WorkerID = *row.WorkerID
	return advanced.stopping, s.record(ctx, tx, advanced, evs...)
}

// assemble brings together what the executor needs. The run's part that never
// changes and the plan's version are read once per process and run.
func (s *Service) assemble(ctx context.Context, row *ent.Result, workerID string) (*Claim, error) {
	r, err := s.setup(ctx, row.RunID)
	if err != nil {
		return nil, err
	}
	c, ok := r.version.Case(row.CaseKey)
	if !ok {
		return nil, fmt.Errorf("case %s is not in plan version %s", row.CaseKey, r.version.ID)
	}
	vars, err := r.version.Plan.Variables(r.variables, r.secrets)
	if err != nil {
		return nil, apperr.Invalid("variables", "%s", err)
	}
	return &Claim{
		Result: row, WorkerID: workerID, Started: time.Now(),
		Deadline: time.Duration(row.TimeoutMs) * time.Millisecond,
		Case:     c.Case, Use: r.version.Plan.Use, Files: r.version.Files,
		Scope: scopeOf(vars, c, row, r.secrets),
	}, nil
}

func scopeOf(vars map[string]any, c spec.ExpandedCase, row *ent.Result, secrets map[string]string) *spec.Scope {
	all := make(map[string]any, len(vars)+len(c.Matrix)+3)
	for k, v := range vars {
		all[k] = v
	}
	for k, v := range c.Matrix {
		all[k] = v
	}
	all["run.id"], all["case.id"], all["attempt"] = row.RunID, row.CaseID, int64(row.Attempt)
	return spec.NewScope(all, secrets)
}

// giveUp ends an attempt that could not begin.
func (s *Service) giveUp(ctx context.Context, row *ent.Result, workerID string, cause error) error {
	now := time.Now()
	err := s.Finish(ctx, Finished{
		Result: row, WorkerID: workerID, StartedAt: now, FinishedAt: now,
		Outcome: spec.OutcomeErrored, Error: "the case could not be prepared: " + apperr.Message(cause),
	})
	return errors.Join(fmt.Errorf("prepare %s: %w", row.CaseKey, cause), err)
}

func (s *Service) openSecrets(sealed []byte, runID string) (map[string]string, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.sealer.Open(sealed, runID)
	if err != nil {
		return nil, err
	}
	var out map[string]string
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("decode the secrets of %s: %w", runID, err)
	}
	return out, nil
}
