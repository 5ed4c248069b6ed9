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

// Assessment is a judgement on a run or on one of its results.
type Assessment struct{ ent.Schema }

// CriteriaWeights are weights that somebody asked for instead of the plan's.
type CriteriaWeights struct {
	UI            float64 `json:"ui"`
	Performance   float64 `json:"performance"`
	Accessibility float64 `json:"accessibility"`
	Functionality float64 `json:"functionality"`
}

// JudgeAsk is how a language model is to judge.
type JudgeAsk struct {
	Votes int    `json:"votes"`
	Model string `json:"model,omitempty"` // another one of the primary provider
	Fresh bool   `json:"fresh,omitempty"` // also where the cache knows an answer
}

// Fields of an Assessment.
func (Assessment) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Assessment),
		projectID(),
		field.String("run_id").Immutable(),
		field.String("result_id").Optional().Nillable().Immutable().Comment("Where it is about one result alone."),
		field.Enum("judge").Values("rules", "llm", "person").Immutable(),
		field.Enum("status").Values("pending", "assessed", "not_assessed", "inconclusive").Default("pending"),
		field.String("reason").Default("").Comment("Why there is no score, or none to rely on."),
		field.JSON("weights", &CriteriaWeights{}).Optional().Immutable().Comment("Asked for instead of the plan's."),
		field.String("verdict").Default("").Comment("Band of the score; empty without one."),
		field.Float("score").Optional().Nillable().Comment("0–1; absent where nothing was measured."),
		field.Float("confidence").Default(0).Comment("0–1."),
		field.JSON("document", json.RawMessage{}).Optional().Comment("The whole judgement: criteria, issues, recommendations, evidence."),
		field.String("version").Default("").Comment("Of the rules."),
		field.String("model").Default("").Comment("Of the provider; empty where none had a part in it."),
		field.String("prompt_version").Default(""),
		field.Int("votes").Default(1).Positive().Comment("How many judgements it was made of."),
		field.JSON("ask", &JudgeAsk{}).Optional().Immutable().Comment("How a model is asked; absent for other judges."),
		field.JSON("panel", json.RawMessage{}).Optional().Comment("What the votes of a model were, with what was dropped of them."),
		field.JSON("gate", json.RawMessage{}).Optional().Comment("The plan's gate on the judgement, as applied or not."),
		field.Int64("tokens").Default(0).NonNegative().Comment("That a model used for it."),
		field.Int64("cost_nanos").Optional().Nillable().Comment("Billionths of a US dollar; absent where the price is not known."),
		field.String("created_by").Default("").Immutable().Comment("Id of who asked for it; empty for the end of the run."),
		field.String("created_by_name").Default("").Immutable(),
		createdAt(),
		field.Time("finished_at").Optional().Nillable(),
	}
}

// Edges of an Assessment.
func (Assessment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("run", Run.Type).Ref("assessments").Field("run_id").Unique().Required().Immutable(),
		edge.To("labels", AssessmentLabel.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of an Assessment.
func (Assessment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("run_id", "id"),
		index.Fields("project_id", "id"),
	}
}
