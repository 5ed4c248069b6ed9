package webhooks_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent/webhookdelivery"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/webhooks"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	dev, public := newWorld(t, egress.Dev, webhooks.Options{}), newWorld(t, egress.Public, webhooks.Options{})
	for name, tt := range map[string]struct {
		url             string
		inDev, inPublic bool
	}{
		"https":     {"https://ci.example/hook?key=1", true, true},
		"http":      {"http://ci.example/hook", true, false},
		"scheme":    {"ftp://ci.example/", false, false},
		"relative":  {"/hook", false, false},
		"no host":   {"https:///hook", false, false},
		"opaque":    {"https:ci.example", false, false},
		"password":  {"https://me:secret@ci.example/", false, false},
		"fragment":  {"https://ci.example/#here", false, false},
		"control":   {"https://ci.example/\n", false, false},
		"empty":     {"", false, false},
		"very long": {"https://ci.example/" + strings.Repeat("x", 2000), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []struct {
				w    *world
				good bool
			}{{dev, tt.inDev}, {public, tt.inPublic}} {
				_, _, err := mode.w.Create(mode.w.mine, webhooks.NewWebhook{URL: tt.url})
				if want := map[bool]apperr.Code{false: apperr.InvalidInput}[mode.good]; apperr.CodeOf(err) != want {
					t.Errorf("%v, want %q", err, want)
				}
			}
		})
	}
}

func TestWhatAProjectCanHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{})
	in := webhooks.NewWebhook{URL: "https://ci.example", Types: []webhooks.Type{webhooks.ExecutionFailed, webhooks.ExecutionStarted, webhooks.ExecutionFailed}}
	first, _, err := w.Create(w.mine, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]webhooks.Type{webhooks.ExecutionStarted, webhooks.ExecutionFailed}, webhooks.TypesOf(first)); diff != "" {
		t.Error(diff)
	}
	_, _, err = w.Create(w.mine, webhooks.NewWebhook{URL: "https://ci.example", Types: []webhooks.Type{webhooks.Ping}})
	wantCode(t, "choosing the ping", err, apperr.InvalidInput)
	_, _, err = w.Create(w.mine, webhooks.NewWebhook{URL: "https://ci.example", Description: strings.Repeat("ä", 201)})
	wantCode(t, "long description", err, apperr.InvalidInput)
	for range 19 {
		w.hook(t, "https://ci.example")
	}
	_, _, err = w.Create(w.mine, in)
	wantCode(t, "one too many", err, apperr.Conflict)
	if _, _, err = w.Create(w.theirs, in); err != nil {
		t.Errorf("the other project: %v", err)
	}
	page, more, err := w.List(w.mine, store.Page{First: 15})
	if err != nil || len(page) != 15 || !more {
		t.Fatalf("%d webhooks, more: %t (%v)", len(page), more, err)
	}
	rest, more, err := w.List(w.mine, store.Page{First: 15, After: page[14].ID})
	if err != nil || len(rest) != 5 || more || rest[4].ID != first.ID {
		t.Errorf("%d webhooks, more: %t (%v)", len(rest), more, err)
	}
	if n, err := w.Count(w.mine); n != 20 || err != nil {
		t.Errorf("%d webhooks (%v)", n, err)
	}
}

func TestOnlyThoseWhoMayWriteInTheProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{})
	r := newReceiver(t)
	hook, _ := w.hook(t, r.URL)
	d := w.ping(t, hook.ID)
	changed := "changed"
	calls := map[string]func(ctx context.Context) error{
		"get": func(ctx context.Context) error { _, err := w.Get(ctx, hook.ID); return err },
		"update": func(ctx context.Context) error {
			_, err := w.Update(ctx, hook.ID, webhooks.Changes{Description: &changed})
			return err
		},
		"delete":    func(ctx context.Context) error { return w.Delete(ctx, hook.ID) },
		"rotate":    func(ctx context.Context) error { _, _, err := w.RotateSecret(ctx, hook.ID, true); return err },
		"test":      func(ctx context.Context) error { _, err := w.SendTest(ctx, hook.ID); return err },
		"delivery":  func(ctx context.Context) error { _, err := w.Delivery(ctx, d.ID); return err },
		"redeliver": func(ctx context.Context) error { _, err := w.Redeliver(ctx, d.ID); return err },
	}
	for name, call := range calls {
		wantCode(t, name+" without a token", call(t.Context()), apperr.Unauthenticated)
		wantCode(t, name+" with a token that only reads", call(w.readOnly), apperr.Forbidden)
		wantCode(t, name+" from another project", call(w.theirs), apperr.NotFound)
	}
	_, _, err := w.Create(w.readOnly, webhooks.NewWebhook{URL: r.URL})
	wantCode(t, "create with a token that only reads", err, apperr.Forbidden)
	_, _, err = w.List(w.readOnly, store.Page{})
	wantCode(t, "list with a token that only reads", err, apperr.Forbidden)
	if rows, _, err := w.List(w.theirs, store.Page{}); len(rows) != 0 || err != nil {
		t.Errorf("the other project sees %v (%v)", rows, err)
	}
	if row, err := w.Get(w.mine, hook.ID); err != nil || row.Description != "" || !bytes.Equal(row.SealedSecret, hook.SealedSecret) {
		t.Errorf("the webhook was changed: %v (%v)", row, err)
	}
	if len(w.queue.jobs) != 0 {
		t.Errorf("%d jobs were enqueued", len(w.queue.jobs))
	}
	_, err = w.Get(w.mine, "run_01h455vb4pex5vsknk084sn02q")
	wantCode(t, "another kind's id", err, apperr.InvalidInput)
}

func TestSecretsAreSealedAndRotated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{})
	r := newReceiver(t)
	hook, old := w.hook(t, r.URL)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(old, "whsec_"))
	if err != nil || len(key) != 32 {
		t.Fatalf("secret of %d bytes (%v)", len(key), err)
	}
	if bytes.Contains(hook.SealedSecret, key) || bytes.Contains(hook.SealedSecret, []byte(old[6:])) {
		t.Error("the secret lies open in the database")
	}
	_, fresh, err := w.RotateSecret(w.mine, hook.ID, false)
	if err != nil || fresh == old {
		t.Fatalf("rotated to %s (%v)", fresh, err)
	}
	w.ping(t, hook.ID)
	both := r.next(t, old)
	if err := verifier(t, fresh).Verify(both.body, both.header); err != nil {
		t.Errorf("with the new secret: %v", err)
	}
	if _, fresh, err = w.RotateSecret(w.mine, hook.ID, true); err != nil {
		t.Fatal(err)
	}
	w.ping(t, hook.ID)
	one := r.next(t, fresh)
	if err := verifier(t, old).Verify(one.body, one.header); err == nil {
		t.Error("the old secret is still good")
	}
	if n := len(strings.Fields(one.header.Get("webhook-signature"))); n != 1 {
		t.Errorf("%d signatures", n)
	}
	// Sealed bytes of one webhook are of no use in another.
	other, _ := w.hook(t, r.URL)
	if err := w.store.Ent.Webhook.UpdateOne(other).SetSealedSecret(hook.SealedSecret).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := w.ping(t, other.ID); d.Status != webhookdelivery.StatusPending || !strings.Contains(d.Tries[0].Error, "SEMANTEST_SECRET_KEY") {
		t.Errorf("%s after %+v", d.Status, d.Tries)
	}
	r.silent(t)
}

func TestATryIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{})
	r := newReceiver(t, status(500, ""))
	hook, secret := w.hook(t, r.URL)
	d, err := w.SendTest(w.mine, hook.ID)
	if err != nil {
		t.Fatal(err)
	}
	first := w.queue.take(t)
	for range 2 { // the queue delivers at least once
		if err := w.Deliver(t.Context(), first); err != nil {
			t.Fatal(err)
		}
	}
	r.next(t, secret)
	r.silent(t)
	if row := w.delivery(t, d.ID); len(row.Tries) != 1 || len(w.queue.jobs) != 1 {
		t.Errorf("%d tries, %d jobs", len(row.Tries), len(w.queue.jobs))
	}
	_, err = w.Redeliver(w.mine, d.ID)
	wantCode(t, "redelivering what is pending", err, apperr.Conflict)
	second := w.queue.take(t)
	if wait := time.Until(second.At); second.Try != 2 || second.Retry != 1 || wait > 6*time.Second {
		t.Errorf("then %+v", second)
	}
	for _, job := range []webhooks.Job{second, second, first} {
		if err := w.Deliver(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	r.next(t, secret)
	r.silent(t)
	if err := w.Delete(w.mine, hook.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Deliver(t.Context(), second); err != nil {
		t.Errorf("after the webhook is gone: %v", err)
	}
	_, err = w.Delivery(w.mine, d.ID)
	wantCode(t, "the delivery of a deleted webhook", err, apperr.NotFound)
}

func TestTheReceiverSaysWhen(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header   string
		min, max time.Duration
	}{
		"nothing":         {"", 0, 7 * time.Second},
		"seconds":         {"3600", 59 * time.Minute, time.Hour},
		"sooner than we":  {"1", 3 * time.Second, 7 * time.Second},
		"an instant":      {time.Now().Add(2 * time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"), 110 * time.Minute, 2 * time.Hour},
		"out of bounds":   {"999999999", 5*time.Hour + 59*time.Minute, 6 * time.Hour},
		"past":            {"Mon, 02 Jan 2006 15:04:05 GMT", 0, 7 * time.Second},
		"not understood":  {"tomorrow", 0, 7 * time.Second},
		"negative":        {"-5", 0, 7 * time.Second},
		"beyond integers": {strings.Repeat("9", 40), 0, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, egress.Dev, webhooks.Options{})
			r := newReceiver(t, later(tt.header))
			hook, _ := w.hook(t, r.URL)
			before := time.Now()
			d := w.ping(t, hook.ID)
			after := time.Now()
			at := w.queue.take(t).At
			if at.Before(before.Add(tt.min)) || at.After(after.Add(tt.max)) {
				t.Errorf("tried again in %s", at.Sub(before))
			}
			if next := d.Tries[0].NextAt; next == nil || !next.Equal(at) {
				t.Errorf("the log says %v, the queue %v", next, at)
			}
		})
	}
}

func TestEmitReachesThoseWhoWantIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{PublicURL: "https://semantest.example/"})
	r := newReceiver(t)
	_, secret := w.hook(t, r.URL, webhooks.QualityAssessed)
	all, _ := w.hook(t, r.URL)
	w.hook(t, r.URL, webhooks.GenerationStarted)
	emit := func(projectID string) {
		err := w.store.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return w.Emit(ctx, tx, projectID, webhooks.QualityAssessed, "run_1", map[string]any{"verdict": "GOOD"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	emit("prj_another")
	if len(w.queue.jobs) != 0 {
		t.Fatalf("another project's event makes %d jobs", len(w.queue.jobs))
	}
	emit(w.project.ID)
	if len(w.queue.jobs) != 2 {
		t.Fatalf("%d jobs, want 2", len(w.queue.jobs))
	}
	w.deliver(t)
	got := r.next(t, secret).event
	if got.Type != "test.quality.assessed" || got.Subject != "run_1" || string(got.Data) != `{"verdict":"GOOD"}` ||
		got.Source != "https://semantest.example/projects/"+w.project.ID || !strings.HasPrefix(got.ID, "evt_") {
		t.Errorf("event %+v", got)
	}
	rows, _, err := w.Deliveries(w.mine, all, store.Page{}, webhooks.Filter{})
	if err != nil || len(rows) != 1 || rows[0].EventID != got.ID {
		t.Errorf("deliveries %v (%v), want one of %s", rows, err, got.ID)
	}
}

// Runs must not wait for what people do to webhooks.
func TestAWebhookThatChangesHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change string
		jobs   int
	}{
		"being deleted": {"DELETE FROM webhooks WHERE id = $1", 0},
		"being changed": {"UPDATE webhooks SET url = url || '#', failures = 3 WHERE id = $1", 1},
		"being rotated": {"SELECT FROM webhooks WHERE id = $1 FOR NO KEY UPDATE", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, egress.Dev, webhooks.Options{})
			hook, _ := w.hook(t, "https://ci.example")
			err := w.store.WithTx(t.Context(), func(ctx context.Context, other *store.Tx) error {
				if _, err := other.ExecContext(ctx, tt.change, hook.ID); err != nil {
					return err
				}
				return w.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
					if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '10s'"); err != nil {
						return err
					}
					return w.Emit(ctx, tx, w.project.ID, webhooks.QualityAssessed, "run_1", nil)
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(w.queue.jobs) != tt.jobs {
				t.Errorf("%d jobs, want %d", len(w.queue.jobs), tt.jobs)
			}
		})
	}
}

func TestOldDeliveriesAreDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{Retention: time.Hour})
	r := newReceiver(t)
	hook, _ := w.hook(t, r.URL)
	kept := w.ping(t, hook.ID)
	_, err := w.store.DB.ExecContext(t.Context(), `
INSERT INTO webhook_deliveries (id, project_id, webhook_id, event_id, type, payload, status, created_at)
SELECT 'dlv_old' || n, $1, $2, 'evt', 'test.execution.started', '{}', 'delivered', now() - interval '61 minutes' FROM generate_series(1, 2500) n`,
		w.project.ID, hook.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Prune(t.Context()); n != 2500 || err != nil {
		t.Errorf("%d were deleted (%v)", n, err)
	}
	if n, err := w.CountDeliveries(w.mine, hook, webhooks.Filter{}); n != 1 || err != nil {
		t.Errorf("%d are left (%v)", n, err)
	}
	w.delivery(t, kept.ID)
}
