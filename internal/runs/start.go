package runs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Defaults of a run where neither the plan nor the caller says otherwise.
const (
	DefaultParallel = 5
	DefaultTimeout  = 5 * time.Minute
	DefaultPriority = 2
)

// StartInput says what to run: a stored plan or a source, and how.
type StartInput struct {
	PlanID           string
	Source           *plans.Source // when PlanID is empty
	Environment      string
	Variables        map[string]string
	Secrets          map[string]string
	Priority         int // 1–4; 0 means 2
	Parallel         int // overrides the plan
	Retries          *int
	Select           Selection
	ClientMutationID string // a repeated start with the same id returns the first run
}

// Start writes the run, its results, its first events and the jobs of its first
// cases in one transaction.
func (s *Service) Start(ctx context.Context, in StartInput) (*ent.Run, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if again, err := s.startedBefore(ctx, p.ProjectID, in.ClientMutationID); again != nil || err != nil {
		return again, err
	}
	var out *ent.Run
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, err = s.start(ctx, tx, p.ProjectID, in)
		return err
	})
	if ent.IsConstraintError(err) && in.ClientMutationID != "" {
		if again, lookupErr := s.startedBefore(ctx, p.ProjectID, in.ClientMutationID); again != nil {
			return again, lookupErr
		}
	}
	return out, err
}

func (in StartInput) validate() error {
	switch {
	case (in.PlanID == "") == (in.Source == nil):
		return apperr.Invalid("planId", "give either planId or source")
	case in.Priority < 0 || in.Priority > 4:
		return apperr.Invalid("priority", "priority must be from 1 to 4; 1 is served first")
	case in.Parallel < 0 || in.Parallel > 1000:
		return apperr.Invalid("parallel", "parallel must be from 1 to 1000")
	case in.Retries != nil && (*in.Retries < 0 || *in.Retries > 10):
		return apperr.Invalid("retries", "retries must be from 0 to 10")
	case len(in.ClientMutationID) > 200:
		return apperr.Invalid("clientMutationId", "clientMutationId has at most 200 characters")
	case len(in.Environment) > 100:
		return apperr.Invalid("environment", "the name of an environment has at most 100 characters")
	}
	return nil
}

func (s *Service) startedBefore(ctx context.Context, projectID, key string) (*ent.Run, error) {
	if key == "" {
		return nil, nil
	}
	r, err := s.store.Ent.Run.Query().Where(run.ProjectID(projectID), run.ClientMutationID(key)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return r, err
}

func (s *Service) start(ctx context.Context, tx *store.Tx, projectID string, in StartInput) (*ent.Run, error) {
	var version *ent.PlanVersion
	var err error
	if in.Source != nil {
		version, err = s.plans.Ensure(ctx, tx, projectID, *in.Source)
	} else {
		version, err = s.plans.LatestTx(ctx, tx, projectID, in.PlanID)
	}
	if err != nil {
		return nil, err
	}
	plan, err := plans.Source{Text: version.Source, Files: version.Files}.Parse()
	if err != nil {
		return nil, err
	}
	if _, err := plan.Variables(in.Variables, in.Secrets); err != nil {
		return nil, apperr.Invalid("variables", "%s", err)
	}
	cases, keys, err := in.Select.apply(plan)
	if err != nil {
		return nil, err
	}
	row, err := s.createRun(ctx, tx, projectID, version, plan, in, keys, len(cases))
	if err != nil {
		return nil, err
	}
	results, err := createResults(ctx, tx, row, plan, cases, in.Retries)
	if err != nil {
		return nil, err
	}
	if err := s.enqueueFirst(ctx, tx, row, results); err != nil {
		return nil, err
	}
	return s.announce(ctx, tx, row, results)
}

func (s *Service) createRun(ctx context.Context, tx *store.Tx, projectID string, version *ent.PlanVersion,
	plan *spec.Plan, in StartInput, keys []string, total int,
) (*ent.Run, error) {
	id := ident.New(ident.Run)
	create := tx.Run.Create().SetID(id).SetProjectID(projectID).
		SetPlanID(version.PlanID).SetPlanVersionID(version.ID).SetName(plan.Name).
		SetEnvironment(cmp.Or(in.Environment, plan.Environment)).
		SetVariables(in.Variables).SetSelection(keys).
		SetPriority(cmp.Or(in.Priority, DefaultPriority)).
		SetParallel(cmp.Or(in.Parallel, deref(plan.Use.Parallel), DefaultParallel)).
		SetTotal(total)
	if in.ClientMutationID != "" {
		create.SetClientMutationID(in.ClientMutationID)
	}
	if len(in.Secrets) > 0 {
		plain, err := json.Marshal(in.Secrets)
		if err != nil {
			return nil, fmt.Errorf("encode the secrets: %w", err)
		}
		create.SetSealedSecrets(s.sealer.Seal(plain, id))
	}
	row, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store the run: %w", err)
	}
	return row, nil
}

// resultBatch keeps an insert below Postgres' limit of 65,535 parameters.
const resultBatch = 2000

func createResults(ctx context.Context, tx *store.Tx, row *ent.Run, plan *spec.Plan,
	cases []spec.ExpandedCase, retries *int,
) ([]*ent.Result, error) {
	creates := make([]*ent.ResultCreate, len(cases))
	for i, c := range cases {
		create := tx.Result.Create().SetProjectID(row.ProjectID).SetRunID(row.ID).SetOrdinal(i).
			SetCaseID(c.ID).SetCaseKey(c.Key).SetTitle(c.Title()).SetKind(c.Kind).
			SetTags(append(append([]string{}, plan.Tags...), c.Tags...)).SetMatrix(c.Matrix).
			SetTimeoutMs(c.Timeout.Or(plan.Use.Timeout.Or(DefaultTimeout)).Milliseconds()).
			SetMaxRetries(firstOf(retries, c.Retries, plan.Use.Retries))
		if c.Skip != "" {
			now := time.Now()
			create.SetStatus(result.StatusFinished).SetOutcome(spec.OutcomeSkipped).SetError(c.Skip).
				SetStartedAt(now).SetFinishedAt(now)
		}
		creates[i] = create
	}
	out := make([]*ent.Result, 0, len(cases))
	for len(creates) > 0 {
		n := min(len(creates), resultBatch)
		rows, err := tx.Result.CreateBulk(creates[:n]...).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("store the results: %w", err)
		}
		out = append(out, rows...)
		creates = creates[n:]
	}
	return out, nil
}

// enqueueFirst hands out the run's tokens: one job for each case that may be
// under way at once. Each finished case passes its token on.
func (s *Service) enqueueFirst(ctx context.Context, tx *store.Tx, row *ent.Run, results []*ent.Result) error {
	var ids []string
	var jobs []Job
	for _, r := range results {
		if r.Status == result.StatusPending && len(jobs) < row.Parallel {
			ids = append(ids, r.ID)
			jobs = append(jobs, jobOf(r, row.Priority))
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	if err := tx.Result.Update().Where(result.IDIn(ids...)).SetStatus(result.StatusQueued).Exec(ctx); err != nil {
		return fmt.Errorf("queue the first cases: %w", err)
	}
	return s.enqueuer.Enqueue(ctx, tx, jobs...)
}

// announce records the first events, and the last one where every case is
// skipped.
func (s *Service) announce(ctx context.Context, tx *store.Tx, row *ent.Run, results []*ent.Result) (*ent.Run, error) {
	var skipped []*ent.Result
	for _, r := range results {
		if r.Status == result.StatusFinished {
			skipped = append(skipped, r)
		}
	}
	advanced, err := advance(ctx, tx, row.ID, delta{
		events:   1 + len(skipped),
		outcomes: map[spec.Outcome]int{spec.OutcomeSkipped: len(skipped)},
	})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	evs := []events.Event{advanced.event(events.RunQueued, now)}
	for _, r := range skipped {
		e := advanced.event(events.CaseFinished, now)
		describe(&e, r)
		e.Outcome, e.Error = spec.OutcomeSkipped, r.Error
		evs = append(evs, e)
	}
	if err := s.record(ctx, tx, advanced, evs...); err != nil {
		return nil, err
	}
	if advanced.complete() {
		if err := s.finishRun(ctx, tx, row.ID); err != nil {
			return nil, err
		}
	}
	fresh, err := tx.Run.Get(ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("read the run: %w", err)
	}
	return fresh, nil
}

func describe(e *events.Event, r *ent.Result) {
	e.ResultID, e.CaseID, e.CaseKey, e.Title, e.Kind, e.Attempt = r.ID, r.CaseID, r.CaseKey, r.Title, r.Kind, r.Attempt
}

func jobOf(r *ent.Result, priority int) Job {
	return Job{
		RunID: r.RunID, ResultID: r.ID, Attempt: r.Attempt, Kind: r.Kind,
		Priority: priority, Timeout: time.Duration(r.TimeoutMs) * time.Millisecond,
	}
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func firstOf(values ...*int) int {
	for _, v := range values {
		if v != nil {
			return *v
		}
	}
	return 0
}
