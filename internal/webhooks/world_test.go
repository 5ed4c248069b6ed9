package webhooks_test

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
	"github.com/semantest/semantest/internal/webhooks"
)

// queue keeps jobs until a test performs them.
type queue struct {
	mu   sync.Mutex
	jobs []webhooks.Job
}

func (q *queue) EnqueueDeliveries(_ context.Context, _ *store.Tx, jobs ...webhooks.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, jobs...)
	return nil
}

func (q *queue) take(t *testing.T) webhooks.Job {
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

// world is the service on a database of its own, with two projects.
type world struct {
	*webhooks.Service
	store    *store.Store
	queue    *queue
	project  *ent.Project
	mine     context.Context // may write in the project
	readOnly context.Context // may only read there
	theirs   context.Context // may do everything in the other project
}

func newWorld(t *testing.T, mode egress.Mode, o webhooks.Options) *world {
	t.Helper()
	s := storetest.Open(t)
	mine, err := auth.New(s).EnsureProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := s.Ent.Project.Create().SetSlug("other").SetName("Other").Save(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := egress.New(mode)
	if err != nil {
		t.Fatal(err)
	}
	client := webhooks.Client(policy.Dialer(10 * time.Second).DialContext)
	t.Cleanup(client.CloseIdleConnections)
	w := &world{store: s, queue: &queue{}, project: mine}
	o.AllowHTTP = mode == egress.Dev
	w.Service = webhooks.New(webhooks.Deps{Store: s, Enqueuer: w.queue, Sealer: sealer, Client: client, Options: o})
	as := func(p *ent.Project, permissions ...auth.Permission) context.Context {
		return auth.With(t.Context(), &auth.Principal{ProjectID: p.ID, Permissions: permissions})
	}
	w.mine, w.readOnly, w.theirs = as(mine, auth.Write), as(mine, auth.Read, auth.Execute), as(theirs, auth.Admin)
	return w
}

func (w *world) hook(t *testing.T, url string, types ...webhooks.Type) (*ent.Webhook, string) {
	t.Helper()
	row, secret, err := w.Create(w.mine, webhooks.NewWebhook{URL: url, Types: types})
	if err != nil {
		t.Fatal(err)
	}
	return row, secret
}

// ping sends a test message and performs its first try.
func (w *world) ping(t *testing.T, webhookID string) *ent.WebhookDelivery {
	t.Helper()
	d, err := w.SendTest(w.mine, webhookID)
	if err != nil {
		t.Fatal(err)
	}
	w.deliver(t)
	return w.delivery(t, d.ID)
}

func (w *world) deliver(t *testing.T) {
	t.Helper()
	if err := w.Deliver(t.Context(), w.queue.take(t)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) delivery(t *testing.T, id string) *ent.WebhookDelivery {
	t.Helper()
	d, err := w.Delivery(w.mine, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func wantCode(t *testing.T, what string, err error, code apperr.Code) {
	t.Helper()
	if apperr.CodeOf(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// hang answers nothing until the sender is gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
