package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// Artifact is a stored attachment. Its content lies in the blob store under
// key; the row says whose it is. An artifact whose content could not be stored
// says why in error.
type Artifact struct{ ent.Schema }

// Fields of an Artifact.
func (Artifact) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Artifact),
		projectID(),
		field.String("run_id").Immutable(),
		field.String("result_id").Immutable(),
		field.Int("attempt").Positive().Immutable().Comment("Number of the attempt."),
		field.Int("step").Min(-1).Immutable().Comment("Ordinal of the step, -1 for the whole attempt."),
		field.String("name").Immutable(),
		field.String("kind").Immutable(),
		field.String("content_type").Immutable(),
		field.Int64("size").NonNegative().Immutable().Comment("Bytes."),
		field.String("sha256").Immutable().Comment("Of the content, in hex."),
		field.String("key").Immutable().Sensitive().Comment("Where the blob store keeps it."),
		field.String("error").Default("").Immutable(),
		createdAt(),
	}
}

// Indexes of an Artifact.
func (Artifact) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("result_id", "attempt"),
		index.Fields("run_id"),
	}
}
