package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/webhooks"
)

// soon tries again at once.
var soon = webhooks.Options{Retries: []time.Duration{0, 0}}

// server is a whole server with a fake executor.
type server struct{ *apptest.Server }

func newServer(t *testing.T, o apptest.Options) server {
	t.Helper()
	o.Executors = []executors.Executor{fake.New(spec.KindAPI)}
	return server{apptest.Start(t, o)}
}

// hook makes a webhook and returns its id and secret.
func (s server) hook(t *testing.T, url string, types ...string) (id, secret string) {
	t.Helper()
	var out struct {
		CreateWebhook struct {
			Webhook struct{ ID string }
			Secret  string
		}
	}
	s.ask(t, `mutation($url: String!, $types: [WebhookEventType!]) {
		createWebhook(input: {url: $url, types: $types}) { webhook { id } secret } }`,
		map[string]any{"url": url, "types": append([]string{}, types...)}, &out)
	return out.CreateWebhook.Webhook.ID, out.CreateWebhook.Secret
}

// ask performs an operation and reads its data.
func (s server) ask(t *testing.T, query string, variables map[string]any, into any) {
	t.Helper()
	var raw json.RawMessage
	if err := s.Client.Do(t.Context(), query, variables, &raw); err != nil {
		t.Fatal(err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

type try struct {
	Status     int
	Error      string
	DurationMs int
	NextAt     *time.Time
}

type delivery struct {
	ID, WebhookID, EventID, Type, Status string
	Payload                              json.RawMessage
	Tries                                []try
	FinishedAt                           *time.Time
}

type webhook struct {
	ID, URL, Description string
	Types                []string
	Enabled              bool
	DisabledReason       string
	Failures             int
	Deliveries           struct {
		TotalCount int
		PageInfo   struct {
			HasNextPage bool
			EndCursor   string
		}
		Nodes []delivery
	}
}

const fields = `id url description types enabled disabledReason failures deliveries(first: 100) { totalCount nodes {
	id webhookId eventId type status payload finishedAt tries { status error durationMs nextAt } } }`

func (s server) webhook(t *testing.T, id string) webhook {
	t.Helper()
	var out struct{ Webhook webhook }
	s.ask(t, `query($id: ID!) { webhook(id: $id) { `+fields+` } }`, map[string]any{"id": id}, &out)
	return out.Webhook
}

// settled returns the webhook once nothing of it is pending.
func (s server) settled(t *testing.T, id string) webhook {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		w := s.webhook(t, id)
		pending := 0
		for _, d := range w.Deliveries.Nodes {
			if d.Status == "PENDING" {
				pending++
			}
		}
		if pending == 0 && len(w.Deliveries.Nodes) > 0 {
			return s.webhook(t, id) // the one at hand was read before its deliveries
		}
		select {
		case <-ctx.Done():
			t.Fatalf("still pending: %+v", w)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s server) test(t *testing.T, webhookID string) (deliveryID string) {
	t.Helper()
	var out struct{ TestWebhook struct{ Delivery delivery } }
	s.ask(t, `mutation($id: ID!) { testWebhook(input: {id: $id}) { delivery { id status } } }`, map[string]any{"id": webhookID}, &out)
	if out.TestWebhook.Delivery.Status != "PENDING" {
		t.Errorf("the ping is %s", out.TestWebhook.Delivery.Status)
	}
	return out.TestWebhook.Delivery.ID
}

// plan returns a plan of api cases with these tags, which steer the executor.
func plan(tags ...string) string {
	var b strings.Builder
	b.WriteString("version: \"1\"\nname: Checkout\nenvironment: staging\nenv: {BASE_URL: \"http://127.0.0.1:1\"}\nuse: {parallel: 1}\n" +
		"gates: {successRate: 0.5}\ncases:\n")
	for i, tag := range tags {
		fmt.Fprintf(&b, "  - {id: c%d, name: Case %d, kind: api, tags: [%s], steps: [{http: /}]}\n", i, i, tag)
	}
	return b.String()
}
