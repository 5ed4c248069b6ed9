package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/lib/pq"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/worker"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

// LostAfter is how long a worker may be silent before it counts as lost, by the
// database's clock.
const LostAfter = 15 * time.Second

// Service keeps workers.
type Service struct{ store *store.Store }

// New returns the service.
func New(s *store.Store) *Service { return &Service{store: s} }

// Worker is what a process says of itself.
type Worker struct {
	ID      string
	Host    string
	PID     int
	Version string
	Slots   map[string]int // cases at once, by kind
	Labels  map[string]string
}

// Register announces a worker.
func (s *Service) Register(ctx context.Context, w Worker) error {
	now := time.Now()
	err := s.store.Ent.Worker.Create().SetID(w.ID).SetHost(w.Host).SetPid(w.PID).SetVersion(w.Version).
		SetSlots(w.Slots).SetLabels(w.Labels).SetStartedAt(now).SetHeartbeatAt(now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("register the worker: %w", err)
	}
	return nil
}

// Beat says that the worker lives. One that was taken for lost is back.
func (s *Service) Beat(ctx context.Context, id string) error {
	const query = `UPDATE workers SET heartbeat_at = now(), status = CASE WHEN status = 'stopped' THEN 'active' ELSE status END WHERE id = $1`
	if _, err := s.store.DB.ExecContext(ctx, query, id); err != nil {
		return fmt.Errorf("send the heartbeat: %w", err)
	}
	return nil
}

// Offer says how many cases at once the worker takes now, by kind.
func (s *Service) Offer(ctx context.Context, id string, slots map[string]int) error {
	raw, err := json.Marshal(slots)
	if err == nil {
		_, err = s.store.DB.ExecContext(ctx, `UPDATE workers SET slots = $2 WHERE id = $1`, id, string(raw))
	}
	if err != nil {
		return fmt.Errorf("offer the slots: %w", err)
	}
	return nil
}

// Drain says that the worker takes no more cases.
func (s *Service) Drain(ctx context.Context, id string) error {
	return s.setStatus(ctx, worker.StatusDraining, id)
}

// Leave says that the worker has ended in good order.
func (s *Service) Leave(ctx context.Context, id string) error {
	return s.setStatus(ctx, worker.StatusStopped, id)
}

// Bury takes lost workers off the list.
func (s *Service) Bury(ctx context.Context, ids []string) error {
	return s.setStatus(ctx, worker.StatusStopped, ids...)
}

func (s *Service) setStatus(ctx context.Context, status worker.Status, ids ...string) error {
	if err := s.store.Ent.Worker.Update().Where(worker.IDIn(ids...)).SetStatus(status).Exec(ctx); err != nil {
		return fmt.Errorf("set the status of workers: %w", err)
	}
	return nil
}

// Dead returns the workers that fell silent without taking leave.
func (s *Service) Dead(ctx context.Context) ([]string, error) {
	const query = `SELECT COALESCE(array_agg(id), '{}') FROM workers
WHERE status <> 'stopped' AND heartbeat_at < now() - $1 * interval '1 millisecond'`
	var ids []string
	err := s.store.DB.QueryRowContext(ctx, query, LostAfter.Milliseconds()).Scan(pq.Array(&ids))
	if err != nil {
		return nil, fmt.Errorf("look for lost workers: %w", err)
	}
	return ids, nil
}

// Live returns the workers that take cases, oldest first.
func (s *Service) Live(ctx context.Context) ([]*ent.Worker, error) {
	if _, err := auth.Require(ctx, auth.Read); err != nil {
		return nil, err
	}
	rows, err := s.store.Ent.Worker.Query().
		Where(worker.StatusNEQ(worker.StatusStopped), notSilent).
		Order(worker.ByStartedAt()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the workers: %w", err)
	}
	return rows, nil
}

// notSilent keeps the workers whose last heartbeat is recent by the database's
// clock.
func notSilent(s *sql.Selector) {
	s.Where(sql.P(func(b *sql.Builder) {
		b.Ident(s.C(worker.FieldHeartbeatAt)).WriteString(" > now() - ").
			Arg(LostAfter.Milliseconds()).WriteString(" * interval '1 millisecond'")
	}))
}
