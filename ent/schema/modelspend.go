package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ModelSpend is what a project on one day, or one of its runs, has used of language
// models, with what is reserved for calls under way.
type ModelSpend struct{ ent.Schema }

// Fields of a ModelSpend.
func (ModelSpend) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("Names the account: day, project and date, or run, project and run."),
		projectID(),
		field.Int64("tokens").Default(0),
		field.Int64("cost_nanos").Default(0).Comment("Billionths of a US dollar."),
		field.Time("updated_at").Default(time.Now),
	}
}

// Indexes of a ModelSpend.
func (ModelSpend) Indexes() []ent.Index {
	return []ent.Index{index.Fields("updated_at")}
}
