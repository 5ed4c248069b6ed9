package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// Webhook tells another system what happens in a project.
type Webhook struct{ ent.Schema }

// Fields of a Webhook.
func (Webhook) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Webhook),
		projectID(),
		field.String("url").NotEmpty().MaxLen(2000),
		field.String("description").Default("").MaxLen(200),
		field.Strings("types").Default([]string{}).Comment("Types of events that are sent; empty means all."),
		field.Bytes("sealed_secret").Sensitive().Comment("Key of the signatures, encrypted."),
		field.Bool("enabled").Default(true),
		field.String("disabled_reason").Default("").Comment("Why the server itself switched it off."),
		field.Int("failures").Default(0).NonNegative().Comment("Deliveries in a row that were given up."),
		createdAt(),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
	}
}

// Edges of a Webhook.
func (Webhook) Edges() []ent.Edge {
	return []ent.Edge{edge.To("deliveries", WebhookDelivery.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Indexes of a Webhook.
func (Webhook) Indexes() []ent.Index {
	return []ent.Index{index.Fields("project_id", "id")}
}

// WebhookDelivery is one event on its way to one webhook.
type WebhookDelivery struct{ ent.Schema }

// Fields of a WebhookDelivery.
func (WebhookDelivery) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Delivery),
		projectID(),
		field.String("webhook_id").Immutable(),
		field.String("event_id").Immutable().Comment("The CloudEvent's id, the same in every try."),
		field.String("type").Immutable(),
		field.Bytes("payload").Immutable().Comment("The CloudEvent as JSON, as it is sent."),
		field.Enum("status").Values("pending", "delivered", "failed").Default("pending"),
		field.JSON("tries", []DeliveryTry{}).Optional(),
		createdAt(),
		field.Time("finished_at").Optional().Nillable(),
	}
}

// DeliveryTry is one request of a delivery and what came of it.
type DeliveryTry struct {
	At         time.Time  `json:"at"`
	Status     int        `json:"status,omitempty"` // of the answer; 0 without one
	Error      string     `json:"error,omitempty"`
	DurationMS int64      `json:"durationMs"`
	NextAt     *time.Time `json:"nextAt,omitempty"` // when the next try is due; nil when none follows
}

// Edges of a WebhookDelivery.
func (WebhookDelivery) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("webhook", Webhook.Type).Ref("deliveries").Field("webhook_id").Unique().Required().Immutable(),
	}
}

// Indexes of a WebhookDelivery.
func (WebhookDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("webhook_id", "id"),
		index.Fields("webhook_id", "event_id"),
		index.Fields("created_at"),
	}
}
