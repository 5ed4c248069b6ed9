package runs

import (
	"context"
	"errors"
	"fmt"

	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/store"
)

// Token passing keeps a run going by itself. What it cannot do is wake a run
// that has nothing under way: one that waits for its groups, for a limit, for
// reserved slots or for a target. Dispatch does that.

// Dispatch ends runs whose limit is over and what a stop could not drop at once,
// lets in the runs that waited for others, and gives tokens to those that had too
// few. Any process may call it at any time; it is called every second, and soon
// after Kicked.
func (s *Service) Dispatch(ctx context.Context) error {
	return errors.Join(s.expire(ctx), s.dropRest(ctx), s.admitAll(ctx), s.feed(ctx))
}

// Kicked tells that Dispatch has something to do.
func (s *Service) Kicked() <-chan struct{} { return s.kicks }

// kick asks for a Dispatch in this process. One that ends before costs a second.
func (s *Service) kick() {
	select {
	case s.kicks <- struct{}{}:
	default:
	}
}

// expire stops the runs whose limit is over. Time in which a run is paused does
// not count, so a paused one is never over.
func (s *Service) expire(ctx context.Context) error {
	const query = `
SELECT id FROM runs WHERE deadline_at < now() AND finished_at IS NULL AND stop_requested_at IS NULL AND paused_at IS NULL
ORDER BY deadline_at LIMIT 100`
	ids, err := s.ids(ctx, query)
	if err != nil {
		return fmt.Errorf("look for runs that take too long: %w", err)
	}
	for _, id := range ids {
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := s.StopTx(ctx, tx, "", id, run.StopReasonTimeout)
			return err
		})
		if err != nil {
			return fmt.Errorf("stop run %s at its limit: %w", id, err)
		}
	}
	return nil
}

// dropRest ends the cases of runs that stop which were held by another
// transaction when they were to be dropped: nothing else would ever end them.
func (s *Service) dropRest(ctx context.Context) error {
	const query = `
SELECT id FROM runs WHERE stop_requested_at IS NOT NULL AND finished_at IS NULL
	AND EXISTS (SELECT FROM results WHERE run_id = runs.id AND status = 'pending')
ORDER BY id LIMIT 100`
	ids, err := s.ids(ctx, query)
	if err != nil {
		return fmt.Errorf("look for runs that stop: %w", err)
	}
	for _, id := range ids {
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return s.dropAgain(ctx, tx, id) })
		if err != nil {
			return fmt.Errorf("drop the waiting cases of run %s: %w", id, err)
		}
	}
	return nil
}

func (s *Service) admitAll(ctx context.Context) error {
	for {
		n, err := s.admitWaiting(ctx)
		if n == 0 || err != nil {
			return err
		}
	}
}

// feed offers tokens to the runs that want more, those with the fewest first.
func (s *Service) feed(ctx context.Context) error {
	hungry, err := s.store.Ent.Run.Query().
		Where(run.Short(true), run.FinishedAtIsNil(), run.AdmittedAtNotNil(), run.PausedAtIsNil(), run.StopRequestedAtIsNil()).
		Order(run.ByPriority(), run.ByTokens(), run.ByID()).Limit(500).
		Select(run.FieldID, run.FieldProjectID).All(ctx)
	if err != nil {
		return fmt.Errorf("look for runs that want more: %w", err)
	}
	for _, r := range hungry {
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			l, err := s.lockLimits(ctx, tx, r.ProjectID)
			if err != nil {
				return err
			}
			return s.refill(ctx, tx, l, r.ProjectID, r.ID)
		})
		if err != nil {
			return fmt.Errorf("queue more cases of run %s: %w", r.ID, err)
		}
	}
	return nil
}
