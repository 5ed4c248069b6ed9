package loadteams

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent/loadpart"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/workers"
)

// Asked says what came of asking for workers.
type Asked struct {
	Done  bool // the parts wait for workers now
	Slots int  // that there are for the project, the attempt's own among them
	Other bool // another attempt is gathering its workers, and has its turn first
}

// Ask asks for the workers of parts 1 to others. One attempt at a time gathers
// workers: two that each hold what the other one waits for would wait for ever.
func (s *Service) Ask(ctx context.Context, a Attempt, others int) (out Asked, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = Asked{}
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('load teams', 0))"); err != nil {
			return fmt.Errorf("lock the teams: %w", err)
		}
		if out.Slots, err = slotsFor(ctx, tx, a.ProjectID); err != nil {
			return err
		}
		if out.Other, err = gathering(ctx, tx, a.ResultID); err != nil || out.Other || out.Slots < others+1 {
			return err
		}
		jobs := make([]Job, others)
		for i := range jobs {
			if jobs[i], err = s.add(ctx, tx, a, i+1, 1, nil, nil); err != nil {
				return err
			}
		}
		out.Done = true
		return s.enqueuer.EnqueueParts(ctx, tx, jobs...)
	})
	return out, err
}

// Gathering tells whether an attempt of another result is gathering workers.
func (s *Service) Gathering(ctx context.Context, resultID string) (bool, error) {
	return gathering(ctx, s.store.DB, resultID)
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func gathering(ctx context.Context, q querier, resultID string) (bool, error) {
	const query = `
SELECT EXISTS (SELECT FROM load_parts p
	WHERE result_id <> $1 AND start_at IS NULL AND state IN ('waiting', 'seated', 'ready') AND ` + wanted + `)`
	var other bool
	if err := one(ctx, q, query, []any{resultID}, &other); err != nil {
		return false, fmt.Errorf("look for other teams: %w", err)
	}
	return other, nil
}

// slotsFor is how many load cases the project could have under way at once: what
// live workers have, without what is reserved for others.
func slotsFor(ctx context.Context, q querier, projectID string) (n int, err error) {
	const query = `
SELECT COALESCE((SELECT sum((slots->>$1)::int) FROM workers WHERE status = 'active' AND heartbeat_at > now() - $3 * interval '1 millisecond'), 0)
	- COALESCE((SELECT sum(slots) FROM reservations WHERE kind = $1 AND project_id <> $2 AND starts_at <= now() AND ends_at > now()), 0)`
	err = one(store.AllProjects(ctx), q, query, []any{string(spec.KindLoad), projectID, workers.LostAfter.Milliseconds()}, &n)
	if err != nil {
		return 0, fmt.Errorf("count the slots for load: %w", err)
	}
	return n, nil
}

// Slots is how many load cases the attempt's project could have under way at
// once, and how many of these slots others use now.
func (s *Service) Slots(ctx context.Context, a Attempt) (slots, used int, err error) {
	if slots, err = slotsFor(ctx, s.store.DB, a.ProjectID); err != nil {
		return 0, 0, err
	}
	const query = `
SELECT (SELECT count(*) FROM results WHERE kind = $1 AND status = 'running' AND id <> $2)
	+ (SELECT count(*) FROM load_parts WHERE state IN ('seated', 'ready', 'running') AND result_id <> $2)`
	if err := one(store.AllProjects(ctx), s.store.DB, query, []any{string(spec.KindLoad), a.ResultID}, &used); err != nil {
		return 0, 0, fmt.Errorf("count the load cases that are under way: %w", err)
	}
	return slots, used, nil
}

// add adds the row of a part and returns its job.
func (s *Service) add(ctx context.Context, tx *store.Tx, a Attempt, part, turn int, brief []byte, start *time.Time) (Job, error) {
	id := ident.New(ident.LoadPart)
	const query = `
INSERT INTO load_parts (id, project_id, run_id, result_id, attempt, part, turn, brief, start_at, created_at)
SELECT $4::text, $5::text, $6::text, $1::text, $2::bigint, $7::bigint, $8::bigint, $9::bytea, $10::timestamptz, now() WHERE ` + current
	var sealed any
	if brief != nil {
		sealed = s.sealer.Seal(brief, a.ResultID)
	}
	done, err := tx.ExecContext(ctx, query, a.ResultID, a.Number, a.WorkerID, id, a.ProjectID, a.RunID, part, turn, sealed, start)
	if err != nil {
		return Job{}, fmt.Errorf("ask for a worker for part %d: %w", part, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return Job{}, errors.Join(ErrLetGo, err)
	}
	return Job{PartID: id, RunID: a.RunID, ResultID: a.ResultID, Attempt: a.Number, Timeout: a.Timeout}, nil
}

// Brief says what the parts are, by their number from 1.
func (s *Service) Brief(ctx context.Context, a Attempt, briefs [][]byte) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i, b := range briefs {
			err := tx.LoadPart.Update().Where(loadpart.ResultID(a.ResultID), loadpart.Attempt(a.Number), loadpart.Part(i+1)).
				SetBrief(s.sealer.Seal(b, a.ResultID)).Exec(ctx)
			if err != nil {
				return fmt.Errorf("tell part %d what it is: %w", i+1, err)
			}
		}
		return nil
	})
}

// Start sets the common start once all parts are ready, and returns how long
// that is from now; false while one is not.
func (s *Service) Start(ctx context.Context, a Attempt) (in time.Duration, all bool, err error) {
	const query = `
UPDATE load_parts SET start_at = now() + $3 * interval '1 millisecond'
WHERE result_id = $1 AND attempt = $2 AND start_at IS NULL
	AND NOT EXISTS (SELECT FROM load_parts WHERE result_id = $1 AND attempt = $2 AND state <> 'ready')`
	done, err := s.store.DB.ExecContext(ctx, query, a.ResultID, a.Number, startAhead.Milliseconds())
	if err != nil {
		return 0, false, fmt.Errorf("start the parts together: %w", err)
	}
	n, err := done.RowsAffected()
	return startAhead, n > 0, err
}

// Told is what became of a part, and what it measured since it was last asked.
type Told struct {
	PartID   string
	Part     int
	Turn     int
	State    loadpart.State
	WorkerID string
	Host     string // of the worker
	Error    string
	Reports  []Report
}

// Report is what a part measured in a second.
type Report struct {
	Number int
	Data   []byte
}

// reportBatch bounds what one Listen takes on.
const reportBatch = 300

// Listen returns how the parts of an attempt are, in the order of their turns.
// Seen names the last report of each part that was taken in; those up to it are
// removed. With lose, parts that fell silent count as lost from now on.
func (s *Service) Listen(ctx context.Context, a Attempt, seen map[string]int, lose bool) ([]*Told, error) {
	if lose {
		const query = `
UPDATE load_parts SET state = 'lost'
WHERE result_id = $1 AND attempt = $2 AND state IN ('seated', 'ready', 'running') AND lease_expires_at < now()`
		if _, err := s.store.DB.ExecContext(ctx, query, a.ResultID, a.Number); err != nil {
			return nil, fmt.Errorf("look for lost parts: %w", err)
		}
	}
	// States come first: what has ended has told everything before.
	out, err := s.states(ctx, a)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*Told, len(out))
	var ids []string
	var numbers []int64
	for _, t := range out {
		byID[t.PartID] = t
		ids, numbers = append(ids, t.PartID), append(numbers, int64(seen[t.PartID]))
	}
	if err := s.reports(ctx, byID, ids, numbers); err != nil {
		return nil, fmt.Errorf("read what the parts measured: %w", err)
	}
	return out, nil
}

func (s *Service) states(ctx context.Context, a Attempt) (out []*Told, err error) {
	const query = `
SELECT p.id, p.part, p.turn, p.state, COALESCE(p.worker_id, ''), COALESCE(w.host, ''), p.error
FROM load_parts p LEFT JOIN workers w ON w.id = p.worker_id
WHERE p.result_id = $1 AND p.attempt = $2 ORDER BY p.turn, p.part`
	rows, err := s.store.DB.QueryContext(ctx, query, a.ResultID, a.Number)
	if err != nil {
		return nil, fmt.Errorf("read how the parts are: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		t := &Told{}
		if err := rows.Scan(&t.PartID, &t.Part, &t.Turn, &t.State, &t.WorkerID, &t.Host, &t.Error); err != nil {
			return nil, fmt.Errorf("read how the parts are: %w", err)
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// reports reads what is new, and removes what was taken in before.
func (s *Service) reports(ctx context.Context, parts map[string]*Told, ids []string, seen []int64) (err error) {
	const forget = `
DELETE FROM load_reports USING unnest($1::text[], $2::bigint[]) AS seen(id, number)
WHERE load_part_id = seen.id AND load_reports.number <= seen.number`
	if _, err := s.store.DB.ExecContext(ctx, forget, store.Array(ids), store.Array(seen)); err != nil {
		return err
	}
	const query = `
SELECT load_part_id, load_reports.number, report FROM load_reports JOIN unnest($1::text[], $2::bigint[]) AS seen(id, number) ON load_part_id = seen.id
WHERE load_reports.number > seen.number ORDER BY load_reports.number LIMIT $3`
	rows, err := s.store.DB.QueryContext(ctx, query, store.Array(ids), store.Array(seen), reportBatch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	n := 0
	for ; rows.Next(); n++ {
		var id string
		var r Report
		if err := rows.Scan(&id, &r.Number, &r.Data); err != nil {
			return err
		}
		parts[id].Reports = append(parts[id].Reports, r)
	}
	if n == reportBatch { // what has ended may have told more than fits
		for _, t := range parts {
			if t.State == loadpart.StateEnded || t.State == loadpart.StateLost {
				t.State = loadpart.StateRunning
			}
		}
	}
	return rows.Err()
}

// Replace asks for another worker for a part that was lost.
func (s *Service) Replace(ctx context.Context, a Attempt, part int, brief []byte) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		const query = `
SELECT turn, start_at FROM load_parts WHERE result_id = $1 AND attempt = $2 AND part = $3 AND state = 'lost' ORDER BY turn DESC LIMIT 1`
		var turn int
		var start time.Time
		if err := one(ctx, tx, query, []any{a.ResultID, a.Number, part}, &turn, &start); err != nil {
			return fmt.Errorf("look for the lost part %d: %w", part, err)
		}
		job, err := s.add(ctx, tx, a, part, turn+1, brief, &start)
		if err != nil {
			return err
		}
		return s.enqueuer.EnqueueParts(ctx, tx, job)
	})
}

// Stop asks all parts to end, and to tell what they have.
func (s *Service) Stop(ctx context.Context, a Attempt) error {
	err := s.store.Ent.LoadPart.Update().Where(loadpart.ResultID(a.ResultID), loadpart.Attempt(a.Number), loadpart.Stopping(false)).
		SetStopping(true).Exec(ctx)
	if err != nil {
		return fmt.Errorf("stop the parts: %w", err)
	}
	return nil
}

// Dismiss forgets the parts of an attempt: members find out that nobody waits for
// them.
func (s *Service) Dismiss(ctx context.Context, a Attempt) error {
	_, err := s.store.Ent.LoadPart.Delete().Where(loadpart.ResultID(a.ResultID), loadpart.Attempt(a.Number)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("let the parts go: %w", err)
	}
	return nil
}

// Reap removes the parts of attempts that are over without having dismissed
// them, and returns how many there were. Any process may call it at any time.
func (s *Service) Reap(ctx context.Context) (int64, error) {
	const query = `
DELETE FROM load_parts p WHERE NOT EXISTS (SELECT FROM results WHERE id = p.result_id AND attempt = p.attempt AND status = 'running')`
	done, err := s.store.DB.ExecContext(ctx, query)
	if err != nil {
		return 0, fmt.Errorf("remove parts that nobody waits for: %w", err)
	}
	return done.RowsAffected()
}

// one reads the only row of a query.
func one(ctx context.Context, q querier, query string, args []any, dest ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return errors.Join(sql.ErrNoRows, rows.Err())
	}
	return rows.Scan(dest...)
}
