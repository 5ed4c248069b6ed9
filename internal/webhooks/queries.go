package webhooks

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/webhook"
	"github.com/semantest/semantest/ent/webhookdelivery"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// To read webhooks takes the permission to change them: an address often holds
// a token of the receiver.

// Get returns a webhook of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.Webhook, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Webhook.Query().Where(webhook.ProjectID(p.ProjectID), webhook.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Webhook, id)
	}
	return row, nil
}

// List returns a page of the project's webhooks, newest first, and whether more
// follow.
func (s *Service) List(ctx context.Context, page store.Page) ([]*ent.Webhook, bool, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.Webhook.Query().Where(webhook.ProjectID(p.ProjectID))
	if page.After != "" {
		q.Where(webhook.IDLT(page.After))
	}
	rows, err := q.Order(webhook.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the webhooks: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many webhooks List would go through.
func (s *Service) Count(ctx context.Context) (int, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return 0, err
	}
	return s.store.Ent.Webhook.Query().Where(webhook.ProjectID(p.ProjectID)).Count(ctx)
}

// Delivery returns a delivery of the caller's project.
func (s *Service) Delivery(ctx context.Context, id string) (*ent.WebhookDelivery, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.WebhookDelivery.Query().
		Where(webhookdelivery.ProjectID(p.ProjectID), webhookdelivery.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Delivery, id)
	}
	return row, nil
}

// Filter narrows the deliveries of a webhook.
type Filter struct {
	Statuses []webhookdelivery.Status
}

// Deliveries returns a page of a webhook's deliveries, newest first, and whether
// more follow. The caller has got the webhook, which proves that it may see them.
func (s *Service) Deliveries(ctx context.Context, w *ent.Webhook, page store.Page, f Filter) ([]*ent.WebhookDelivery, bool, error) {
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.deliveriesOf(w, f)
	if page.After != "" {
		q.Where(webhookdelivery.IDLT(page.After))
	}
	rows, err := q.Order(webhookdelivery.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the deliveries: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountDeliveries returns how many deliveries Deliveries would go through.
func (s *Service) CountDeliveries(ctx context.Context, w *ent.Webhook, f Filter) (int, error) {
	return s.deliveriesOf(w, f).Count(ctx)
}

func (s *Service) deliveriesOf(w *ent.Webhook, f Filter) *ent.WebhookDeliveryQuery {
	q := s.store.Ent.WebhookDelivery.Query().Where(webhookdelivery.WebhookID(w.ID))
	if len(f.Statuses) > 0 {
		q.Where(webhookdelivery.StatusIn(f.Statuses...))
	}
	return q
}
