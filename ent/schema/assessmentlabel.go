package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// AssessmentLabel is what a person says of an item or a criterion that a judge has
// judged.
type AssessmentLabel struct{ ent.Schema }

// Fields of an AssessmentLabel.
func (AssessmentLabel) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.AssessmentLabel),
		projectID(),
		field.String("assessment_id").Immutable(),
		field.String("criterion").Immutable(),
		field.String("item").Default("").Immutable().Comment("Of the criterion's rubric; empty for the criterion as a whole."),
		field.Enum("verdict").Values("pass", "fail", "unclear"),
		field.String("said").Default("").Immutable().Comment("What the judge said: pass, fail or unclear; empty where it did not decide."),
		field.String("model").Default("").Immutable().Comment("Of the judge."),
		field.String("prompt_version").Default("").Immutable().Comment("Of the judge's instructions for the criterion."),
		field.String("note").Default(""),
		field.String("labelled_by").Immutable().Comment("Id of who says so."),
		field.String("labelled_by_name").Default(""),
		createdAt(),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
	}
}

// Edges of an AssessmentLabel.
func (AssessmentLabel) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("assessment", Assessment.Type).Ref("labels").Field("assessment_id").Unique().Required().Immutable(),
	}
}

// Indexes of an AssessmentLabel.
func (AssessmentLabel) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("assessment_id", "criterion", "item", "labelled_by").Unique(),
		index.Fields("project_id", "criterion", "model", "prompt_version"),
	}
}
