package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/workers"
)

// loads returns what all projects together have under way, and the slots for it.
func (s *Service) loads(ctx context.Context) (out map[spec.Kind]*load, err error) {
	const query = `
SELECT kind, sum(slots), sum(queued), sum(running) FROM (
	SELECT key AS kind, value::int AS slots, 0 AS queued, 0 AS running FROM workers, jsonb_each_text(slots)
	WHERE status = 'active' AND heartbeat_at > now() - $1 * interval '1 millisecond'
	UNION ALL
	SELECT kind, 0, count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'running')
	FROM results WHERE status IN ('queued', 'running') GROUP BY kind
) AS parts GROUP BY kind`
	rows, err := s.store.DB.QueryContext(ctx, query, workers.LostAfter.Milliseconds())
	if err != nil {
		return nil, fmt.Errorf("count what is under way: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[spec.Kind]*load{}
	for rows.Next() {
		var kind spec.Kind
		l := &load{}
		if err := rows.Scan(&kind, &l.slots, &l.queued, &l.running); err != nil {
			return nil, fmt.Errorf("count what is under way: %w", err)
		}
		out[kind] = l
	}
	return out, rows.Err()
}

// countWork counts what is left of the run by kind.
func (s *Service) countWork(ctx context.Context, sit *Situation) (err error) {
	const query = `
SELECT kind, count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'running')
FROM results WHERE run_id = $1 AND status <> 'finished' GROUP BY kind`
	rows, err := s.store.DB.QueryContext(ctx, query, sit.RunID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	sit.work = map[spec.Kind]*load{}
	for rows.Next() {
		var kind spec.Kind
		l := &load{}
		if err := rows.Scan(&kind, &l.pending, &l.queued, &l.running); err != nil {
			return err
		}
		sit.work[kind] = l
	}
	return rows.Err()
}

// findDeferred finds the targets that the run's cases wait for.
func (s *Service) findDeferred(ctx context.Context, sit *Situation) (err error) {
	const query = `
SELECT deferred_for, count(*), max(deferred_until) FROM results
WHERE run_id = $1 AND status = 'pending' AND deferred_until > now() GROUP BY deferred_for ORDER BY deferred_for`
	rows, err := s.store.DB.QueryContext(ctx, query, sit.RunID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	sit.deferred = map[string]Waiting{}
	for rows.Next() {
		var target string
		var n int
		var until time.Time
		if err := rows.Scan(&target, &n, &until); err != nil {
			return err
		}
		sit.deferred[target] = Waiting{
			Reason: WaitBreakerOpen, Until: &until,
			Detail: fmt.Sprintf("%s does not answer; %s about it wait", target, counted(n, "case")),
		}
	}
	return rows.Err()
}

// findPlace finds the run's place among all that have not begun. How many there
// are before it says nothing about other projects.
func (s *Service) findPlace(ctx context.Context, sit *Situation) error {
	const query = `
SELECT count(*) FROM runs WHERE finished_at IS NULL AND status = 'queued' AND paused_at IS NULL AND (priority, id) < ($1, $2)`
	var before int
	if err := s.store.DB.QueryRowContext(ctx, query, sit.row.Priority, sit.RunID).Scan(&before); err != nil {
		return err
	}
	sit.Position = before + 1
	return nil
}

// unknownCase is how long a case is taken to last that nobody has seen end.
const unknownCase = 10 * time.Second

// estimate tells when the first case of the run begins, if those before it take
// as long as cases of its plan took.
func (s *Service) estimate(ctx context.Context, sit *Situation) error {
	if len(sit.deferred) > 0 || sit.row.Short && sit.row.Tokens == 0 {
		return nil // it depends on what others do
	}
	durations, err := s.Durations(ctx, s.store.DB, sit.row.ProjectID, sit.row.PlanID)
	if err != nil {
		return err
	}
	each := unknownCase
	if len(durations) > 0 {
		var sum time.Duration
		for _, d := range durations {
			sum += d
		}
		each = sum / time.Duration(len(durations))
	}
	until := s.untilTaken
	if sit.row.AdmittedAt == nil {
		until = s.untilLetIn
	}
	wait, known, err := until(ctx, sit, each)
	if err == nil && known {
		at := time.Now().Add(wait)
		sit.Start = &at
	}
	return err
}

// untilLetIn is how long the runs of its groups go on.
func (s *Service) untilLetIn(ctx context.Context, sit *Situation, each time.Duration) (time.Duration, bool, error) {
	l, err := readLimits(ctx, s.store.DB, sit.row.ProjectID)
	if err != nil {
		return 0, false, err
	}
	const query = `
SELECT COALESCE(min(ceil((total - finished)::float / parallel)), 0) FROM runs
WHERE project_id = $1 AND finished_at IS NULL AND admitted_at IS NOT NULL AND `
	longest := time.Duration(0)
	for _, g := range groupsIn(l, sit.row) {
		var rounds float64
		err := s.store.DB.QueryRowContext(ctx, query+g.column+" = $2", sit.row.ProjectID, g.value).Scan(&rounds)
		if err != nil {
			return 0, false, err
		}
		_, before, err := g.count(ctx, s.store.DB, sit.row)
		if err != nil {
			return 0, false, err
		}
		turns := 1 + before/g.max
		longest = max(longest, time.Duration(rounds*float64(each))*time.Duration(turns))
	}
	return longest, true, nil
}

// untilTaken is how long the queue before its first case is.
func (s *Service) untilTaken(ctx context.Context, sit *Situation, each time.Duration) (wait time.Duration, known bool, err error) {
	const query = `
SELECT count(*) FROM results JOIN runs ON runs.id = results.run_id
WHERE results.status = 'queued' AND results.kind = $1 AND (runs.priority, runs.id) < ($2, $3)`
	for kind, own := range sit.work {
		l := sit.kinds[kind]
		if own.queued == 0 || l == nil || l.slots == 0 {
			continue
		}
		var before int
		if err := s.store.DB.QueryRowContext(ctx, query, string(kind), sit.row.Priority, sit.RunID).Scan(&before); err != nil {
			return 0, false, err
		}
		busy := max(0, before+1-max(0, l.slots-l.running))
		w := time.Duration(share(busy, l.slots)) * each
		if !known || w < wait {
			wait, known = w, true
		}
	}
	return wait, known, nil
}
