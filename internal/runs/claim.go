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

	Grant           *spec.LoadGrant // of a load case; nil for others
	AcceptBaselines bool            // what is new or changed was accepted beforehand
}

// Claim leases the attempt that a job names. It fails with ErrStale when the
// job is out of date, which makes a second delivery harmless.
//
// Attempts of one run that are claimed at the same time are leased in one
// transaction.
func (s *Service) Claim(ctx context.Context, workerID, runID, resultID string, attempt int) (*Claim, error) {
	c := &claiming{workerID: workerID, runID: runID, resultID: resultID, attempt: attempt}
	if err := s.claims.do(ctx, runID, c); err != nil {
		return nil, err
	}
	claim, err := s.assemble(ctx, c.row, workerID)
	if err != nil {
		return nil, s.giveUp(ctx, c.row, workerID, err)
	}
	claim.Stopping = c.stopping
	return claim, nil
}

// claiming is a wish to lease an attempt, and what came of it.
type claiming struct {
	workerID, runID, resultID string
	attempt                   int

	row      *ent.Result // nil when the job is out of date
	stopping bool
}

// claimTogether leases attempts of one run and says which were stale.
func (s *Service) claimTogether(ctx context.Context, cs []*claiming) ([]error, error) {
	var errs []error
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		errs = make([]error, len(cs))
		if err := lease(ctx, tx, cs); err != nil {
			return err
		}
		var leased []*claiming
		for i, c := range cs {
			if c.row == nil {
				errs[i] = fmt.Errorf("lease the attempt: %w", ErrStale)
			} else {
				leased = append(leased, c)
			}
		}
		if len(leased) == 0 {
			return nil
		}
		return s.announceAttempts(ctx, tx, leased)
	})
	return errs, err
}

// lease makes the attempts their workers'. Of two who want the same one, the
// first gets it.
func lease(ctx context.Context, tx *store.Tx, cs []*claiming) (err error) {
	type key struct {
		result  string
		attempt int
	}
	wanted := make(map[key]*claiming, len(cs))
	var ids, workers []string
	var attempts []int64
	for _, c := range cs {
		c.row = nil // from a transaction that was tried before
		k := key{c.resultID, c.attempt}
		if wanted[k] != nil {
			continue
		}
		wanted[k] = c
		ids, workers, attempts = append(ids, c.resultID), append(workers, c.workerID), append(attempts, int64(c.attempt))
	}
	const query = `
UPDATE results SET status = 'running', worker_id = c.worker_id, started_at = COALESCE(started_at, now()),
	lease_expires_at = now() + $4 * interval '1 millisecond'
FROM unnest($1::text[], $2::bigint[], $3::text[]) AS c(id, attempt, worker_id)
WHERE results.id = c.id AND results.attempt = c.attempt AND run_id = $5 AND status = 'queued'
RETURNING results.id, results.attempt, project_id, run_id, case_id, case_key, title, kind, target, timeout_ms, max_retries, retries`
	rows, err := tx.QueryContext(ctx, query, store.Array(ids), store.Array(attempts), store.Array(workers),
		LeaseTime.Milliseconds(), cs[0].runID)
	if err != nil {
		return fmt.Errorf("lease the attempts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r := &ent.Result{Status: result.StatusRunning}
		err := rows.Scan(&r.ID, &r.Attempt, &r.ProjectID, &r.RunID, &r.CaseID, &r.CaseKey, &r.Title, &r.Kind, &r.Target, &r.TimeoutMs,
			&r.MaxRetries, &r.Retries)
		if err != nil {
			return fmt.Errorf("lease the attempts: %w", err)
		}
		c := wanted[key{r.ID, r.Attempt}]
		c.row, r.WorkerID = r, &c.workerID
	}
	return rows.Err()
}

// announceAttempts records that attempts of a run began.
func (s *Service) announceAttempts(ctx context.Context, tx *store.Tx, cs []*claiming) error {
	r, err := advance(ctx, tx, cs[0].runID, delta{events: len(cs), started: true})
	if err != nil {
		return err
	}
	now := time.Now()
	var evs []events.Event
	if r.started { // only the lock tells that this is the first case
		evs = append(evs, r.event(events.RunStarted, now))
	}
	for _, c := range cs {
		e := r.event(events.CaseStarted, now)
		describe(&e, c.row)
		e.WorkerID, c.stopping = c.workerID, Interrupts(r.stopping)
		evs = append(evs, e)
	}
	return s.record(ctx, tx, r, evs...)
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
	var grant *spec.LoadGrant
	if c.Case.Kind == spec.KindLoad {
		if grant, err = s.loadGrant(ctx, row.ProjectID); err != nil {
			return nil, err
		}
	}
	return &Claim{
		Result: row, WorkerID: workerID, Started: time.Now(), Grant: grant,
		Deadline: time.Duration(row.TimeoutMs) * time.Millisecond,
		Case:     c.Case, Use: r.version.Plan.Use, Files: r.version.Files,
		Scope: scopeOf(vars, c, row, r.secrets), AcceptBaselines: r.accepts,
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
