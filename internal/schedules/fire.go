package schedules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/schedule"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// grace is how late a server may be without having missed a time.
const grace = time.Minute

// fireAtOnce bounds how many schedules one call of FireDue looks at.
const fireAtOnce = 200

// Now is the time by which schedules fire: the database's, which every process
// shares.
func (s *Service) Now(ctx context.Context) (time.Time, error) { return clock(ctx, s.store.DB) }

// FireDue starts the runs whose time has come and returns how many it started.
// It may be called in any number of processes at once. A run that cannot be
// started is noted with its schedule and keeps no other one from starting.
func (s *Service) FireDue(ctx context.Context, now time.Time) (started int, err error) {
	due, err := s.due(ctx, now)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, d := range due {
		ran, err := s.fire(ctx, d, now, nil)
		if refused := err; refused != nil && !comesBack(ctx, refused) {
			ran, err = s.fire(ctx, d, now, refused)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("fire schedule %s: %w", d.id, err))
		}
		if ran {
			started++
		}
		if ctx.Err() != nil {
			break
		}
	}
	return started, errors.Join(errs...)
}

// due is a schedule that may have to be fired.
type due struct{ id, planID string }

func (s *Service) due(ctx context.Context, now time.Time) (out []due, err error) {
	const query = `
SELECT s.id, s.plan_id FROM schedules s WHERE NOT s.paused AND (
	s.next_fire_at <= $1
	OR s.queued_fire_at IS NOT NULL AND NOT EXISTS (
		SELECT FROM runs r WHERE r.project_id = s.project_id AND r.origin_id = s.id AND r.origin_id <> '' AND r.finished_at IS NULL))
ORDER BY s.next_fire_at LIMIT $2`
	rows, err := s.store.DB.QueryContext(ctx, query, now, fireAtOnce)
	if err != nil {
		return nil, fmt.Errorf("look for schedules that are due: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d due
		if err := rows.Scan(&d.id, &d.planID); err != nil {
			return nil, fmt.Errorf("look for schedules that are due: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// comesBack reports whether a start failed for a reason that is not its own, so
// that it is worth another try a moment later.
func comesBack(ctx context.Context, err error) bool {
	return ctx.Err() != nil || apperr.CodeOf(store.Explain(err)) == apperr.Unavailable
}

// fire does what is due about one schedule, in one transaction: the run exists
// exactly when the schedule has moved on. Where a start was refused, it notes
// why and moves on without.
func (s *Service) fire(ctx context.Context, d due, now time.Time, refused error) (started bool, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		started = false
		// Whoever changes the plan locks it before its schedules; so does the start
		// of a run.
		if _, err := tx.ExecContext(ctx, "SELECT FROM plans WHERE id = $1 FOR KEY SHARE", d.planID); err != nil {
			return fmt.Errorf("lock the plan: %w", err)
		}
		row, err := tx.Schedule.Query().Where(schedule.ID(d.id), schedule.Paused(false)).
			ForUpdate(store.NoKeySkipLocked).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // another process has it, or it is gone
		}
		if err != nil {
			return fmt.Errorf("lock the schedule: %w", err)
		}
		started, err = s.fireLocked(ctx, tx, row, now, refused)
		return err
	})
	return started && err == nil, err
}

func (s *Service) fireLocked(ctx context.Context, tx *store.Tx, row *ent.Schedule, now time.Time, refused error) (started bool, err error) {
	update := tx.Schedule.UpdateOne(row)
	cron, err := cronOf(row.Cron, row.TimeZone)
	if err != nil { // a zone that this program does not know any more
		return false, noted(update.ClearNextFireAt().ClearQueuedFireAt().SetLastError(apperr.Message(err)).Exec(ctx))
	}
	live, err := tx.Run.Query().Where(run.ProjectID(row.ProjectID), run.OriginID(row.ID), run.OriginIDNEQ(""), run.FinishedAtIsNil()).IDs(ctx)
	if err != nil {
		return false, fmt.Errorf("look for runs under way: %w", err)
	}
	todo := decide(row, cron, len(live) > 0, now)
	if !todo.due {
		return false, nil
	}
	update.SetNillableNextFireAt(todo.next).SetNillableQueuedFireAt(todo.queued).SetLastFireAt(todo.came).SetLastError(todo.reason)
	if todo.next == nil {
		update.ClearNextFireAt()
	}
	if todo.queued == nil {
		update.ClearQueuedFireAt()
	}
	ctx = audit.As(ctx, audit.Actor{Kind: audit.Schedule, ID: row.ID, Name: row.Name})
	switch {
	case todo.start.IsZero():
	case refused != nil:
		s.logger.Warn("a schedule could not start its run", "schedule", row.ID, "plan", row.PlanID, "error", refused)
		update.SetLastError(apperr.Message(refused))
	default:
		r, err := s.start(ctx, tx, row, todo, live)
		if err != nil {
			return false, err
		}
		update.SetLastRunID(r.ID)
		started = true
	}
	return started, noted(update.Exec(ctx))
}

func noted(err error) error {
	if err != nil {
		return fmt.Errorf("note when the schedule fires next: %w", err)
	}
	return nil
}

func (s *Service) start(ctx context.Context, tx *store.Tx, row *ent.Schedule, todo decision, live []string) (*ent.Run, error) {
	if todo.cancel {
		for _, id := range live {
			if _, err := s.runs.StopTx(ctx, tx, row.ProjectID, id, run.StopReasonSuperseded); err != nil {
				return nil, fmt.Errorf("stop the run before: %w", err)
			}
		}
	}
	// The schedule's row holds that a time starts one run; its name for the run
	// holds it a second time.
	key := fmt.Sprintf("%s/%s", row.ID, todo.start.UTC().Format(time.RFC3339))
	before, err := tx.Run.Query().Where(run.ProjectID(row.ProjectID), run.ClientMutationID(key)).Only(ctx)
	if err == nil {
		return before, nil
	}
	if !ent.IsNotFound(err) {
		return nil, fmt.Errorf("look for the run of this time: %w", err)
	}
	return s.runs.StartTx(ctx, tx, row.ProjectID, runs.StartInput{
		PlanID: row.PlanID, Environment: row.Environment, Variables: row.Variables, Priority: row.Priority,
		ClientMutationID: key, Origin: run.OriginSchedule, OriginID: row.ID,
	})
}

// decision is what is to be done about a schedule.
type decision struct {
	due    bool
	came   time.Time  // the newest of its times that has come
	start  time.Time  // the time whose run is started now; zero starts none
	cancel bool       // the runs under way are stopped before
	next   *time.Time // when it comes up again; nil never
	queued *time.Time // the time that waits for the run before
	reason string     // why no run is started
}

// decide applies the policies of a schedule to a moment.
func decide(row *ent.Schedule, cron *spec.Cron, live bool, now time.Time) decision {
	d := decision{next: row.NextFireAt, queued: row.QueuedFireAt}
	if row.LastFireAt != nil {
		d.came = *row.LastFireAt
	}
	if d.queued != nil && !live {
		d.due, d.start, d.queued = true, *d.queued, nil
		live = true
	}
	if row.NextFireAt == nil || row.NextFireAt.After(now) {
		return d
	}
	d.due = true
	d.came = latest(cron, *row.NextFireAt, now)
	d.next = nil
	if next := cron.Next(now); !next.IsZero() {
		d.next = &next
	}
	switch {
	case row.Missed == schedule.MissedSkip && now.Sub(d.came) > grace:
		d.reason = "no server was there at the time, and missed times are skipped"
	case row.Overlap == schedule.OverlapQueue && live && d.queued != nil:
		d.reason = "a run waits already for the one before to be over"
	case row.Overlap == schedule.OverlapQueue && live:
		came := d.came
		d.queued = &came
	case row.Overlap == schedule.OverlapSkip && live:
		d.reason = "the run before was not over"
	default:
		d.start, d.cancel = d.came, live && row.Overlap == schedule.OverlapCancel
	}
	return d
}
