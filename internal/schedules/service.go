package schedules

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/schedule"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// maxOfPlan bounds how many schedules a plan has.
const maxOfPlan = 100

// Service keeps schedules and fires them.
type Service struct {
	store  *store.Store
	plans  *plans.Service
	runs   *runs.Service
	logger *slog.Logger
}

// Deps are what the service needs; all are required.
type Deps struct {
	Store  *store.Store
	Plans  *plans.Service
	Runs   *runs.Service
	Logger *slog.Logger
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{store: d.Store, plans: d.Plans, runs: d.Runs, logger: d.Logger}
}

// Create stores a new schedule of a plan.
func (s *Service) Create(ctx context.Context, planID string, in Settings) (*ent.Schedule, error) {
	p, err := auth.Require(ctx, auth.Write, auth.Execute)
	if err != nil {
		return nil, err
	}
	cron, err := in.check()
	if err != nil {
		return nil, err
	}
	var out *ent.Schedule
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.plans.LatestTx(ctx, tx, p.ProjectID, planID); err != nil {
			return err
		}
		n, err := tx.Schedule.Query().Where(schedule.PlanID(planID)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the schedules: %w", err)
		}
		if n >= maxOfPlan {
			return apperr.New(apperr.Conflict, "a plan has at most %d schedules; delete one of them first", maxOfPlan)
		}
		now, err := clock(ctx, tx)
		if err != nil {
			return err
		}
		create := tx.Schedule.Create().SetProjectID(p.ProjectID).SetPlanID(planID).
			SetName(in.Name).SetCron(in.Cron).SetTimeZone(in.TimeZone).SetOverlap(in.Overlap).SetMissed(in.Missed).
			SetPaused(in.Paused).SetEnvironment(in.Environment).SetVariables(in.Variables).SetPriority(in.Priority)
		if !in.Paused {
			create.SetNextFireAt(cron.Next(now))
		}
		if out, err = create.Save(ctx); err != nil {
			return fmt.Errorf("store the schedule: %w", err)
		}
		return note(ctx, tx, out, "schedule.created")
	})
	return out, err
}

// Update changes a schedule. One that a plan's text asks for can only be paused
// and resumed.
func (s *Service) Update(ctx context.Context, id string, change Change) (*ent.Schedule, error) {
	p, err := auth.Require(ctx, auth.Write, auth.Execute)
	if err != nil {
		return nil, err
	}
	var out *ent.Schedule
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Schedule.Query().Where(schedule.ProjectID(p.ProjectID), schedule.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Schedule, id)
		}
		if row.FromPlan && !change.onlyPauses() {
			return apperr.New(apperr.Conflict, "this schedule stands in the plan's own text, which alone changes it; here it can only be paused")
		}
		if out, err = save(ctx, tx, row, change.apply(settingsOf(row))); err != nil {
			return err
		}
		return note(ctx, tx, out, "schedule.updated")
	})
	return out, err
}

// note records what became of a schedule.
func note(ctx context.Context, tx *store.Tx, row *ent.Schedule, action string) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.Name,
		Detail: map[string]string{"plan": row.PlanID},
	})
}

// Delete removes a schedule. Its runs stay.
func (s *Service) Delete(ctx context.Context, id string) error {
	p, err := auth.Require(ctx, auth.Write, auth.Execute)
	if err != nil {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Schedule.Query().Where(schedule.ProjectID(p.ProjectID), schedule.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Schedule, id)
		}
		if row.FromPlan {
			return apperr.New(apperr.Conflict, "this schedule stands in the plan's own text; remove the key schedule there, or pause it here")
		}
		if err := tx.Schedule.DeleteOne(row).Exec(ctx); err != nil {
			return fmt.Errorf("delete the schedule: %w", err)
		}
		return note(ctx, tx, row, "schedule.deleted")
	})
}

// Get returns a schedule of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.Schedule, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Schedule.Query().Where(schedule.ProjectID(p.ProjectID), schedule.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Schedule, id)
	}
	return row, nil
}

// List returns a page of the project's schedules, newest first, and whether more
// follow.
func (s *Service) List(ctx context.Context, page store.Page) ([]*ent.Schedule, bool, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.Schedule.Query().Where(schedule.ProjectID(p.ProjectID)).Order(schedule.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(schedule.IDLT(page.After))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the schedules: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many schedules List would go through.
func (s *Service) Count(ctx context.Context) (int, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return 0, err
	}
	return s.store.Ent.Schedule.Query().Where(schedule.ProjectID(p.ProjectID)).Count(ctx)
}

// OfPlans returns the schedules of plans, oldest first. The caller has got the
// plans, which proves that it may see them.
func (s *Service) OfPlans(ctx context.Context, planIDs []string) ([]*ent.Schedule, error) {
	rows, err := s.store.Ent.Schedule.Query().Where(schedule.PlanIDIn(planIDs...)).Order(schedule.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	return rows, nil
}

// clock is the database's, which every process shares.
func clock(ctx context.Context, q runs.Querier) (now time.Time, err error) {
	rows, err := q.QueryContext(ctx, "SELECT clock_timestamp()")
	if err != nil {
		return now, fmt.Errorf("ask the database for the time: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		err = rows.Scan(&now)
	}
	if err == nil {
		err = rows.Err()
	}
	if err != nil {
		return now, fmt.Errorf("ask the database for the time: %w", err)
	}
	return now, nil
}
