package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// Schedule starts runs of a plan at the times of a cron expression.
type Schedule struct{ ent.Schema }

// Fields of a Schedule.
func (Schedule) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Schedule),
		projectID(),
		field.String("plan_id").Immutable(),
		field.String("name").NotEmpty().MaxLen(100),
		field.Bool("from_plan").Default(false).Immutable().Comment("Whether the plan's own text asks for it; then only the plan changes it."),
		field.String("cron").NotEmpty().MaxLen(200),
		field.String("time_zone").Default("UTC").MaxLen(100).Comment("Name in the IANA database."),
		field.Enum("overlap").Values("allow", "skip", "queue", "cancel").Default("skip").Comment("What happens when the run before is not over."),
		field.Enum("missed").Values("skip", "once").Default("once").Comment("What happens with times at which no server was there."),
		field.Bool("paused").Default(false),
		field.String("environment").Default("").MaxLen(100),
		field.JSON("variables", map[string]string{}).Optional(),
		field.Int("priority").Default(0).NonNegative().Max(4),
		field.Time("next_fire_at").Optional().Nillable(),
		field.Time("queued_fire_at").Optional().Nillable().Comment("A time that waits for the run before to be over."),
		field.Time("last_fire_at").Optional().Nillable(),
		field.String("last_run_id").Default(""),
		field.String("last_error").Default("").Comment("Why the last time started no run."),
		createdAt(),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
	}
}

// Indexes of a Schedule.
func (Schedule) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "id"),
		index.Fields("plan_id"),
		index.Fields("next_fire_at").Annotations(entsql.IndexWhere("NOT paused")),
		index.Fields("queued_fire_at").Annotations(entsql.IndexWhere("queued_fire_at IS NOT NULL")),
	}
}

// Trigger lets a system that signs its requests start runs of a plan.
type Trigger struct{ ent.Schema }

// Fields of a Trigger.
func (Trigger) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Trigger),
		projectID(),
		field.String("plan_id").Immutable(),
		field.String("name").NotEmpty().MaxLen(100),
		field.Bytes("sealed_secret").Sensitive().Comment("Key of the signatures, encrypted."),
		field.String("environment").Default("").MaxLen(100),
		field.JSON("variables", map[string]string{}).Optional(),
		field.Strings("open_variables").Optional().Comment("Variables that a request may set."),
		field.Int("priority").Default(0).NonNegative().Max(4),
		field.Bool("enabled").Default(true),
		field.Time("last_used_at").Optional().Nillable(),
		createdAt(),
	}
}

// Indexes of a Trigger.
func (Trigger) Indexes() []ent.Index {
	return []ent.Index{index.Fields("project_id", "id"), index.Fields("plan_id")}
}

// ShardPlan is how the cases of a plan were divided among the shards of one
// build, so that the shards agree although they start one after the other.
type ShardPlan struct{ ent.Schema }

// Fields of a ShardPlan.
func (ShardPlan) Fields() []ent.Field {
	return []ent.Field{
		projectID(),
		field.String("key").NotEmpty().Immutable().Comment("Plan version, selection, number of shards and the build's name."),
		field.JSON("shards", map[string]int{}).Immutable().Comment("Number of the shard, from 1, by the case's key."),
		createdAt(),
	}
}

// Indexes of a ShardPlan.
func (ShardPlan) Indexes() []ent.Index {
	return []ent.Index{index.Fields("project_id", "key").Unique(), index.Fields("created_at")}
}
