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

	DefaultRunTimeout = time.Hour
)

// StartInput says what to run: a stored plan or a source, and how.
type StartInput struct {
	PlanID           string
	Source           *plans.Source // when PlanID is empty
	Environment      string
	Branch           string // of the source under test; empty is the project's default branch
	AcceptBaselines  bool   // what is new or changed is accepted beforehand
	Variables        map[string]string
	Secrets          map[string]string // before those of the project
	Priority         int               // 1–4; 0 means 2
	Parallel         int               // overrides the plan
	Retries          *int
	MaxFailures      *int // overrides the plan; 0 is without a limit
	Select           Selection
	Shard            Shard
	ClientMutationID string // a repeated start with the same id returns the first run

	Origin   run.Origin // "" is a caller
	OriginID string     // the schedule or the trigger
}

// Start writes the run, its results, its first events and the jobs of its first
// cases in one transaction.
func (s *Service) Start(ctx context.Context, in StartInput) (*ent.Run, error) {
	needs := []auth.Permission{auth.Execute}
	if in.AcceptBaselines {
		needs = append(needs, auth.Write)
	}
	p, err := auth.Require(ctx, needs...)
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
		out, err = s.StartTx(ctx, tx, p.ProjectID, in)
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
	case in.MaxFailures != nil && (*in.MaxFailures < 0 || *in.MaxFailures > 10_000):
		return apperr.Invalid("maxFailures", "maxFailures must be from 0 to 10000; 0 is without a limit")
	case len(in.ClientMutationID) > 200:
		return apperr.Invalid("clientMutationId", "clientMutationId has at most 200 characters")
	case len(in.Environment) > 100:
		return apperr.Invalid("environment", "the name of an environment has at most 100 characters")
	case len(in.Branch) > 250:
		return apperr.Invalid("branch", "the name of a branch has at most 250 characters")
	case in.Select.LastFailed && in.Shard.Total > 0:
		return apperr.Invalid("select.lastFailed", "lastFailed and shard exclude each other: what failed last changes while the shards start")
	}
	return in.Shard.validate()
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

// StartTx starts a run in the name of a project, as part of a transaction. A
// client mutation id that was used before violates a constraint.
func (s *Service) StartTx(ctx context.Context, tx *store.Tx, projectID string, in StartInput) (*ent.Run, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
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
	parsed, err := s.plans.Parsed(version)
	if err != nil {
		return nil, err
	}
	if in.Secrets, err = s.secretsOf(ctx, tx, projectID, parsed.Plan, in); err != nil {
		return nil, err
	}
	vars, err := parsed.Plan.Variables(in.Variables, in.Secrets)
	if err != nil {
		return nil, apperr.Invalid("variables", "%s", err)
	}
	cases, keys, err := s.choose(ctx, tx, version, parsed, in)
	if err != nil {
		return nil, err
	}
	waiting := 0
	for _, c := range cases {
		if c.Skip == "" {
			waiting++
		}
	}
	row, err := s.createRun(ctx, tx, projectID, version, parsed.Plan, in, keys, len(cases), len(cases)-waiting)
	if err != nil {
		return nil, err
	}
	l, err := s.letIn(ctx, tx, row, parsed.Plan.Concurrency)
	if err != nil {
		return nil, err
	}
	rm, err := s.firstTokens(ctx, tx, l, row, waiting)
	if err != nil {
		return nil, err
	}
	results, err := createResults(ctx, tx, row, parsed.Plan, cases, in, rm, newTargets(vars, in.Secrets))
	if err != nil {
		return nil, err
	}
	if err := s.enqueueFirst(ctx, tx, row, results); err != nil {
		return nil, err
	}
	if err := note(ctx, tx, row, "run.started"); err != nil {
		return nil, err
	}
	return s.announce(ctx, tx, row, results)
}

func (s *Service) createRun(ctx context.Context, tx *store.Tx, projectID string, version *ent.PlanVersion,
	plan *spec.Plan, in StartInput, keys []string, total, skipped int,
) (*ent.Run, error) {
	id := ident.New(ident.Run)
	create := tx.Run.Create().SetID(id).SetProjectID(projectID).
		SetPlanID(version.PlanID).SetPlanVersionID(version.ID).SetName(plan.Name).
		SetEnvironment(cmp.Or(in.Environment, plan.Environment)).SetBranch(in.Branch).SetAcceptBaselines(in.AcceptBaselines).
		SetVariables(in.Variables).SetSelection(keys).SetShard(in.Shard.Index).SetShards(in.Shard.Total).
		SetPriority(cmp.Or(in.Priority, DefaultPriority)).
		SetParallel(cmp.Or(in.Parallel, deref(plan.Use.Parallel), DefaultParallel)).
		SetTimeoutMs(plan.Timeout.Or(DefaultRunTimeout).Milliseconds()).
		SetMaxFailures(firstOf(in.MaxFailures, plan.MaxFailures)).
		SetOrigin(cmp.Or(in.Origin, run.OriginCaller)).SetOriginID(in.OriginID).
		SetTotal(total).SetSkipped(skipped).SetFinished(skipped).
		SetLastSeq(int64(1 + skipped)) // the events that announce records
	if c := plan.Concurrency; c != nil {
		create.SetConcurrencyGroup(c.Group).SetConcurrencyMax(max(1, deref(c.Max)))
	}
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

// firstTokens gives a new run its tokens, where it was let in.
func (s *Service) firstTokens(ctx context.Context, tx *store.Tx, l limits, row *ent.Run, waiting int) (room, error) {
	if row.AdmittedAt == nil {
		return room{}, nil
	}
	rm, err := s.roomFor(ctx, tx, l, row.ProjectID, row.ID)
	if err != nil {
		return room{}, err
	}
	rm.most = min(rm.most, row.Parallel, waiting)
	return rm, nil
}

// resultBatch keeps an insert below Postgres' limit of 65,535 parameters.
const resultBatch = 2000

// createResults stores a result for each case. The first ones, as many as there
// is room for, are queued already.
func createResults(ctx context.Context, tx *store.Tx, row *ent.Run, plan *spec.Plan,
	cases []spec.ExpandedCase, in StartInput, rm room, targets *targets,
) ([]*ent.Result, error) {
	creates := make([]*ent.ResultCreate, len(cases))
	tokens := 0
	for i, c := range cases {
		create := tx.Result.Create().SetProjectID(row.ProjectID).SetRunID(row.ID).SetOrdinal(i).
			SetCaseID(c.ID).SetCaseKey(c.Key).SetTitle(c.Title()).SetKind(c.Kind).SetTarget(targets.of(c)).
			SetTags(append(append([]string{}, plan.Tags...), c.Tags...)).SetMatrix(c.Matrix).
			SetTimeoutMs(c.Timeout.Or(plan.Use.Timeout.Or(DefaultTimeout)).Milliseconds()).
			SetMaxRetries(firstOf(in.Retries, c.Retries, plan.Use.Retries))
		switch {
		case c.Skip != "":
			now := time.Now()
			create.SetStatus(result.StatusFinished).SetOutcome(spec.OutcomeSkipped).SetError(c.Skip).
				SetStartedAt(now).SetFinishedAt(now)
		case tokens < rm.most && rm.take(c.Kind):
			create.SetStatus(result.StatusQueued)
			tokens++
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
	var jobs []Job
	waiting := 0
	for _, r := range results {
		switch r.Status {
		case result.StatusQueued:
			jobs = append(jobs, jobOf(r, row.Priority))
		case result.StatusPending:
			waiting++
		}
	}
	short := row.AdmittedAt != nil && len(jobs) < min(row.Parallel, len(jobs)+waiting)
	if len(jobs) > 0 || short {
		const query = "UPDATE runs SET tokens = $2, short = $3 WHERE id = $1"
		if _, err := tx.ExecContext(ctx, query, row.ID, len(jobs), short); err != nil {
			return fmt.Errorf("store the tokens: %w", err)
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	return s.enqueuer.Enqueue(ctx, tx, jobs...)
}

// announce records the first events, and the last one where every case is
// skipped. The run is this transaction's own, so nothing has to be locked.
func (s *Service) announce(ctx context.Context, tx *store.Tx, row *ent.Run, results []*ent.Result) (*ent.Run, error) {
	r := &runRow{
		id: row.ID, projectID: row.ProjectID, planVersionID: row.PlanVersionID, status: row.Status,
		priority: row.Priority, counts: CountsOf(row), lastSeq: row.LastSeq,
	}
	now := time.Now()
	evs := []events.Event{r.event(events.RunQueued, now)}
	for _, res := range results {
		if res.Status == result.StatusFinished {
			e := r.event(events.CaseFinished, now)
			describe(&e, res)
			e.Outcome, e.Error = spec.OutcomeSkipped, res.Error
			evs = append(evs, e)
		}
	}
	if !r.complete() {
		return row, s.record(ctx, tx, r, evs...)
	}
	last, err := s.finishRun(ctx, tx, r)
	if err != nil {
		return nil, err
	}
	if err := s.record(ctx, tx, r, append(evs, last)...); err != nil {
		return nil, err
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
		Priority: priority, Timeout: time.Duration(r.TimeoutMs) * time.Millisecond, Target: r.Target,
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
