package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/semantest/semantest/internal/ident"
)

// Worker is a process that hosts executors.
type Worker struct{ ent.Schema }

// Fields of a Worker.
func (Worker) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Worker),
		field.String("host").Immutable(),
		field.Int("pid").Immutable(),
		field.String("version").Immutable(),
		field.JSON("slots", map[string]int{}).Immutable().Comment("Cases at once, by kind."),
		field.JSON("labels", map[string]string{}).Optional().Immutable().Comment("What people tell workers apart by."),
		field.Enum("status").Values("active", "draining", "stopped").Default("active"),
		field.Time("started_at").Immutable(),
		field.Time("heartbeat_at"),
	}
}
