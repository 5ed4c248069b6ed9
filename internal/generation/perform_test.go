package generation_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/auditentry"
	entgeneration "github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/ent/generationevent"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/generation"
	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/making"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
	"github.com/semantest/semantest/internal/webhooks"
)

// world is a service without a queue: the test is the worker.
type world struct {
	store *store.Store
	plans *plans.Service
	ctx   context.Context // of a caller who may do everything in the project
	other context.Context // of a caller of another project

	mu     sync.Mutex
	queued []string
	told   []webhooks.Type
	counts []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := storetest.Open(t)
	w := &world{store: s, plans: plans.New(s)}
	w.ctx, w.other = w.caller(t, "ours"), w.caller(t, "theirs")
	return w
}

func (w *world) caller(t *testing.T, slug string) context.Context {
	t.Helper()
	p := w.store.Ent.Project.Create().SetSlug(slug).SetName(slug).SaveX(t.Context())
	return auth.With(t.Context(), &auth.Principal{ProjectID: p.ID, Permissions: []auth.Permission{auth.Admin}})
}

func (w *world) service(p accept.Performer) *generation.Service {
	return generation.New(generation.Deps{Store: w.store, Plans: w.plans, Enqueuer: w, Outbox: w, Meter: w, Tools: making.Tools{
		Try:    func(string) (accept.Performer, func() error, error) { return p, func() error { return nil }, nil },
		Export: func(*spec.Plan) (string, error) { return "", nil },
	}})
}

func (w *world) EnqueueGeneration(_ context.Context, _ *store.Tx, id string, _ int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queued = append(w.queued, id)
	return nil
}

func (w *world) Emit(_ context.Context, _ *store.Tx, _ string, t webhooks.Type, _ string, _ any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, t)
	return nil
}

func (w *world) Generated(source, generator, outcome string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts = append(w.counts, source+" "+generator+" "+outcome)
}

// sound is a target that does what its document says, and whose faults are
// noticed.
type sound struct{}

func (sound) Able(spec.Kind) bool { return true }

func (sound) Perform(_ context.Context, _ *spec.Plan, _ map[string][]byte, fault accept.Fault) accept.Ending {
	if fault != "" {
		return accept.Ending{Outcome: spec.OutcomeFailed, Failed: []string{"status"}}
	}
	return accept.Ending{Outcome: spec.OutcomePassed}
}

// dying performs until its worker ends.
type dying struct{ die func() }

func (dying) Able(spec.Kind) bool { return true }

func (d dying) Perform(ctx context.Context, _ *spec.Plan, _ map[string][]byte, _ accept.Fault) accept.Ending {
	d.die()
	<-ctx.Done()
	return accept.Ending{Outcome: spec.OutcomeErrored, Error: ctx.Err().Error()}
}

// stuck performs only when it is let go, whatever becomes of its worker.
type stuck struct{ entered, letGo chan struct{} }

func (stuck) Able(spec.Kind) bool { return true }

func (s stuck) Perform(context.Context, *spec.Plan, map[string][]byte, accept.Fault) accept.Ending {
	select {
	case s.entered <- struct{}{}:
	default: // one knock is enough
	}
	<-s.letGo
	return accept.Ending{Outcome: spec.OutcomePassed}
}

func (w *world) start(t *testing.T, planID string) *ent.Generation {
	t.Helper()
	row, err := w.service(sound{}).Start(w.ctx, generation.Ask{
		Request: making.Request{Source: making.Source{OpenAPI: document(t)}, Target: "http://shop.test", MaxCases: 3},
		PlanID:  planID, Priority: 2, Timeout: making.DefaultTimeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func TestALostWorkersGenerationIsTakenAgainAndEndsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row := w.start(t, "")
	if diff := cmp.Diff([]string{row.ID}, w.queued); diff != "" {
		t.Fatalf("the queue (-want +got):\n%s", diff)
	}
	working := store.AllProjects(t.Context())
	dead, die := context.WithCancel(working)
	defer die()
	if err := w.service(dying{die}).Perform(dead, row.ID); err == nil {
		t.Fatal("a generation that was broken off counts as done: nobody takes it again")
	}
	if got := w.store.Ent.Generation.GetX(working, row.ID); got.Status != entgeneration.StatusRunning || got.FinishedAt != nil {
		t.Errorf("a generation without its worker is %s, finished at %v", got.Status, got.FinishedAt)
	}
	for range 2 { // a job may be delivered twice
		if err := w.service(sound{}).Perform(working, row.ID); err != nil {
			t.Fatal(err)
		}
	}
	got := w.store.Ent.Generation.GetX(working, row.ID)
	cases := got.QueryCases().AllX(working)
	if got.Status != entgeneration.StatusCompleted || got.Tried != len(cases) || got.Proposed != 3 {
		t.Errorf("it is %s (%s), with %d tried, %d proposed and %d cases", got.Status, got.Reason, got.Tried, got.Proposed, len(cases))
	}
	if n := got.QueryEvents().Where(generationevent.Stage("finished")).CountX(working); n != 1 {
		t.Errorf("it ended %d times", n)
	}
	if diff := cmp.Diff([]webhooks.Type{webhooks.GenerationStarted, webhooks.GenerationCompleted}, w.told); diff != "" {
		t.Errorf("what webhooks are told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"openapi rules completed"}, w.counts); diff != "" {
		t.Errorf("what is counted (-want +got):\n%s", diff)
	}
}

func TestNothingCountsThatALostWorkerStillSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, working := w.start(t, ""), store.AllProjects(t.Context())
	lost := stuck{make(chan struct{}, 1), make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- w.service(lost).Perform(working, row.ID) }()
	<-lost.entered
	if err := w.service(sound{}).Perform(working, row.ID); err != nil {
		t.Fatal(err)
	}
	before := w.store.Ent.Generation.GetX(working, row.ID)
	cases := before.QueryCases().IDsX(working)
	close(lost.letGo)
	if err := <-ended; err != nil {
		t.Errorf("the lost worker wants to be begun anew: %v", err)
	}
	after := w.store.Ent.Generation.GetX(working, row.ID)
	if diff := cmp.Diff(cases, after.QueryCases().IDsX(working)); diff != "" || after.LastSeq != before.LastSeq || !after.FinishedAt.Equal(*before.FinishedAt) {
		t.Errorf("the lost worker changed events %d to %d, the end %v to %v, the cases\n%s", before.LastSeq, after.LastSeq, before.FinishedAt, after.FinishedAt, diff)
	}
	if diff := cmp.Diff([]webhooks.Type{webhooks.GenerationStarted, webhooks.GenerationCompleted}, w.told); diff != "" {
		t.Errorf("what webhooks are told (-want +got):\n%s", diff)
	}
}

func TestNothingCountsThatALostWorkerSaysMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, working := w.start(t, ""), store.AllProjects(t.Context())
	lost, newer := stuck{make(chan struct{}, 1), make(chan struct{})}, stuck{make(chan struct{}, 1), make(chan struct{})}
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- w.service(lost).Perform(working, row.ID) }()
	<-lost.entered
	go func() { second <- w.service(newer).Perform(working, row.ID) }()
	<-newer.entered
	close(lost.letGo)
	if err := <-first; err != nil {
		t.Errorf("the lost worker wants to be begun anew: %v", err)
	}
	got := w.store.Ent.Generation.GetX(working, row.ID)
	if got.Status != entgeneration.StatusRunning {
		t.Errorf("the lost worker ended what another one makes: it is %s", got.Status)
	}
	if n := got.QueryCases().CountX(working); n != got.Tried {
		t.Errorf("%d cases, %d of them of the newer worker", n, got.Tried)
	}
	close(newer.letGo)
	if err := <-second; err != nil {
		t.Fatal(err)
	}
	if got = w.store.Ent.Generation.GetX(working, row.ID); got.Status != entgeneration.StatusCompleted || got.QueryCases().CountX(working) != got.Tried {
		t.Errorf("it is %s with %d tried of %d cases", got.Status, got.Tried, got.QueryCases().CountX(working))
	}
}

func TestAnApprovalIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, working := w.service(sound{}), store.AllProjects(t.Context())
	row := w.start(t, "")
	if err := s.Perform(working, row.ID); err != nil {
		t.Fatal(err)
	}
	cases, err := s.Cases(w.ctx, row.ID, "proposed")
	if err != nil || len(cases) != 3 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	var ids []string
	for _, c := range cases {
		ids = append(ids, c.ID)
	}
	for name, tt := range map[string]struct {
		ctx  context.Context
		ids  []string
		code apperr.Code
	}{
		"another project's": {w.other, ids, apperr.NotFound},
		"one is missing":    {w.ctx, append([]string{"gca_00000000000000000000000000"}, ids...), apperr.NotFound},
		"none":              {w.ctx, nil, apperr.InvalidInput},
	} {
		if _, _, err := s.Approve(tt.ctx, generation.Approval{IDs: tt.ids}); apperr.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if n := w.store.Ent.Plan.Query().CountX(working); n != 0 {
		t.Errorf("approvals that were refused left %d plans", n)
	}
	into, accepted, err := s.Approve(w.ctx, generation.Approval{IDs: ids, Name: "Accepted"})
	if err != nil {
		t.Fatal(err)
	}
	if n := w.store.Ent.PlanVersion.Query().CountX(working); n != 1 || into.Name != "Accepted" {
		t.Errorf("the plan %q has %d versions", into.Name, n)
	}
	if slices.ContainsFunc(accepted, func(c *ent.GeneratedCase) bool { return c.State != "accepted" || c.PlanVersionID == nil }) {
		t.Errorf("%v", accepted)
	}
	if n := w.store.Ent.AuditEntry.Query().Where(auditentry.Action("generated_case.accepted")).CountX(working); n != 3 {
		t.Errorf("%d entries of the audit log, want 3", n)
	}
	if _, err := s.Reject(w.ctx, ids[:1], "too late"); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("rejected after it was accepted: %v", err)
	}
}

func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, working := w.service(dying{func() {}}), store.AllProjects(t.Context())
	row, err := s.Start(w.ctx, generation.Ask{
		Request:  making.Request{Source: making.Source{OpenAPI: document(t)}, Target: "http://shop.test", MaxCases: 1},
		Priority: 1, Timeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Perform(working, row.ID); err != nil {
		t.Fatal(err)
	}
	got := w.store.Ent.Generation.GetX(working, row.ID)
	if got.FinishedAt == nil || got.Status != entgeneration.StatusCompleted {
		t.Errorf("it is %s, finished at %v", got.Status, got.FinishedAt)
	}
	cases := got.QueryCases().AllX(working)
	if len(cases) == 0 {
		t.Fatal("what was read before the time was up is gone")
	}
	want := schema.CaseCheck{Name: string(accept.DryRun), Outcome: schema.CaseCheckSkipped, Reason: "the time was up"}
	for _, c := range cases {
		if c.State == "proposed" && (!slices.Contains(c.Checks, want) || c.Confidence >= 1) {
			t.Errorf("%s was never performed, but is believed by %v: %v", c.CaseID, c.Confidence, c.Checks)
		}
	}
}
