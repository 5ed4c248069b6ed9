package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// Secret is a value that a project's plans may use and that nobody can read
// back.
type Secret struct{ ent.Schema }

// Fields of a Secret.
func (Secret) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Secret),
		projectID(),
		field.String("environment").Default("").MaxLen(100).Immutable().Comment("The only environment that sees it; empty is every one that has no value of its own."),
		field.String("name").NotEmpty().MaxLen(100).Immutable(),
		field.Bytes("sealed_value").Sensitive(),
		createdAt(),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
		field.String("updated_by").Default("").Comment("Who gave the value, as the audit log names them."),
	}
}

// Indexes of a Secret.
func (Secret) Indexes() []ent.Index {
	return []ent.Index{index.Fields("project_id", "environment", "name").Unique()}
}
