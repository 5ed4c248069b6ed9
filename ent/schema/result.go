package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
)

// Result is one case in a run. While it runs, attempt is the fencing token:
// a write that names another number is refused.
type Result struct{ ent.Schema }

// Fields of a Result.
func (Result) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Result),
		projectID(),
		field.String("run_id").Immutable(),
		field.Int("ordinal").NonNegative().Immutable().Comment("Place in the run, from 0."),
		field.String("case_id").Immutable(),
		field.String("case_key").Immutable().Comment("The case's id with its matrix values."),
		field.String("title").Immutable(),
		field.Enum("kind").GoType(spec.Kind("")).Immutable(),
		field.Strings("tags").Optional().Immutable(),
		field.JSON("matrix", map[string]string{}).Optional().Immutable(),
		field.String("target").Default("").Immutable().Comment("Host that the case is about, with its port; empty when nothing says it."),
		field.Int64("timeout_ms").Positive().Immutable().Comment("Limit of one attempt."),
		field.Enum("status").Values("pending", "queued", "running", "finished").Default("pending"),
		field.Enum("outcome").GoType(spec.Outcome("")).Optional().Nillable(),
		field.String("error").Default("").Comment("One sentence when the outcome is not passed."),
		field.Int("attempt").Default(1).Positive().Comment("Number of the current attempt."),
		field.Int("max_retries").Default(0).NonNegative().Immutable(),
		field.Int("retries").Default(0).NonNegative().Comment("Attempts made because an earlier one did not pass."),
		field.Int("lost").Default(0).NonNegative().Comment("Attempts whose worker was lost."),
		field.String("worker_id").Optional().Nillable(),
		field.Time("deferred_until").Optional().Nillable().Comment("A pending case is not queued before."),
		field.String("deferred_for").Default("").Comment("The target whose breaker is open."),
		field.Time("lease_expires_at").Optional().Nillable().Comment("When the attempt is given to another worker, by the database's clock."),
		field.Time("started_at").Optional().Nillable(),
		field.Time("finished_at").Optional().Nillable(),
		field.Int64("duration_ms").Default(0).NonNegative(),
	}
}

// Edges of a Result.
func (Result) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("run", Run.Type).Ref("results").Field("run_id").Unique().Required().Immutable(),
		edge.To("attempts", Attempt.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of a Result.
func (Result) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("run_id", "ordinal").Unique(),
		index.Fields("run_id", "ordinal").StorageKey("result_pending").Annotations(entsql.IndexWhere("status = 'pending'")),
		index.Fields("project_id", "case_id", "id"),
		index.Fields("lease_expires_at").Annotations(entsql.IndexWhere("status = 'running'")),
		// As Postgres prints it: a condition that reads otherwise is taken for a change.
		index.Fields("kind", "project_id").StorageKey("result_held").Annotations(entsql.IndexWhere("(status)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[])")),
		index.Fields("worker_id").Annotations(entsql.IndexWhere("status = 'running'")),
	}
}

// Attempt is one try of a result. Its row is written when it ends.
type Attempt struct{ ent.Schema }

// Fields of an Attempt.
func (Attempt) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Attempt),
		projectID(),
		field.String("run_id").Immutable(),
		field.String("result_id").Immutable(),
		field.Int("number").Positive().Immutable(),
		field.String("worker_id").Immutable(),
		field.Enum("outcome").GoType(spec.Outcome("")).Immutable(),
		field.String("error").Default("").Immutable(),
		field.Time("started_at").Immutable(),
		field.Time("finished_at").Immutable(),
		field.Int64("duration_ms").NonNegative().Immutable(),
		field.JSON("logs", []LogLine{}).Optional().Immutable(),
	}
}

// LogLine is a line that an executor wrote for people who look into a failure.
type LogLine struct {
	Level   string `json:"level"`
	Message string `json:"message"`
	AtMS    int64  `json:"atMs"` // since the attempt began
}

// Edges of an Attempt.
func (Attempt) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("result", Result.Type).Ref("attempts").Field("result_id").Unique().Required().Immutable(),
		edge.To("steps", Step.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("checks", Check.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("metrics", Metric.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of an Attempt.
func (Attempt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("result_id", "number").Unique()}
}
