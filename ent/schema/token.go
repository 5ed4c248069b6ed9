package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/semantest/semantest/internal/ident"
)

// Token lets a program use the graph in the name of a project. Only the hash of
// its secret is kept.
type Token struct{ ent.Schema }

// Fields of a Token.
func (Token) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Token),
		projectID(),
		field.String("service_account_id").Optional().Nillable().Immutable().Comment("Its holder; absent for a token of the command line."),
		field.String("name").NotEmpty().MaxLen(100).Comment("What it is for."),
		field.Bytes("hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the secret."),
		field.Strings("permissions").Immutable(),
		createdAt(),
		field.Time("last_used_at").Optional().Nillable(),
		field.Time("expires_at").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

// Edges of a Token.
func (Token) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("project", Project.Type).Ref("tokens").Field("project_id").Unique().Required().Immutable(),
		edge.From("service_account", ServiceAccount.Type).Ref("tokens").Field("service_account_id").Unique().Immutable(),
	}
}
