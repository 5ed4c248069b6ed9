package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// ServiceAccount is a program's place in a project. It holds API tokens, none of
// which may do more than its role.
type ServiceAccount struct{ ent.Schema }

// Fields of a ServiceAccount.
func (ServiceAccount) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.ServiceAccount),
		projectID(),
		field.String("name").NotEmpty().MaxLen(100),
		field.Enum("role").Values("viewer", "editor", "admin"),
		createdAt(),
		field.Time("disabled_at").Optional().Nillable(),
	}
}

// Edges of a ServiceAccount.
func (ServiceAccount) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("project", Project.Type).Ref("service_accounts").Field("project_id").Unique().Required().Immutable(),
		edge.To("tokens", Token.Type),
	}
}

// Indexes of a ServiceAccount.
func (ServiceAccount) Indexes() []ent.Index {
	return []ent.Index{index.Fields("project_id", "name").Unique()}
}
