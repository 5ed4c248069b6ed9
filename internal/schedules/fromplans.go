package schedules

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/schedule"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// FromPlans keeps the schedules that stand in plans' own texts.
type FromPlans struct{}

var _ plans.Follower = FromPlans{}

// PlanSaved makes, changes or removes the plan's schedule as its text says.
func (FromPlans) PlanSaved(ctx context.Context, tx *store.Tx, row *ent.Plan, parsed *spec.Plan) error {
	old, err := tx.Schedule.Query().Where(schedule.PlanID(row.ID), schedule.FromPlan(true)).ForUpdate(store.NoKey).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("read the plan's schedule: %w", err)
	}
	asked := parsed.Schedule
	switch {
	case asked == nil && old == nil:
		return nil
	case asked == nil:
		if err := tx.Schedule.DeleteOne(old).Exec(ctx); err != nil {
			return fmt.Errorf("remove the plan's schedule: %w", err)
		}
		return nil
	}
	in := Settings{
		Name: row.Name, Cron: asked.Cron, TimeZone: asked.TimeZone,
		Overlap: schedule.Overlap(asked.Overlap), Missed: schedule.Missed(asked.Missed),
	}
	if old != nil {
		in.Paused = old.Paused
	}
	cron, err := in.check()
	if err != nil {
		return err
	}
	if old != nil && in.equal(settingsOf(old)) {
		return nil
	}
	// Whoever may not start a run may not let the server start one.
	if _, err := auth.Require(ctx, auth.Execute); err != nil {
		return err
	}
	if old != nil {
		_, err := save(ctx, tx, old, in)
		return err
	}
	now, err := clock(ctx, tx)
	if err != nil {
		return err
	}
	err = tx.Schedule.Create().SetProjectID(row.ProjectID).SetPlanID(row.ID).SetFromPlan(true).
		SetName(in.Name).SetCron(in.Cron).SetTimeZone(in.TimeZone).SetOverlap(in.Overlap).SetMissed(in.Missed).
		SetNextFireAt(cron.Next(now)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store the plan's schedule: %w", err)
	}
	return nil
}

// PlanDeleted removes all schedules of the plan: nothing is left to start.
func (FromPlans) PlanDeleted(ctx context.Context, tx *store.Tx, planID string) error {
	if _, err := tx.Schedule.Delete().Where(schedule.PlanID(planID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove the plan's schedules: %w", err)
	}
	return nil
}
