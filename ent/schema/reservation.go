package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
)

// Reservation keeps slots for one project during a window.
type Reservation struct{ ent.Schema }

// Fields of a Reservation.
func (Reservation) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Reservation),
		projectID(),
		field.Enum("kind").GoType(spec.Kind("")).Immutable(),
		field.Int("slots").Positive().Immutable(),
		field.String("note").Default("").MaxLen(200).Immutable(),
		field.Time("starts_at").Immutable(),
		field.Time("ends_at").Comment("Exclusive; releaseSlots brings it forward."),
		createdAt(),
	}
}

// Indexes of a Reservation.
func (Reservation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("ends_at"), index.Fields("project_id", "id")}
}
