package workers

import (
	"context"
	"errors"
	"fmt"

	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// KindCapacity is what there is for cases of one kind. It tells of all projects
// together: slots are shared.
type KindCapacity struct {
	Kind     spec.Kind
	Slots    int // of live workers that take cases
	Used     int // cases under way, and parts of load cases
	Queued   int // cases and parts that wait for a slot
	Reserved int // slots that are kept for projects now
	Ours     int // of them, those of the caller's project
}

// Free is how many cases could begin at once.
func (c KindCapacity) Free() int { return max(0, c.Slots-c.Used) }

// Capacity returns what there is for each kind, in the order of the kinds.
func (s *Service) Capacity(ctx context.Context) (out []KindCapacity, err error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	const query = `
SELECT kind, sum(slots), sum(used), sum(queued), sum(reserved), sum(ours) FROM (
	SELECT key AS kind, value::int AS slots, 0 AS used, 0 AS queued, 0 AS reserved, 0 AS ours
	FROM workers, jsonb_each_text(slots) WHERE status = 'active' AND heartbeat_at > now() - $1 * interval '1 millisecond'
	UNION ALL
	SELECT kind, 0, count(*) FILTER (WHERE status = 'running'), count(*) FILTER (WHERE status = 'queued'), 0, 0
	FROM results WHERE status IN ('queued', 'running') GROUP BY kind
	UNION ALL
	SELECT $3::text, 0, count(*) FILTER (WHERE state <> 'waiting'), count(*) FILTER (WHERE state = 'waiting'), 0, 0
	FROM load_parts WHERE state IN ('waiting', 'seated', 'ready', 'running') HAVING count(*) > 0
	UNION ALL
	SELECT kind, 0, 0, 0, sum(slots), COALESCE(sum(slots) FILTER (WHERE project_id = $2), 0)
	FROM reservations WHERE starts_at <= now() AND ends_at > now() GROUP BY kind
) AS parts GROUP BY kind`
	rows, err := s.store.DB.QueryContext(store.AllProjects(ctx), query, LostAfter.Milliseconds(), p.ProjectID, string(spec.KindLoad))
	if err != nil {
		return nil, fmt.Errorf("count the slots: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found := map[spec.Kind]KindCapacity{}
	for rows.Next() {
		var c KindCapacity
		if err := rows.Scan(&c.Kind, &c.Slots, &c.Used, &c.Queued, &c.Reserved, &c.Ours); err != nil {
			return nil, fmt.Errorf("count the slots: %w", err)
		}
		found[c.Kind] = c
	}
	for _, kind := range spec.Kinds() {
		c := found[kind]
		c.Kind = kind
		out = append(out, c)
	}
	return out, rows.Err()
}
