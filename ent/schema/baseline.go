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

// Baseline is one variant that people have accepted as the reference of what
// a case shows. Its content lies in the blob store by its digest. One that was
// replaced or removed stays, so that an older comparison can show it.
type Baseline struct{ ent.Schema }

// Fields of a Baseline.
func (Baseline) Fields() []ent.Field {
	return append([]ent.Field{
		typedID(ident.Baseline),
		projectID(),
		field.String("plan_id").Immutable(),
	}, append(comparedFields(),
		field.String("content_type").Immutable(),
		field.Int64("size").NonNegative().Immutable().Comment("Bytes."),
		field.String("sha256").Immutable().Comment("Of the content, in hex."),
		field.String("key").Immutable().Sensitive().Comment("Where the blob store keeps it."),
		field.String("comparison_id").Default("").Immutable().Comment("Where it was accepted."),
		field.String("accepted_by").Default("").Immutable().Comment("Id of who accepted it."),
		field.String("accepted_by_name").Default("").Immutable(),
		createdAt(),
		field.Time("retired_at").Optional().Nillable().Comment("When it was replaced or removed."),
	)...)
}

// Indexes of a Baseline.
func (Baseline) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("plan_id", "branch", "case_key", "name", "kind", "browser", "viewport", "sha256").StorageKey("baseline_accepted").
			Unique().Annotations(entsql.IndexWhere("retired_at IS NULL")),
		index.Fields("project_id", "id"),
	}
}

// Comparison is what an attempt found when it compared with the baselines, and
// what a person said of it.
type Comparison struct{ ent.Schema }

// Fields of a Comparison.
func (Comparison) Fields() []ent.Field {
	return append([]ent.Field{
		typedID(ident.Comparison),
		projectID(),
		field.String("plan_id").Immutable(),
		field.String("run_id").Immutable(),
		field.String("result_id").Immutable(),
		field.Int("attempt").Positive().Immutable(),
	}, append(comparedFields(),
		field.Enum("status").GoType(spec.ComparisonStatus("")).Immutable(),
		field.Int64("diff_pixels").NonNegative().Immutable(),
		field.Float("diff_ratio").Immutable(),
		field.String("reason").Default("").Immutable().Comment("One sentence of the executor."),
		field.String("actual_id").Immutable().Comment("The artifact that holds what was seen."),
		field.String("actual_sha256").Immutable(),
		field.String("diff_id").Default("").Immutable().Comment("The artifact that shows the difference."),
		field.String("baseline_id").Default("").Immutable().Comment("The variant that it was compared with."),
		field.Enum("review").Values("unneeded", "pending", "accepted", "rejected").Default("pending"),
		field.String("review_note").Default("").Comment("What the person said."),
		field.String("reviewed_by").Default("").Comment("Id of who reviewed it."),
		field.String("reviewed_by_name").Default(""),
		field.Time("reviewed_at").Optional().Nillable(),
		createdAt(),
	)...)
}

// Edges of a Comparison.
func (Comparison) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("run", Run.Type).Ref("comparisons").Field("run_id").Unique().Required().Immutable(),
	}
}

// Indexes of a Comparison.
func (Comparison) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("run_id", "id"),
		index.Fields("result_id"),
		index.Fields("project_id", "id"),
		// What was rejected once is known again by its digest.
		index.Fields("plan_id", "actual_sha256").StorageKey("comparison_rejected").Annotations(entsql.IndexWhere("review = 'rejected'")),
	}
}

// comparedFields name what is compared.
func comparedFields() []ent.Field {
	return []ent.Field{
		field.String("branch").Immutable(),
		field.String("case_key").Immutable().Comment("The case's id with its matrix values."),
		field.String("name").Immutable().Comment("Unique within the case."),
		field.Enum("kind").GoType(spec.BaselineKind("")).Immutable(),
		field.String("browser").Default("").Immutable(),
		field.String("viewport").Default("").Immutable().Comment("Width x height @ scale."),
	}
}
