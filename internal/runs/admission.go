package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// A group is a set of runs of which only some may be under way at once: those
// of a plan's concurrency group, and those of an environment that the project
// limits.
type group struct {
	column string // of the runs' rows
	value  string
	max    int
}

func (g group) lockName(projectID string) string {
	return "runs of " + projectID + " by " + g.column + " " + g.value
}

// groupsOf returns the groups that a run has to be let in by, in the order in
// which they are locked.
func (s *Service) groupsOf(ctx context.Context, tx *store.Tx, row *ent.Run) ([]group, error) {
	l, err := s.limitsOf(ctx, tx, row.ProjectID)
	if err != nil {
		return nil, err
	}
	return groupsIn(l, row), nil
}

func groupsIn(l limits, row *ent.Run) (out []group) {
	if row.ConcurrencyGroup != "" {
		out = append(out, group{run.FieldConcurrencyGroup, row.ConcurrencyGroup, row.ConcurrencyMax})
	}
	if n := l.environments[row.Environment]; n > 0 {
		out = append(out, group{run.FieldEnvironment, row.Environment, n})
	}
	return out
}

// letIn admits a new run, or leaves it to wait for the earlier runs of its
// groups. Where its plan says so, it stops those of its concurrency group.
//
// It returns the project's limits, locked.
func (s *Service) letIn(ctx context.Context, tx *store.Tx, row *ent.Run, c *spec.Concurrency) (limits, error) {
	groups, l, err := s.lockGroups(ctx, tx, row)
	if err != nil {
		return l, err
	}
	if c != nil && c.CancelInProgress {
		if err := s.supersede(ctx, tx, row); err != nil {
			return l, err
		}
	}
	return l, s.admit(ctx, tx, row, groups)
}

// lockGroups locks what a run is admitted under: its groups, then its project's
// limits. No row of another run may be locked before.
func (s *Service) lockGroups(ctx context.Context, tx *store.Tx, row *ent.Run) ([]group, limits, error) {
	groups, err := s.groupsOf(ctx, tx, row)
	if err != nil {
		return nil, limits{}, err
	}
	for _, g := range groups {
		if err := lockFor(ctx, tx, g.lockName(row.ProjectID)); err != nil {
			return nil, limits{}, err
		}
	}
	l, err := s.lockLimits(ctx, tx, row.ProjectID)
	return groups, l, err
}

// admit lets a run in when each of its groups has a place that no earlier run
// waits for. The groups are locked.
func (s *Service) admit(ctx context.Context, tx *store.Tx, row *ent.Run, groups []group) error {
	for _, g := range groups {
		inside, before, err := g.count(ctx, tx, row)
		if err != nil || inside+before >= g.max {
			return err
		}
	}
	rows, err := tx.QueryContext(ctx, "UPDATE runs SET admitted_at = now() WHERE id = $1 RETURNING admitted_at", row.ID)
	var at time.Time
	if err == nil {
		err = scanOne(rows, &at)
	}
	if err != nil {
		return fmt.Errorf("let run %s in: %w", row.ID, err)
	}
	row.AdmittedAt = &at
	return nil
}

// count counts the other runs of the group: those that were let in, and those
// that wait before this one.
func (g group) count(ctx context.Context, q Querier, row *ent.Run) (inside, before int, err error) {
	// A run that is paused before it was let in stands aside.
	query := `
SELECT count(*) FILTER (WHERE admitted_at IS NOT NULL),
	count(*) FILTER (WHERE admitted_at IS NULL AND paused_at IS NULL AND (priority, id) < ($4, $3))
FROM runs WHERE project_id = $1 AND ` + g.column + ` = $2 AND id <> $3 AND finished_at IS NULL`
	rows, err := q.QueryContext(ctx, query, row.ProjectID, g.value, row.ID, row.Priority)
	if err == nil {
		err = scanOne(rows, &inside, &before)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("count the runs of %s: %w", g.value, err)
	}
	return inside, before, nil
}

// supersede stops the earlier runs of a run's concurrency group.
func (s *Service) supersede(ctx context.Context, tx *store.Tx, row *ent.Run) error {
	earlier, err := tx.Run.Query().Where(
		run.ProjectID(row.ProjectID), run.ConcurrencyGroup(row.ConcurrencyGroup), run.IDNEQ(row.ID),
		run.FinishedAtIsNil(), run.StopRequestedAtIsNil(),
	).Order(run.ByID()).IDs(ctx)
	if err != nil {
		return fmt.Errorf("look for the runs of group %s: %w", row.ConcurrencyGroup, err)
	}
	for _, id := range earlier {
		if _, err := s.StopTx(ctx, tx, row.ProjectID, id, run.StopReasonSuperseded); err != nil {
			return err
		}
	}
	return nil
}

// admitWaiting lets in what its groups have a place for now, and returns how
// many runs that were.
func (s *Service) admitWaiting(ctx context.Context) (int, error) {
	// One of each set of groups is enough: the others stand behind it.
	const query = `
SELECT DISTINCT ON (project_id, concurrency_group, environment) id FROM runs
WHERE finished_at IS NULL AND admitted_at IS NULL AND paused_at IS NULL AND stop_requested_at IS NULL
ORDER BY project_id, concurrency_group, environment, priority, id LIMIT 1000`
	ids, err := s.ids(ctx, query)
	if err != nil {
		return 0, fmt.Errorf("look for runs to let in: %w", err)
	}
	n := 0
	for _, id := range ids {
		in, err := s.admitOne(ctx, id)
		if err != nil {
			return n, fmt.Errorf("let run %s in: %w", id, err)
		}
		if in {
			n++
		}
	}
	return n, nil
}

func (s *Service) admitOne(ctx context.Context, id string) (in bool, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		in = false
		row, err := tx.Run.Get(ctx, id)
		if err != nil {
			return err
		}
		groups, l, err := s.lockGroups(ctx, tx, row)
		if err != nil {
			return err
		}
		row, err = tx.Run.Query().Where(run.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return err
		}
		if row.AdmittedAt != nil || row.PausedAt != nil || row.StopRequestedAt != nil || ended(row.Status) {
			return nil
		}
		if err := s.admit(ctx, tx, row, groups); err != nil || row.AdmittedAt == nil {
			return err
		}
		in = true
		return s.refill(ctx, tx, l, row.ProjectID, row.ID)
	})
	return in, err
}

// refill gives a run the tokens that it may have, with the project's limits
// locked, and queues as many cases.
func (s *Service) refill(ctx context.Context, tx *store.Tx, l limits, projectID, runID string) error {
	rm, err := s.roomFor(ctx, tx, l, projectID, runID)
	if err != nil {
		return err
	}
	r, err := advance(ctx, tx, runID, delta{room: rm})
	if err != nil {
		return err
	}
	return s.goOn(ctx, tx, r, rm)
}

// ids runs a query for ids outside a transaction.
func (s *Service) ids(ctx context.Context, query string, args ...any) (out []string, err error) {
	rows, err := s.store.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
