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

// Generation is one request for cases that a person may accept.
type Generation struct{ ent.Schema }

// Fields of a Generation.
func (Generation) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Generation),
		projectID(),
		field.String("plan_id").Optional().Nillable().Comment("Plan that the cases are for; the one that was made of the first that a person accepted."),
		field.Enum("source").Values("openapi", "crawl", "requirements").Immutable(),
		field.JSON("request", json.RawMessage{}).Immutable().Comment("What was asked for."),
		field.Int("priority").Default(3).Range(1, 4).Immutable().Comment("1 is served first."),
		field.Int64("timeout_ms").Positive().Immutable(),
		field.Enum("status").Values("queued", "running", "completed", "failed", "cancelled").Default("queued"),
		field.String("reason").Default("").Comment("Why it failed."),
		field.String("generator").Default("").Comment("RULES or the name of a model; empty before it is known."),
		field.Bool("from_cache").Default(false).Comment("Whether a model's answer was one that it had given before."),
		field.Int64("cache_age_ms").Default(0).NonNegative().Comment("How old that answer was."),
		field.Float("coverage").Default(0).Comment("0–1: what the proposed cases cover of the source."),
		field.Int("tried").Default(0).NonNegative().Comment("Cases that were judged."),
		field.Int("candidates").Default(0).NonNegative().Comment("Cases that were made."),
		field.Int("proposed").Default(0).NonNegative(),
		field.Strings("notes").Default([]string{}),
		field.JSON("frame", json.RawMessage{}).Optional().Comment("What a plan of the cases has beside them."),
		field.Int64("last_seq").Default(0).NonNegative().Comment("Number of its newest event."),
		field.String("created_by").Default("").Immutable().Comment("Id of who asked for it."),
		field.String("created_by_name").Default("").Immutable(),
		createdAt(),
		field.Time("started_at").Optional().Nillable(),
		field.Time("finished_at").Optional().Nillable(),
	}
}

// Edges of a Generation.
func (Generation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("cases", GeneratedCase.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("events", GenerationEvent.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of a Generation.
func (Generation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("project_id", "id")}
}

// GeneratedCase is a case that a generation has made, with what was found about
// it.
type GeneratedCase struct{ ent.Schema }

// Fields of a GeneratedCase.
func (GeneratedCase) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.GeneratedCase),
		projectID(),
		field.String("generation_id").Immutable(),
		field.Int("ordinal").NonNegative().Immutable().Comment("In the order in which they were judged, from 0."),
		field.String("case_id").Immutable().Comment("The id that the case has in a plan; empty for one that cannot be read."),
		field.String("name").Immutable(),
		field.String("kind").Immutable().Comment("Empty for one that cannot be read."),
		field.Text("source").Immutable().Comment("The case alone, as YAML."),
		field.Enum("state").Values("proposed", "accepted", "rejected", "suspected_defect"),
		field.Float("confidence").Immutable().Comment("0–1, from the checks."),
		field.JSON("cites", []CaseCite{}).Immutable(),
		field.JSON("covers", []string{}).Immutable(),
		field.JSON("checks", []CaseCheck{}),
		field.String("plan_version_id").Optional().Nillable().Comment("Version of the plan by which it was accepted."),
		field.String("reviewed_by").Default("").Comment("Id of who accepted or rejected it."),
		field.String("reviewed_by_name").Default(""),
		field.String("review_reason").Default(""),
		field.Time("reviewed_at").Optional().Nillable(),
		createdAt(),
	}
}

// CaseCite is one thing that a generated case stands on.
type CaseCite struct {
	Kind  string `json:"kind"`
	Ref   string `json:"ref"`
	Quote string `json:"quote,omitempty"`
}

// CaseCheck is one check of a generated case.
type CaseCheck struct {
	Name    string           `json:"name"`
	Outcome CaseCheckOutcome `json:"outcome"`
	Reason  string           `json:"reason,omitempty"`
}

// CaseCheckOutcome is how a check of a generated case ended.
type CaseCheckOutcome string

// The outcomes.
const (
	CaseCheckPassed  CaseCheckOutcome = "passed"
	CaseCheckFailed  CaseCheckOutcome = "failed"
	CaseCheckSkipped CaseCheckOutcome = "skipped"
)

// Edges of a GeneratedCase.
func (GeneratedCase) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("generation", Generation.Type).Ref("cases").Field("generation_id").Unique().Required().Immutable(),
	}
}

// Indexes of a GeneratedCase.
func (GeneratedCase) Indexes() []ent.Index {
	return []ent.Index{index.Fields("generation_id", "ordinal").Unique(), index.Fields("project_id", "id")}
}

// GenerationEvent is a numbered fact about a generation.
type GenerationEvent struct{ ent.Schema }

// Fields of a GenerationEvent.
func (GenerationEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("generation_id").Immutable(),
		field.Int64("seq").Positive().Immutable().Comment("From 1, without gaps within a generation."),
		field.String("stage").Immutable(),
		field.Int("tried").Immutable(),
		field.Int("candidates").Immutable(),
		field.Int("proposed").Immutable(),
		field.String("case_id").Default("").Immutable().Comment("Of the case that was judged last."),
		field.String("state").Default("").Immutable().Comment("Of that case."),
		field.Time("at").Immutable(),
	}
}

// Edges of a GenerationEvent.
func (GenerationEvent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("generation", Generation.Type).Ref("events").Field("generation_id").Unique().Required().Immutable(),
	}
}

// Indexes of a GenerationEvent.
func (GenerationEvent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("generation_id", "seq").Unique()}
}
