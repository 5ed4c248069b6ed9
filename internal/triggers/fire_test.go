package triggers_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
	"github.com/semantest/semantest/internal/triggers"
)

const plan = `
version: "1"
name: Deployed
env: {LANG: da, REVISION: none}
cases: [{id: a, kind: api, steps: [{http: "http://shop.test/"}]}]
`

func TestSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, secret := w.trigger(t, triggers.Settings{Enabled: true})
	_, otherSecret := w.trigger(t, triggers.Settings{Enabled: true})
	off, offSecret := w.trigger(t, triggers.Settings{})
	now := time.Now()
	for _, tt := range []struct {
		name   string
		id     string
		header http.Header
		body   string
		code   apperr.Code // "" starts a run
	}{
		{"genuine", row.ID, signed(t, secret, "m-ok", now, ""), "", ""},
		{"one of two signatures", row.ID, add(signed(t, otherSecret, "m-two", now, ""), signed(t, secret, "m-two", now, "")), "", ""},
		{"a little old", row.ID, signed(t, secret, "m-old", now.Add(-4*time.Minute), ""), "", ""},
		{"too old", row.ID, signed(t, secret, "m-1", now.Add(-6*time.Minute), ""), "", apperr.Unauthenticated},
		{"from the future", row.ID, signed(t, secret, "m-2", now.Add(6*time.Minute), ""), "", apperr.Unauthenticated},
		{"another trigger's secret", row.ID, signed(t, otherSecret, "m-3", now, ""), "", apperr.Unauthenticated},
		{"another body", row.ID, signed(t, secret, "m-4", now, `{}`), `{ }`, apperr.Unauthenticated},
		{"another id", row.ID, with(signed(t, secret, "m-5", now, ""), "webhook-id", "m-6"), "", apperr.Unauthenticated},
		{"no id", row.ID, with(signed(t, secret, "m-7", now, ""), "webhook-id", ""), "", apperr.Unauthenticated},
		{"no signature", row.ID, with(signed(t, secret, "m-8", now, ""), "webhook-signature", ""), "", apperr.Unauthenticated},
		{"a time in words", row.ID, with(signed(t, secret, "m-9", now, ""), "webhook-timestamp", "noon"), "", apperr.Unauthenticated},
		{"another scheme", row.ID, with(signed(t, secret, "m-10", now, ""), "webhook-signature", "v1a,AAAA v1"), "", apperr.Unauthenticated},
		{"nothing", row.ID, http.Header{}, "", apperr.Unauthenticated},
		{"no such trigger", ident.New(ident.Trigger), signed(t, secret, "m-11", now, ""), "", apperr.Unauthenticated},
		{"a key of zeros for no such trigger", ident.New(ident.Trigger), signed(t, "whsec_"+strings.Repeat("A", 43)+"=", "m-12", now, ""), "", apperr.Unauthenticated},
		{"not an id", "../" + row.ID, signed(t, secret, "m-13", now, ""), "", apperr.Unauthenticated},
		{"disabled", off.ID, signed(t, offSecret, "m-14", now, ""), "", apperr.Forbidden},
		{"disabled, not genuine", off.ID, signed(t, secret, "m-15", now, ""), "", apperr.Unauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, again, err := w.triggers.Fire(t.Context(), tt.id, tt.header, []byte(tt.body))
			if apperr.CodeOf(err) != tt.code || (r != nil) != (tt.code == "") || again {
				t.Fatalf("%v, again %t, %v; want %q", r, again, err, tt.code)
			}
			if tt.code == apperr.Unauthenticated {
				_, _, unknown := w.triggers.Fire(t.Context(), ident.New(ident.Trigger), http.Header{}, nil)
				if err.Error() != unknown.Error() {
					t.Errorf("it answers %q, and an unknown trigger %q", err, unknown)
				}
			}
		})
	}
}

// TestARequestThatComesAgain gets the run of the first time, also when both come
// at once.
func TestARequestThatComesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, secret := w.trigger(t, triggers.Settings{Enabled: true})
	var all sync.WaitGroup
	const n = 6
	ids, repeated := make([]string, n), make([]bool, n)
	for i := range n {
		all.Go(func() {
			r, again, err := w.triggers.Fire(t.Context(), row.ID, signed(t, secret, "m", time.Now(), ""), nil)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i], repeated[i] = r.ID, again
		})
	}
	all.Wait()
	first := 0
	for i := range n {
		if !repeated[i] {
			first++
		}
		if ids[i] != ids[0] {
			t.Errorf("one request has started %s and %s", ids[0], ids[i])
		}
	}
	if total := w.store.Ent.Run.Query().Where(run.OriginID(row.ID)).CountX(t.Context()); first != 1 || total != 1 {
		t.Errorf("%d answers say that they started the run, and there are %d runs", first, total)
	}
	other, otherSecret := w.trigger(t, triggers.Settings{Enabled: true})
	r, again, err := w.triggers.Fire(t.Context(), other.ID, signed(t, otherSecret, "m", time.Now(), ""), nil)
	if err != nil || again || r.ID == ids[0] {
		t.Errorf("the same id at another trigger: %v, %t, %v", r, again, err)
	}
}

func TestWhatARequestMaySay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fixed, fixedSecret := w.trigger(t, triggers.Settings{
		Enabled: true, Environment: "staging", Variables: map[string]string{"LANG": "en"}, OpenVariables: []string{"REVISION"}, Priority: 4,
	})
	free, freeSecret := w.trigger(t, triggers.Settings{Enabled: true})
	for i, tt := range []struct {
		name, body string
		free       bool
		want       string // environment and variables of the run
		field      string // of the input that is refused
	}{
		{name: "nothing", body: "", want: "staging map[LANG:en]"},
		{name: "spaces", body: " \n", want: "staging map[LANG:en]"},
		{name: "an empty object", body: "{}", want: "staging map[LANG:en]"},
		{name: "an open variable", body: `{"variables": {"REVISION": "abc"}}`, want: "staging map[LANG:en REVISION:abc]"},
		{name: "the same environment", body: `{"environment": "staging"}`, want: "staging map[LANG:en]"},
		{name: "an event of the scheme", body: `{"type": "deployed", "timestamp": "2026-03-02T06:00:00Z", "data": {"by": [1]}}`, want: "staging map[LANG:en]"},
		{name: "an environment where none is fixed", body: `{"environment": "prod"}`, free: true, want: "prod map[]"},
		{name: "another environment", body: `{"environment": "prod"}`, field: "environment"},
		{name: "a variable that is not open", body: `{"variables": {"LANG": "sv"}}`, field: "variables"},
		{name: "no variable is open", body: `{"variables": {"REVISION": "abc"}}`, free: true, field: "variables"},
		{name: "a number", body: `{"variables": {"REVISION": 5}}`, field: "body"},
		{name: "an unknown key", body: `{"variable": {"REVISION": "abc"}}`, field: "body"},
		{name: "no JSON", body: `REVISION=abc`, field: "body"},
		{name: "two values", body: `{} {}`, field: "body"},
		{name: "a stray brace", body: `{} }`, field: "body"},
		{name: "a list", body: `[]`, field: "body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			row, secret := fixed, fixedSecret
			if tt.free {
				row, secret = free, freeSecret
			}
			r, _, err := w.triggers.Fire(t.Context(), row.ID, signed(t, secret, fmt.Sprint("m", i), time.Now(), tt.body), []byte(tt.body))
			if tt.field != "" {
				if e, ok := errors.AsType[*apperr.Error](err); !ok || e.Code != apperr.InvalidInput || e.Field != tt.field {
					t.Errorf("%v, want INVALID_INPUT of %s", err, tt.field)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, fmt.Sprint(r.Environment, " ", r.Variables)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if r.Origin != run.OriginTrigger || r.OriginID != row.ID || r.PlanID != row.PlanID || (!tt.free && r.Priority != 4) {
				t.Errorf("the run is %v", r)
			}
		})
	}
}

// TestRate keeps a genuine sender from flooding the queue.
func TestRate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, secret := w.trigger(t, triggers.Settings{Enabled: true})
	refused := 0
	for i := range 200 {
		_, _, err := w.triggers.Fire(t.Context(), row.ID, signed(t, secret, fmt.Sprint("m", i), time.Now(), "x"), []byte("x"))
		switch apperr.CodeOf(err) {
		case apperr.RateLimited:
			refused++
		case apperr.InvalidInput:
		default:
			t.Fatal(err)
		}
	}
	if refused == 0 {
		t.Error("200 requests in a row are all let in")
	}
	other, otherSecret := w.trigger(t, triggers.Settings{Enabled: true})
	if _, _, err := w.triggers.Fire(t.Context(), other.ID, signed(t, otherSecret, "m", time.Now(), ""), nil); err != nil {
		t.Errorf("another trigger: %v", err)
	}
}

func TestRotateAndDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, old := w.trigger(t, triggers.Settings{Enabled: true})
	_, fresh, err := w.triggers.RotateSecret(w.ctx, row.ID)
	if err != nil || fresh == old {
		t.Fatalf("the new secret is %q (%v)", fresh, err)
	}
	fire := func(secret, id string) error {
		_, _, err := w.triggers.Fire(t.Context(), row.ID, signed(t, secret, id, time.Now(), ""), nil)
		return err
	}
	if err := fire(old, "m1"); apperr.CodeOf(err) != apperr.Unauthenticated {
		t.Errorf("the old secret: %v", err)
	}
	if err := fire(fresh, "m2"); err != nil {
		t.Errorf("the new secret: %v", err)
	}
	if got, err := w.triggers.Get(w.ctx, row.ID); err != nil || got.LastUsedAt == nil || strings.Contains(fmt.Sprint(got), fresh) {
		t.Errorf("the trigger is %v (%v)", got, err)
	}
	_, theirs := w.triggers.Get(w.other, row.ID)
	_, _, rotated := w.triggers.RotateSecret(w.other, row.ID)
	for name, err := range map[string]error{"get": theirs, "rotate": rotated, "delete": w.triggers.Delete(w.other, row.ID)} {
		if apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("%s in another project: %v", name, err)
		}
	}
	writer := auth.With(t.Context(), &auth.Principal{ProjectID: row.ProjectID, Permissions: []auth.Permission{auth.Read, auth.Write}})
	if _, _, err := w.triggers.Create(writer, row.PlanID, triggers.Settings{Name: "n"}); apperr.CodeOf(err) != apperr.Forbidden {
		t.Errorf("a token that may start no runs: %v", err)
	}
	if err := w.plans.Delete(w.ctx, row.PlanID); err != nil {
		t.Fatal(err)
	}
	if err := fire(fresh, "m3"); apperr.CodeOf(err) != apperr.Unauthenticated {
		t.Errorf("after its plan was deleted: %v", err)
	}
}

// none stands for the queue: nobody performs cases here.
type none struct{}

func (none) Enqueue(context.Context, *store.Tx, ...runs.Job) error { return nil }

type world struct {
	store      *store.Store
	plans      *plans.Service
	triggers   *triggers.Service
	ctx, other context.Context
	planID     string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := storetest.Open(t)
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
	w := &world{store: s, plans: plans.New(s, triggers.WithPlans{})}
	all := runs.New(runs.Deps{Store: s, Plans: w.plans, Log: log, Hub: hub, Bus: bus, Enqueuer: none{}, Sealer: sealer})
	w.triggers = triggers.New(triggers.Deps{Store: s, Plans: w.plans, Runs: all, Sealer: sealer})
	caller := func(slug string) context.Context {
		p := s.Ent.Project.Create().SetSlug(slug).SetName(slug).SaveX(t.Context())
		return auth.With(t.Context(), &auth.Principal{ProjectID: p.ID, Permissions: []auth.Permission{auth.Admin}})
	}
	w.ctx, w.other = caller("ours"), caller("theirs")
	p, err := w.plans.Create(w.ctx, plans.Source{Text: plan})
	if err != nil {
		t.Fatal(err)
	}
	w.planID = p.ID
	return w
}

func (w *world) trigger(t *testing.T, in triggers.Settings) (*ent.Trigger, string) {
	t.Helper()
	in.Name = "deployed"
	row, secret, err := w.triggers.Create(w.ctx, w.planID, in)
	if err != nil {
		t.Fatal(err)
	}
	return row, secret
}

// signed signs a body as a sender does.
func signed(t *testing.T, secret, id string, at time.Time, body string) http.Header {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	h.Set("webhook-signature", signature)
	return h
}

func with(h http.Header, name, value string) http.Header {
	h.Set(name, value)
	return h
}

func add(h, other http.Header) http.Header {
	return with(h, "webhook-signature", h.Get("webhook-signature")+" "+other.Get("webhook-signature"))
}
