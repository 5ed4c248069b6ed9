package webhooks

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/ent/webhookdelivery"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/store"
)

// ErrBusy says that as many tries of the webhook are under way as it may have at
// once. The job is worth another go a little later; it counts for nothing.
var ErrBusy = apperr.New(apperr.RateLimited, "other deliveries to this webhook are under way")

// tryTogether bounds the tries of one webhook under way in one process: a
// receiver that hangs must not take the places of all others.
const tryTogether = 4

// recordWithin bounds how long recording a try may take.
const recordWithin = 10 * time.Second

// Deliver makes one try and records what came of it, with the job of the next
// try where one is due. It does nothing when the try was recorded before. An
// error means that nothing is recorded, and that the job must come again.
func (s *Service) Deliver(ctx context.Context, job Job) error {
	row, err := s.store.Ent.WebhookDelivery.Query().Where(webhookdelivery.ID(job.DeliveryID)).WithWebhook().Only(ctx)
	if ent.IsNotFound(err) {
		return nil // deleted with its webhook, or too old
	}
	if err != nil {
		return fmt.Errorf("read the delivery: %w", err)
	}
	if stale(row, job) {
		return nil
	}
	w := row.Edges.Webhook
	if w == nil {
		return nil // deleted while its delivery was being read
	}
	if !s.begin(w.ID) {
		return ErrBusy
	}
	defer s.end(w.ID)
	try := schema.DeliveryTry{At: time.Now().UTC()}
	a, err := s.try(ctx, w, row)
	if err != nil {
		return err
	}
	try.Status, try.Error, try.DurationMS = a.status, a.problem, time.Since(try.At).Milliseconds()
	// What has reached its receiver is recorded also when the process is ending, or
	// it would be sent again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	return s.record(ctx, job, w, a, try)
}

// stale reports whether the try was recorded by another delivery of its job.
func stale(row *ent.WebhookDelivery, job Job) bool {
	return row.Status != webhookdelivery.StatusPending || len(row.Tries) != job.Try-1
}

func (s *Service) try(ctx context.Context, w *ent.Webhook, row *ent.WebhookDelivery) (answer, error) {
	if !w.Enabled {
		return answer{problem: "the webhook is switched off", refused: true}, nil
	}
	k, err := s.open(w)
	if err != nil {
		return answer{problem: apperr.Message(err)}, nil // whoever looks for the message finds it in the log
	}
	return s.send(ctx, w.URL, row.EventID, row.Payload, k)
}

func (s *Service) record(ctx context.Context, job Job, w *ent.Webhook, a answer, try schema.DeliveryTry) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.WebhookDelivery.Query().Where(webhookdelivery.ID(job.DeliveryID)).ForUpdate(store.NoKey).Only(ctx)
		if ent.IsNotFound(err) || err == nil && stale(row, job) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the delivery: %w", err)
		}
		this := try
		change := tx.WebhookDelivery.UpdateOne(row)
		pause, again := s.pause(job.Retry, a.retryAfter)
		switch {
		case a.problem == "":
			change.SetStatus(webhookdelivery.StatusDelivered).SetFinishedAt(time.Now())
			err = reset(ctx, tx, w.ID)
		case a.status == http.StatusGone:
			change.SetStatus(webhookdelivery.StatusFailed).SetFinishedAt(time.Now())
			err = disable(ctx, tx, w.ID, "the receiver answered 410 Gone: it wants no more messages")
		case a.refused || !again:
			change.SetStatus(webhookdelivery.StatusFailed).SetFinishedAt(time.Now())
			err = s.giveUp(ctx, tx, w.ID)
		default:
			at := time.Now().Add(pause).UTC()
			this.NextAt = &at
			next := Job{DeliveryID: job.DeliveryID, Try: job.Try + 1, Retry: job.Retry + 1}
			if pause > 0 { // the queue looks at times every few seconds only
				next.At = at
			}
			err = s.enqueuer.EnqueueDeliveries(ctx, tx, next)
		}
		if err != nil {
			return err
		}
		if err := change.SetTries(append(row.Tries, this)).Exec(ctx); err != nil {
			return fmt.Errorf("record the try: %w", err)
		}
		return nil
	})
}

// The statements below leave alone when the webhook was last changed by a person.

func reset(ctx context.Context, tx *store.Tx, id string) error {
	if _, err := tx.ExecContext(ctx, "UPDATE webhooks SET failures = 0 WHERE id = $1 AND failures > 0", id); err != nil {
		return fmt.Errorf("count the webhook's failures: %w", err)
	}
	return nil
}

func disable(ctx context.Context, tx *store.Tx, id, reason string) error {
	const query = "UPDATE webhooks SET enabled = false, disabled_reason = $2 WHERE id = $1 AND enabled"
	if _, err := tx.ExecContext(ctx, query, id, reason); err != nil {
		return fmt.Errorf("switch the webhook off: %w", err)
	}
	return nil
}

// giveUp counts a delivery that has failed. What fails because the webhook is
// switched off says nothing about its receiver.
func (s *Service) giveUp(ctx context.Context, tx *store.Tx, id string) error {
	const query = `
UPDATE webhooks SET failures = failures + 1, enabled = failures + 1 < $2,
	disabled_reason = CASE WHEN failures + 1 < $2 THEN disabled_reason ELSE $3 END
WHERE id = $1 AND enabled`
	reason := fmt.Sprintf("%d deliveries in a row were given up", s.o.DisableAfter)
	if _, err := tx.ExecContext(ctx, query, id, s.o.DisableAfter, reason); err != nil {
		return fmt.Errorf("count the webhook's failures: %w", err)
	}
	return nil
}

func (s *Service) begin(webhookID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.under[webhookID] >= tryTogether {
		return false
	}
	s.under[webhookID]++
	return true
}

func (s *Service) end(webhookID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.under[webhookID]--; s.under[webhookID] == 0 {
		delete(s.under, webhookID)
	}
}
