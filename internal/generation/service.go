package generation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/generation/making"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/webhooks"
)

// Enqueuer puts the job of a generation into the queue as part of a transaction.
type Enqueuer interface {
	EnqueueGeneration(ctx context.Context, tx *store.Tx, id string, priority int) error
}

// Outbox tells webhooks what happens.
type Outbox interface {
	Emit(ctx context.Context, tx *store.Tx, projectID string, t webhooks.Type, subject string, data any) error
}

// Meter counts generations that have ended.
type Meter interface {
	Generated(source, generator, outcome string)
}

// Service keeps generations.
type Service struct {
	store  *store.Store
	plans  *plans.Service
	queue  Enqueuer
	outbox Outbox
	meter  Meter
	tools  making.Tools
}

// Deps are what the service needs; all but the meter are required.
type Deps struct {
	Store    *store.Store
	Plans    *plans.Service
	Enqueuer Enqueuer
	Outbox   Outbox
	Meter    Meter // nil where nobody counts
	Tools    making.Tools
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{store: d.Store, plans: d.Plans, queue: d.Enqueuer, outbox: d.Outbox, meter: d.Meter, tools: d.Tools}
}

// Ask is what somebody wants.
type Ask struct {
	making.Request
	PlanID   string // empty for a plan that is not there yet
	Priority int    // 1–4
	Timeout  time.Duration
}

// maxWaiting bounds the generations of a project that are not over.
const maxWaiting = 20

// Start queues a generation.
func (s *Service) Start(ctx context.Context, ask Ask) (*ent.Generation, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	if err := ask.check(); err != nil {
		return nil, err
	}
	ask.Project = p.ProjectID
	request, err := json.Marshal(ask.Request)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	var out *ent.Generation
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		waiting, err := tx.Generation.Query().Where(generation.ProjectID(p.ProjectID), generation.FinishedAtIsNil()).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the generations: %w", err)
		}
		if waiting >= maxWaiting {
			return apperr.New(apperr.RateLimited, "%d generations of this project are not over yet; wait for them or cancel some", waiting)
		}
		create := tx.Generation.Create().SetProjectID(p.ProjectID).SetSource(sourceOf(ask.Request)).SetRequest(request).
			SetPriority(ask.Priority).SetTimeoutMs(ask.Timeout.Milliseconds()).SetCreatedBy(p.Actor().ID).SetCreatedByName(p.Actor().Name)
		if ask.PlanID != "" {
			if _, err := s.plans.LatestTx(ctx, tx, p.ProjectID, ask.PlanID); err != nil {
				return err
			}
			create.SetPlanID(ask.PlanID)
		}
		if out, err = create.Save(ctx); err != nil {
			return fmt.Errorf("store the generation: %w", err)
		}
		if out, err = note(ctx, tx, out, step{stage: stageQueued}); err != nil {
			return err
		}
		if err := record(ctx, tx, out, "generation.started"); err != nil {
			return err
		}
		return s.queue.EnqueueGeneration(ctx, tx, out.ID, ask.Priority)
	})
	return out, err
}

func (a *Ask) check() error {
	if err := a.Request.Check(); err != nil {
		return err
	}
	for _, text := range []string{a.Source.OpenAPI, a.Source.Requirements, a.Model, a.Target, a.Environment} {
		if strings.ContainsRune(text, 0) {
			return apperr.Invalid("source", "a text has a character NUL, which nothing can store; leave it out")
		}
	}
	for _, k := range a.Kinds {
		if !slices.Contains([]spec.Kind{spec.KindAPI, spec.KindBrowser, spec.KindContract}, k) {
			return apperr.Invalid("kinds", "cases of kind %s are not generated: use api, browser and contract", k)
		}
	}
	switch {
	case a.Priority < 1 || a.Priority > 4:
		return apperr.Invalid("priority", "priority must be from 1 to 4; 1 is served first")
	case a.Timeout < time.Second || a.Timeout > making.MaxTimeout:
		return apperr.Invalid("timeoutMs", "a generation may take from 1 second to %s", making.MaxTimeout)
	}
	return nil
}

func sourceOf(r making.Request) generation.Source { return generation.Source(r.Source.Kind()) }

// Cancel stops a generation that is not over.
func (s *Service) Cancel(ctx context.Context, id string) (*ent.Generation, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	var out *ent.Generation
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := lock(ctx, tx, p.ProjectID, id)
		if err != nil {
			return err
		}
		if row.FinishedAt != nil {
			out = row
			return nil
		}
		if out, err = row.Update().SetStatus(generation.StatusCancelled).SetFinishedAt(time.Now()).Save(ctx); err != nil {
			return fmt.Errorf("cancel the generation: %w", err)
		}
		if out, err = note(ctx, tx, out, step{stage: stageFinished}); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.count(out) })
		if err := record(ctx, tx, out, "generation.cancelled"); err != nil {
			return err
		}
		return s.announce(ctx, tx, out, webhooks.GenerationCancelled)
	})
	return out, err
}

func record(ctx context.Context, tx *store.Tx, row *ent.Generation, action string) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: string(row.Source),
		Detail: map[string]string{"source": string(row.Source)},
	})
}
