package loadteams

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent/loadpart"
	"github.com/semantest/semantest/internal/apperr"
)

// Part is a part that a worker has taken.
type Part struct {
	ID, RunID, ResultID string
	Attempt             int
	Number              int
	WorkerID            string
}

// ErrLater says that the part is left to another worker for a moment, since this
// one has a part of the same load already.
var ErrLater = apperr.New(apperr.Conflict, "the part is left to another worker for a moment")

// leftFor is how long a part is left to workers that have none of the load.
const leftFor = 2 * time.Second

// Sit takes a part. It fails with ErrLetGo when nobody waits for it or somebody
// has it, which makes a second delivery harmless.
func (s *Service) Sit(ctx context.Context, partID, workerID string) (*Part, error) {
	const crowded = `
SELECT EXISTS (SELECT FROM load_parts p WHERE id = $1 AND state = 'waiting' AND created_at > now() - $3 * interval '1 millisecond' AND (
	EXISTS (SELECT FROM results WHERE id = p.result_id AND worker_id = $2)
	OR EXISTS (SELECT FROM load_parts WHERE result_id = p.result_id AND attempt = p.attempt AND worker_id = $2)))`
	var later bool
	if err := one(ctx, s.store.DB, crowded, []any{partID, workerID, leftFor.Milliseconds()}, &later); err != nil {
		return nil, fmt.Errorf("look at the part: %w", err)
	}
	if later {
		return nil, ErrLater
	}
	const query = `
UPDATE load_parts p SET state = 'seated', worker_id = $2, lease_expires_at = now() + $3 * interval '1 millisecond'
WHERE id = $1 AND state = 'waiting' AND ` + wanted + `
RETURNING run_id, result_id, attempt, part`
	p := &Part{ID: partID, WorkerID: workerID}
	err := one(ctx, s.store.DB, query, []any{partID, workerID, LeaseTime.Milliseconds()}, &p.RunID, &p.ResultID, &p.Attempt, &p.Number)
	if err != nil {
		return nil, letGo("take the part", err)
	}
	return p, nil
}

// Standing is how a part stands for its worker.
type Standing struct {
	Brief   []byte        // nil until it is known
	Started bool          // the common start is known
	StartIn time.Duration // how long it is until then; negative when it is past
}

// Look keeps the lease of a part and tells how it stands; ready says that its
// worker could begin.
func (s *Service) Look(ctx context.Context, p *Part, ready bool) (Standing, error) {
	const query = `
UPDATE load_parts p SET lease_expires_at = now() + $3 * interval '1 millisecond', state = CASE WHEN $4::boolean THEN 'ready' ELSE state END
WHERE id = $1 AND worker_id = $2 AND state IN ('seated', 'ready') AND NOT stopping AND ` + wanted + `
RETURNING brief, start_at IS NOT NULL, COALESCE(EXTRACT(EPOCH FROM start_at - clock_timestamp()), 0)`
	var out Standing
	var sealed []byte
	var in float64
	err := one(ctx, s.store.DB, query, []any{p.ID, p.WorkerID, LeaseTime.Milliseconds(), ready}, &sealed, &out.Started, &in)
	if err != nil {
		return out, letGo("look how the part stands", err)
	}
	out.StartIn = time.Duration(in * float64(time.Second))
	if sealed != nil {
		if out.Brief, err = s.sealer.Open(sealed, p.ResultID); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Report keeps what a part measured, and its lease. What was told before counts
// once. Stop says that the part is to end.
func (s *Service) Report(ctx context.Context, p *Part, number int, data []byte) (stop bool, err error) {
	const query = `
WITH held AS (
	UPDATE load_parts p SET lease_expires_at = now() + $3 * interval '1 millisecond', state = 'running'
	WHERE id = $1 AND worker_id = $2 AND state IN ('ready', 'running') AND ` + wanted + `
	RETURNING id, stopping
), kept AS (
	INSERT INTO load_reports (load_part_id, number, report) SELECT id, $4::bigint, $5::bytea FROM held ON CONFLICT DO NOTHING
)
SELECT stopping FROM held`
	err = one(ctx, s.store.DB, query, []any{p.ID, p.WorkerID, LeaseTime.Milliseconds(), number, data}, &stop)
	if err != nil {
		return false, letGo("keep what the part measured", err)
	}
	return stop, nil
}

// End says that a part is done, with a sentence when it could not be performed.
func (s *Service) End(ctx context.Context, p *Part, sentence string) error {
	err := s.store.Ent.LoadPart.Update().
		Where(loadpart.ID(p.ID), loadpart.WorkerID(p.WorkerID), loadpart.StateIn(loadpart.StateSeated, loadpart.StateReady, loadpart.StateRunning)).
		SetState(loadpart.StateEnded).SetError(sentence).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end the part: %w", err)
	}
	return nil
}

func letGo(doing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrLetGo
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Abandon says that a worker has to leave its part before it is done: it is lost,
// and need not be missed first.
func (s *Service) Abandon(ctx context.Context, p *Part) error {
	err := s.store.Ent.LoadPart.Update().
		Where(loadpart.ID(p.ID), loadpart.WorkerID(p.WorkerID), loadpart.StateIn(loadpart.StateSeated, loadpart.StateReady, loadpart.StateRunning)).
		SetState(loadpart.StateLost).Exec(ctx)
	if err != nil {
		return fmt.Errorf("leave the part: %w", err)
	}
	return nil
}
