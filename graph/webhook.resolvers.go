package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/webhookdelivery"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/graph/scalar"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/webhooks"
)

func (r *mutationResolver) CreateWebhook(ctx context.Context, input model.CreateWebhookInput) (*model.CreateWebhookPayload, error) {
	row, secret, err := r.Services.Webhooks.Create(ctx, webhooks.NewWebhook{
		URL: input.URL, Description: deref(input.Description), Types: input.Types,
	})
	return &model.CreateWebhookPayload{Webhook: row, Secret: secret, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) UpdateWebhook(ctx context.Context, input model.UpdateWebhookInput) (*model.UpdateWebhookPayload, error) {
	changes := webhooks.Changes{URL: input.URL, Description: input.Description, Enabled: input.Enabled}
	if input.Types != nil {
		changes.Types = &input.Types
	}
	row, err := r.Services.Webhooks.Update(ctx, input.ID, changes)
	return &model.UpdateWebhookPayload{Webhook: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) DeleteWebhook(ctx context.Context, input model.DeleteWebhookInput) (*model.DeleteWebhookPayload, error) {
	err := r.Services.Webhooks.Delete(ctx, input.ID)
	return &model.DeleteWebhookPayload{ID: input.ID, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RotateWebhookSecret(ctx context.Context, input model.RotateWebhookSecretInput) (*model.RotateWebhookSecretPayload, error) {
	row, secret, err := r.Services.Webhooks.RotateSecret(ctx, input.ID, deref(input.ExpireOld))
	return &model.RotateWebhookSecretPayload{Webhook: row, Secret: secret, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) RedeliverWebhook(ctx context.Context, input model.RedeliverWebhookInput) (*model.RedeliverWebhookPayload, error) {
	row, err := r.Services.Webhooks.Redeliver(ctx, input.DeliveryID)
	return &model.RedeliverWebhookPayload{Delivery: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) TestWebhook(ctx context.Context, input model.TestWebhookInput) (*model.TestWebhookPayload, error) {
	row, err := r.Services.Webhooks.SendTest(ctx, input.ID)
	return &model.TestWebhookPayload{Delivery: row, ClientMutationID: input.ClientMutationID}, err
}

func (r *queryResolver) Webhook(ctx context.Context, id string) (*ent.Webhook, error) {
	return orNull(r.Services.Webhooks.Get(ctx, id))
}

func (r *queryResolver) Webhooks(ctx context.Context, first *int, after *string) (*model.WebhookConnection, error) {
	rows, more, err := r.Services.Webhooks.List(ctx, store.Page{First: deref(first), After: deref(after)})
	if err != nil {
		return nil, err
	}
	return model.NewWebhookConnection(rows, more, r.Services.Webhooks.Count), nil
}

func (r *webhookResolver) Types(ctx context.Context, obj *ent.Webhook) ([]webhooks.Type, error) {
	return webhooks.TypesOf(obj), nil
}

func (r *webhookResolver) Deliveries(ctx context.Context, obj *ent.Webhook, first *int, after *string, statuses []webhookdelivery.Status) (*model.WebhookDeliveryConnection, error) {
	filter := webhooks.Filter{Statuses: statuses}
	rows, more, err := r.Services.Webhooks.Deliveries(ctx, obj, store.Page{First: deref(first), After: deref(after)}, filter)
	if err != nil {
		return nil, err
	}
	return model.NewWebhookDeliveryConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Webhooks.CountDeliveries(ctx, obj, filter)
	}), nil
}

func (r *webhookDeliveryResolver) Type(ctx context.Context, obj *ent.WebhookDelivery) (webhooks.Type, error) {
	return webhooks.Type(obj.Type), nil
}

func (r *webhookDeliveryResolver) Payload(ctx context.Context, obj *ent.WebhookDelivery) (scalar.JSON, error) {
	return scalar.JSON(obj.Payload), nil
}

func (r *Resolver) Webhook() generated.WebhookResolver { return &webhookResolver{r} }

func (r *Resolver) WebhookDelivery() generated.WebhookDeliveryResolver {
	return &webhookDeliveryResolver{r}
}

type (
	webhookResolver         struct{ *Resolver }
	webhookDeliveryResolver struct{ *Resolver }
)
