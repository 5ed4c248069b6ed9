package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/spec"
)

// Step is one action of an attempt, as it went.
type Step struct{ ent.Schema }

// Fields of a Step.
func (Step) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("attempt_id").Immutable(),
		field.Int("ordinal").NonNegative().Immutable().Comment("Place in the case, from 0."),
		field.String("name").Immutable(),
		field.String("action").Immutable().Comment("The plan's word for it."),
		field.Enum("outcome").GoType(spec.Outcome("")).Immutable(),
		field.String("error").Default("").Immutable(),
		field.Int64("offset_ms").NonNegative().Immutable().Comment("Start, since the attempt began."),
		field.Int64("duration_us").NonNegative().Immutable(),
		field.JSON("detail", json.RawMessage{}).Optional().Immutable().Comment("What the action saw: request, response, url."),
	}
}

// Edges of a Step.
func (Step) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("attempt", Attempt.Type).Ref("steps").Field("attempt_id").Unique().Required().Immutable(),
	}
}

// Indexes of a Step.
func (Step) Indexes() []ent.Index {
	return []ent.Index{index.Fields("attempt_id", "ordinal").Unique()}
}

// Check is one assertion of a step, as judged.
type Check struct{ ent.Schema }

// Fields of a Check.
func (Check) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("attempt_id").Immutable(),
		field.Int("step_ordinal").NonNegative().Immutable(),
		field.Int("ordinal").NonNegative().Immutable().Comment("Place in the step, from 0."),
		field.String("name").Immutable(),
		field.Bool("passed").Immutable(),
		field.String("expected").Default("").Immutable(),
		field.String("actual").Default("").Immutable(),
		field.String("message").Default("").Immutable(),
	}
}

// Edges of a Check.
func (Check) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("attempt", Attempt.Type).Ref("checks").Field("attempt_id").Unique().Required().Immutable(),
	}
}

// Indexes of a Check.
func (Check) Indexes() []ent.Index {
	return []ent.Index{index.Fields("attempt_id", "step_ordinal", "ordinal").Unique()}
}

// Metric is one measured value.
type Metric struct{ ent.Schema }

// Fields of a Metric.
func (Metric) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("attempt_id").Immutable(),
		field.String("name").Immutable(),
		field.String("unit").Immutable().Comment("ms, By or 1."),
		field.Float("value").Immutable(),
		field.JSON("tags", map[string]string{}).Optional().Immutable(),
		field.Time("at").Immutable(),
	}
}

// Edges of a Metric.
func (Metric) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("attempt", Attempt.Type).Ref("metrics").Field("attempt_id").Unique().Required().Immutable(),
	}
}

// Indexes of a Metric.
func (Metric) Indexes() []ent.Index {
	return []ent.Index{index.Fields("attempt_id", "name")}
}
