package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// FailureCluster is one kind of failure in a project: what has the same signature.
type FailureCluster struct{ ent.Schema }

// Fields of a FailureCluster.
func (FailureCluster) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.FailureCluster),
		projectID(),
		field.String("signature").Immutable().Comment("Hash, with the version of its rules."),
		field.String("code").Default("").Immutable(),
		field.String("check_name").Default("").Immutable(),
		field.String("operation").Default("").Immutable(),
		field.String("title").Immutable().Comment("The message without data."),
		field.String("cause").Immutable().Comment("By rules."),
		field.String("rule").Default("").Immutable(),
		field.String("why").Default("").Immutable(),
		field.String("quote").Default("").Immutable().Comment("Word for word from the first failure."),
		field.String("first_run_id").Comment("The earliest run that is known to have it."),
		field.Time("first_seen_at"),
		field.Time("last_seen_at"),
		field.JSON("analysis", json.RawMessage{}).Optional().Comment("What a model said, or why it could not be asked."),
	}
}

// Edges of a FailureCluster.
func (FailureCluster) Edges() []ent.Edge {
	return []ent.Edge{edge.To("failures", Failure.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Indexes of a FailureCluster.
func (FailureCluster) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "signature").Unique(),
		index.Fields("project_id", "last_seen_at"),
	}
}

// Failure is a result that did not pass, or not at once.
type Failure struct{ ent.Schema }

// Fields of a Failure.
func (Failure) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		projectID(),
		field.String("cluster_id").Immutable(),
		field.String("run_id").Immutable(),
		field.String("result_id").Immutable(),
		field.String("plan_id").Immutable(),
		field.String("case_key").Immutable(),
		field.Int("attempt").Immutable().Comment("The one that failed."),
		field.Bool("passed_later").Default(false).Immutable().Comment("Whether a later attempt passed."),
		field.String("message").Default("").Immutable(),
		field.Time("at").Immutable().Comment("When the attempt ended."),
	}
}

// Edges of a Failure.
func (Failure) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("cluster", FailureCluster.Type).Ref("failures").Field("cluster_id").Unique().Required().Immutable(),
		edge.From("run", Run.Type).Ref("failures").Field("run_id").Unique().Required().Immutable(),
	}
}

// Indexes of a Failure.
func (Failure) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("result_id").Unique(),
		index.Fields("run_id"),
		index.Fields("cluster_id", "at"),
		index.Fields("project_id", "at"),
	}
}
