package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/workers"
)

// Limits beyond a run's own hold for few projects and at few times. A process
// remembers for a moment that there are none, so that most cases pay nothing
// for them; where there are some, they are applied under locks, exactly.
const (
	limitsKnown = 1024
	limitsFresh = time.Second
)

// limits are what a project's cases and runs are held to.
type limits struct {
	parallel     int            // cases of the project at once; 0 is without a limit
	environments map[string]int // runs at once, by environment
	reserved     bool           // somebody's reservation is under way
}

func (l limits) onCases() bool { return l.parallel > 0 || l.reserved }

func newLimitsCache() *expirable.LRU[string, limits] {
	return expirable.NewLRU[string, limits](limitsKnown, nil, limitsFresh)
}

// limitsOf returns a project's limits as they were at most a second ago.
func (s *Service) limitsOf(ctx context.Context, tx *store.Tx, projectID string) (limits, error) {
	if known, ok := s.limits.Get(projectID); ok {
		return known, nil
	}
	l, err := readLimits(ctx, tx, projectID)
	if err == nil {
		s.limits.Add(projectID, l)
	}
	return l, err
}

// readLimits returns a project's limits as they are.
func readLimits(ctx context.Context, q Querier, projectID string) (limits, error) {
	const query = `
SELECT max_parallel, COALESCE(environment_limits, '{}'),
	EXISTS (SELECT FROM reservations WHERE starts_at <= now() AND ends_at > now())
FROM projects WHERE id = $1`
	rows, err := q.QueryContext(store.AllProjects(ctx), query, projectID) // anybody's reservation counts
	var l limits
	var environments []byte
	if err == nil {
		err = scanOne(rows, &l.parallel, &environments, &l.reserved)
	}
	if err == nil {
		err = json.Unmarshal(environments, &l.environments)
	}
	if err != nil {
		return l, fmt.Errorf("read the limits of project %s: %w", projectID, err)
	}
	return l, nil
}

// room is what the limits leave to one run. The zero value is for an advance that
// takes no tokens.
type room struct {
	most  int               // tokens at most
	kinds map[spec.Kind]int // further cases at most, for the kinds of which slots are reserved
}

// unlimited is more tokens than any run asks for.
const unlimited = math.MaxInt32

// take uses up the room for one case of a kind and reports whether there was any.
func (r room) take(kind spec.Kind) bool {
	free, limited := r.kinds[kind]
	if limited {
		r.kinds[kind] = free - 1
	}
	return !limited || free > 0
}

// lockLimits takes the locks under which the project's limits are applied; with
// no limits it takes none. It comes before every row lock of its transaction,
// and the lock of the project before that of the slots.
func (s *Service) lockLimits(ctx context.Context, tx *store.Tx, projectID string) (limits, error) {
	l, err := s.limitsOf(ctx, tx, projectID)
	if err != nil {
		return l, err
	}
	if l.parallel > 0 {
		err = lockFor(ctx, tx, "cases of "+projectID)
	}
	if l.reserved {
		err = errors.Join(err, lockFor(ctx, tx, "slots"))
	}
	return l, err
}

// lockFor takes a lock that has no row, until the end of the transaction.
func lockFor(ctx context.Context, tx *store.Tx, what string) error {
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", what); err != nil {
		return fmt.Errorf("lock the %s: %w", what, err)
	}
	return nil
}

// roomFor says what the limits leave to a run, whose released cases are released
// already. The locks are held.
func (s *Service) roomFor(ctx context.Context, tx *store.Tx, l limits, projectID, runID string) (room, error) {
	out := room{most: unlimited}
	if l.parallel > 0 {
		most, err := projectRoom(ctx, tx, l.parallel, projectID, runID)
		if err != nil {
			return out, err
		}
		out.most = most
	}
	if l.reserved {
		kinds, err := slotRoom(ctx, tx, projectID, runID)
		if err != nil {
			return out, err
		}
		out.kinds = kinds
	}
	return out, nil
}

// HasRoom reports whether the limits leave a project room for one more case of a
// kind that belongs to no run: a session. They stay locked until the end of tx;
// no row may be locked before.
func (s *Service) HasRoom(ctx context.Context, tx *store.Tx, projectID string, kind spec.Kind) (bool, error) {
	l, err := s.lockLimits(ctx, tx, projectID)
	if err != nil {
		return false, err
	}
	rm, err := s.roomFor(ctx, tx, l, projectID, "")
	return err == nil && rm.most > 0 && rm.take(kind), err
}

// projectRoom is what the other runs of a project leave of its limit. While one
// of them has too little, none gets more than its share.
func projectRoom(ctx context.Context, q Querier, limit int, projectID, runID string) (int, error) {
	const query = `
SELECT COALESCE(sum(tokens), 0) + (SELECT count(*) FROM browser_sessions WHERE project_id = $1 AND status IN ('opening', 'ready')),
	count(*) FILTER (WHERE short), count(*) FILTER (WHERE short OR tokens > 0)
FROM runs WHERE project_id = $1 AND id <> $2 AND finished_at IS NULL`
	rows, err := q.QueryContext(ctx, query, projectID, runID)
	var held, short, sharing int
	if err == nil {
		err = scanOne(rows, &held, &short, &sharing)
	}
	if err != nil {
		return 0, fmt.Errorf("count the cases of project %s: %w", projectID, err)
	}
	left := max(0, limit-held)
	if short > 0 {
		left = min(left, share(limit, sharing+1))
	}
	return left, nil
}

// share is one of n equal parts, rounded up, so that nobody gets nothing.
func share(of, n int) int { return (of + n - 1) / n }

// slotRoom is how many more cases of each kind a run may queue while slots are
// reserved. Each project has what it reserved; what nobody reserved belongs to
// all. Kinds without a reservation have no limit.
func slotRoom(ctx context.Context, q Querier, projectID, runID string) (map[spec.Kind]int, error) {
	const query = `
WITH reserved AS (
	SELECT kind, project_id, sum(slots) AS slots FROM reservations
	WHERE starts_at <= now() AND ends_at > now() GROUP BY kind, project_id
), slots AS (
	SELECT key AS kind, sum(value::int) AS slots FROM workers, jsonb_each_text(slots)
	WHERE status = 'active' AND heartbeat_at > now() - $3 * interval '1 millisecond' GROUP BY key
), held AS (
	SELECT kind, project_id, count(*) AS n, count(*) FILTER (WHERE run_id = $2) AS own FROM (
		SELECT kind, project_id, run_id FROM results WHERE status IN ('queued', 'running')
		UNION ALL
		SELECT $4::text, project_id, run_id FROM load_parts WHERE state IN ('waiting', 'seated', 'ready', 'running')
		UNION ALL
		SELECT $5::text, project_id, '' FROM browser_sessions WHERE status IN ('opening', 'ready')
	) AS cases WHERE kind IN (SELECT kind FROM reserved) GROUP BY kind, project_id
), used AS (
	SELECT kind, project_id, COALESCE(reserved.slots, 0) AS reserved, COALESCE(n, 0) AS n, COALESCE(own, 0) AS own
	FROM reserved FULL JOIN held USING (kind, project_id)
)
SELECT kind, COALESCE(max(slots.slots), 0) - sum(reserved) AS common, sum(GREATEST(n - reserved, 0)) AS taken,
	COALESCE(sum(GREATEST(reserved - n, 0)) FILTER (WHERE project_id = $1), 0) AS ours, sum(own) AS own,
	(SELECT count(*) FROM runs WHERE id <> $2 AND finished_at IS NULL AND short) AS short,
	(SELECT count(*) FROM runs WHERE id <> $2 AND finished_at IS NULL AND (short OR tokens > 0)) AS sharing
FROM used LEFT JOIN slots USING (kind) GROUP BY kind`
	rows, err := q.QueryContext(store.AllProjects(ctx), query, projectID, runID, workers.LostAfter.Milliseconds(), string(spec.KindLoad), string(spec.KindBrowser))
	if err != nil {
		return nil, fmt.Errorf("count the free slots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[spec.Kind]int{}
	for rows.Next() {
		var kind spec.Kind
		var common, taken, ours, own, short, sharing int
		if err := rows.Scan(&kind, &common, &taken, &ours, &own, &short, &sharing); err != nil {
			return nil, fmt.Errorf("count the free slots: %w", err)
		}
		left := max(0, common-taken)
		if short > 0 { // what belongs to all is shared among those who want it
			left = max(0, min(left, share(max(common, 0), sharing+1)-own))
		}
		out[kind] = ours + left
	}
	return out, rows.Err()
}
