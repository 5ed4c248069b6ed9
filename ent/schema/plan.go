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

// Plan is a named acceptance specification; its text lives in its versions.
type Plan struct{ ent.Schema }

// Fields of a Plan.
func (Plan) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Plan),
		projectID(),
		field.String("name").NotEmpty().MaxLen(100),
		field.String("description").Default("").MaxLen(1000),
		field.Strings("tags").Default([]string{}),
		field.Int("latest_version").Default(1).Positive().Comment("Number of the newest version."),
		createdAt(),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
		field.Time("deleted_at").Optional().Nillable().Comment("Runs outlive their plan, so a plan is only marked."),
	}
}

// Edges of a Plan.
func (Plan) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("project", Project.Type).Ref("plans").Field("project_id").Unique().Required().Immutable(),
		edge.To("versions", PlanVersion.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of a Plan.
func (Plan) Indexes() []ent.Index {
	return []ent.Index{index.Fields("project_id", "id")}
}

// PlanVersion is one immutable revision of a plan, as its author wrote it.
type PlanVersion struct{ ent.Schema }

// Fields of a PlanVersion.
func (PlanVersion) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.PlanVersion),
		projectID(),
		field.String("plan_id").Immutable(),
		field.Int("number").Positive().Immutable().Comment("From 1, without gaps within a plan."),
		field.Text("source").Immutable().Comment("YAML or JSON."),
		field.JSON("files", map[string][]byte{}).Optional().Immutable().Comment("Files that the source refers to, by path."),
		field.String("digest").Immutable().Comment("SHA-256 of source and files, in hex; equal content makes no new version."),
		createdAt(),
	}
}

// Edges of a PlanVersion.
func (PlanVersion) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("plan", Plan.Type).Ref("versions").Field("plan_id").Unique().Required().Immutable(),
	}
}

// Indexes of a PlanVersion.
func (PlanVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("plan_id", "number").Unique()}
}
