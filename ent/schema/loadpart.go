package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// LoadPart is a part of a load case that another worker performs than the one
// that has the attempt. Result and attempt fence it: when the attempt is over,
// nobody waits for the part. The rows of an attempt are removed at its end.
type LoadPart struct{ ent.Schema }

// Fields of a LoadPart.
func (LoadPart) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.LoadPart),
		projectID(),
		field.String("run_id").Immutable(),
		field.String("result_id").Immutable(),
		field.Int("attempt").Positive().Immutable(),
		field.Int("part").Positive().Immutable().Comment("Its number; part 0 stays with the attempt's own worker."),
		field.Int("turn").Positive().Immutable().Comment("From 1; another worker takes over a part that was lost in the next turn."),
		field.Enum("state").Values("waiting", "seated", "ready", "running", "ended", "lost").Default("waiting"),
		field.Bool("stopping").Default(false).Comment("The worker is to end its part and to tell what it has."),
		field.String("worker_id").Optional().Nillable(),
		field.Time("lease_expires_at").Optional().Nillable().Comment("When the worker counts as lost, by the database's clock."),
		field.Bytes("brief").Optional().Comment("What the part is, sealed."),
		field.Time("start_at").Optional().Nillable().Comment("The common start of all parts, by the database's clock."),
		field.String("error").Default("").Comment("One sentence when the part could not be performed."),
		createdAt(),
	}
}

// Edges of a LoadPart.
func (LoadPart) Edges() []ent.Edge {
	return []ent.Edge{edge.To("reports", LoadReport.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Indexes of a LoadPart.
func (LoadPart) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("result_id", "attempt", "part", "turn").Unique(),
		index.Fields("worker_id"),
	}
}

// LoadReport is what a part of a load measured in a second. The attempt's worker
// adds it up and removes it.
type LoadReport struct{ ent.Schema }

// Fields of a LoadReport.
func (LoadReport) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("load_part_id").Immutable(),
		field.Int("number").Positive().Immutable().Comment("From 1; what is told twice counts once."),
		field.Bytes("report").Immutable(),
	}
}

// Edges of a LoadReport.
func (LoadReport) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("load_part", LoadPart.Type).Ref("reports").Field("load_part_id").Unique().Required().Immutable(),
	}
}

// Indexes of a LoadReport.
func (LoadReport) Indexes() []ent.Index {
	return []ent.Index{index.Fields("load_part_id", "number").Unique()}
}
