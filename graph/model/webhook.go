package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// WebhookConnection is a page of webhooks; the cursor is the webhook's id.
type WebhookConnection struct{ page[ent.Webhook] }

// NewWebhookConnection returns a page.
func NewWebhookConnection(nodes []*ent.Webhook, more bool, count func(context.Context) (int, error)) *WebhookConnection {
	return &WebhookConnection{page[ent.Webhook]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *WebhookConnection) PageInfo() *PageInfo {
	return c.info(func(w *ent.Webhook) string { return w.ID })
}

// Edges returns the items with their cursors.
func (c *WebhookConnection) Edges() []*WebhookEdge {
	out := make([]*WebhookEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &WebhookEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// WebhookDeliveryConnection is a page of deliveries; the cursor is the
// delivery's id.
type WebhookDeliveryConnection struct{ page[ent.WebhookDelivery] }

// NewWebhookDeliveryConnection returns a page.
func NewWebhookDeliveryConnection(nodes []*ent.WebhookDelivery, more bool, count func(context.Context) (int, error)) *WebhookDeliveryConnection {
	return &WebhookDeliveryConnection{page[ent.WebhookDelivery]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *WebhookDeliveryConnection) PageInfo() *PageInfo {
	return c.info(func(d *ent.WebhookDelivery) string { return d.ID })
}

// Edges returns the items with their cursors.
func (c *WebhookDeliveryConnection) Edges() []*WebhookDeliveryEdge {
	out := make([]*WebhookDeliveryEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &WebhookDeliveryEdge{Cursor: n.ID, Node: n}
	}
	return out
}
