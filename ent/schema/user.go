package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// User is a person who signs in. Users belong to the instance; what they may do
// in a project stands in their membership.
type User struct{ ent.Schema }

// Fields of a User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.User),
		field.String("email").Unique().NotEmpty().MaxLen(254).Comment("Lower case."),
		field.String("name").Default("").MaxLen(100),
		field.String("password_hash").Optional().Nillable().Sensitive().Comment("argon2id in PHC form; absent where only an identity provider signs the user in."),
		field.Bool("instance_admin").Default(false).Comment("May administer users, all projects and what they share."),
		field.String("issuer").Optional().Nillable().Comment("Identity provider that vouches for the user."),
		field.String("subject").Optional().Nillable().Comment("The user's name there."),
		createdAt(),
		field.Time("password_changed_at").Optional().Nillable(),
		field.Time("last_login_at").Optional().Nillable(),
		field.Time("disabled_at").Optional().Nillable(),
	}
}

// Edges of a User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("memberships", Member.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("sessions", Session.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of a User.
func (User) Indexes() []ent.Index {
	return []ent.Index{index.Fields("issuer", "subject").Unique()}
}

// Member is a user's place in a project.
type Member struct{ ent.Schema }

// Fields of a Member.
func (Member) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Member),
		projectID(),
		field.String("user_id").Immutable(),
		field.Enum("role").Values("viewer", "editor", "admin"),
		createdAt(),
	}
}

// Edges of a Member.
func (Member) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("project", Project.Type).Ref("members").Field("project_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("memberships").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of a Member.
func (Member) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "user_id").Unique(),
		index.Fields("user_id"),
	}
}
