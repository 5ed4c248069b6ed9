package webhooks

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/webhook"
	"github.com/semantest/semantest/ent/webhookdelivery"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// maxTries bounds the log of one delivery, however often it is asked for.
const maxTries = 100

// Redeliver sends a delivery that has ended once more, with the usual retries.
// The message is the same to the byte and has the same id.
func (s *Service) Redeliver(ctx context.Context, id string) (*ent.WebhookDelivery, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	var out *ent.WebhookDelivery
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.WebhookDelivery.Query().
			Where(webhookdelivery.ProjectID(p.ProjectID), webhookdelivery.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Delivery, id)
		}
		switch {
		case row.Status == webhookdelivery.StatusPending:
			return apperr.New(apperr.Conflict, "this delivery is still being tried; wait until it has ended")
		case len(row.Tries) >= maxTries:
			return apperr.New(apperr.Conflict, "this delivery was tried %d times, which is the most", len(row.Tries))
		}
		w, err := ready(ctx, tx, p.ProjectID, row.WebhookID)
		if err != nil {
			return err
		}
		if err := note(ctx, tx, w, "webhook.redelivered"); err != nil {
			return err
		}
		out, err = tx.WebhookDelivery.UpdateOne(row).SetStatus(webhookdelivery.StatusPending).ClearFinishedAt().Save(ctx)
		if err != nil {
			return fmt.Errorf("store the delivery: %w", err)
		}
		return s.enqueuer.EnqueueDeliveries(ctx, tx, Job{DeliveryID: id, Try: len(row.Tries) + 1})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PingData is the data of a ping.
type PingData struct {
	WebhookID string `json:"webhookId"`
	Message   string `json:"message"`
}

// SendTest sends a ping, whatever types the webhook has chosen.
func (s *Service) SendTest(ctx context.Context, id string) (*ent.WebhookDelivery, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	var out *ent.WebhookDelivery
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		w, err := ready(ctx, tx, p.ProjectID, id)
		if err != nil {
			return err
		}
		m := s.message(p.ProjectID, ident.New(ident.Event), Ping, w.ID, time.Now(),
			PingData{WebhookID: w.ID, Message: "This webhook works."})
		rows, err := s.post(ctx, tx, p.ProjectID, []receiver{{id: w.ID}}, []CloudEvent{m})
		if err != nil {
			return err
		}
		out = rows[0]
		return note(ctx, tx, w, "webhook.tested")
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ready returns a webhook of the project that messages can be sent to. It cannot
// be deleted before the transaction ends.
func ready(ctx context.Context, tx *store.Tx, projectID, id string) (*ent.Webhook, error) {
	w, err := tx.Webhook.Query().Where(webhook.ProjectID(projectID), webhook.ID(id)).ForShare().Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Webhook, id)
	}
	if !w.Enabled {
		return nil, apperr.New(apperr.Conflict, "the webhook is switched off; switch it on first with updateWebhook")
	}
	return w, nil
}

// pruneBatch keeps one statement short.
const pruneBatch = 1000

// Prune deletes deliveries that are older than they are kept, and returns how
// many.
func (s *Service) Prune(ctx context.Context) (int64, error) {
	const query = `
DELETE FROM webhook_deliveries WHERE id IN (
	SELECT id FROM webhook_deliveries WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)`
	before, total := time.Now().Add(-s.o.Retention), int64(0)
	for {
		res, err := s.store.DB.ExecContext(ctx, query, before, pruneBatch)
		if err != nil {
			return total, fmt.Errorf("delete old deliveries: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, fmt.Errorf("delete old deliveries: %w", err)
		}
		if total += n; n < pruneBatch {
			return total, nil
		}
	}
}
