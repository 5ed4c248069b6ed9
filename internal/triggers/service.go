package triggers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"entgo.io/ent/dialect/sql"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/trigger"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

const (
	// maxOfPlan bounds how many triggers a plan has.
	maxOfPlan = 100

	// secretPrefix and secretBytes make what every library of the scheme takes.
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// Service keeps triggers and starts their runs.
type Service struct {
	store  *store.Store
	plans  *plans.Service
	runs   *runs.Service
	sealer *seal.Sealer
	rates  *lru.Cache[string, *rate.Limiter] // by trigger, of requests that are genuine
}

// Deps are what the service needs; all are required.
type Deps struct {
	Store  *store.Store
	Plans  *plans.Service
	Runs   *runs.Service
	Sealer *seal.Sealer
}

// New returns the service.
func New(d Deps) *Service {
	rates, err := lru.New[string, *rate.Limiter](ratesKept)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	return &Service{store: d.Store, plans: d.Plans, runs: d.Runs, sealer: d.Sealer, rates: rates}
}

// Path is where requests to a trigger are sent.
func Path(id string) string { return "/hooks/" + id }

// Create stores a new trigger of a plan and returns its secret, which is shown
// this once.
func (s *Service) Create(ctx context.Context, planID string, in Settings) (*ent.Trigger, string, error) {
	p, err := auth.Require(ctx, auth.Write, auth.Execute)
	if err != nil {
		return nil, "", err
	}
	if err := in.check(); err != nil {
		return nil, "", err
	}
	id := ident.New(ident.Trigger)
	secret, sealed := s.newSecret(id)
	var out *ent.Trigger
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.plans.LatestTx(ctx, tx, p.ProjectID, planID); err != nil {
			return err
		}
		n, err := tx.Trigger.Query().Where(trigger.PlanID(planID)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the triggers: %w", err)
		}
		if n >= maxOfPlan {
			return apperr.New(apperr.Conflict, "a plan has at most %d triggers; delete one of them first", maxOfPlan)
		}
		out, err = tx.Trigger.Create().SetID(id).SetProjectID(p.ProjectID).SetPlanID(planID).SetSealedSecret(sealed).
			SetName(in.Name).SetEnvironment(in.Environment).SetVariables(in.Variables).SetOpenVariables(in.OpenVariables).
			SetPriority(in.Priority).SetEnabled(in.Enabled).Save(ctx)
		if err != nil {
			return fmt.Errorf("store the trigger: %w", err)
		}
		return note(ctx, tx, out, "trigger.created")
	})
	if err != nil {
		return nil, "", err
	}
	return out, secret, nil
}

// Update changes a trigger.
func (s *Service) Update(ctx context.Context, id string, change Change) (*ent.Trigger, error) {
	return s.change(ctx, id, "trigger.updated", func(ctx context.Context, tx *store.Tx, row *ent.Trigger) (*ent.Trigger, error) {
		in := change.apply(settingsOf(row))
		if err := in.check(); err != nil {
			return nil, err
		}
		return tx.Trigger.UpdateOne(row).SetName(in.Name).SetEnvironment(in.Environment).SetVariables(in.Variables).
			SetOpenVariables(in.OpenVariables).SetPriority(in.Priority).SetEnabled(in.Enabled).Save(ctx)
	})
}

// RotateSecret gives a trigger a new secret and returns it, this once. Requests
// that are signed with the old one are refused from now on.
func (s *Service) RotateSecret(ctx context.Context, id string) (*ent.Trigger, string, error) {
	secret, sealed := s.newSecret(id)
	row, err := s.change(ctx, id, "trigger.secret_rotated", func(ctx context.Context, tx *store.Tx, row *ent.Trigger) (*ent.Trigger, error) {
		return tx.Trigger.UpdateOne(row).SetSealedSecret(sealed).Save(ctx)
	})
	if err != nil {
		return nil, "", err
	}
	return row, secret, nil
}

// Delete removes a trigger. Its runs stay.
func (s *Service) Delete(ctx context.Context, id string) error {
	_, err := s.change(ctx, id, "trigger.deleted", func(ctx context.Context, tx *store.Tx, row *ent.Trigger) (*ent.Trigger, error) {
		return row, tx.Trigger.DeleteOne(row).Exec(ctx)
	})
	return err
}

func (s *Service) change(ctx context.Context, id, action string,
	do func(context.Context, *store.Tx, *ent.Trigger) (*ent.Trigger, error),
) (*ent.Trigger, error) {
	p, err := auth.Require(ctx, auth.Write, auth.Execute)
	if err != nil {
		return nil, err
	}
	var out *ent.Trigger
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Trigger.Query().Where(trigger.ProjectID(p.ProjectID), trigger.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Trigger, id)
		}
		if out, err = do(ctx, tx, row); err != nil {
			return fmt.Errorf("change the trigger: %w", err)
		}
		return note(ctx, tx, out, action)
	})
	return out, err
}

// note records what became of a trigger.
func note(ctx context.Context, tx *store.Tx, row *ent.Trigger, action string) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.Name,
		Detail: map[string]string{"plan": row.PlanID},
	})
}

// Get returns a trigger of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.Trigger, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Trigger.Query().Where(trigger.ProjectID(p.ProjectID), trigger.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Trigger, id)
	}
	return row, nil
}

// List returns a page of the project's triggers, newest first, and whether more
// follow.
func (s *Service) List(ctx context.Context, page store.Page) ([]*ent.Trigger, bool, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.Trigger.Query().Where(trigger.ProjectID(p.ProjectID)).Order(trigger.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(trigger.IDLT(page.After))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the triggers: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many triggers List would go through.
func (s *Service) Count(ctx context.Context) (int, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return 0, err
	}
	return s.store.Ent.Trigger.Query().Where(trigger.ProjectID(p.ProjectID)).Count(ctx)
}

// OfPlans returns the triggers of plans, oldest first. The caller has got the
// plans, which proves that it may see them.
func (s *Service) OfPlans(ctx context.Context, planIDs []string) ([]*ent.Trigger, error) {
	rows, err := s.store.Ent.Trigger.Query().Where(trigger.PlanIDIn(planIDs...)).Order(trigger.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the triggers: %w", err)
	}
	return rows, nil
}

// WithPlans removes the triggers of plans that are deleted.
type WithPlans struct{}

var _ plans.Follower = WithPlans{}

// PlanSaved does nothing: a plan's text asks for no trigger.
func (WithPlans) PlanSaved(context.Context, *store.Tx, *ent.Plan, *spec.Plan) error { return nil }

// PlanDeleted removes the plan's triggers: nothing is left to start.
func (WithPlans) PlanDeleted(ctx context.Context, tx *store.Tx, planID string) error {
	if _, err := tx.Trigger.Delete().Where(trigger.PlanID(planID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove the plan's triggers: %w", err)
	}
	return nil
}

// newSecret returns a fresh secret as it is shown, and sealed.
func (s *Service) newSecret(triggerID string) (shown string, sealed []byte) {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(raw), s.sealer.Seal(raw, triggerID)
}
