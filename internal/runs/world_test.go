package runs_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// queue stands for River: it keeps the jobs that a service enqueued.
type queue struct {
	mu   sync.Mutex
	jobs []runs.Job
}

func (q *queue) Enqueue(_ context.Context, tx *store.Tx, jobs ...runs.Job) error {
	tx.AfterCommit(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.jobs = append(q.jobs, jobs...)
	})
	return nil
}

// take removes and returns the oldest job.
func (q *queue) take(t *testing.T) runs.Job {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		t.Fatal("no job is queued")
	}
	j := q.jobs[0]
	q.jobs = q.jobs[1:]
	return j
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs)
}

type world struct {
	store *store.Store
	runs  *runs.Service
	vault *secrets.Service
	plans *plans.Service
	log   *events.Log
	queue *queue
	ctx   context.Context // of a caller who may do everything in the project
	other context.Context // of a caller of another project
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := storetest.Open(t)
	quiet := slog.New(slog.DiscardHandler)
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	bus := events.NewBus(client, quiet)
	log := events.NewLog(s, bus)
	hub := events.NewHub(log, client, quiet, events.HubOptions{Poll: 20 * time.Millisecond})
	t.Cleanup(func() { hub.Close(); bus.Close(); _ = client.Close() })
	sealer, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: s, plans: plans.New(s), log: log, queue: &queue{}}
	w.vault = secrets.New(s, sealer)
	w.runs = runs.New(runs.Deps{Store: s, Plans: w.plans, Log: log, Hub: hub, Bus: bus, Enqueuer: w.queue, Sealer: sealer, Vault: w.vault})
	caller := func(slug string) context.Context {
		p := s.Ent.Project.Create().SetSlug(slug).SetName(slug).SaveX(t.Context())
		return auth.With(t.Context(), &auth.Principal{ProjectID: p.ID, Permissions: []auth.Permission{auth.Admin}})
	}
	w.ctx, w.other = caller("ours"), caller("theirs")
	return w
}

func (w *world) start(t *testing.T, source string) *ent.Run {
	t.Helper()
	r, err := w.runs.Start(w.ctx, runs.StartInput{Source: &plans.Source{Text: source}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) claim(t *testing.T, worker string, j runs.Job) *runs.Claim {
	t.Helper()
	c, err := w.runs.Claim(t.Context(), worker, j.RunID, j.ResultID, j.Attempt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) finish(t *testing.T, c *runs.Claim, outcome spec.Outcome) error {
	t.Helper()
	now := time.Now()
	return w.runs.Finish(t.Context(), runs.Finished{
		Result: c.Result, WorkerID: c.WorkerID, Outcome: outcome, StartedAt: now, FinishedAt: now,
	})
}

// expire makes every lease run out, as if its worker had been silent.
func (w *world) expire(t *testing.T) {
	t.Helper()
	_, err := w.store.DB.ExecContext(t.Context(), "UPDATE results SET lease_expires_at = now() - interval '1 second' WHERE status = 'running'")
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) reap(t *testing.T, want int) {
	t.Helper()
	n, err := w.runs.Reap(t.Context())
	if err != nil || n != want {
		t.Fatalf("reaped %d (%v), want %d", n, err, want)
	}
}

func (w *world) run(t *testing.T, id string) *ent.Run {
	t.Helper()
	r, err := w.runs.Get(w.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
