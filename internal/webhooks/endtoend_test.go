package webhooks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/webhooks"
)

func TestARunIsTold(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	s := newServer(t, apptest.Options{})
	id, secret := s.hook(t, r.URL+"/in", "TEST_EXECUTION_STARTED", "TEST_EXECUTION_PROGRESS", "TEST_EXECUTION_COMPLETED", "TEST_EXECUTION_FAILED")
	runID := s.Run(t, plan(slices.Repeat([]string{"ok"}, 20)...))
	s.Follow(t, runID)

	got := r.take(t, secret, 11)
	want := append(append([]string{"test.execution.started"}, slices.Repeat([]string{"test.execution.progress"}, 9)...), "test.execution.completed")
	if diff := cmp.Diff(want, types(got)); diff != "" {
		t.Fatal(diff)
	}
	for i, g := range got {
		e := g.event
		if g.header.Get("Content-Type") != "application/cloudevents+json; charset=utf-8" || g.header.Get("webhook-id") != e.ID {
			t.Errorf("headers %v of event %s", g.header, e.ID)
		}
		if e.SpecVersion != "1.0" || e.Subject != runID || e.DataContentType != "application/json" || e.Time.IsZero() || e.ID == "" || e.Source == "" {
			t.Errorf("event %+v", e)
		}
		var data struct {
			Run      struct{ ID, Name, Environment, Status, URL string }
			Progress float64
			Counts   struct{ Total, Finished int }
			Gates    []struct{ Passed bool }
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		status, gates := "RUNNING", 0
		if i == 10 {
			status, gates = "PASSED", 1
		}
		if data.Run.ID != runID || data.Run.Status != status || data.Run.Environment != "staging" || data.Run.URL != "/runs/"+runID ||
			data.Counts.Total != 20 || data.Counts.Finished != 2*i || data.Progress != float64(i)/10 || len(data.Gates) != gates {
			t.Errorf("message %d: %s", i, e.Data)
		}
	}
	r.silent(t)
	w := s.settled(t, id)
	if w.Deliveries.TotalCount != 11 || w.Failures != 0 || !w.Enabled {
		t.Errorf("webhook %+v", w)
	}
	for _, d := range w.Deliveries.Nodes {
		if d.Status != "DELIVERED" || len(d.Tries) != 1 || d.Tries[0].Status != 204 || d.Tries[0].Error != "" || d.FinishedAt == nil {
			t.Errorf("delivery %+v", d)
		}
	}
}

func TestWhatDidNotPassIsToldAsFailed(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	s := newServer(t, apptest.Options{})
	_, secret := s.hook(t, r.URL, "TEST_EXECUTION_FAILED", "TEST_EXECUTION_COMPLETED")
	for _, tt := range []struct{ tag, status, outcome string }{
		{"fake.fail", "FAILED", "FAILED"}, {"fake.error", "ERRORED", "ERRORED"},
	} {
		s.Follow(t, s.Run(t, plan("ok", tt.tag)))
		e := r.next(t, secret).event
		var data struct {
			Run      struct{ Status string }
			Failures []struct{ CaseKey, Title, Outcome, Error string }
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		if e.Type != "test.execution.failed" || data.Run.Status != tt.status || len(data.Failures) != 1 {
			t.Fatalf("%s: %s", e.Type, e.Data)
		}
		f := data.Failures[0]
		if f.CaseKey != "c1" || f.Title != "Case 1" || f.Outcome != tt.outcome || f.Error == "" {
			t.Errorf("failure %+v", f)
		}
	}
	r.silent(t)
}

func TestAWebhookIsToldWhatItChose(t *testing.T) {
	t.Parallel()
	r, other := newReceiver(t), newReceiver(t)
	s := newServer(t, apptest.Options{})
	_, secret := s.hook(t, r.URL, "TEST_EXECUTION_COMPLETED")
	silent, _ := s.hook(t, other.URL, "AI_GENERATION_STARTED", "TEST_EXECUTION_FAILED")
	off, _ := s.hook(t, other.URL)
	s.ask(t, `mutation($id: ID!) { updateWebhook(input: {id: $id, enabled: false}) { webhook { enabled } } }`, map[string]any{"id": off}, nil)
	s.Follow(t, s.Run(t, plan("ok")))
	if e := r.next(t, secret).event; e.Type != "test.execution.completed" {
		t.Errorf("%s came", e.Type)
	}
	r.silent(t)
	other.silent(t)
	for _, id := range []string{silent, off} {
		if n := s.webhook(t, id).Deliveries.TotalCount; n != 0 {
			t.Errorf("%d deliveries to a webhook that wants none", n)
		}
	}
}

func TestRetriesUntilItIsTaken(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, status(500, "out of <order>\n\x00"), status(404, ""))
	s := newServer(t, apptest.Options{Webhooks: soon})
	id, secret := s.hook(t, r.URL)
	s.test(t, id)
	first := r.next(t, secret)
	if first.event.Type != "semantest.webhook.ping" || first.event.Subject != id {
		t.Errorf("event %+v", first.event)
	}
	for range 2 {
		again := r.next(t, secret)
		if again.header.Get("webhook-id") != first.header.Get("webhook-id") || string(again.body) != string(first.body) {
			t.Errorf("the message changed: %s", again.body)
		}
	}
	w := s.settled(t, id)
	d := w.Deliveries.Nodes[0]
	got := fmt.Sprintf("%d %s", w.Failures, d.Status)
	for _, try := range d.Tries {
		got += fmt.Sprintf("\n%d %s %t", try.Status, try.Error, try.NextAt != nil)
	}
	want := "0 DELIVERED\n500 the receiver answered 500 Internal Server Error: out of <order> true\n" +
		"404 the receiver answered 404 Not Found true\n204  false"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGivesUpAndDeliversAgain(t *testing.T) {
	t.Parallel()
	no := status(503, "")
	r := newReceiver(t, no, no, no, no, no, no)
	s := newServer(t, apptest.Options{Webhooks: webhooks.Options{Retries: soon.Retries, DisableAfter: 2}})
	id, secret := s.hook(t, r.URL, "TEST_EXECUTION_COMPLETED")
	deliveryID := s.test(t, id)
	r.take(t, secret, 3)
	w := s.settled(t, id)
	if d := w.Deliveries.Nodes[0]; d.Status != "FAILED" || len(d.Tries) != 3 || d.Tries[2].NextAt != nil || w.Failures != 1 || !w.Enabled {
		t.Fatalf("webhook %+v", w)
	}
	s.test(t, id)
	r.take(t, secret, 3)
	if w = s.settled(t, id); w.Enabled || w.DisabledReason != "2 deliveries in a row were given up" {
		t.Fatalf("webhook %+v", w)
	}
	const again = `mutation($id: ID!) { redeliverWebhook(input: {deliveryId: $id}) { delivery { id status finishedAt } } }`
	if err := s.Client.Do(t.Context(), again, map[string]any{"id": deliveryID}, nil); err == nil {
		t.Error("a webhook that is switched off was delivered to")
	}
	s.Follow(t, s.Run(t, plan("ok"))) // told to nobody
	s.ask(t, `mutation($id: ID!) { updateWebhook(input: {id: $id, enabled: true}) { webhook { id } } }`, map[string]any{"id": id}, nil)
	if w = s.webhook(t, id); !w.Enabled || w.DisabledReason != "" || w.Failures != 0 || w.Deliveries.TotalCount != 2 {
		t.Errorf("webhook %+v", w)
	}
	s.ask(t, again, map[string]any{"id": deliveryID}, nil)
	r.next(t, secret)
	w = s.settled(t, id)
	for _, d := range w.Deliveries.Nodes {
		if d.ID == deliveryID && (d.Status != "DELIVERED" || len(d.Tries) != 4) {
			t.Errorf("delivery %+v", d)
		}
	}
	r.silent(t)
}

func TestGoneSwitchesTheWebhookOff(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, status(410, ""))
	s := newServer(t, apptest.Options{Webhooks: soon})
	id, secret := s.hook(t, r.URL)
	s.test(t, id)
	r.next(t, secret)
	w := s.settled(t, id)
	if w.Enabled || w.DisabledReason != "the receiver answered 410 Gone: it wants no more messages" ||
		w.Deliveries.Nodes[0].Status != "FAILED" || len(w.Deliveries.Nodes[0].Tries) != 1 {
		t.Errorf("webhook %+v", w)
	}
	if err := s.Client.Do(t.Context(), `mutation($id: ID!) { testWebhook(input: {id: $id}) { delivery { id } } }`, map[string]any{"id": id}, nil); err == nil {
		t.Error("a webhook that is switched off was tested")
	}
	r.silent(t)
}

// A project without webhooks pays with nothing but a read.
func TestWithoutWebhooksNothingIsWritten(t *testing.T) {
	t.Parallel()
	s := newServer(t, apptest.Options{})
	r := newReceiver(t)
	id, _ := s.hook(t, r.URL)
	s.ask(t, `mutation($id: ID!) { deleteWebhook(input: {id: $id}) { id } }`, map[string]any{"id": id}, nil)
	s.Follow(t, s.Run(t, plan(slices.Repeat([]string{"ok"}, 10)...)))
	db, err := store.Open(t.Context(), s.DatabaseURL, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, table := range []string{"webhook_deliveries", "river_job WHERE kind = 'webhook'"} {
		var n int
		if err := db.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows in %s (%v)", n, table, err)
		}
	}
	r.silent(t)
}

// A process that serves the API only leaves the deliveries to one with a worker.
func TestAnotherProcessDelivers(t *testing.T) {
	t.Parallel()
	const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	r := newReceiver(t)
	api := server{apptest.Start(t, apptest.Options{NoWorkers: true, SecretKey: key})}
	id, secret := api.hook(t, r.URL)
	api.test(t, id)
	r.silent(t)
	newServer(t, apptest.Options{DatabaseURL: api.DatabaseURL, NoAPI: true, SecretKey: key})
	r.next(t, secret)
	api.settled(t, id)
}

// logbook is a log that many goroutines write.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func TestSecretsAreShownOnce(t *testing.T) {
	t.Parallel()
	log := &logbook{}
	r := newReceiver(t, status(500, ""))
	s := newServer(t, apptest.Options{Log: log, Webhooks: soon})
	id, secret := s.hook(t, r.URL+"/hidden-token")
	deliveryID := s.test(t, id)
	r.take(t, secret, 2)
	s.settled(t, id)
	var seen strings.Builder
	for _, query := range []string{
		`query($id: ID!) { webhook(id: $id) { ` + fields + ` } }`,
		`query($id: ID!) { node(id: $id) { id ... on Webhook { ` + fields + ` } } }`,
		`mutation($id: ID!) { updateWebhook(input: {id: $id, description: "x"}) { webhook { ` + fields + ` } } }`,
	} {
		var raw json.RawMessage
		s.ask(t, query, map[string]any{"id": id}, &raw)
		if !strings.Contains(string(raw), id) {
			t.Errorf("the answer lacks the webhook: %s", raw)
		}
		seen.Write(raw)
	}
	var node struct{ Node delivery }
	s.ask(t, `query($id: ID!) { node(id: $id) { id ... on WebhookDelivery { status eventId } } }`, map[string]any{"id": deliveryID}, &node)
	if node.Node.Status != "DELIVERED" {
		t.Errorf("node %+v", node)
	}
	var rotated struct{ RotateWebhookSecret struct{ Secret string } }
	s.ask(t, `mutation($id: ID!) { rotateWebhookSecret(input: {id: $id}) { secret webhook { id } } }`, map[string]any{"id": id}, &rotated)
	s.test(t, id)
	r.next(t, rotated.RotateWebhookSecret.Secret)
	s.settled(t, id)
	log.mu.Lock()
	defer log.mu.Unlock()
	for _, text := range []string{secret[6:], rotated.RotateWebhookSecret.Secret[6:]} {
		if strings.Contains(log.text.String(), text) {
			t.Error("the log holds a secret")
		}
		if strings.Contains(seen.String(), text) {
			t.Error("the graph shows a secret again")
		}
	}
	if strings.Contains(log.text.String(), "hidden-token") {
		t.Error("the log holds the address, which may hold a token")
	}
}
