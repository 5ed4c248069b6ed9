package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// Run is one execution of a PlanVersion.
//
// The counters and last_seq change together in the transaction
// that stores a result; the row's lock orders the run's events.
type Run struct{ ent.Schema }

// Fields of a Run.
func (Run) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Run),
		projectID(),
		field.String("plan_id").Immutable(),
		field.String("plan_version_id").Immutable(),
		field.String("name").Immutable().Comment("The plan's name when the run started."),
		field.Enum("status").Values("queued", "running", "paused", "passed", "failed", "errored", "cancelled").Default("queued"),
		field.String("environment").Default("").Immutable(),
		field.String("branch").Default("").Immutable().Comment("Of the source under test; empty is the project's default branch."),
		field.Bool("accept_baselines").Default(false).Immutable().Comment("Whether what is new or changed was accepted beforehand."),
		field.JSON("variables", map[string]string{}).Optional().Immutable().Comment("Values given at the start; never secrets."),
		field.Bytes("sealed_secrets").Optional().Immutable().Sensitive().Comment("Secrets given at the start, encrypted."),
		field.JSON("selection", []string{}).Optional().Immutable().Comment("Keys of the cases that were chosen; empty means all."),
		field.Int("priority").Default(2).Min(1).Max(4).Immutable().Comment("1 is served first."),
		field.Int("parallel").Default(5).Positive().Immutable().Comment("Cases under way at once."),
		field.Int64("timeout_ms").Default(0).NonNegative().Immutable().Comment("Limit of the whole run; 0 is without one."),
		field.Int("max_failures").Default(0).NonNegative().Immutable().Comment("Failed cases after which no further one is begun; 0 is without a limit."),
		field.String("concurrency_group").Default("").Immutable().Comment("Runs of a project with the same group wait for one another."),
		field.Int("concurrency_max").Default(0).NonNegative().Immutable().Comment("Runs of the group under way at once."),
		field.Enum("origin").Values("caller", "schedule", "trigger").Default("caller").Immutable().Comment("Who started it."),
		field.String("origin_id").Default("").Immutable().Comment("The schedule or the trigger."),
		field.Int("shard").Default(0).NonNegative().Immutable().Comment("From 1; 0 when the run is not one of several shards."),
		field.Int("shards").Default(0).NonNegative().Immutable(),
		field.Int("tokens").Default(0).NonNegative().Comment("Cases that are queued or running."),
		field.Bool("short").Default(false).Comment("Whether it could use more tokens than it was given."),
		field.Time("admitted_at").Optional().Nillable().Comment("When its groups let it in; until then it has no tokens."),
		field.Time("paused_at").Optional().Nillable(),
		field.Time("deadline_at").Optional().Nillable().Comment("When its limit ends, by the database's clock."),
		field.Int("total").Default(0).NonNegative().Comment("Number of results."),
		field.Int("finished").Default(0).NonNegative(),
		field.Int("passed").Default(0).NonNegative(),
		field.Int("failed").Default(0).NonNegative(),
		field.Int("flaky").Default(0).NonNegative(),
		field.Int("timed_out").Default(0).NonNegative(),
		field.Int("errored").Default(0).NonNegative(),
		field.Int("skipped").Default(0).NonNegative(),
		field.Int("cancelled").Default(0).NonNegative(),
		field.Int64("last_seq").Default(0).NonNegative().Comment("Number of the newest event."),
		field.JSON("gates", []GateOutcome{}).Optional().Comment("Gates as judged at the end."),
		field.String("error").Default("").Comment("Why the run could not be judged."),
		field.String("client_mutation_id").Optional().Nillable().Immutable().Comment("Idempotency key of startRun."),
		field.Time("stop_requested_at").Optional().Nillable(),
		field.Enum("stop_reason").Values("asked", "superseded", "timeout", "max_failures").Optional().Nillable(),
		createdAt(),
		field.Time("started_at").Optional().Nillable().Comment("When the first case began."),
		field.Time("finished_at").Optional().Nillable(),
	}
}

// GateOutcome is the judgement of one gate.
type GateOutcome struct {
	Name     string  `json:"name"`
	Passed   bool    `json:"passed"`
	Expected float64 `json:"expected"`
	Actual   float64 `json:"actual"`
}

// Edges of a Run.
func (Run) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("project", Project.Type).Ref("runs").Field("project_id").Unique().Required().Immutable(),
		edge.To("plan", Plan.Type).Field("plan_id").Unique().Required().Immutable(),
		edge.To("plan_version", PlanVersion.Type).Field("plan_version_id").Unique().Required().Immutable(),
		edge.To("results", Result.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("events", RunEvent.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("comparisons", Comparison.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("assessments", Assessment.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("failures", Failure.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of a Run.
func (Run) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "id"),
		index.Fields("plan_id", "id"),
		index.Fields("project_id", "client_mutation_id").Unique(),
		index.Fields("status").Annotations(entsql.IndexWhere("finished_at IS NULL")),
		index.Fields("project_id", "concurrency_group", "environment").StorageKey("run_live").
			Annotations(entsql.IndexWhere("finished_at IS NULL")),
		index.Fields("deadline_at").Annotations(entsql.IndexWhere("finished_at IS NULL")),
		index.Fields("origin_id").Annotations(entsql.IndexWhere("origin_id <> ''")),
	}
}

// RunEvent is a numbered fact about a run.
type RunEvent struct{ ent.Schema }

// Fields of a RunEvent.
func (RunEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("run_id").Immutable(),
		field.Int64("seq").Positive().Immutable().Comment("From 1, without gaps within a run."),
		field.String("type").Immutable(),
		field.Bytes("payload").Immutable().Comment("The event as JSON, as it was published."),
		field.Time("at").Immutable(),
	}
}

// Edges of a RunEvent.
func (RunEvent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("run", Run.Type).Ref("events").Field("run_id").Unique().Required().Immutable(),
	}
}

// Indexes of a RunEvent.
func (RunEvent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("run_id", "seq").Unique()}
}
