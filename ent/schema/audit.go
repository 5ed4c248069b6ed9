package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// AuditEntry says who did what to which object from where. Entries are added
// and, when they are old, removed; nothing changes one.
type AuditEntry struct{ ent.Schema }

// Fields of an AuditEntry.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.AuditEntry),
		field.String("project_id").Optional().Nillable().Immutable().Comment("The tenant; absent where it concerns the instance."),
		field.Time("at").Default(time.Now).Immutable(),
		field.Enum("actor_kind").Values("user", "service_account", "token", "trigger", "schedule", "system", "anonymous").Immutable(),
		field.String("actor_id").Default("").Immutable(),
		field.String("actor_name").Default("").MaxLen(300).Immutable().Comment("As it was then."),
		field.String("action").NotEmpty().MaxLen(100).Immutable().Comment("Such as plan.created."),
		field.Enum("outcome").Values("done", "refused").Default("done").Immutable(),
		field.String("object_id").Default("").Immutable(),
		field.String("object_name").Default("").MaxLen(300).Immutable(),
		field.String("address").Default("").Immutable().Comment("Where the request came from."),
		field.String("user_agent").Default("").MaxLen(300).Immutable(),
		field.JSON("detail", map[string]string{}).Optional().Immutable().Comment("What else matters; never a secret."),
	}
}

// Indexes of an AuditEntry.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "id"),
		index.Fields("object_id", "id"),
		index.Fields("at"),
	}
}
