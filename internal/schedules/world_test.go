package schedules_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/schedules"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

const plan = `
version: "1"
name: Nightly
env: {LANG: da}
cases: [{id: a, kind: api, steps: [{http: "http://shop.test/"}]}]
`

// none stands for the queue: nobody performs cases here.
type none struct{}

func (none) Enqueue(context.Context, *store.Tx, ...runs.Job) error { return nil }

type world struct {
	store     *store.Store
	plans     *plans.Service
	runs      *runs.Service
	schedules *schedules.Service
	ctx       context.Context // of a caller who may do everything in the project
	other     context.Context // of a caller of another project
	project   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return withCallers(t, storetest.Open(t))
}

func withCallers(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := worldOn(t, s)
	w.ctx, w.project = w.caller(t, "ours", auth.Admin)
	w.other, _ = w.caller(t, "theirs", auth.Admin)
	return w
}

// worldOn is another process on the same database.
func worldOn(t *testing.T, s *store.Store) *world {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	bus := events.NewBus(client, quiet)
	log := events.NewLog(s, bus)
	hub := events.NewHub(log, client, quiet, events.HubOptions{})
	t.Cleanup(func() { hub.Close(); bus.Close(); _ = client.Close() })
	sealer, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: s, plans: plans.New(s, schedules.FromPlans{})}
	w.runs = runs.New(runs.Deps{Store: s, Plans: w.plans, Log: log, Hub: hub, Bus: bus, Enqueuer: none{}, Sealer: sealer})
	w.schedules = schedules.New(schedules.Deps{Store: s, Plans: w.plans, Runs: w.runs, Logger: quiet})
	return w
}

func (w *world) caller(t *testing.T, slug string, may ...auth.Permission) (context.Context, string) {
	t.Helper()
	p := w.store.Ent.Project.Create().SetSlug(slug).SetName(slug).SaveX(t.Context())
	return auth.With(t.Context(), &auth.Principal{ProjectID: p.ID, Permissions: may}), p.ID
}

func (w *world) plan(t *testing.T, source string) *ent.Plan {
	t.Helper()
	p, err := w.plans.Create(w.ctx, plans.Source{Text: source})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// schedule makes a schedule that comes up next at a time.
func (w *world) schedule(t *testing.T, planID string, in schedules.Settings, next time.Time) *ent.Schedule {
	t.Helper()
	if in.Name == "" {
		in.Name = "nightly"
	}
	row, err := w.schedules.Create(w.ctx, planID, in)
	if err != nil {
		t.Fatal(err)
	}
	return w.store.Ent.Schedule.UpdateOne(row).SetNextFireAt(next).SaveX(t.Context())
}

func (w *world) fire(t *testing.T, now time.Time) int {
	t.Helper()
	n, err := w.schedules.FireDue(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) get(t *testing.T, id string) *ent.Schedule {
	t.Helper()
	row, err := w.schedules.Get(w.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// started returns the runs of a schedule, oldest first.
func (w *world) started(t *testing.T, id string) []*ent.Run {
	t.Helper()
	return w.store.Ent.Run.Query().Where(run.OriginID(id)).Order(ent.Asc(run.FieldID)).AllX(t.Context())
}

// end brings a run to its end.
func (w *world) end(t *testing.T, id string) {
	t.Helper()
	if _, err := w.runs.Stop(w.ctx, id); err != nil {
		t.Fatal(err)
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
