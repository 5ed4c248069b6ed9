package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// CloudEvent is a message as it is sent: CloudEvents 1.0 in the JSON format.
type CloudEvent struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`     // the same in every try, and for every webhook
	Source          string    `json:"source"` // the project
	Type            Type      `json:"type"`
	Subject         string    `json:"subject"` // id of what it is about
	Time            time.Time `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	// Sequence orders the messages about a subject, as text; the extension of
	// this name. A ping has none.
	Sequence string `json:"sequence,omitempty"`
	Data     any    `json:"data"`
}

// ContentType of the body of a request.
const ContentType = "application/cloudevents+json; charset=utf-8"

func (s *Service) message(projectID, id string, t Type, subject string, at time.Time, data any) CloudEvent {
	return CloudEvent{
		SpecVersion: "1.0", ID: id, Source: s.link("projects", projectID), Type: t, Subject: subject,
		Time: at.UTC(), DataContentType: "application/json", Data: data,
	}
}

// link is an address at this server, relative where its own is not known. It
// must not depend on the process that makes it.
func (s *Service) link(kind, id string) string {
	return strings.TrimSuffix(s.o.PublicURL, "/") + "/" + kind + "/" + id
}

// Emit tells all webhooks of a project that want it about something that is no
// event of a run. The subject is the id of what it is about; data becomes JSON.
// It costs one read where no webhook wants it.
func (s *Service) Emit(ctx context.Context, tx *store.Tx, projectID string, t Type, subject string, data any) error {
	to, err := s.interested(ctx, tx, projectID, []Type{t})
	if err != nil || len(to) == 0 {
		return err
	}
	m := s.message(projectID, ident.New(ident.Event), t, subject, time.Now(), data)
	_, err = s.post(ctx, tx, projectID, to, []CloudEvent{m})
	return err
}

// receiver is a webhook as far as it matters to who writes messages.
type receiver struct {
	id    string
	types []string
}

// interested returns the webhooks that want any of the types. They are locked
// against being deleted, and those that are just being deleted are passed over:
// the transaction of a run must neither fail nor wait because of one.
func (s *Service) interested(ctx context.Context, tx *store.Tx, projectID string, types []Type) (out []receiver, err error) {
	const query = `
SELECT id, types FROM webhooks
WHERE project_id = $1 AND enabled AND (jsonb_array_length(types) = 0 OR types ?| $2::text[])
ORDER BY id FOR KEY SHARE SKIP LOCKED`
	rows, err := tx.QueryContext(ctx, query, projectID, store.Array(typeNames(types)))
	if err != nil {
		return nil, fmt.Errorf("find the webhooks: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells what went wrong
	for rows.Next() {
		var r receiver
		var chosen []byte
		if err := rows.Scan(&r.id, &chosen); err != nil {
			return nil, fmt.Errorf("find the webhooks: %w", err)
		}
		if err := json.Unmarshal(chosen, &r.types); err != nil {
			return nil, fmt.Errorf("read the types of webhook %s: %w", r.id, err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("find the webhooks: %w", err)
	}
	return out, nil
}

// post writes a delivery for each message and each webhook that wants it, and
// enqueues its first try.
func (s *Service) post(ctx context.Context, tx *store.Tx, projectID string, to []receiver, messages []CloudEvent) ([]*ent.WebhookDelivery, error) {
	var creates []*ent.WebhookDeliveryCreate
	for _, m := range messages {
		payload, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("encode event %s: %w", m.Type, err)
		}
		for _, r := range to {
			if m.Type != Ping && !wants(r.types, m.Type) {
				continue
			}
			creates = append(creates, tx.WebhookDelivery.Create().SetProjectID(projectID).SetWebhookID(r.id).
				SetEventID(m.ID).SetType(string(m.Type)).SetPayload(payload))
		}
	}
	if len(creates) == 0 {
		return nil, nil
	}
	rows, err := tx.WebhookDelivery.CreateBulk(creates...).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store the deliveries: %w", err)
	}
	jobs := make([]Job, len(rows))
	for i, row := range rows {
		jobs[i] = Job{DeliveryID: row.ID, Try: 1}
	}
	return rows, s.enqueuer.EnqueueDeliveries(ctx, tx, jobs...)
}
