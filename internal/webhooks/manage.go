package webhooks

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/webhook"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// NewWebhook is what Create needs.
type NewWebhook struct {
	URL         string
	Description string
	Types       []Type // empty means all, also those to come
}

// Create makes a webhook and returns its secret, which is shown this once.
func (s *Service) Create(ctx context.Context, in NewWebhook) (*ent.Webhook, string, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, "", err
	}
	types, err := s.check(in.URL, in.Description, in.Types)
	if err != nil {
		return nil, "", err
	}
	id, k := ident.New(ident.Webhook), newKeys()
	sealed, err := s.seal(id, k)
	if err != nil {
		return nil, "", err
	}
	var out *ent.Webhook
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Callers at the same time must not go over the limit together.
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", p.ProjectID); err != nil {
			return fmt.Errorf("lock the project's webhooks: %w", err)
		}
		n, err := tx.Webhook.Query().Where(webhook.ProjectID(p.ProjectID)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the webhooks: %w", err)
		}
		if n >= maxWebhooks {
			return apperr.New(apperr.Conflict, "the project has %d webhooks, which is the most; delete one first", maxWebhooks)
		}
		out, err = tx.Webhook.Create().SetID(id).SetProjectID(p.ProjectID).SetURL(in.URL).
			SetDescription(in.Description).SetTypes(types).SetSealedSecret(sealed).Save(ctx)
		if err != nil {
			return fmt.Errorf("store the webhook: %w", err)
		}
		return note(ctx, tx, out, "webhook.created")
	})
	if err != nil {
		return nil, "", err
	}
	return out, k.secret(), nil
}

// Changes to a webhook; nil keeps what is there.
type Changes struct {
	URL         *string
	Description *string
	Types       *[]Type
	Enabled     *bool // true also forgets why it was switched off
}

// Update changes a webhook.
func (s *Service) Update(ctx context.Context, id string, in Changes) (*ent.Webhook, error) {
	row, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	change, err := s.changeOf(in)
	if err != nil {
		return nil, err
	}
	var out *ent.Webhook
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Webhook.UpdateOne(row)
		change(update)
		if out, err = update.Save(ctx); err != nil {
			return store.Missing(err, ident.Webhook, id)
		}
		return note(ctx, tx, out, "webhook.updated")
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// note records what became of a webhook.
func note(ctx context.Context, tx *store.Tx, row *ent.Webhook, action string) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.URL,
	})
}

// changeOf checks changes and returns what makes them.
func (s *Service) changeOf(in Changes) (func(*ent.WebhookUpdateOne), error) {
	var types []string
	var err error
	if in.URL != nil {
		if err := s.checkURL(*in.URL); err != nil {
			return nil, err
		}
	}
	if in.Description != nil {
		if err := checkDescription(*in.Description); err != nil {
			return nil, err
		}
	}
	if in.Types != nil {
		if types, err = checkTypes(*in.Types); err != nil {
			return nil, err
		}
	}
	return func(update *ent.WebhookUpdateOne) {
		update.SetNillableURL(in.URL).SetNillableDescription(in.Description)
		if in.Types != nil {
			update.SetTypes(types)
		}
		if in.Enabled != nil {
			update.SetEnabled(*in.Enabled).SetDisabledReason("").SetFailures(0)
		}
	}, nil
}

// Delete removes a webhook with its deliveries.
func (s *Service) Delete(ctx context.Context, id string) error {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Webhook.Query().Where(webhook.ProjectID(p.ProjectID), webhook.ID(id)).ForUpdate().Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Webhook, id)
		}
		if err := tx.Webhook.DeleteOne(row).Exec(ctx); err != nil {
			return fmt.Errorf("delete the webhook: %w", err)
		}
		return note(ctx, tx, row, "webhook.deleted")
	})
}

// RotateSecret gives a webhook a new secret, shown this once. For a day requests
// are signed with the old one too, so that the receiver can change over without
// losing any; expireOld ends the old one at once, for when it has leaked.
func (s *Service) RotateSecret(ctx context.Context, id string, expireOld bool) (*ent.Webhook, string, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, "", err
	}
	var out *ent.Webhook
	fresh := newKeys()
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Webhook.Query().Where(webhook.ProjectID(p.ProjectID), webhook.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Webhook, id)
		}
		k := keys{Current: fresh.Current}
		if !expireOld {
			old, err := s.open(row)
			if err != nil {
				return err
			}
			k.Previous, k.PreviousUntil = old.Current, time.Now().Add(overlap)
		}
		sealed, err := s.seal(id, k)
		if err != nil {
			return err
		}
		if out, err = tx.Webhook.UpdateOne(row).SetSealedSecret(sealed).Save(ctx); err != nil {
			return fmt.Errorf("store the webhook's secret: %w", err)
		}
		return note(ctx, tx, out, "webhook.secret_rotated")
	})
	if err != nil {
		return nil, "", err
	}
	return out, fresh.secret(), nil
}

func (s *Service) check(address, description string, types []Type) ([]string, error) {
	if err := s.checkURL(address); err != nil {
		return nil, err
	}
	if err := checkDescription(description); err != nil {
		return nil, err
	}
	return checkTypes(types)
}
